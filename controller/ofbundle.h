/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_OFBUNDLE_H
#define LODEN_CONTROLLER_OFBUNDLE_H 1

/* A difference of flows, groups and meters on its way to the switch: new
 * meters, one atomic bundle of flows and groups and the barrier that tells
 * that it is done; then old meters go. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/meters.h"
#include "openvswitch/types.h"

struct flowdiff;
struct flowset;
struct ofp_header;
struct rconn;

struct ofbundle {
    uint32_t id;              /* Of the last bundle. */
    ovs_be32 barrier_xid;     /* Of the barrier after it; 0: none pending. */
    const struct rule **adds; /* What it adds, rules of 'installed'. */
    size_t n_adds;            /* Number of 'adds'. */
    uint32_t *groups;         /* The groups that it puts. */
    size_t n_groups;          /* Number of 'groups'. */
    ovs_be32 *add_xids;       /* The numbers of the messages of both. */
    struct meterdiff meters;  /* What becomes of meters; 'delete' waits for
                               * the barrier. */
    ovs_be32 *meter_xids;     /* The numbers of the messages of 'put'. */
    char *refusal;            /* What the switch refused; NULL: nothing. */
};

void ofbundle_send(struct ofbundle *, struct rconn *, struct flowdiff *,
                   struct flowset *installed);
void ofbundle_clear(struct ofbundle *);
bool ofbundle_is_done(const struct ofbundle *, const struct ofp_header *);
void ofbundle_delete_meters(struct ofbundle *, struct rconn *,
                            struct flowset *installed);
void ofbundle_run_error(struct ofbundle *, const struct ofp_header *);

#endif /* controller/ofbundle.h */
