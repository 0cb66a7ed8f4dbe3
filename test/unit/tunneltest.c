/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "test/unit/tunneltest.h"

#include <stdlib.h>

#include "flow.h"
#include "flows/tunnels.h"
#include "flows/world.h"
#include "util.h"

#include "test/unit/flowtest.h"
#include "test/unit/values.h"

/* Node n1 with a tunnel port for each of two peers. */
void
per_peer(struct world *world)
{
    struct world_network *network;

    world_init(world, "n1");
    world->tunnel_ip[ADDR_V4] = addr("192.0.2.11");
    network = world_add_network(world, "default", 1);
    network->ranges = xmalloc(sizeof *network->ranges);
    network->ranges[0] = prefix("172.18.0.0/16");
    network->n_ranges = 1;
    network->host_port = u16_to_ofp(32768);
    add_peer(world, "n2", "192.0.2.12", "172.18.7.0/24", 32769);
    add_peer(world, "n3", "192.0.2.13", "172.18.8.0/24", 32770);
    for (size_t i = 0; i < world->n_peers; i++) {
        world->peers[i].tunnels[TUNNELS_VXLAN].there = true;
    }
}

/* The same, and the shared port has been asked for. */
void
shared_wanted(struct world *world)
{
    per_peer(world);
    world->tunnels.mode = TUNNELS_SHARED;
    world->tunnels.shared[TUNNELS_VXLAN].port = u16_to_ofp(32790);
}

/* The same, and the switch has made it. */
void
shared_there(struct world *world)
{
    shared_wanted(world);
    world->tunnels.shared[TUNNELS_VXLAN].there = true;
}

/* The same, and the ports of peers are gone. */
void
shared_alone(struct world *world)
{
    shared_there(world);
    for (size_t i = 0; i < world->n_peers; i++) {
        world->peers[i].tunnels[TUNNELS_VXLAN].port = OFPP_NONE;
        world->peers[i].tunnels[TUNNELS_VXLAN].there = false;
    }
}

/* A bridged network with a pod on each node. */
static void
add_blue(struct world *world)
{
    struct world_network *network = world_add_network(world, "blue", 99);
    static const char *const names[] = { "n2", "n3" };

    struct world_pod *pod = world_add_pod(world, "blue/p1/eth0", "blue");

    pod->port = u16_to_ofp(1);
    pod->mac = (struct eth_addr) ETH_ADDR_C(02,00,00,00,00,01);
    network->mode = WORLD_BRIDGED;
    network->internal = true;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct eth_addr mac = ETH_ADDR_C(02,00,00,00,00,02);
        struct in6_addr ip = addr(i ? "10.5.0.3" : "10.5.0.2");

        mac.ea[5] += i;
        world_endpoint_add_ip(world_add_endpoint(world, "blue", mac, names[i]),
                              &ip);
    }
    world_sort(world);
}

void
blue_per_peer(struct world *world)
{
    per_peer(world);
    add_blue(world);
}

void
blue_shared_alone(struct world *world)
{
    shared_alone(world);
    add_blue(world);
}
