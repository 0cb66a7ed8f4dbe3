/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Names the pods, peers and networks that the counters of flows/drops.h know
 * by their cookies, and meters by the numbers of ports and VNIs. */

#include <config.h>
#include "controller/drops.h"

#include "flow.h"
#include "flows/drops.h"
#include "flows/meters.h"
#include "flows/world.h"
#include "openvswitch/json.h"
#include "timeval.h"

static void
add_reason(struct json *array, const char *name, const char *meaning,
           uint64_t packets)
{
    struct json *row = json_object_create();

    json_object_put_string(row, "reason", name);
    json_object_put_string(row, "meaning", meaning);
    json_object_put(row, "packets", json_integer_create(packets));
    json_array_add(array, row);
}

/* Returns how many packets meters of 'kind' have dropped. */
static uint64_t
sum_meters(const struct drops *drops, const struct meter_kind *kind)
{
    const struct drops_meter *meter;
    uint64_t sum = 0;

    HMAP_FOR_EACH (meter, node, &drops->meters) {
        sum += meter_kind_of(meter->number) == kind ? meter->dropped : 0;
    }
    return sum;
}

/* Returns how many packets were dropped for each reason, as an array; zeros
 * as well, for who wants to know what can be. */
static struct json *
reasons_to_json(const struct drops *drops)
{
    struct json *array = json_array_create_empty();

    for (int reason = 1; reason < PIPELINE_N_REASONS; reason++) {
        add_reason(array, pipeline_reason_name(reason),
                   pipeline_reason_text(reason), drops->reasons[reason]);
    }
    for (size_t i = 0; i < METER_N_KINDS; i++) {
        const struct meter_kind *kind = &meter_kinds[i];
        add_reason(array, kind->reason, kind->meaning,
                   sum_meters(drops, kind));
    }
    return array;
}

/* Whose packets: what they came from, or what a limit is for. */
struct whose {
    const char *from;        /* "pod", "peer", "host" or "network"... */
    const char *name;        /* ...and how that is called. */
    const char *port;        /* The name of its port, or "". */
    enum pipeline_kind kind; /* Of its rules; KIND_NONE: none are asked. */
    ofp_port_t number;       /* Of its port, or OFPP_NONE. */
    uint32_t vni;            /* The network's whose meters count, or 0. */
};

static void
put_reason(struct json *reasons, const char *name, uint64_t packets,
           uint64_t *sum)
{
    if (packets) {
        json_object_put(reasons, name, json_integer_create(packets));
        *sum += packets;
    }
}

/* Puts into 'reasons' what rules dropped.  Returns how much that was. */
static uint64_t
put_rules(struct json *reasons, const struct drops *drops,
          const struct whose *whose)
{
    const struct drops_source *source
        = (whose->kind == KIND_NONE ? NULL : drops_find(
               drops, pipeline_cookie(whose->kind, whose->name)));
    uint64_t sum = 0;

    if (source) {
        for (int reason = 1; reason < PIPELINE_N_REASONS; reason++) {
            put_reason(reasons, pipeline_reason_name(reason),
                       source->reasons[reason], &sum);
        }
        put_reason(reasons, "other", drops_unexplained(source), &sum);
        sum = source->packets;
    }
    return sum;
}

/* Puts into 'reasons' what meters dropped, and what was too large.  Returns
 * how much that was. */
static uint64_t
put_meters(struct json *reasons, const struct drops *drops,
           const struct whose *whose)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < METER_N_KINDS; i++) {
        const struct meter_kind *kind = &meter_kinds[i];
        uint32_t of = kind->port ? ofp_to_u16(whose->number) : whose->vni;
        const struct drops_meter *meter
            = (kind->port ? whose->number != OFPP_NONE : of != 0)
              ? drops_find_meter(drops, kind->first + of) : NULL;

        if (meter) {
            put_reason(reasons, kind->reason, meter->dropped, &sum);
            if (kind->first == METER_TOO_LARGE) {
                put_reason(reasons, pipeline_reason_name(REASON_TOO_LARGE),
                           meter->seen - meter->dropped, &sum);
            }
        }
    }
    return sum;
}

/* Appends 'whose' packets to 'array', if any were dropped. */
static void
add_source(struct json *array, const struct drops *drops,
           const struct whose *whose)
{
    struct json *reasons = json_object_create();
    uint64_t packets = (put_rules(reasons, drops, whose)
                        + put_meters(reasons, drops, whose));

    if (!packets) {
        json_destroy(reasons);
        return;
    }
    struct json *row = json_object_create();
    json_object_put_string(row, "from", whose->from);
    json_object_put_string(row, "name", whose->name);
    json_object_put_string(row, "port", whose->port);
    json_object_put(row, "packets", json_integer_create(packets));
    json_object_put(row, "reasons", reasons);
    json_array_add(array, row);
}

/* The host's port in 'network', and all of its pods here together. */
static void
add_network(struct json *array, const struct drops *drops,
            const struct world_network *network)
{
    if (network->host_name) {
        add_source(array, drops, &(struct whose) {
            .from = "host", .name = network->name,
            .port = network->host_name, .kind = KIND_NETWORK,
            .number = network->host_port,
        });
    }
    add_source(array, drops, &(struct whose) {
        .from = "network", .name = network->name, .port = "",
        .number = OFPP_NONE, .vni = network->vni,
    });
}

/* Returns 'drops' as a new JSON object: "reasons" and "sources", arrays, and
 * "at", when that was, in ms of a clock that only goes forward. */
struct json *
drops_to_json(const struct drops *drops, const struct world *world)
{
    struct json *json = json_object_create();
    struct json *sources = json_array_create_empty();

    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        add_source(sources, drops, &(struct whose) {
            .from = "pod", .name = pod->id, .port = pod->port_name,
            .kind = KIND_POD, .number = pod->port,
        });
    }
    for (size_t i = 0; i < world->n_peers; i++) {
        const struct world_peer *peer = &world->peers[i];
        char name[TUNNELS_NAME_SIZE];

        add_source(sources, drops, &(struct whose) {
            .from = "peer", .name = peer->name,
            .port = tunnels_port_name(world, peer, name), .kind = KIND_PEER,
            .number = OFPP_NONE,
        });
    }
    for (size_t i = 0; i < world->n_networks; i++) {
        add_network(sources, drops, &world->networks[i]);
    }
    json_object_put(json, "at", json_integer_create(time_msec()));
    json_object_put(json, "reasons", reasons_to_json(drops));
    json_object_put(json, "sources", sources);
    return json;
}
