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

#include "test/unit/flowtest.h"
#include "test/unit/tunneltest.h"
#include "test/unit/unit.h"
#include "test/unit/values.h"

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

static void
a_bridged_network_floods_by_the_shared_port(void **state OVS_UNUSED)
{
    assert_step(blue_per_peer, blue_shared_alone, "shared-bridged.diff");
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

/* The kernel takes no flow that rests on tunnel addresses of both. */
static void
peers_of_both_families_do_not_share_a_port_in_the_kernel(
    void **state OVS_UNUSED)
{
    struct in6_addr v4 = addr("192.0.2.12");
    struct in6_addr v6 = addr("2001:db8::12");
    struct world world;

    world_init(&world, "n1");
    world.tunnels.asked = TUNNELS_SHARED;
    world_add_peer(&world, "n2", &v4);
    tunnels_choose(&world);
    assert_int_equal(world.tunnels.mode, TUNNELS_SHARED);
    world_add_peer(&world, "n3", &v6);
    tunnels_choose(&world);
    assert_int_equal(world.tunnels.mode, TUNNELS_PER_PEER);
    world.userspace = true;
    tunnels_choose(&world);
    assert_int_equal(world.tunnels.mode, TUNNELS_SHARED);
    world.userspace = false;
    world.peers[0].tunnel_ip = v6;
    tunnels_choose(&world);
    assert_int_equal(world.tunnels.mode, TUNNELS_SHARED);
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
        cmocka_unit_test(no_pod_sends_to_the_udp_port_that_is_set),
        cmocka_unit_test(automatic_mode_does_not_flap),
        cmocka_unit_test(
            peers_of_both_families_do_not_share_a_port_in_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
