/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_CONNECTION_H
#define LODEN_CTL_CONNECTION_H 1

/* The way to a database: which server, by which keys, for how long. */

#include "openvswitch/compiler.h"

struct ovsdb_idl;
struct ovsdb_idl_txn;

struct connection {
    /* Set by the caller. */
    const char *remote;      /* Where the database is: one or more OVSDB
                              * connection methods with commas between. */
    struct ovsdb_idl *idl;   /* Its copy, not yet connected; borrowed. */
    long long int deadline;  /* In time_msec()'s terms; LLONG_MAX: never. */
    long long int timeout_s; /* For the error when that has passed. */

    /* Set by connection_open(). */
    long long int sweep_at; /* When to ask all servers anew, in time_msec()'s
                             * terms; LLONG_MAX: never. */
};

void connection_open(struct connection *);
char *connection_wait(struct connection *, unsigned int seqno,
                      struct ovsdb_idl_txn *) OVS_WARN_UNUSED_RESULT;
char *connection_explain_loss(const struct connection *);
char *connection_default_remote(void);

#endif /* ctl/connection.h */
