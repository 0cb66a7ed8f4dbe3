/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Sizes of packets, from what the world knows of routes and devices.  Which
 * rules follow from them is flows/compile-mtu.c's. */

#include <config.h>
#include "flows/sizes.h"

#include <string.h>

#include "flows/world.h"
#include "util.h"

/* Of an underlay that nothing is known of. */
#define GUESSED_UNDERLAY_MTU 1500

/* What a tunnel between two nodes adds to a packet. */
static unsigned int
tunnel_overhead(const struct world_peer *peer)
{
    return (addr_family(&peer->tunnel_ip) == ADDR_V6
                ? WORLD_TUNNEL_OVERHEAD_V6
                : WORLD_TUNNEL_OVERHEAD_V4);
}

/* Returns what an underlay with the MTU 'underlay' leaves for pods. */
static unsigned int
left_by(const struct world *world, unsigned int underlay)
{
    return (MAX(MIN(underlay, UINT16_MAX),
                WORLD_MTU_MIN + world->overhead) - world->overhead);
}

unsigned int
sizes_own(const struct world *world)
{
    return world->underlay_mtu ? left_by(world, world->underlay_mtu) : 0;
}

unsigned int
sizes_pods(const struct world *world)
{
    unsigned int own = sizes_own(world);
    unsigned int least = own ? own : left_by(world, GUESSED_UNDERLAY_MTU);

    for (size_t i = 0; i < world->n_peers; i++) {
        unsigned int said = world->peers[i].pod_mtu;
        least = said ? MIN(least, said) : least;
    }
    return least;
}

void
sizes_check_v6(struct world *world, struct world_network *network)
{
    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_family(&network->ranges[i]) == ADDR_V6
            && network->mtu < WORLD_MTU_MIN_V6) {
            world_refuse(world, xasprintf("Network %s, mtu %u", network->name,
                                          network->mtu),
                         "IPv6 needs %d, which is used instead",
                         WORLD_MTU_MIN_V6);
            network->mtu = WORLD_MTU_MIN_V6;
        }
    }
}

void
sizes_put_mtu(struct world *world)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        struct world_network *network = &world->networks[i];

        if (network->mtu_follows) {
            network->mtu = sizes_pods(world);
            sizes_check_v6(world, network);
        }
    }
}

unsigned int
sizes_tunnel(const struct world *world, const struct world_peer *peer)
{
    unsigned int path = peer->path_mtu ? peer->path_mtu : world->underlay_mtu;
    unsigned int overhead = tunnel_overhead(peer);

    return path > overhead ? path - overhead : 0;
}

unsigned int
sizes_largest(const struct world *world, const struct world_network *network)
{
    /* The host's port of a bridged network is for the pods here alone. */
    bool host = !network->internal && network->mode == WORLD_ROUTED;
    unsigned int largest = host ? network->mtu : 0;

    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        if (!strcmp(pod->network, network->name)) {
            largest = MAX(largest, pod->mtu ? pod->mtu : network->mtu);
        }
    }
    return largest;
}
