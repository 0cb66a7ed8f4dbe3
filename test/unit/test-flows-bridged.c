/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What compile_world() makes of bridged networks: a whole result, and the
 * difference that one event makes. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "flows/flowset.h"
#include "flows/world.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

#include "test/unit/flowtest.h"
#include "test/unit/unit.h"
#include "test/unit/values.h"

static void
add_bridged_pod(struct world *world, const char *id, const char *ip,
                uint16_t port)
{
    struct world_pod *pod = world_add_pod(world, id, "blue");

    if (ip) {
        pod->ip[ADDR_V4] = addr(ip);
    }
    pod->mac = (struct eth_addr) ETH_ADDR_C(0a,58,0a,05,00,00);
    pod->mac.ea[5] = port;
    pod->port = u16_to_ofp(port);
    pod->port_name = xasprintf("ldn0000000%d", port);
}

static void
add_endpoint(struct world *world, const char *node, uint8_t mac,
             const char *ip)
{
    struct eth_addr ea = ETH_ADDR_C(0a,58,0a,05,01,00);
    ea.ea[5] = mac;
    struct world_endpoint *endpoint
        = world_add_endpoint(world, "blue", ea, node);

    endpoint->sequence = 1;
    if (ip) {
        struct in6_addr in6 = addr(ip);
        world_endpoint_add_ip(endpoint, &in6);
    }
}

/* Node n1 of three, with two pods in the bridged network blue, of which n2
 * has a member. */
static void
blue(struct world *world)
{
    world_init(world, "n1");
    world->tunnel_ip[ADDR_V4] = addr("192.0.2.11");
    struct world_network *network = add_network(world, "blue", 99,
                                                "10.5.0.0/16");
    network->mode = WORLD_BRIDGED;
    network->bridged.storm_rate = 20000000;
    world_network_set_subnet(network, &network->ranges[0]);

    struct in6_addr n2 = addr("192.0.2.12");
    struct in6_addr n3 = addr("192.0.2.13");
    world_add_peer(world, "n2", &n2)->tunnels[TUNNELS_VXLAN].port
        = u16_to_ofp(32769);
    world_add_peer(world, "n3", &n3)->tunnels[TUNNELS_VXLAN].port
        = u16_to_ofp(32770);
    add_bridged_pod(world, "blue/p1/eth0", "10.5.0.2", 1);
    add_bridged_pod(world, "blue/p2/eth0", "10.5.0.3", 2);
    add_endpoint(world, "n2", 2, "10.5.1.2");
}

static void
twice_blue(struct world *a, struct world *b)
{
    blue(a);
    blue(b);
}

static void
a_bridged_network_of_two_members(void **state)
{
    struct world world;

    blue(&world);
    assert_rules_golden(&world, "bridged.flows");
    world_destroy(&world);
}

static void
a_network_without_a_pod_here_needs_next_to_nothing(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    for (size_t i = 0; i < 2; i++) {
        free(after.pods[i].network);
        after.pods[i].network = xstrdup("red");
    }
    assert_difference_golden(&before, &after, "bridged-no-pod.diff");
}

static void
an_endpoint_appears_on_a_node_that_is_a_member(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    add_endpoint(&after, "n2", 3, "10.5.1.3");
    assert_difference_golden(&before, &after, "endpoint-appears.diff");
}

static void
a_node_becomes_a_member(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    add_endpoint(&after, "n3", 4, "10.5.1.4");
    assert_difference_golden(&before, &after, "member-appears.diff");
}

static void
an_endpoint_moves_to_another_node(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    free(after.endpoints[0].node);
    after.endpoints[0].node = xstrdup("n3");
    assert_difference_golden(&before, &after, "endpoint-moves.diff");
}

static void
a_member_without_an_address_is_asked_itself(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    add_endpoint(&after, "n3", 4, NULL);
    assert_difference_golden(&before, &after, "silent-endpoint.diff");
}

static void
a_pod_without_an_address_takes_nobodys(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    add_bridged_pod(&after, "blue/p3/eth0", NULL, 3);
    assert_difference_golden(&before, &after, "silent-pod.diff");
}

