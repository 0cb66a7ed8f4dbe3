/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Numbers that packets between nodes bear, a network's VNI and the tunnels'
 * UDP port, change in steps: the rules that each makes and takes. */

#include <config.h>

#include "flow.h"
#include "flows/tunnels.h"
#include "flows/world.h"
#include "util.h"

#include "test/unit/flowtest.h"
#include "test/unit/tunneltest.h"
#include "test/unit/unit.h"

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

/* A world whose shared port for the usual UDP port, and one for 8472 as far as
 * the switch has it, are there. */
static void
two_udp_ports(struct world *world, uint16_t sends, uint16_t takes)
{
    bool usual = sends == TUNNELS_VXLAN_PORT;

    shared_alone(world);
    world->tunnels.dst_port = sends;
    world->tunnels.also_dst_port = takes;
    world->tunnels.shared[usual ? TUNNELS_ALSO : TUNNELS_VXLAN] =
        (struct world_tunnel) { .port = u16_to_ofp(32791), .there = true };
    world->tunnels.shared[usual ? TUNNELS_VXLAN : TUNNELS_ALSO] =
        (struct world_tunnel) { .port = u16_to_ofp(32790), .there = true };
}

static void
takes_new_udp_port(struct world *world)
{
    two_udp_ports(world, TUNNELS_VXLAN_PORT, 8472);
}

static void
takes_old_udp_port(struct world *world)
{
    two_udp_ports(world, 8472, TUNNELS_VXLAN_PORT);
}

static void
a_new_udp_port_is_taken_before_it_is_sent_to(void **state OVS_UNUSED)
{
    assert_step(shared_alone, takes_new_udp_port, "udp-port-takes-new.diff");
}

static void
the_old_udp_port_is_taken_when_the_new_one_is_sent_to(void **state OVS_UNUSED)
{
    assert_step(takes_new_udp_port, takes_old_udp_port,
                "udp-port-sends-new.diff");
}

/* A port of a peer's own takes what comes to one of them, and would be another
 * one when that changes. */
static void
both_udp_ports_are_taken_by_shared_ports_alone(void **state OVS_UNUSED)
{
    struct world world;

    takes_new_udp_port(&world);
    assert_true(tunnels_take_both(&world));
    tunnels_choose(&world);
    assert_int_equal(world.tunnels.mode, TUNNELS_SHARED);
    world.peers[0].tunnels[TUNNELS_VXLAN].port = u16_to_ofp(32769);
    assert_false(tunnels_take_both(&world));
    world.peers[0].tunnels[TUNNELS_VXLAN].port = OFPP_NONE;
    world.tunnels.shared[TUNNELS_ALSO].there = false;
    assert_false(tunnels_take_both(&world));
    world.tunnels.shared[TUNNELS_ALSO].there = true;
    world.tunnels.shared[TUNNELS_VXLAN].there = false;
    assert_false(tunnels_take_both(&world));
    world.tunnels.also_dst_port = 0;
    assert_true(tunnels_take_both(&world));
    /* Nobody sends to a node without a tunnel's end. */
    world.tunnels.also_dst_port = 8472;
    assert_false(tunnels_take_both(&world));
    memset(world.tunnel_ip, 0, sizeof world.tunnel_ip);
    assert_true(tunnels_take_both(&world));
    world_destroy(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_vni_is_taken_before_it_is_sent),
        cmocka_unit_test(the_old_vni_is_taken_when_the_new_one_is_sent),
        cmocka_unit_test(then_the_old_vni_is_forgotten),
        cmocka_unit_test(a_bridged_network_takes_a_new_vni_by_the_shared_port),
        cmocka_unit_test(a_new_udp_port_is_taken_before_it_is_sent_to),
        cmocka_unit_test(
            the_old_udp_port_is_taken_when_the_new_one_is_sent_to),
        cmocka_unit_test(both_udp_ports_are_taken_by_shared_ports_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
