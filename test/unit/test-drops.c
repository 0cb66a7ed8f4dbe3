/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What was dropped, out of what rules have counted, and as 'lodenctl drops'
 * shows it. */

#include <config.h>

#include "flows/drops.h"

#include <stdlib.h>

#include "byte-order.h"
#include "ctl/drops-text.h"
#include "flows/flowset.h"
#include "flows/world.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "table.h"
#include "test/unit/flowtest.h"
#include "test/unit/unit.h"
#include "test/unit/values.h"
#include "util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Adds 'packets' of each rule of 'rules' that 'drops_parts' asks for. */
static void
add_parts(struct drops *drops, const struct flowset *rules, uint64_t packets)
{
    const struct rule *rule;

    drops_init(drops);
    HMAP_FOR_EACH (rule, node, &rules->rules) {
        uint64_t cookie = ntohll(rule->cookie);

        for (int i = 0; i < DROPS_PARTS; i++) {
            const struct drops_part *part = &drops_parts[i];
            if (rule->table == part->table
                && (part->kind == KIND_NONE
                    || (cookie >> 40 & 0xff) == part->kind)) {
                drops_add(drops, rule, packets);
            }
        }
    }
}

/* Adds 'packets' of every rule. */
static void
add_all(struct drops *drops, const struct flowset *rules, uint64_t packets)
{
    const struct rule *rule;

    drops_init(drops);
    HMAP_FOR_EACH (rule, node, &rules->rules) {
        drops_add(drops, rule, packets);
    }
}

static void
a_world(struct world *world, struct flowset *rules)
{
    three_nodes(world);
    world->pods[0].ip[ADDR_V6] = addr("fd18:6::2");
    compile(world, rules);
}

static void
each_drop_counts_once_by_its_reason(void **state)
{
    struct flowset rules;
    struct world world;
    struct drops drops;

    a_world(&world, &rules);
    add_parts(&drops, &rules, 7);
    for (int reason = 1; reason < PIPELINE_N_REASONS; reason++) {
        assert_int_equal(drops.reasons[reason], 7);
    }
    drops_destroy(&drops);
    flowset_destroy(&rules);
    world_destroy(&world);
}

static void
what_is_read_is_all_there_is_to_know(void **state)
{
    struct drops parts, all;
    struct flowset rules;
    struct world world;
    struct drops_source *source;

    a_world(&world, &rules);
    add_parts(&parts, &rules, 1);
    add_all(&all, &rules, 1);
    HMAP_FOR_EACH (source, node, &all.sources) {
        const struct drops_source *same = drops_find(&parts, source->cookie);

        if (source->cookie == pipeline_cookie(KIND_PIPELINE, "")) {
            continue;
        }
        assert_non_null(same);
        assert_memory_equal(same->reasons, source->reasons,
                            sizeof source->reasons);
        assert_int_equal(same->packets, source->packets);
    }
    drops_destroy(&all);
    drops_destroy(&parts);
    flowset_destroy(&rules);
    world_destroy(&world);
}

static void
a_pod_is_told_by_its_own_rules(void **state)
{
    const struct drops_source *source;
    struct flowset rules;
    struct world world;
    struct drops drops;

    a_world(&world, &rules);
    add_parts(&drops, &rules, 1);
    source = drops_find(&drops, pipeline_cookie(KIND_POD, "default/p1/eth0"));
    assert_non_null(source);
    assert_int_equal(source->packets, 1);
    assert_int_equal(source->reasons[REASON_SPOOFED_MAC], 1);
    assert_int_equal(source->reasons[REASON_ARP_OWN], 1);
    assert_int_equal(source->reasons[REASON_DHCP_SERVER], 0);
    assert_int_equal(drops_unexplained(source), 0);

    source = drops_find(&drops, pipeline_cookie(KIND_PEER, "n2"));
    assert_non_null(source);
    assert_int_equal(source->reasons[REASON_UNKNOWN_VNI], 1);

    assert_non_null(drops_find(&drops,
                               pipeline_cookie(KIND_NETWORK, "default")));
    assert_null(drops_find(&drops, pipeline_cookie(KIND_POD, "nobody")));
    drops_destroy(&drops);
    flowset_destroy(&rules);
    world_destroy(&world);
}

