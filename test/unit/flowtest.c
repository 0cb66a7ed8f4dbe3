/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "test/unit/flowtest.h"

#include <stdlib.h>

#include "flow.h"
#include "flows/compile.h"
#include "flows/flowset.h"
#include "packets.h"
#include "util.h"

#include "test/unit/unit.h"
#include "test/unit/values.h"

struct world_network *
add_network(struct world *world, const char *name, uint32_t vni,
            const char *range)
{
    struct world_network *network = world_add_network(world, name, vni);

    network->ranges = xmalloc(sizeof *network->ranges);
    network->ranges[0] = prefix(range);
    network->n_ranges = 1;
    network->node_plen[ADDR_V4] = 24;
    network->mtu = 1450;
    network->masquerade = true;
    network->host_port = u16_to_ofp(32768);
    return network;
}

void
add_peer(struct world *world, const char *name, const char *ip,
         const char *subnet, uint16_t port)
{
    struct in6_addr tunnel_ip = addr(ip);
    struct prefix lease = prefix(subnet);
    struct world_peer *peer = world_add_peer(world, name, &tunnel_ip);

    peer->tunnels[TUNNELS_VXLAN].port = u16_to_ofp(port);
    world_peer_add_lease(peer, "default", &lease);
}

void
add_pod(struct world *world, const char *id, const char *ip, uint16_t port)
{
    struct world_pod *pod = world_add_pod(world, id, "default");

    pod->ip[ADDR_V4] = addr(ip);
    pod->mac = (struct eth_addr) ETH_ADDR_C(0a,58,ac,12,06,00);
    pod->mac.ea[5] = port;
    pod->port = u16_to_ofp(port);
    pod->port_name = xasprintf("ldn0000000%d", port);
}

/* Node n1 of three, with two pods. */
void
three_nodes(struct world *world)
{
    struct prefix own = prefix("172.18.6.0/24");

    world_init(world, "n1");
    world->tunnel_ip[ADDR_V4] = addr("192.0.2.11");
    world->underlay_mtu = 1500;
    world_network_set_subnet(add_network(world, "default", 1,
                                         "172.18.0.0/16"), &own);
    add_peer(world, "n2", "192.0.2.12", "172.18.7.0/24", 32769);
    add_peer(world, "n3", "192.0.2.13", "172.18.8.0/24", 32770);
    add_pod(world, "default/p1/eth0", "172.18.6.2", 1);
    add_pod(world, "default/p2/eth0", "172.18.6.3", 2);
}

void
twice_three_nodes(struct world *a, struct world *b)
{
    three_nodes(a);
    three_nodes(b);
}

void
compile(struct world *world, struct flowset *rules)
{
    world_sort(world);
    flowset_init(rules);
    compile_world(world, rules);
    assert_int_equal(rules->n_duplicates, 0);
}

void
assert_rules_golden(struct world *world, const char *name)
{
    struct flowset rules;

    compile(world, &rules);
    char *text = flowset_to_string(&rules);
    assert_golden(name, text);
    free(text);
    flowset_destroy(&rules);
}

/* Makes sure that 'rules', of 'world', come out the same when an 'older' set
 * saves parsing some of them. */
static void
assert_same_after(const struct world *world, const struct flowset *rules,
                  const struct flowset *older)
{
    char *expected = flowset_to_string(rules);
    struct flowset again;

    flowset_init_after(&again, older);
    compile_world(world, &again);
    char *text = flowset_to_string(&again);
    assert_string_equal(text, expected);
    flowset_destroy(&again);
    free(text);
    free(expected);
}

/* Compares what the change from 'before' to 'after' does to the rules, and
 * destroys both. */
void
assert_difference_golden(struct world *before, struct world *after,
                         const char *name)
{
    struct flowset old, new;
    struct flowdiff diff;

    compile(before, &old);
    compile(after, &new);
    assert_same_after(after, &new, &old);
    assert_same_after(before, &old, &new);
    flowdiff_init(&diff, &new, &old);
    char *text = flowdiff_to_string(&diff);
    assert_golden(name, text);
    free(text);
    flowdiff_destroy(&diff);
    flowset_destroy(&old);
    flowset_destroy(&new);
    world_destroy(before);
    world_destroy(after);
}

void
assert_step(fill_func *fill_before, fill_func *fill_after, const char *golden)
{
    struct world before, after;

    fill_before(&before);
    fill_after(&after);
    assert_difference_golden(&before, &after, golden);
}

bool
has_changed(fill_func *fill)
{
    struct world world;

    fill(&world);
    bool changed = tunnels_have_changed(&world);
    world_destroy(&world);
    return changed;
}