static void
a_pod_that_leases_its_address_asks_the_host_alone(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    before.networks[0].host_port = after.networks[0].host_port
        = u16_to_ofp(32768);
    add_bridged_pod(&after, "blue/p3/eth0", NULL, 3);
    after.pods[2].options.dhcp = true;
    assert_difference_golden(&before, &after, "bridged-dhcp-asks.diff");
}

static void
a_pod_that_has_leased_its_address_can_renew_it(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    before.networks[0].host_port = after.networks[0].host_port
        = u16_to_ofp(32768);
    after.pods[0].options.dhcp = true;
    assert_difference_golden(&before, &after, "bridged-dhcp.diff");
}

static void
a_pod_is_isolated(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    after.pods[1].options.isolated = true;
    assert_difference_golden(&before, &after, "bridged-isolated.diff");
}

static void
an_internal_bridged_network_has_no_way_out(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    after.networks[0].internal = true;
    assert_difference_golden(&before, &after, "bridged-internal.diff");
}

static void
unknown_unicast_and_multicast_are_the_networks_choice(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    after.networks[0].bridged.flood_unknown = true;
    after.networks[0].bridged.drop_multicast = true;
    after.networks[0].bridged.storm_rate = 0;
    assert_difference_golden(&before, &after, "bridged-choices.diff");
}

static void
a_pods_share_of_little_is_a_packet_at_once(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    after.networks[0].bridged.flood_unknown = true;
    after.networks[0].bridged.storm_rate = 1000000;
    assert_difference_golden(&before, &after, "bridged-share.diff");
}

static void
both_families_are_answered(void **state)
{
    struct world before, after;
    struct in6_addr there = addr("fd05::1:2");

    twice_blue(&before, &after);
    before.userspace = after.userspace = true;
    after.pods[0].ip[ADDR_V6] = addr("fd05::2");
    world_endpoint_add_ip(&after.endpoints[0], &there);
    assert_difference_golden(&before, &after, "bridged-v6.diff");
}

/* Adds 'n' peers to 'world', with a member each. */
static void
add_members(struct world *world, int n)
{
    for (int i = 0; i < n; i++) {
        struct in6_addr ip = addr("192.0.2.99");
        struct eth_addr mac = ETH_ADDR_C(0a,58,0a,05,02,00);
        char name[16];

        snprintf(name, sizeof name, "m%04d", i);
        mac.ea[4] = 2 + i / 256;
        mac.ea[5] = i % 256;
        world_add_peer(world, name, &ip)->tunnels[TUNNELS_VXLAN].port
            = u16_to_ofp(33000 + i);
        world_add_endpoint(world, "blue", mac, name);
    }
    world_sort(world);
}

static void
multicast_goes_to_those_who_listen(void **state)
{
    struct world before, after;
    struct in6_addr group = addr("239.1.2.3");

    twice_blue(&before, &after);
    before.networks[0].bridged.snoop = after.networks[0].bridged.snoop = true;
    after.pods[1].options.isolated = true;
    before.pods[1].options.isolated = true;
    after.pods[1].groups = xmemdup(&group, sizeof group);
    after.pods[1].n_groups = 1;
    after.endpoints[0].groups = xmemdup(&group, sizeof group);
    after.endpoints[0].n_groups = 1;
    assert_difference_golden(&before, &after, "group-appears.diff");
}

static void
an_isolated_pod_does_not_hear_its_like(void **state)
{
    struct world before, after;
    struct in6_addr group = addr("ff05::1234");

    twice_blue(&before, &after);
    for (int i = 0; i < 2; i++) {
        struct world *world = i ? &after : &before;
        world->networks[0].bridged.snoop = true;
        world->networks[0].bridged.storm_rate = 0;
        world->networks[0].internal = true;
        world->pods[1].options.isolated = true;
    }
    after.pods[1].groups = xmemdup(&group, sizeof group);
    after.pods[1].n_groups = 1;
    assert_difference_golden(&before, &after, "group-isolated.diff");
}

