/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_DROPS_H
#define LODEN_FLOWS_DROPS_H 1

/* How many packets were dropped, why, and whose they were, read out of what
 * the switch's rules have counted. */

#include <stddef.h>
#include <stdint.h>

#include "flows/pipeline.h"
#include "openvswitch/hmap.h"
#include "openvswitch/types.h"

struct rule;

/* What came by one pod's port, from one peer, or from the host. */
struct drops_source {
    struct hmap_node node; /* In struct drops's 'sources', by 'cookie'. */
    ovs_be64 cookie;       /* Whose; see pipeline_cookie(). */
    uint64_t packets;      /* All that were dropped. */
    uint64_t reasons[PIPELINE_N_REASONS]; /* Of those, as far as rules of its
                                           * own dropped them, by reason. */
};

struct drops {
    uint64_t reasons[PIPELINE_N_REASONS]; /* Packets by reason, from all. */
    struct hmap sources;                  /* Of struct drops_source. */
};

/* Which rules of the switch have to be read: those of 'kind' in 'table'. */
struct drops_part {
    enum pipeline_table table;
    enum pipeline_kind kind; /* KIND_NONE: of any. */
};
#define DROPS_PARTS 7
extern const struct drops_part drops_parts[DROPS_PARTS];

void drops_init(struct drops *);
void drops_destroy(struct drops *);
void drops_add(struct drops *, const struct rule *, uint64_t packets);
const struct drops_source *drops_find(const struct drops *, ovs_be64 cookie);
uint64_t drops_unexplained(const struct drops_source *);

#endif /* flows/drops.h */
