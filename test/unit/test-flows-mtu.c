/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What is too large for a tunnel: which worlds have rules for that. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "flows/compile.h"
#include "flows/flowset.h"
#include "flows/sizes.h"
#include "flows/world.h"
#include "packets.h"

#include "test/unit/flowtest.h"
#include "test/unit/unit.h"
#include "test/unit/values.h"

static void
what_fits_is_not_looked_at(void **state)
{
    struct flowset rules;
    struct world world;

    three_nodes(&world);
    world.pods[0].mtu = world.pods[1].mtu = 1450;
    compile(&world, &rules);
    char *text = flowset_to_string(&rules);
    assert_null(strstr(text, "check_pkt_larger"));
    assert_null(strstr(text, "controller"));
    for (size_t i = 0; i < rules.meters.n; i++) {
        assert_int_not_equal(
            meter_kind_of(rules.meters.meters[i].number)->first,
            METER_TOO_LARGE);
    }
    free(text);
    flowset_destroy(&rules);
    world_destroy(&world);
}

static void
a_pod_gets_a_larger_mtu_by_hand(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    after.pods[0].mtu = 1500;
    assert_difference_golden(&before, &after, "mtu-pod.diff");
}

static void
the_route_to_one_peer_gets_narrow(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    after.peers[1].path_mtu = 1400;
    assert_difference_golden(&before, &after, "mtu-peer.diff");
}

static void
nobody_can_send_too_much_to_a_narrow_peer_from_an_empty_network(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    before.networks[0].internal = after.networks[0].internal = true;
    for (size_t i = 0; i < 2; i++) {
        before.pods[i].mtu = after.pods[i].mtu = 1350;
    }
    after.peers[1].path_mtu = 1400;
    assert_difference_golden(&before, &after, "nothing.diff");
}

static void
an_internal_network_judges_its_pods_alone(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    before.networks[0].internal = after.networks[0].internal = true;
    after.peers[1].path_mtu = 1400;
    assert_difference_golden(&before, &after, "mtu-internal.diff");
}

static void
a_bridged_network_leaves_the_frame_as_it_is(void **state)
{
    struct world before, after;
    struct world *worlds[] = { &before, &after };

    for (size_t i = 0; i < 2; i++) {
        three_nodes(worlds[i]);
        worlds[i]->networks[0].mode = WORLD_BRIDGED;
        struct world_endpoint *endpoint = world_add_endpoint(
            worlds[i], "default",
            (struct eth_addr) ETH_ADDR_C(0a, 58, ac, 12, 07, 02), "n2");
        const struct in6_addr ip = addr("172.18.7.2");
        world_endpoint_add_ip(endpoint, &ip);
    }
    after.pods[0].mtu = 1500;
    assert_difference_golden(&before, &after, "mtu-bridged.diff");
}

static void
a_tunnel_over_ipv6_takes_20_bytes_less(void **state)
{
    struct world world;

    three_nodes(&world);
    assert_int_equal(sizes_tunnel(&world, &world.peers[0]), 1450);
    world.peers[0].tunnel_ip = addr("2001:db8::12");
    assert_int_equal(sizes_tunnel(&world, &world.peers[0]), 1430);
    world.peers[0].path_mtu = 60;
    assert_int_equal(sizes_tunnel(&world, &world.peers[0]), 0);
    world_destroy(&world);
}

static void
pods_get_what_the_tunnels_leave(void **state)
{
    static const struct {
        unsigned int underlay, overhead, mtu;
    } cases[] = {
        { 1500, 50, 1450 }, { 1500, 70, 1430 }, { 9000, 50, 8950 },
        { 0, 50, 1450 }, { 500, 50, 576 }, { 100000, 50, 65485 },
    };
    struct world world;

    three_nodes(&world);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        world.underlay_mtu = cases[i].underlay;
        world.overhead = cases[i].overhead;
        world.networks[0].mtu_follows = false;
        world.networks[0].mtu = 7;
        sizes_put_mtu(&world);
        assert_int_equal(world.networks[0].mtu, 7);
        world.networks[0].mtu_follows = true;
        sizes_put_mtu(&world);
        assert_int_equal(world.networks[0].mtu, cases[i].mtu);
    }
    assert_int_equal(world.n_refusals, 0);
    world_destroy(&world);
}

static void
pods_get_no_more_than_other_nodes_say(void **state)
{
    struct world world;

    three_nodes(&world);
    struct world_network *network = &world.networks[0];
    network->mtu_follows = true;
    world.underlay_mtu = 1500;
    world.overhead = 50;
    world.peers[1].pod_mtu = 1350;
    sizes_put_mtu(&world);
    assert_int_equal(network->mtu, 1350);
    assert_int_equal(sizes_own(&world), 1450);
    world.peers[0].pod_mtu = 8950;
    world.underlay_mtu = 1350;
    sizes_put_mtu(&world);
    assert_int_equal(network->mtu, 1300);
    world.underlay_mtu = 0;
    sizes_put_mtu(&world);
    assert_int_equal(network->mtu, 1350);
    assert_int_equal(sizes_own(&world), 0);
    world_destroy(&world);
}

static void
pods_get_no_less_than_ipv6_needs(void **state)
{
    struct world world;
    char *error;

    three_nodes(&world);
    struct world_network *network = &world.networks[0];
    error = prefix_parse("fd00:18::/48", &network->ranges[0]);
    assert_null(error);
    network->mtu_follows = true;
    world.underlay_mtu = 1300;
    world.overhead = WORLD_TUNNEL_OVERHEAD_V6;
    sizes_put_mtu(&world);
    assert_int_equal(network->mtu, 1280);
    assert_int_equal(world.n_refusals, 1);
    assert_string_equal(world.refusals[0].what,
                        "Network default, mtu 1230");
    assert_string_equal(world.refusals[0].why,
                        "IPv6 needs 1280, which is used instead");
    world_destroy(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_not_looked_at),
        cmocka_unit_test(a_pod_gets_a_larger_mtu_by_hand),
        cmocka_unit_test(the_route_to_one_peer_gets_narrow),
        cmocka_unit_test(
            nobody_can_send_too_much_to_a_narrow_peer_from_an_empty_network),
        cmocka_unit_test(an_internal_network_judges_its_pods_alone),
        cmocka_unit_test(a_bridged_network_leaves_the_frame_as_it_is),
        cmocka_unit_test(a_tunnel_over_ipv6_takes_20_bytes_less),
        cmocka_unit_test(pods_get_what_the_tunnels_leave),
        cmocka_unit_test(pods_get_no_more_than_other_nodes_say),
        cmocka_unit_test(pods_get_no_less_than_ipv6_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
