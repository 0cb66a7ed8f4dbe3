/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Tunnel ports of each kind: the rules that each step of the change from one
 * kind to the other makes and takes, and when 'auto' is which. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "flows/compile.h"
#include "flows/flowset.h"
#include "flows/tunnels.h"
#include "flows/world.h"
#include "util.h"

#include "test/unit/unit.h"
#include "test/unit/values.h"

static void
add_peer(struct world *world, const char *name, const char *ip,
         const char *subnet, uint16_t port)
{
    struct in6_addr tunnel_ip = addr(ip);
    struct prefix lease = prefix(subnet);
    struct world_peer *peer = world_add_peer(world, name, &tunnel_ip);

    peer->tunnels[TUNNELS_VXLAN].port = u16_to_ofp(port);
    peer->tunnels[TUNNELS_VXLAN].there = true;
    world_peer_add_lease(peer, "default", &lease);
}

/* Node n1 with a tunnel port for each of two peers. */
static void
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
}

/* The same, and the shared port has been asked for. */
static void
shared_wanted(struct world *world)
{
    per_peer(world);
    world->tunnels.mode = TUNNELS_SHARED;
    world->tunnels.shared[TUNNELS_VXLAN].port = u16_to_ofp(32790);
}

/* The same, and the switch has made it. */
static void
shared_there(struct world *world)
{
    shared_wanted(world);
    world->tunnels.shared[TUNNELS_VXLAN].there = true;
}

/* The same, and the ports of peers are gone. */
static void
shared_alone(struct world *world)
{
    shared_there(world);
    for (size_t i = 0; i < world->n_peers; i++) {
        world->peers[i].tunnels[TUNNELS_VXLAN].port = OFPP_NONE;
        world->peers[i].tunnels[TUNNELS_VXLAN].there = false;
    }
}

typedef void fill_func(struct world *);

/* Compares what the step from 'fill_before' to 'fill_after' does. */
static void
assert_step(fill_func *fill_before, fill_func *fill_after, const char *golden)
{
    struct world before, after;
    struct flowset old, new;
    struct flowdiff diff;

    fill_before(&before);
    fill_after(&after);
    flowset_init(&old);
    flowset_init(&new);
    compile_world(&before, &old);
    compile_world(&after, &new);
    assert_int_equal(old.n_duplicates + new.n_duplicates, 0);
    flowdiff_init(&diff, &new, &old);
    char *text = flowdiff_to_string(&diff);
    assert_golden(golden, text);
    free(text);
    flowdiff_destroy(&diff);
    flowset_destroy(&old);
    flowset_destroy(&new);
    world_destroy(&before);
    world_destroy(&after);
}

static bool
has_changed(fill_func *fill)
{
    struct world world;

    fill(&world);
    bool changed = tunnels_have_changed(&world);
    world_destroy(&world);
    return changed;
}

static void
a_shared_port_takes_first(void **state OVS_UNUSED)
{
    assert_step(per_peer, shared_wanted, "shared-takes.diff");
    assert_false(has_changed(shared_wanted));
}

static void
then_it_sends(void **state OVS_UNUSED)
{
    assert_step(shared_wanted, shared_there, "shared-sends.diff");
    assert_true(has_changed(shared_there));
}

static void
then_the_ports_of_peers_go(void **state OVS_UNUSED)
{
    assert_step(shared_there, shared_alone, "shared-alone.diff");
    assert_true(has_changed(shared_alone));
}

/* The way back, of which one peer's port is not there yet. */
static void
going_back(struct world *world)
{
    shared_there(world);
    world->tunnels.mode = TUNNELS_PER_PEER;
    world->peers[1].tunnels[TUNNELS_VXLAN].there = false;
}

static void
gone_back(struct world *world)
{
    going_back(world);
    world->peers[1].tunnels[TUNNELS_VXLAN].there = true;
}

static void
each_peer_goes_back_when_its_port_is_there(void **state OVS_UNUSED)
{
    assert_step(shared_alone, going_back, "shared-going-back.diff");
    assert_false(has_changed(going_back));
    assert_step(going_back, gone_back, "shared-gone-back.diff");
    assert_true(has_changed(gone_back));
}

static void
shared_over_ipv6(struct world *world)
{
    struct prefix subnet = prefix("172.18.9.0/24");
    struct in6_addr ip = addr("2001:db8::14");

    shared_alone(world);
    world_peer_add_lease(world_add_peer(world, "n4", &ip), "default",
                         &subnet);
}

static void
a_peer_appears_behind_ipv6(void **state OVS_UNUSED)
{
    assert_step(shared_alone, shared_over_ipv6, "shared-ipv6.diff");
}

