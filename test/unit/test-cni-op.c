/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Operations as RFC 7047, section 5.2, writes them, whole. */

#include "cni/op.h"
#include "test/unit/cnitest.h"

static void
select_names_columns(void **state)
{
    assert_json(
        op_select("Interface", op_where_string("name", "a"), "_uuid name"),
        "{'op': 'select', 'table': 'Interface',"
        " 'where': [['name', '==', 'a']],"
        " 'columns': ['_uuid', 'name']}");
    assert_json(op_select("Bridge", json_array(), ""),
                "{'op': 'select', 'table': 'Bridge', 'where': [],"
                " 'columns': []}");
}

static void
insert_and_mutate_name_new_rows(void **state)
{
    assert_json(op_insert("Port", "port", json("{'name': 'a'}")),
                "{'op': 'insert', 'table': 'Port', 'uuid-name': 'port',"
                " 'row': {'name': 'a'}}");
    assert_json(
        op_mutate("Bridge", op_list(1, op_term("_uuid", "==", op_uuid("u"))),
                  op_list(2, op_term("ports", "insert", op_new_uuid("port")),
                          op_term("external_ids", "delete", op_set("k")))),
        "{'op': 'mutate', 'table': 'Bridge',"
        " 'where': [['_uuid', '==', ['uuid', 'u']]],"
        " 'mutations': [['ports', 'insert', ['named-uuid', 'port']],"
        "               ['external_ids', 'delete', ['set', ['k']]]]}");
}

static void
wait_compares_rows(void **state)
{
    assert_json(op_wait(&(struct op_wait){
                    .table = "Interface",
                    .where = op_where_key("k", "v"),
                    .columns = "name",
                    .until = "==",
                    .rows = json("[{'name': 'a'}]"),
                    .timeout = 5000,
                }),
                "{'op': 'wait', 'table': 'Interface', 'timeout': 5000,"
                " 'where': [['external_ids', 'includes',"
                "            ['map', [['k', 'v']]]]],"
                " 'columns': ['name'], 'until': '==',"
                " 'rows': [{'name': 'a'}]}");
}

static void
comment_says_who(void **state)
{
    assert_json(op_comment("ADD", "cbr0/c1/eth0"),
                "{'op': 'comment', 'comment': 'loden: ADD cbr0/c1/eth0'}");
}

/* Bytes that are no text cannot be said in JSON: then nothing is said, rather
 * than a transaction that lacks a condition. */
static void
what_cannot_be_said_is_not_left_out(void **state)
{
    assert_null(op_where_key("k", "\xff"));
    assert_null(op_list(2, json_null(), NULL));
    assert_null(op_select("Interface", op_where_key("k", "\xff"), "name"));
    assert_null(op_list(2, op_comment("ADD", "x"),
                        op_wait(&(struct op_wait){
                            .table = "Interface",
                            .where = op_where_key("k", "\xff"),
                            .columns = "name",
                            .until = "==",
                            .rows = json_array(),
                        })));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(select_names_columns),
        cmocka_unit_test(insert_and_mutate_name_new_rows),
        cmocka_unit_test(wait_compares_rows),
        cmocka_unit_test(comment_says_who),
        cmocka_unit_test(what_cannot_be_said_is_not_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
