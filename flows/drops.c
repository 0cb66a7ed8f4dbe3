/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Three kinds of rules count what is dropped, and meters:
 *
 *     table drop     one rule for each reason
 *     table whose    one for each port or peer that packets come from
 *     the others     those that name a port, and drop: both at once
 *     meters         each of a port or a network, and for one reason
 *
 * So it costs one rule for each pod and peer, and not one for each of them and
 * each reason, that everything dropped is known by reason, and by where it
 * came from.  What nobody's own rule dropped is known by both, but not by both
 * together: drops_unexplained().
 *
 * What is too large is counted by its meter as well.  Whether a packet is, the
 * datapath decides within one flow, and Open vSwitch counts each packet of a
 * flow for all rules that made it. */

#include <config.h>
#include "flows/drops.h"

#include <stdlib.h>

#include "flows/flowset.h"
#include "flows/meters.h"
#include "hash.h"
#include "openvswitch/match.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "util.h"

const struct drops_part drops_parts[DROPS_PARTS] = {
    { TABLE_DROP, KIND_NONE },     { TABLE_WHOSE, KIND_NONE },
    { TABLE_CLASSIFY, KIND_PEER }, { TABLE_SPOOF, KIND_POD },
    { TABLE_NEIGHBOUR, KIND_POD }, { TABLE_NEIGHBOUR, KIND_NETWORK },
};

void
drops_init(struct drops *drops)
{
    *drops = (struct drops){ .reasons = { 0 } };
    hmap_init(&drops->sources);
    hmap_init(&drops->meters);
}

void
drops_destroy(struct drops *drops)
{
    struct drops_source *source;
    struct drops_meter *meter;

    HMAP_FOR_EACH_POP (source, node, &drops->sources) {
        free(source);
    }
    hmap_destroy(&drops->sources);
    HMAP_FOR_EACH_POP (meter, node, &drops->meters) {
        free(meter);
    }
    hmap_destroy(&drops->meters);
}

static struct drops_source *
find(const struct drops *drops, ovs_be64 cookie)
{
    struct drops_source *source;

    HMAP_FOR_EACH_WITH_HASH (source, node,
                             hash_uint64((OVS_FORCE uint64_t) cookie),
                             &drops->sources) {
        if (source->cookie == cookie) {
            return source;
        }
    }
    return NULL;
}

static struct drops_source *
find_or_add(struct drops *drops, ovs_be64 cookie)
{
    struct drops_source *source = find(drops, cookie);

    if (!source) {
        source = xzalloc(sizeof *source);
        source->cookie = cookie;
        hmap_insert(&drops->sources, &source->node,
                    hash_uint64((OVS_FORCE uint64_t) cookie));
    }
    return source;
}

/* Returns for which reason 'rule' drops what it matches; REASON_NONE if it
 * does not, or if this build knows no such reason. */
static enum pipeline_reason
reason_of(const struct rule *rule, const struct match *match)
{
    uint32_t reason = REASON_NONE;

    if (rule->table == TABLE_DROP) {
        reason = match->flow.regs[FIELD_REASON];
    } else {
        const struct ofpact *a;

        OFPACT_FOR_EACH(a, rule->ofpacts, rule->ofpacts_len)
        {
            if (a->type == OFPACT_SET_FIELD) {
                const struct ofpact_set_field *set = ofpact_get_SET_FIELD(a);
                if (set->field->id == MFF_REG0 + FIELD_REASON) {
                    reason = ntohl(set->value->be32);
                }
            }
        }
    }
    return reason < PIPELINE_N_REASONS ? reason : REASON_NONE;
}

/* Adds the 'packets' that 'rule', one of 'drops_parts', has counted. */
void
drops_add(struct drops *drops, const struct rule *rule, uint64_t packets)
{
    struct match match;

    minimatch_expand(&rule->match, &match);
    enum pipeline_reason reason = reason_of(rule, &match);
    bool names_port = match.wc.masks.in_port.ofp_port != 0;

    if (rule->table == TABLE_DROP) {
        drops->reasons[reason] += packets;
    } else if (rule->table == TABLE_WHOSE && names_port) {
        find_or_add(drops, rule->cookie)->packets += packets;
    } else if (reason != REASON_NONE && names_port) {
        find_or_add(drops, rule->cookie)->reasons[reason] += packets;
    }
}

/* Adds the meter 'number', which has 'seen' and 'dropped' so many packets. */
void
drops_add_meter(struct drops *drops, uint32_t number, uint64_t seen,
                uint64_t dropped)
{
    struct drops_meter *meter = xmalloc(sizeof *meter);

    *meter = (struct drops_meter) {
        /* A datapath counts the two one after the other. */
        .number = number, .seen = seen, .dropped = MIN(seen, dropped),
    };
    hmap_insert(&drops->meters, &meter->node, hash_int(number, 0));
    if (meter_kind_of(number)->first == METER_TOO_LARGE) {
        drops->reasons[REASON_TOO_LARGE] += seen - meter->dropped;
    }
}

/* Returns the meter 'number', or NULL if the switch has none. */
const struct drops_meter *
drops_find_meter(const struct drops *drops, uint32_t number)
{
    const struct drops_meter *meter;

    HMAP_FOR_EACH_WITH_HASH (meter, node, hash_int(number, 0),
                             &drops->meters) {
        if (meter->number == number) {
            return meter;
        }
    }
    return NULL;
}

/* Returns what came from the owner of the rules with 'cookie', or NULL if no
 * rule has it. */
const struct drops_source *
drops_find(const struct drops *drops, ovs_be64 cookie)
{
    return find(drops, cookie);
}

/* Returns how many of the packets of 'source' were dropped by rules that it
 * shares with others. */
uint64_t
drops_unexplained(const struct drops_source *source)
{
    uint64_t explained = 0;

    for (int i = 0; i < PIPELINE_N_REASONS; i++) {
        explained += source->reasons[i];
    }
    /* The two are not read at the same time. */
    return source->packets > explained ? source->packets - explained : 0;
}
