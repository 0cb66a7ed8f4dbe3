/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* QoS and Queue rows hold what pods receive to a rate, and go with them. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "test/unit/dbtests.h"
#include "test/unit/logged.h"
#include "test/unit/node.h"
#include "util.h"

#include "test/unit/unit.h"

#define POD(REST)                                                        \
    "['loden-id','net/c1/eth0'],['loden-network','default'],"            \
    "['loden-ip','default/172.18.6.2'],['loden-mac','02:00:00:00:06:02']" REST
#define RATE(VALUE) ",['loden-rate-in','" VALUE "']"
#define SET_RATE(VALUE)                                                  \
    "{'op':'mutate','table':'Interface','where':[['name','==','ldn1']]," \
    "'mutations':[['external_ids','delete',['set',['loden-rate-in']]],"  \
    "['external_ids','insert',['map',[['loden-rate-in','" VALUE "']]]]]}"
#define DELETE_PORT                                                      \
    "{'op':'update','table':'Bridge','where':[['name','==','br-int']],"  \
    "'row':{'ports':['set',[]]}}"

#define LIMIT "[\"map\",[[\"loden-limit\",\"ldn1\"]]]\n"
#define QOS(RATE) "linux-htb [\"map\",[[\"max-rate\",\"" RATE "\"]]] " LIMIT
#define QUEUE(RATE, BURST)                                               \
    "[\"map\",[[\"burst\",\"" BURST "\"],[\"max-rate\",\"" RATE "\"],"   \
    "[\"min-rate\",\"" RATE "\"]]] " LIMIT

/* Asserts what all QoS and Queue rows are. */
static void
assert_rows(const char *qos, const char *queues)
{
    node_settle(&node);
    node_assert(&node, "QoS", "type,other_config,external_ids", qos);
    node_assert(&node, "Queue", "other_config,external_ids", queues);
}

static void
limited_pod_has_a_queue(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD(RATE("9000000 4000000")));
    assert_rows(QOS("9000000"), QUEUE("9000000", "4000000"));
    char *ports = dbserver_dump(server, "Port", "name,qos");
    assert_non_null(strstr(ports, "ldn1 [\"uuid\","));
    assert_null(strstr(ports, "loden0 [\"uuid\","));
    free(ports);
    assert_int_equal(logged_count("port ldn1: what its pod receives is now "
                                  "held to 9000000 bits/s, 4000000 bits at "
                                  "once"), 1);
}

static void
pod_without_limit_has_none(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD(""));
    assert_rows("", "");
}

static void
limit_that_changes_changes_the_rows(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD(RATE("9000000 4000000")));
    node_settle(&node);
    char *before = dbserver_dump(server, "Port", "name,qos");
    dbserver_do(server, SET_RATE("8000000 5000000"));
    assert_rows(QOS("8000000"), QUEUE("8000000", "5000000"));
    char *after = dbserver_dump(server, "Port", "name,qos");
    assert_string_equal(after, before);
    free(before);
    free(after);
}

static void
rows_that_somebody_spoils_are_put_right(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD(RATE("9000000 4000000")));
    node_settle(&node);
    dbserver_do(server, "{'op':'update','table':'QoS','where':[],'row':"
                "{'type':'linux-sfq','queues':['map',[]]}},"
                "{'op':'update','table':'Queue','where':[],'row':"
                "{'other_config':['map',[]]}}");
    assert_rows(QOS("9000000"), QUEUE("9000000", "4000000"));
}

static void
limit_that_ends_leaves_nothing(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD(RATE("9000000 4000000")));
    node_settle(&node);
    dbserver_do(server, "{'op':'mutate','table':'Interface','where':[],"
                "'mutations':[['external_ids','delete',['set',"
                "['loden-rate-in']]]]}");
    assert_rows("", "");
}

static void
port_that_is_deleted_leaves_nothing(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD(RATE("9000000 4000000")));
    node_settle(&node);
    dbserver_do(server, DELETE_PORT);
    assert_rows("", "");
}

static void
others_rows_stay(void **state OVS_UNUSED)
{
    dbserver_do(server, "{'op':'insert','table':'QoS','row':"
                "{'type':'linux-sfq'}}");
    node_add_port(&node, "ldn1", POD(""));
    assert_rows("linux-sfq [\"map\",[]] [\"map\",[]]\n", "");
}

static void
row_of_ours_that_another_port_uses_blocks_nothing(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD(RATE("9000000 4000000")));
    node_settle(&node);
    char *qos = dbserver_dump(server, "QoS", "_uuid");
    char *uuid = strstr(qos, "\",\"") + 3;
    uuid[36] = '\0';
    dbserver_do(server, "{'op':'update','table':'Port','where':"
                "[['name','==','loden0']],'row':{'qos':['uuid','%s']}}", uuid);
    dbserver_do(server, SET_RATE("wrong"));
    assert_rows(QOS("9000000"), QUEUE("9000000", "4000000"));
    assert_int_equal(node.world.n_refusals, 1);
    dbserver_do(server, "{'op':'update','table':'Port','where':[],"
                "'row':{'qos':['set',[]]}}");
    assert_rows("", "");
    free(qos);
}

static int
teardown(void **state)
{
    node_teardown(state);
    dbserver_do(server, "{'op':'update','table':'Port','where':[],"
                "'row':{'qos':['set',[]]}},"
                "{'op':'delete','table':'QoS','where':[]},"
                "{'op':'delete','table':'Queue','where':[]}");
    return 0;
}

#define TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, node_setup_alone, teardown)

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(limited_pod_has_a_queue),
        TEST(pod_without_limit_has_none),
        TEST(limit_that_changes_changes_the_rows),
        TEST(rows_that_somebody_spoils_are_put_right),
        TEST(limit_that_ends_leaves_nothing),
        TEST(port_that_is_deleted_leaves_nothing),
        TEST(others_rows_stay),
        TEST(row_of_ours_that_another_port_uses_blocks_nothing),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_NODE, DBSERVER_STRICT, tests);
}
