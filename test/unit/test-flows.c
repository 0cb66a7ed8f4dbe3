/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What compile_world() makes of worlds: whole results in golden files, the
 * difference that one event makes, and what must hold for every rule. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "flows/compile.h"
#include "flows/flowset.h"
#include "flows/pipeline.h"
#include "flows/world.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "packets.h"
#include "util.h"

#include "test/unit/flowtest.h"
#include "test/unit/unit.h"
#include "test/unit/values.h"

static void
an_empty_world_drops_everything_for_a_reason(void **state)
{
    struct world world;

    world_init(&world, "n1");
    assert_rules_golden(&world, "empty.flows");
    world_destroy(&world);
}

static void
three_nodes_and_two_pods(void **state)
{
    struct world world;

    three_nodes(&world);
    assert_rules_golden(&world, "three-nodes.flows");
    world_destroy(&world);
}

static void
an_internal_network_has_no_way_out(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    after.networks[0].internal = true;
    assert_difference_golden(&before, &after, "internal.diff");
}

static void
a_pod_appears(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    add_pod(&after, "default/p3/eth0", "172.18.6.4", 3);
    assert_difference_golden(&before, &after, "pod-appears.diff");
}

static void
a_peer_appears(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    add_peer(&after, "n4", "192.0.2.14", "172.18.9.0/24", 32771);
    assert_difference_golden(&before, &after, "peer-appears.diff");
}

static void
a_second_network_appears(void **state)
{
    struct prefix own = prefix("10.9.1.0/24");
    struct world before, after;

    twice_three_nodes(&before, &after);
    struct world_network *red = add_network(&after, "red", 77, "10.9.0.0/16");
    red->host_port = u16_to_ofp(32780);
    world_network_set_subnet(red, &own);
    assert_difference_golden(&before, &after, "network-appears.diff");
}

static void
ports_whose_numbers_are_unknown_cause_no_rules(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    add_pod(&after, "default/p3/eth0", "172.18.6.4", 3);
    after.pods[2].port = OFPP_NONE;
    add_peer(&after, "n4", "192.0.2.14", "172.18.9.0/24", 32771);
    after.peers[2].tunnels[TUNNELS_VXLAN].port = OFPP_NONE;
    assert_difference_golden(&before, &after, "nothing.diff");
}

static void
the_same_world_in_another_order_gives_the_same_rules(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    struct world_pod pod = after.pods[0];
    after.pods[0] = after.pods[1];
    after.pods[1] = pod;
    assert_difference_golden(&before, &after, "nothing.diff");
}

static void
a_pod_is_held_to_a_rate_by_a_meter(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    /* What is no multiple of 1000 bits is rounded up. */
    after.pods[1].options.from_pod = (struct world_limit) { 2500001, 600000 };
    assert_difference_golden(&before, &after, "rate.diff");
}

static void
what_a_pod_receives_is_metered_in_userspace_alone(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    after.pods[1].options.to_pod = (struct world_limit) { 2500000, 600000 };
    before.userspace = after.userspace = true;
    assert_difference_golden(&before, &after, "receiving-rate.diff");
    twice_three_nodes(&before, &after);
    after.pods[1].options.to_pod = (struct world_limit) { 2500000, 600000 };
    assert_difference_golden(&before, &after, "nothing.diff");
}

static void
another_rate_changes_the_meter_alone(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    before.pods[0].options.from_pod = (struct world_limit) { 1000000, 600000 };
    before.pods[1].options.from_pod = (struct world_limit) { 1000000, 600000 };
    after.pods[0].options.from_pod = (struct world_limit) { 1000000, 600000 };
    after.pods[1].options.from_pod = (struct world_limit) { 2000000, 600000 };
    assert_difference_golden(&before, &after, "other-rate.diff");
}

static void
a_rate_ends_and_its_meter_goes(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    before.pods[1].options.from_pod = (struct world_limit) { 1000000, 600000 };
    assert_difference_golden(&before, &after, "no-rate.diff");
}

static void
a_pod_may_send_from_any_mac(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    after.pods[1].options.any_mac = true;
    assert_difference_golden(&before, &after, "any-mac.diff");
}

static void
a_pod_that_leases_its_address_is_answered_by_its_mac(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    after.pods[1].options.dhcp = true;
    assert_difference_golden(&before, &after, "dhcp.diff");
}

