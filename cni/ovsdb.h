/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_OVSDB_H
#define CNI_OVSDB_H 1

/* One connection to the node's Open vSwitch database, one transaction at a
 * time. */

#include <jansson.h>
#include <stdbool.h>

#include "cni/error.h"
#include "cni/frame.h"

struct ovsdb {
    const char *path;   /* Of the server's Unix socket.  Borrowed. */
    long long deadline; /* ovsdb_now(), until which calls may wait. */
    int stop_fd;        /* Readable when the plugin is told to stop; or -1. */
    bool stopped;       /* Whether it was: every further call fails. */

    int fd;               /* -1 while there is no connection. */
    json_int_t last_id;   /* Of the last request. */
    struct frame replies; /* What came in on 'fd'. */
};

/* Milliseconds of the monotonic clock. */
long long ovsdb_now(void);

/* 'path' must outlive '*db'. */
void ovsdb_init(struct ovsdb *db, const char *path, long long deadline,
                int stop_fd);
void ovsdb_destroy(struct ovsdb *);

/* Gives further calls 'ms' from now, whether or not the plugin is told to
 * stop: for undoing. */
void ovsdb_grant(struct ovsdb *, long long ms);

/* Fails at once if there is no server. */
int ovsdb_connect(struct ovsdb *, struct cni_error *);

/* Tries until it succeeds or the deadline has passed. */
int ovsdb_reconnect(struct ovsdb *, struct cni_error *);

/* Executes 'operations', an array (takes it, also on failure; NULL is an
 * error), and stores their results, a new reference.  That an operation failed
 * is to be seen there.
 *
 * After a failure, ovsdb_is_connected() tells whether the server refused the
 * transaction (true) or its fate is unknown (false). */
int ovsdb_transact(struct ovsdb *, json_t *operations, json_t **ret_results,
                   struct cni_error *);
bool ovsdb_is_connected(const struct ovsdb *);

/* Asks for the lock 'name' and stores whether it was granted: then nobody had
 * it, and it has been given back, so that the next one who asks is not
 * misled.  The place in the queue for it goes with the connection. */
int ovsdb_try_lock(struct ovsdb *, const char *name, bool *ret_granted,
                   struct cni_error *);

#endif /* cni/ovsdb.h */