static void
without_listeners_multicast_goes_to_the_host(void **state)
{
    struct world before, after;

    twice_blue(&before, &after);
    after.networks[0].bridged.snoop = true;
    assert_difference_golden(&before, &after, "snoop.diff");
}

static void
without_ipv4_there_is_no_arp(void **state)
{
    struct world world;

    world_init(&world, "n1");
    world.tunnel_ip[ADDR_V4] = addr("192.0.2.11");
    struct world_network *network = add_network(&world, "blue", 99,
                                                "fd05::/64");
    network->mode = WORLD_BRIDGED;
    world_network_set_subnet(network, &network->ranges[0]);
    struct in6_addr n2 = addr("192.0.2.12");
    world_add_peer(&world, "n2", &n2)->tunnels[TUNNELS_VXLAN].port
        = u16_to_ofp(32769);
    add_bridged_pod(&world, "blue/p1/eth0", NULL, 1);
    world.pods[0].ip[ADDR_V6] = addr("fd05::2");
    add_endpoint(&world, "n2", 2, "fd05::1:2");
    assert_rules_golden(&world, "bridged-v6.flows");
    world_destroy(&world);
}

static void
many_members_need_several_groups(void **state)
{
    struct flowset rules;
    struct world world;

    blue(&world);
    add_members(&world, 1100);
    compile(&world, &rules);
    size_t n_ports = 0;
    for (size_t i = 0; i < rules.groups.n; i++) {
        assert_true(rules.groups.groups[i].n_ports <= GROUP_MAX_PORTS);
        n_ports += rules.groups.groups[i].n_ports;
    }
    /* One for questions, one of pods, and those of peers. */
    assert_int_equal(rules.groups.n, 1 + 1 + 3);
    assert_int_equal(n_ports, 2 + 1101);
    flowset_destroy(&rules);
    world_destroy(&world);
}

static void
people_are_told_before_a_flood_has_too_many_copies(void **state)
{
    for (int n = 695; n < 700; n++) {
        struct world world;

        blue(&world);
        add_members(&world, n);
        /* n2 and two pods are there, too. */
        char *text = world_check_floods(&world);
        if (n + 3 < WORLD_FLOOD_WARNING) {
            assert_null(text);
        } else {
            char *wanted = xasprintf(
                "network blue: what a pod here floods goes to %d peers and "
                "pods: Open vSwitch copies a packet 780 times at most, and "
                "the rest would get nothing", n + 3);
            assert_string_equal(text, wanted);
            free(wanted);
        }
        free(text);
        world_destroy(&world);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bridged_network_of_two_members),
        cmocka_unit_test(a_network_without_a_pod_here_needs_next_to_nothing),
        cmocka_unit_test(an_endpoint_appears_on_a_node_that_is_a_member),
        cmocka_unit_test(a_node_becomes_a_member),
        cmocka_unit_test(an_endpoint_moves_to_another_node),
        cmocka_unit_test(a_member_without_an_address_is_asked_itself),
        cmocka_unit_test(a_pod_without_an_address_takes_nobodys),
        cmocka_unit_test(a_pod_that_leases_its_address_asks_the_host_alone),
        cmocka_unit_test(a_pod_that_has_leased_its_address_can_renew_it),
        cmocka_unit_test(a_pod_is_isolated),
        cmocka_unit_test(an_internal_bridged_network_has_no_way_out),
        cmocka_unit_test(
            unknown_unicast_and_multicast_are_the_networks_choice),
        cmocka_unit_test(a_pods_share_of_little_is_a_packet_at_once),
        cmocka_unit_test(both_families_are_answered),
        cmocka_unit_test(multicast_goes_to_those_who_listen),
        cmocka_unit_test(an_isolated_pod_does_not_hear_its_like),
        cmocka_unit_test(without_listeners_multicast_goes_to_the_host),
        cmocka_unit_test(without_ipv4_there_is_no_arp),
        cmocka_unit_test(many_members_need_several_groups),
        cmocka_unit_test(people_are_told_before_a_flood_has_too_many_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
