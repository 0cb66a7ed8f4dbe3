/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The host's side as far as it needs neither root nor a network: the rules
 * for nftables (golden files), when to try again, and what is said about
 * addresses for tunnels.  The subnet file is test-subnet-file.c's. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/host-retry.h"
#include "controller/host-rules.h"
#include "controller/host.h"
#include "flows/world.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

#include "test/unit/unit.h"
#include "test/unit/values.h"

static struct world_network *
add_network(struct world *world, const char *name, uint32_t vni,
            const char *range, const char *subnet)
{
    struct world_network *network = world_add_network(world, name, vni);
    struct prefix p = prefix(subnet);

    network->ranges = xmalloc(sizeof *network->ranges);
    network->ranges[0] = prefix(range);
    network->n_ranges = 1;
    network->mtu = 1450;
    network->masquerade = true;
    world_network_set_subnet(network, &p);
    return network;
}

static void
add_range(struct world_network *network, const char *range)
{
    network->ranges = xrealloc(network->ranges, (network->n_ranges + 1)
                               * sizeof *network->ranges);
    network->ranges[network->n_ranges++] = prefix(range);
}

/* ---- Rules -------------------------------------------------------------- */

static void
assert_rules(struct world *world, const char *golden)
{
    char *rules = host_rules(world);

    assert_golden(golden, rules);
    free(rules);
    world_destroy(world);
}

static void
one_network_is_masqueraded(void **state OVS_UNUSED)
{
    struct world world;

    world_init(&world, "n1");
    add_network(&world, "default", 1, "172.18.0.0/16", "172.18.6.0/24");
    assert_rules(&world, "rules-one-network.nft");
}

static void
nothing_passes_between_networks(void **state OVS_UNUSED)
{
    struct world world;

    world_init(&world, "n1");
    add_network(&world, "blue", 7, "10.7.0.0/16", "10.7.1.0/24")->masquerade
        = false;
    add_network(&world, "default", 1, "172.18.0.0/16", "172.18.6.0/24");
    add_network(&world, "red", 9, "10.9.0.0/16", "10.9.1.0/24");
    assert_rules(&world, "rules-three-networks.nft");
}

static void
families_and_ranges_have_rules_of_their_own(void **state OVS_UNUSED)
{
    struct prefix subnet6 = prefix("fd00:18:6::/64");
    struct world world;

    world_init(&world, "n1");
    struct world_network *network = add_network(
        &world, "default", 1, "172.18.0.0/16", "172.18.6.0/24");
    add_range(network, "172.30.0.0/16");
    add_range(network, "fd00:18::/32");
    world_network_set_subnet(network, &subnet6);
    assert_rules(&world, "rules-dual-stack.nft");
}

static void
add_host_port(struct world_pod *pod, enum world_proto proto, uint16_t number,
              const char *host_ip)
{
    struct world_host_port *port = world_options_add_host_port(&pod->options);

    port->proto = proto;
    port->host_port = number;
    port->pod_port = 80;
    if (host_ip) {
        char *error = addr_parse(host_ip, &port->host_ip);
        assert_null(error);
    }
}

static struct world_pod *
add_pod(struct world *world, const char *id, const char *ip)
{
    struct world_pod *pod = world_add_pod(world, id, "default");
    struct in6_addr addr;
    char *error = addr_parse(ip, &addr);

    assert_null(error);
    pod->ip[addr_family(&addr)] = addr;
    return pod;
}

static void
ports_of_the_host_lead_to_pods(void **state OVS_UNUSED)
{
    struct world world;

    world_init(&world, "n1");
    add_network(&world, "default", 1, "172.18.0.0/16", "172.18.6.0/24");
    struct world_pod *pod = add_pod(&world, "p1", "172.18.6.2");
    add_host_port(pod, WORLD_TCP, 8080, NULL);
    add_host_port(pod, WORLD_UDP, 8080, NULL);
    add_host_port(pod, WORLD_TCP, 8081, "192.0.2.11");
    pod = add_pod(&world, "p2", "172.18.6.3");
    add_host_port(pod, WORLD_SCTP, 8080, NULL);
    add_host_port(pod, WORLD_TCP, 8081, "192.0.2.12");
    add_pod(&world, "p3", "172.18.6.4");
    assert_rules(&world, "rules-host-ports.nft");
}