static void
isolated_pods_do_not_reach_each_other(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    add_pod(&before, "default/p3/eth0", "172.18.6.4", 3);
    add_pod(&after, "default/p3/eth0", "172.18.6.4", 3);
    after.pods[1].options.isolated = true;
    after.pods[2].options.isolated = true;
    assert_difference_golden(&before, &after, "isolated.diff");
}

static void
a_lonely_isolated_pod_floods_nobody(void **state)
{
    struct world before, after;

    twice_three_nodes(&before, &after);
    before.networks[0].internal = after.networks[0].internal = true;
    after.pods[0].options.isolated = after.pods[1].options.isolated = true;
    assert_difference_golden(&before, &after, "isolated-internal.diff");
}

static void
every_goto_leads_forward_and_every_table_has_a_miss_rule(void **state)
{
    bool has_miss[PIPELINE_N_TABLES] = { false };
    const struct rule *rule;
    struct flowset rules;
    struct world world;

    three_nodes(&world);
    compile(&world, &rules);
    HMAP_FOR_EACH (rule, node, &rules.rules) {
        const struct ofpact *a;

        assert_true(rule->table < PIPELINE_N_TABLES);
        assert_int_equal(ntohll(rule->cookie) >> 48, PIPELINE_COOKIE_MAGIC);
        if (rule->priority == PRIORITY_MISS) {
            has_miss[rule->table] = true;
        }
        OFPACT_FOR_EACH (a, rule->ofpacts, rule->ofpacts_len) {
            if (a->type == OFPACT_GOTO_TABLE) {
                assert_true(ofpact_get_GOTO_TABLE(a)->table_id > rule->table);
            }
        }
    }
    for (size_t i = 0; i < PIPELINE_N_TABLES; i++) {
        assert_true(has_miss[i]);
    }
    flowset_destroy(&rules);
    world_destroy(&world);
}

static void
only_the_last_tables_drop(void **state)
{
    const struct rule *rule;
    struct flowset rules;
    struct world world;

    three_nodes(&world);
    compile(&world, &rules);
    HMAP_FOR_EACH (rule, node, &rules.rules) {
        assert_int_equal(!rule->ofpacts_len,
                         rule->table == TABLE_WHOSE
                         || (rule->table == TABLE_DROP && !rule->priority));
    }
    flowset_destroy(&rules);
    world_destroy(&world);
}

static void
a_second_rule_of_one_identity_is_refused_and_counted(void **state)
{
    struct flowset rules;

    flowset_init(&rules);
    flowset_add_text(&rules, htonll(1), "table=drop,priority=1 actions=drop");
    flowset_add_text(&rules, htonll(2), "table=drop,priority=1 actions=drop");
    assert_int_equal(flowset_count(&rules), 1);
    assert_int_equal(rules.n_duplicates, 1);
    flowset_destroy(&rules);
}

static void
the_pipeline_prints_itself(void **state)
{
    char *text = pipeline_to_string();
    assert_golden("pipeline.txt", text);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_world_drops_everything_for_a_reason),
        cmocka_unit_test(three_nodes_and_two_pods),
        cmocka_unit_test(an_internal_network_has_no_way_out),
        cmocka_unit_test(a_pod_appears),
        cmocka_unit_test(a_peer_appears),
        cmocka_unit_test(a_second_network_appears),
        cmocka_unit_test(ports_whose_numbers_are_unknown_cause_no_rules),
        cmocka_unit_test(the_same_world_in_another_order_gives_the_same_rules),
        cmocka_unit_test(a_pod_is_held_to_a_rate_by_a_meter),
        cmocka_unit_test(what_a_pod_receives_is_metered_in_userspace_alone),
        cmocka_unit_test(another_rate_changes_the_meter_alone),
        cmocka_unit_test(a_rate_ends_and_its_meter_goes),
        cmocka_unit_test(a_pod_may_send_from_any_mac),
        cmocka_unit_test(
            a_pod_that_leases_its_address_is_answered_by_its_mac),
        cmocka_unit_test(isolated_pods_do_not_reach_each_other),
        cmocka_unit_test(a_lonely_isolated_pod_floods_nobody),
        cmocka_unit_test(
            every_goto_leads_forward_and_every_table_has_a_miss_rule),
        cmocka_unit_test(only_the_last_tables_drop),
        cmocka_unit_test(a_second_rule_of_one_identity_is_refused_and_counted),
        cmocka_unit_test(the_pipeline_prints_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
