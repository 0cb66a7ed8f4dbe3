/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What the bridge's row says of networks with IPv6. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "test/unit/dbtests.h"
#include "test/unit/node.h"
#include "util.h"

#include "test/unit/unit.h"

static void
fill_dual(struct world *world)
{
    struct prefix range = { .plen = 48 };
    struct prefix subnet = { .plen = 64 };
    struct world_network *network;

    node_fill_three(world);
    network = &world->networks[0];
    assert_null(addr_parse("fd00:18::", &range.addr));
    assert_null(addr_parse("fd00:18:0:6::", &subnet.addr));
    network->ranges = xrealloc(network->ranges, 2 * sizeof range);
    network->ranges[network->n_ranges++] = range;
    world_network_set_subnet(network, &subnet);
}

static void
fill_ipv6(struct world *world)
{
    fill_dual(world);
    world->networks[0].subnet[ADDR_V4] = (struct prefix) { .plen = 0 };
}

static void
each_family_is_published_by_words_of_its_own(void **state OVS_UNUSED)
{
    node.fill = fill_dual;
    node_settle(&node);
    node_assert(&node, "Bridge", "external_ids",
                "[\"map\",[[\"loden-net:default\",\"mode=routed vni=1 "
                "range=172.18.0.0/16 subnet=172.18.6.0/24 gateway=172.18.6.1 "
                "range6=fd00:18::/48 subnet6=fd00:18:0:6::/64 "
                "gateway6=fd00:18:0:6::1 "
                "mac=0e:a8:45:6a:f7:34 mtu=1450 host=loden0\"],"
                "[\"loden-owner\",\"n1\"]]]\n");
    node.fill = fill_ipv6;
    node_settle(&node);
    node_assert(&node, "Bridge", "external_ids",
                "[\"map\",[[\"loden-net:default\",\"mode=routed vni=1 "
                "range6=fd00:18::/48 subnet6=fd00:18:0:6::/64 "
                "gateway6=fd00:18:0:6::1 "
                "mac=0e:a8:45:6a:f7:34 mtu=1450 host=loden0\"],"
                "[\"loden-owner\",\"n1\"]]]\n");
}

/* A controller that starts finds there what this node had. */
static void
subnets_of_both_families_are_remembered(void **state OVS_UNUSED)
{
    struct local_leases leases;

    node.fill = fill_dual;
    node_settle(&node);
    local_get_leases(node.local, "n1", &leases);
    assert_int_equal(sset_count(&leases.unused), 2);
    assert_true(sset_contains(&leases.unused, "default 172.18.6.0/24"));
    assert_true(sset_contains(&leases.unused, "default fd00:18:0:6::/64"));
    local_leases_destroy(&leases);
}

#define TEST NODE_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(each_family_is_published_by_words_of_its_own),
        TEST(subnets_of_both_families_are_remembered),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_NODE, DBSERVER_STRICT, tests);
}
