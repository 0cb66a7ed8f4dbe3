/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_DETACH_H
#define CNI_DETACH_H 1

/* Finds a pod's port and removes it. */

#include <jansson.h>

#include "cni/error.h"
#include "cni/ovsdb.h"

/* Which interfaces to find. */
struct detach_query {
    const char *key;       /* Those that have 'key' = 'value'... */
    const char *value;     /* ...in external_ids, ... */
    const char *host_name; /* ...and, apart, those of this name. */
};

/* Interface rows, arrays of objects with "_uuid" and "name". */
struct detach_found {
    json_t *results; /* Owned; the others are inside. */
    json_t *ours;    /* Those with the key. */
    json_t *named;   /* Those with the name. */
};

/* The caller must destroy '*ret_found'. */
int detach_find(struct ovsdb *, const struct detach_query *,
                struct detach_found *ret_found, struct cni_error *);
void detach_found_destroy(struct detach_found *);

/* Deletes the port of the interface 'row' and so the interface.  'why', a
 * verb, goes into the database's log.  It is success if another was faster. */
int detach_delete(struct ovsdb *, const json_t *row, const char *why,
                  struct cni_error *);

/* The same in two parts, for whoever deletes many: after the last
 * detach_unplug(), which stores '*ret_sequence', one detach_wait(). */
int detach_unplug(struct ovsdb *, const json_t *row, const char *why,
                  json_int_t *ret_sequence, struct cni_error *);
void detach_wait(struct ovsdb *, json_int_t sequence);

/* Deletes the device 'name', which a row in the database names or a hash:
 * only if it is a pod's host end at all.  Success if there is none. */
int detach_delete_link(const char *name, struct cni_error *);

#endif /* cni/detach.h */
