/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_DROPS_H
#define LODEN_FLOWS_DROPS_H 1

/* How many packets were dropped, why, and whose they were, read out of what
 * the switch's rules and meters have counted. */

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

/* What a meter (flows/meters.h) has seen. */
struct drops_meter {
    struct hmap_node node; /* In struct drops's 'meters', by 'number'. */
    uint32_t number;       /* Which. */
    uint64_t seen;         /* Packets... */
    uint64_t dropped;      /* ...and those of them that were too many. */
};

struct drops {
    uint64_t reasons[PIPELINE_N_REASONS]; /* Packets by reason, from all. */
    struct hmap sources;                  /* Of struct drops_source. */
    struct hmap meters;                   /* Of struct drops_meter. */
};

/* Which rules of the switch have to be read: those of 'kind' in 'table'. */
struct drops_part {
    enum pipeline_table table;
    enum pipeline_kind kind; /* KIND_NONE: of any. */
};
#define DROPS_PARTS 6
extern const struct drops_part drops_parts[DROPS_PARTS];

void drops_init(struct drops *);
void drops_destroy(struct drops *);
void drops_add(struct drops *, const struct rule *, uint64_t packets);
void drops_add_meter(struct drops *, uint32_t number, uint64_t seen,
                     uint64_t dropped);
const struct drops_source *drops_find(const struct drops *, ovs_be64 cookie);
const struct drops_meter *drops_find_meter(const struct drops *,
                                           uint32_t number);
uint64_t drops_unexplained(const struct drops_source *);

#endif /* flows/drops.h */
