/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What compile_world() makes of worlds with IPv6, alone or beside IPv4. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "flows/compile.h"
#include "flows/flowset.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "packets.h"
#include "util.h"

#include "test/unit/flowtest.h"
#include "test/unit/unit.h"
#include "test/unit/values.h"

/* Gives the network of three_nodes() IPv6 beside IPv4. */
static void
add_ipv6(struct world *world)
{
    static const char *const leases[] = { "fd00:18:0:7::/64",
                                          "fd00:18:0:8::/64" };
    struct world_network *network = &world->networks[0];
    struct prefix own = prefix("fd00:18:0:6::/64");

    network->ranges = xrealloc(network->ranges, 2 * sizeof(struct prefix));
    network->ranges[network->n_ranges++] = prefix("fd00:18::/48");
    network->node_plen[ADDR_V6] = 64;
    world_network_set_subnet(network, &own);
    for (size_t i = 0; i < world->n_peers; i++) {
        struct prefix lease = prefix(leases[i]);
        world_peer_add_lease(&world->peers[i], "default", &lease);
    }
    world->pods[0].ip[ADDR_V6] = addr("fd00:18:0:6::2");
    world->pods[1].ip[ADDR_V6] = addr("fd00:18:0:6::3");
}

static void
remove_ipv4(struct world *world)
{
    struct world_network *network = &world->networks[0];

    network->ranges[0] = network->ranges[1];
    network->n_ranges = 1;
    network->subnet[ADDR_V4] = (struct prefix) { .plen = 0 };
    network->gateway[ADDR_V4] = in6addr_any;
    for (size_t i = 0; i < world->n_peers; i++) {
        struct world_peer *peer = &world->peers[i];

        free(peer->leases[0].network);
        peer->leases[0] = peer->leases[--peer->n_leases];
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        world->pods[i].ip[ADDR_V4] = in6addr_any;
    }
}

static void
both_families(struct world *world)
{
    three_nodes(world);
    world->userspace = true;
    add_ipv6(world);
}

static void
a_network_gets_ipv6_beside_ipv4(void **state)
{
    struct world before, after;

    three_nodes(&before);
    before.userspace = true;
    both_families(&after);
    assert_difference_golden(&before, &after, "dual-stack.diff");
}

/* Linux's openvswitch module cannot write an advertisement. */
static void
in_the_kernel_the_controller_answers_for_neighbours(void **state)
{
    struct world before, after;

    both_families(&before);
    both_families(&after);
    after.userspace = false;
    assert_difference_golden(&before, &after, "kernel-nd.diff");
}

static void
a_network_has_ipv6_only(void **state)
{
    struct world world;

    both_families(&world);
    remove_ipv4(&world);
    assert_rules_golden(&world, "ipv6.flows");
    world_destroy(&world);
}

static void
an_internal_network_has_no_router(void **state)
{
    struct world before, after;

    both_families(&before);
    both_families(&after);
    after.networks[0].internal = true;
    assert_difference_golden(&before, &after, "internal-v6.diff");
}

static void
a_pod_may_send_from_any_mac(void **state)
{
    struct world before, after;

    both_families(&before);
    both_families(&after);
    after.pods[1].options.any_mac = true;
    assert_difference_golden(&before, &after, "any-mac-v6.diff");
}

static void
every_goto_leads_forward(void **state)
{
    const struct rule *rule;
    struct flowset rules;
    struct world world;

    both_families(&world);
    compile(&world, &rules);
    HMAP_FOR_EACH (rule, node, &rules.rules) {
        const struct ofpact *a;

        OFPACT_FOR_EACH (a, rule->ofpacts, rule->ofpacts_len) {
            if (a->type == OFPACT_GOTO_TABLE) {
                assert_true(ofpact_get_GOTO_TABLE(a)->table_id > rule->table);
            }
        }
    }
    flowset_destroy(&rules);
    world_destroy(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_gets_ipv6_beside_ipv4),
        cmocka_unit_test(in_the_kernel_the_controller_answers_for_neighbours),
        cmocka_unit_test(a_network_has_ipv6_only),
        cmocka_unit_test(an_internal_network_has_no_router),
        cmocka_unit_test(a_pod_may_send_from_any_mac),
        cmocka_unit_test(every_goto_leads_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