static void
ports_of_the_host_lead_to_each_family(void **state OVS_UNUSED)
{
    struct world world;

    world_init(&world, "n1");
    add_network(&world, "default", 1, "172.18.0.0/16", "172.18.6.0/24");
    struct world_pod *pod = add_pod(&world, "p1", "172.18.6.2");
    pod->ip[ADDR_V6] = prefix("fd00::2/128").addr;
    add_host_port(pod, WORLD_TCP, 8080, NULL);
    add_host_port(pod, WORLD_TCP, 8081, "2001:db8::1");
    add_host_port(pod, WORLD_TCP, 8082, "192.0.2.11");
    assert_rules(&world, "rules-host-ports-dual.nft");
}

static void
internal_networks_have_no_rules(void **state OVS_UNUSED)
{
    struct world world;

    world_init(&world, "n1");
    add_network(&world, "hidden", 7, "10.7.0.0/16", "10.7.1.0/24")->internal
        = true;
    assert_rules(&world, "rules-none.nft");
}

static void
a_chosen_name_never_enters_the_rules(void **state OVS_UNUSED)
{
    struct world world;

    world_init(&world, "n1");
    add_network(&world, "x\"; flush ruleset; #", 7, "10.7.0.0/16",
                "10.7.1.0/24");
    char *rules = host_rules(&world);
    assert_null(strstr(rules, "flush"));
    assert_non_null(strstr(rules, "loden-7"));
    free(rules);
    world_destroy(&world);
}

/* ---- Trying again ------------------------------------------------------- */

static void
what_failed_is_tried_again_later(void **state OVS_UNUSED)
{
    struct retry retry;

    retry_init(&retry, "test");
    assert_true(retry_is_due(&retry));
    retry_failed(&retry, xstrdup("refused"));
    assert_false(retry_is_due(&retry));
    assert_int_equal(retry.delay, 1000);
    for (int i = 0; i < 10; i++) {
        retry_failed(&retry, xstrdup("refused"));
    }
    assert_int_equal(retry.delay, 60000);
    retry_at_once(&retry);
    assert_true(retry_is_due(&retry));
    retry_failed(&retry, xstrdup("refused again"));
    assert_int_equal(retry.delay, 1000);
    retry_succeeded(&retry);
    assert_true(retry_is_due(&retry));
    assert_null(retry.error);
    retry_destroy(&retry);
}

/* ---- The underlay ------------------------------------------------------- */

static void
the_underlays_mtu_is_its_interfaces(void **state OVS_UNUSED)
{
    struct in6_addr ip;
    unsigned int mtu, expected;
    FILE *file = fopen("/sys/class/net/lo/mtu", "r");

    in6_addr_set_mapped_ipv4(&ip, htonl(INADDR_LOOPBACK));
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%u", &expected), 1);
    fclose(file);
    char *error = host_underlay_mtu(&ip, &mtu);
    assert_null(error);
    assert_int_equal(mtu, expected);
}

static void
a_foreign_tunnel_address_is_refused(void **state OVS_UNUSED)
{
    struct in6_addr ip;
    unsigned int mtu = 7;

    in6_addr_set_mapped_ipv4(&ip, htonl(0xc0000207));
    char *error = host_underlay_mtu(&ip, &mtu);
    assert_string_equal(error,
                        "no interface of this node has the tunnels' address "
                        "192.0.2.7: give it to one, or choose another with "
                        "external_ids:loden-encap-ip");
    assert_int_equal(mtu, 7);
    free(error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_network_is_masqueraded),
        cmocka_unit_test(nothing_passes_between_networks),
        cmocka_unit_test(families_and_ranges_have_rules_of_their_own),
        cmocka_unit_test(ports_of_the_host_lead_to_pods),
        cmocka_unit_test(ports_of_the_host_lead_to_each_family),
        cmocka_unit_test(internal_networks_have_no_rules),
        cmocka_unit_test(a_chosen_name_never_enters_the_rules),
        cmocka_unit_test(what_failed_is_tried_again_later),
        cmocka_unit_test(the_underlays_mtu_is_its_interfaces),
        cmocka_unit_test(a_foreign_tunnel_address_is_refused),
    };

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