static void
the_rest_is_what_shared_rules_dropped(void **state)
{
    const struct drops_source source = {
        .packets = 10,
        .reasons = { [REASON_SPOOFED_MAC] = 3, [REASON_ISOLATED] = 1 },
    };

    assert_int_equal(drops_unexplained(&source), 6);
}

/* ---- What people see ---------------------------------------------------- */

static void
assert_report(const char *before, const char *now, enum drops_which which,
              const char *expected)
{
    const struct table_style style = {
        .format = TF_TABLE, .cell_format = CF_BARE, .headings = true,
    };
    struct json *old = before ? json_from_string(before) : NULL;
    struct json *new = json_from_string(now);
    struct ds out = DS_EMPTY_INITIALIZER;

    assert_null(drops_check(new));
    struct json *report = drops_report(old, new, which);
    table_format_reset();
    drops_format(report, &style, &out);
    assert_string_equal(ds_cstr(&out), expected);
    json_destroy(report);
    json_destroy(new);
    json_destroy(old);
    ds_destroy(&out);
}

#define REASONS(N, M)                                                    \
    "\"reasons\":[{\"reason\":\"not-ip\",\"packets\":" N ","             \
    "\"meaning\":\"neither\"},{\"reason\":\"isolated\",\"packets\":" M   \
    ",\"meaning\":\"both\"}]"
#define SOURCES(N)                                                        \
    "\"sources\":[{\"from\":\"pod\",\"name\":\"p1\",\"port\":\"ldn1\","   \
    "\"packets\":" N ",\"reasons\":{\"not-ip\":2,\"other\":1}}]"

static void
what_was_dropped_is_shown_with_its_rate(void **state)
{
    assert_report("{\"at\":1000,"REASONS("5", "0")","SOURCES("1")"}",
                  "{\"at\":3000,"REASONS("6", "0")","SOURCES("3")"}",
                  DROPS_SEEN,
                  "reason packets rate meaning\n"
                  "------ ------- ---- -------\n"
                  "not-ip 6       0.5  neither\n"
                  "\n"
                  "from name port packets rate reasons\n"
                  "---- ---- ---- ------- ---- -----------------\n"
                  "pod  p1   ldn1 3       1.0  not-ip 2, other 1\n");
}

static void
a_counter_that_began_anew_counts_from_nothing(void **state)
{
    assert_report("{\"at\":1000,"REASONS("50", "0")",\"sources\":[]}",
                  "{\"at\":2000,"REASONS("6", "0")",\"sources\":[]}",
                  DROPS_ALL,
                  "reason   packets rate meaning\n"
                  "-------- ------- ---- -------\n"
                  "not-ip   6       6.0  neither\n"
                  "isolated 0       0.0  both\n");
}

static void
nothing_dropped_is_said(void **state)
{
    assert_report(NULL, "{\"at\":1,"REASONS("0", "0")",\"sources\":[]}",
                  DROPS_SEEN, "nothing was dropped\n");
}

static void
what_is_no_answer_is_refused(void **state)
{
    static const char *const bad[] = {
        "[]", "{}", "{\"reasons\":[],\"sources\":{}}",
        "{\"reasons\":[3],\"sources\":[]}",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct json *json = json_from_string(bad[i]);
        char *error = drops_check(json);

        assert_non_null(error);
        free(error);
        json_destroy(json);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_drop_counts_once_by_its_reason),
        cmocka_unit_test(what_is_read_is_all_there_is_to_know),
        cmocka_unit_test(a_pod_is_told_by_its_own_rules),
        cmocka_unit_test(the_rest_is_what_shared_rules_dropped),
        cmocka_unit_test(what_was_dropped_is_shown_with_its_rate),
        cmocka_unit_test(a_counter_that_began_anew_counts_from_nothing),
        cmocka_unit_test(nothing_dropped_is_said),
        cmocka_unit_test(what_is_no_answer_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