static void
over_both(struct world *world)
{
    shared_over_ipv6(world);
    world->tunnel_ip[ADDR_V6] = addr("2001:db8::11");
}

/* One port has room for one local address only. */
static void
with_two_addresses_rules_say_which(void **state OVS_UNUSED)
{
    assert_step(shared_over_ipv6, over_both, "shared-both.diff");
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

static void
blue_per_peer(struct world *world)
{
    per_peer(world);
    add_blue(world);
}

static void
blue_shared_alone(struct world *world)
{
    shared_alone(world);
    add_blue(world);
}

static void
a_bridged_network_floods_by_the_shared_port(void **state OVS_UNUSED)
{
    assert_step(blue_per_peer, blue_shared_alone, "shared-bridged.diff");
}

/* VNI 1, and 77 is taken as well. */
static void
takes_new_vni(struct world *world)
{
    per_peer(world);
    world->networks[0].also_vni = 77;
}

/* The same, and 77 is sent. */
static void
takes_old_vni(struct world *world)
{
    per_peer(world);
    world->networks[0].vni = 77;
    world->networks[0].also_vni = 1;
}

static void
new_vni_alone(struct world *world)
{
    per_peer(world);
    world->networks[0].vni = 77;
}

static void
a_new_vni_is_taken_before_it_is_sent(void **state OVS_UNUSED)
{
    assert_step(per_peer, takes_new_vni, "vni-takes-new.diff");
}

static void
the_old_vni_is_taken_when_the_new_one_is_sent(void **state OVS_UNUSED)
{
    assert_step(takes_new_vni, takes_old_vni, "vni-sends-new.diff");
}

static void
then_the_old_vni_is_forgotten(void **state OVS_UNUSED)
{
    assert_step(takes_old_vni, new_vni_alone, "vni-forgets-old.diff");
}

static void
blue_takes_new_vni(struct world *world)
{
    blue_shared_alone(world);
    world_find_network(world, "blue")->also_vni = 77;
}

static void
a_bridged_network_takes_a_new_vni_by_the_shared_port(void **state OVS_UNUSED)
{
    assert_step(blue_shared_alone, blue_takes_new_vni, "vni-bridged.diff");
}

static void
other_udp_port(struct world *world)
{
    per_peer(world);
    world->tunnels.dst_port = 8472;
}

static void
no_pod_sends_to_the_udp_port_that_is_set(void **state OVS_UNUSED)
{
    assert_step(per_peer, other_udp_port, "dst-port.diff");
}

static void
automatic_mode_does_not_flap(void **state OVS_UNUSED)
{
    struct in6_addr ip = addr("192.0.2.12");
    struct world world;

    world_init(&world, "n1");
    for (int i = 0; i <= TUNNELS_SHARED_ABOVE; i++) {
        tunnels_choose(&world);
        assert_int_equal(world.tunnels.mode, TUNNELS_PER_PEER);
        world_add_peer(&world, "x", &ip);
    }
    tunnels_choose(&world);
    assert_int_equal(world.tunnels.mode, TUNNELS_SHARED);

    size_t n = world.n_peers;
    world.tunnels.shared[TUNNELS_VXLAN].port = u16_to_ofp(32790);
    world.n_peers = TUNNELS_SHARED_ABOVE * 3 / 4 + 1;
    tunnels_choose(&world);
    assert_int_equal(world.tunnels.mode, TUNNELS_SHARED);
    world.n_peers--;
    tunnels_choose(&world);
    assert_int_equal(world.tunnels.mode, TUNNELS_PER_PEER);
    world.tunnels.asked = TUNNELS_SHARED;
    tunnels_choose(&world);
    assert_int_equal(world.tunnels.mode, TUNNELS_SHARED);
    world.n_peers = n;
    world_destroy(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shared_port_takes_first),
        cmocka_unit_test(then_it_sends),
        cmocka_unit_test(then_the_ports_of_peers_go),
        cmocka_unit_test(each_peer_goes_back_when_its_port_is_there),
        cmocka_unit_test(a_peer_appears_behind_ipv6),
        cmocka_unit_test(with_two_addresses_rules_say_which),
        cmocka_unit_test(a_bridged_network_floods_by_the_shared_port),
        cmocka_unit_test(a_new_vni_is_taken_before_it_is_sent),
        cmocka_unit_test(the_old_vni_is_taken_when_the_new_one_is_sent),
        cmocka_unit_test(then_the_old_vni_is_forgotten),
        cmocka_unit_test(a_bridged_network_takes_a_new_vni_by_the_shared_port),
        cmocka_unit_test(no_pod_sends_to_the_udp_port_that_is_set),
        cmocka_unit_test(automatic_mode_does_not_flap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
