/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The daemon's status, as 'lodenctl status' shows it to people. */

#include <config.h>

#include "ctl/status.h"

#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "table.h"
#include "util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void
assert_shown(const char *status, const char *expected)
{
    const struct table_style style = {
        .format = TF_TABLE, .cell_format = CF_BARE, .headings = true,
    };
    struct json *json = json_from_string(status);
    struct ds out = DS_EMPTY_INITIALIZER;

    assert_int_equal(json->type, JSON_OBJECT);
    status_format(json, &style, &out);
    assert_string_equal(ds_cstr(&out), expected);
    ds_destroy(&out);
    json_destroy(json);
}

static void
what_matters_most_comes_first(void **state)
{
    assert_shown("{\"version\":\"0.1.0\",\"bridge\":\"br-int\","
                 "\"datapath\":\"netdev\",\"node\":\"n1\","
                 "\"zebra\":null,\"underlay_mtu\":1500}",
                 "node: n1\n"
                 "bridge: br-int\n"
                 "datapath: netdev\n"
                 "underlay_mtu: 1500\n"
                 "version: 0.1.0\n");
}

static void
objects_are_indented(void **state)
{
    assert_shown("{\"cluster\":{\"remote\":\"unix:x\",\"connected\":true,"
                 "\"inner\":{\"a\":1},\"empty\":{}},\"node\":\"n1\"}",
                 "node: n1\n"
                 "cluster:\n"
                 "    connected: true\n"
                 "    empty: none\n"
                 "    inner:\n"
                 "        a: 1\n"
                 "    remote: unix:x\n");
}

static void
lists_of_objects_are_tables_at_the_end(void **state)
{
    assert_shown("{\"peers\":[{\"port\":\"lt-1\",\"name\":\"n2\","
                 "\"subnets\":{\"blue\":\"10.1.7.0/24\","
                 "\"default\":\"172.18.7.0/24\"}},"
                 "{\"name\":\"n3\",\"ofport\":32769}],"
                 "\"problems\":[\"the first\",\"the second\"],"
                 "\"pods\":[]}",
                 "problems: the first, the second\n"
                 "pods: none\n"
                 "\n"
                 "peers:\n"
                 "name subnets                                "
                 "port ofport\n"
                 "---- -------------------------------------- "
                 "---- ------\n"
                 "n2   blue=10.1.7.0/24 default=172.18.7.0/24 lt-1\n"
                 "n3                                          "
                 "     32769\n");
}

static void
a_table_after_a_table_looks_like_the_first(void **state)
{
    assert_shown("{\"networks\":[{\"name\":\"default\",\"internal\":false,"
                 "\"ranges\":[\"10.1.0.0/16\",\"10.2.0.0/16\"]}],"
                 "\"refusals\":[{\"why\":\"w\",\"what\":\"Subnet x\"},"
                 "{\"what\":\"Node y\",\"why\":null}]}",
                 "\n"
                 "networks:\n"
                 "name    ranges                   internal\n"
                 "------- ------------------------ --------\n"
                 "default 10.1.0.0/16, 10.2.0.0/16 false\n"
                 "\n"
                 "refusals:\n"
                 "what     why\n"
                 "-------- ---\n"
                 "Subnet x w\n"
                 "Node y\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_matters_most_comes_first),
        cmocka_unit_test(objects_are_indented),
        cmocka_unit_test(lists_of_objects_are_tables_at_the_end),
        cmocka_unit_test(a_table_after_a_table_looks_like_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
