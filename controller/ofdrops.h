/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_OFDROPS_H
#define LODEN_CONTROLLER_OFDROPS_H 1

/* Reads from the switch what was dropped, whenever somebody asks. */

#include <stdbool.h>

#include "openvswitch/list.h"

struct drops;
struct ofp_header;
struct rconn;

/* Takes what was read; 'drops' is NULL if it could not be, and 'why' says why
 * not, else NULL.  Both are the caller's again afterwards. */
typedef void ofdrops_done(const struct drops *drops, const char *why,
                          void *aux);

struct ofdrops {
    struct ovs_list readings; /* Those under way. */
};

void ofdrops_init(struct ofdrops *);
void ofdrops_destroy(struct ofdrops *);
void ofdrops_read(struct ofdrops *, struct rconn *, ofdrops_done *, void *aux);
bool ofdrops_run_reply(struct ofdrops *, const struct ofp_header *);
void ofdrops_run_error(struct ofdrops *, const struct ofp_header *);
void ofdrops_disconnected(struct ofdrops *);

#endif /* controller/ofdrops.h */
