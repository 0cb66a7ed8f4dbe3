/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Names the pods, peers and networks that the counters of flows/drops.h know
 * by their cookies. */

#include <config.h>
#include "controller/drops.h"

#include "flows/drops.h"
#include "flows/world.h"
#include "openvswitch/json.h"
#include "timeval.h"

/* Returns how many packets were dropped for each reason, as an array; zeros
 * as well, for who wants to know what can be. */
static struct json *
reasons_to_json(const struct drops *drops)
{
    struct json *array = json_array_create_empty();

    for (int reason = 1; reason < PIPELINE_N_REASONS; reason++) {
        struct json *row = json_object_create();

        json_object_put_string(row, "reason", pipeline_reason_name(reason));
        json_object_put_string(row, "meaning", pipeline_reason_text(reason));
        json_object_put(row, "packets",
                        json_integer_create(drops->reasons[reason]));
        json_array_add(array, row);
    }
    return array;
}

/* Appends to 'array' what came from the thing of 'kind' that is called 'name'
 * and has 'port', if anything of it was dropped. */
static void
add_source(struct json *array, const struct drops *drops,
           enum pipeline_kind kind, const char *name, const char *port)
{
    static const char *const words[] = {
        [KIND_NETWORK] = "host",
        [KIND_PEER] = "peer",
        [KIND_POD] = "pod",
    };
    const struct drops_source *source =
        drops_find(drops, pipeline_cookie(kind, name));
    struct json *row, *reasons;

    if (!source || !source->packets) {
        return;
    }
    row = json_object_create();
    reasons = json_object_create();
    json_object_put_string(row, "from", words[kind]);
    json_object_put_string(row, "name", name);
    json_object_put_string(row, "port", port);
    json_object_put(row, "packets", json_integer_create(source->packets));
    for (int reason = 1; reason < PIPELINE_N_REASONS; reason++) {
        if (source->reasons[reason]) {
            json_object_put(reasons, pipeline_reason_name(reason),
                            json_integer_create(source->reasons[reason]));
        }
    }
    if (drops_unexplained(source)) {
        json_object_put(reasons, "other",
                        json_integer_create(drops_unexplained(source)));
    }
    json_object_put(row, "reasons", reasons);
    json_array_add(array, row);
}

/* Returns 'drops' as a new JSON object: "reasons" and "sources", arrays, and
 * "at", when that was, in ms of a clock that only goes forward. */
struct json *
drops_to_json(const struct drops *drops, const struct world *world)
{
    struct json *json = json_object_create();
    struct json *sources = json_array_create_empty();

    for (size_t i = 0; i < world->n_pods; i++) {
        add_source(sources, drops, KIND_POD, world->pods[i].id,
                   world->pods[i].port_name);
    }
    for (size_t i = 0; i < world->n_peers; i++) {
        const struct world_peer *peer = &world->peers[i];
        add_source(sources, drops, KIND_PEER, peer->name,
                   tunnels_port_name(world, peer));
    }
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];
        if (network->host_name) {
            add_source(sources, drops, KIND_NETWORK, network->name,
                       network->host_name);
        }
    }
    json_object_put(json, "at", json_integer_create(time_msec()));
    json_object_put(json, "reasons", reasons_to_json(drops));
    json_object_put(json, "sources", sources);
    return json;
}
