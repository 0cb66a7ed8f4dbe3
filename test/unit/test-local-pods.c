/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Pods are acknowledged while their flows are there, and deleted when their
 * devices are gone for good. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/dbtests.h"
#include "test/unit/logged.h"
#include "test/unit/member.h"
#include "test/unit/node.h"
#include "util.h"

#include "test/unit/unit.h"

#define ID "net/c1/eth0"
#define POD(REQ)                                                         \
    "['loden-id','" ID "'],['loden-network','default'],"                 \
    "['loden-ip','default/172.18.6.2'],['loden-mac','02:00:00:00:06:02']," \
    "['loden-req','" REQ "']"
#define UPDATE(ROW)                                                     \
    "{'op':'update','table':'Interface','where':[['name','==','ldn1']]," \
    "'row':{" ROW "}}"
#define SET_ID(KEY, VALUE)                                              \
    "{'op':'mutate','table':'Interface','where':[['name','==','ldn1']]," \
    "'mutations':[['external_ids','delete',['set',['" KEY "']]],"       \
    "['external_ids','insert',['map',[['" KEY "','" VALUE "']]]]]}"

/* Has the row of the pod's interface 'text' in its external_ids? */
static bool
row_has(const char *text)
{
    char *ids = dbserver_dump(server, "Interface", "external_ids");
    bool has = strstr(ids, text);

    free(ids);
    return has;
}

static void
pod_is_acknowledged_while_its_flows_are_there(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1"));
    node_settle(&node);
    assert_false(row_has("loden-ack"));
    sset_add(&node.acked, ID);
    node_settle(&node);
    assert_true(row_has("[\"loden-ack\",\"r1\"]"));
    assert_int_equal(logged_count("pod " ID ": its flows are there, "
                                  "acknowledging r1 on port ldn1"), 1);
    sset_clear(&node.acked);
    node_settle(&node);
    assert_false(row_has("loden-ack"));
    assert_int_equal(logged_count("pod " ID ": withdrawing the "
                                  "acknowledgement on port ldn1"), 1);
}

/* A node's step before the switch has confirmed anything. */
static void
acknowledgement_stays_while_the_truth_is_unknown(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1") ",['loden-ack','r1']");
    sset_add(&node.acked, ID);
    node_settle(&node);
    local_put(node.local, &node.world, &(struct local_confirmed) {0});
    assert_true(row_has("[\"loden-ack\",\"r1\"]"));
    sset_clear(&node.acked);
    node_settle(&node);
    assert_false(row_has("loden-ack"));
}

static void
acknowledgement_is_the_request_s(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1") ",['loden-ack','r0']");
    sset_add(&node.acked, ID);
    node_settle(&node);
    assert_true(row_has("[\"loden-ack\",\"r1\"]"));
    dbserver_do(server, SET_ID("loden-req", "r2"));
    node_settle(&node);
    assert_true(row_has("[\"loden-ack\",\"r2\"]"));
}

static void
acknowledgements_stay_while_the_switch_is_silent(void **state OVS_UNUSED)
{
    node.acks_unknown = true;
    node_add_port(&node, "ldn1", POD("r1") ",['loden-ack','r1']");
    node_settle(&node);
    assert_true(row_has("[\"loden-ack\",\"r1\"]"));
    node.acks_unknown = false;
    node_settle(&node);
    assert_false(row_has("loden-ack"));
}

static void
refused_pod_is_not_acknowledged(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1"));
    node_add_port(&node, "ldn2", POD("r2"));
    sset_add(&node.acked, ID);
    node_settle(&node);
    assert_true(row_has("[\"loden-ack\",\"r1\"]"));
    assert_false(row_has("[\"loden-ack\",\"r2\"]"));
}

#define SOMEONE(ID, MAC, IP, REQ, ASKS)                                  \
    "['loden-id','" ID "'],['loden-network','default'],"                 \
    "['loden-ip','default/172.18.6." IP "'],"                            \
    "['loden-mac','02:00:00:00:06:" MAC "'],['loden-req','" REQ "']" ASKS

static void
pod_that_asks_for_what_cannot_be_hears_why(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", SOMEONE("net/c1/eth0", "02", "2", "r1",
                                         ",['loden-ports','tcp/80/80'],"
                                         "['loden-ack','r1']"));
    node_add_port(&node, "ldn2", SOMEONE("net/c2/eth0", "03", "3", "r2",
                                         ",['loden-ports','tcp/80/80']"));
    node_add_port(&node, "ldn3", SOMEONE("net/c3/eth0", "04", "4", "r3",
                                         ",['loden-rate-in','9 9']"));
    sset_add(&node.acked, ID);
    node_settle(&node);
    assert_true(row_has("[\"loden-nack\",\"r2\"]"));
    assert_true(row_has("[\"loden-why\",\"loden-ports: the host port tcp/80 "
                        "is pod net/c1/eth0's already\"]"));
    assert_true(row_has("[\"loden-nack\",\"r3\"]"));
    assert_false(row_has("[\"loden-nack\",\"r1\"]"));
    assert_int_equal(logged_count("pod net/c2/eth0: telling its plugin on "
                                  "port ldn2 that it is refused"), 1);
    dbserver_do(server, SET_ID("loden-ports", "tcp/81/80"));
    node_settle(&node);
    assert_false(row_has("[\"loden-nack\",\"r2\"]"));
    assert_false(row_has("tcp/80 is pod"));
    assert_true(row_has("[\"loden-nack\",\"r3\"]"));
}

/* What may become right by itself is waited for. */
static void
pod_of_an_unknown_network_hears_nothing(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1"));
    dbserver_do(server, SET_ID("loden-network", "blue"));
    node_settle(&node);
    assert_int_equal(node.world.n_refusals, 1);
    assert_false(row_has("loden-nack"));
}

static void
pod_without_request_is_not_acknowledged(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1"));
    dbserver_do(server, "{'op':'mutate','table':'Interface','where':[],"
                "'mutations':[['external_ids','delete',['set',"
                "['loden-req']]]]}");
    sset_add(&node.acked, ID);
    node_settle(&node);
    assert_false(row_has("loden-ack"));
}

static void
others_interfaces_are_not_touched(void **state OVS_UNUSED)
{
    node_add_port(&node, "tap0", "['loden-ack','x'],['iface-id','y']");
    dbserver_do(server, "{'op':'update','table':'Interface','where':"
                "[['name','==','tap0']],'row':{'ofport':-1}}");
    node_settle(&node);
    clock_forward(61000);
    node_settle(&node);
    assert_true(row_has("[[\"iface-id\",\"y\"],[\"loden-ack\",\"x\"]]"));
}

static void
pod_whose_device_is_gone_is_deleted_after_a_minute(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1"));
    dbserver_do(server, UPDATE("'ofport':-1,'error':'No such device'"));
    node_settle(&node);
    clock_forward(55000);
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nldn1\nloden0\n");
    unsigned int seqno = local_seqno(node.local);
    clock_forward(6000);
    local_run(node.local);
    assert_int_not_equal(local_seqno(node.local), seqno);
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nloden0\n");
    assert_int_equal(logged_count("pod " ID ": deleting port ldn1, whose "
                                  "device has been gone for a minute"), 1);
}

static void
device_without_an_index_is_gone_too(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1"));
    dbserver_do(server, UPDATE("'ofport':5,'ifindex':0"));
    node_settle(&node);
    clock_forward(61000);
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nloden0\n");
}

static void
device_that_comes_back_in_time_keeps_its_port(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1"));
    dbserver_do(server, UPDATE("'ofport':-1"));
    node_settle(&node);
    clock_forward(55000);
    dbserver_do(server, UPDATE("'ofport':5"));
    node_settle(&node);
    dbserver_do(server, UPDATE("'ofport':-1"));
    node_settle(&node);
    clock_forward(55000);
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nldn1\nloden0\n");
}

static void
new_request_starts_the_minute_again(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1"));
    dbserver_do(server, UPDATE("'ofport':-1"));
    node_settle(&node);
    clock_forward(55000);
    dbserver_do(server, SET_ID("loden-req", "r2"));
    node_settle(&node);
    clock_forward(55000);
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nldn1\nloden0\n");
    clock_forward(6000);
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nloden0\n");
}

static void
pod_of_an_earlier_boot_without_device_is_deleted_at_once(
    void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", POD("r1") ",['loden-boot','earlier']");
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nldn1\nloden0\n");
    dbserver_do(server, UPDATE("'ofport':-1"));
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nloden0\n");
    assert_int_equal(logged_count("pod " ID ": deleting port ldn1, whose "
                                  "device was another boot's"), 1);
}

static void
pod_of_this_boot_is_not_deleted_at_once(void **state OVS_UNUSED)
{
    FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");
    char boot[64];

    assert_true(f && fscanf(f, "%63s", boot) == 1);
    fclose(f);
    char *ids = xasprintf(POD("r1") ",['loden-boot','%s']", boot);

    node_add_port(&node, "ldn1", ids);
    dbserver_do(server, UPDATE("'ofport':-1"));
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nldn1\nloden0\n");
    free(ids);
}

#define TEST NODE_TEST_ALONE

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(pod_is_acknowledged_while_its_flows_are_there),
        TEST(acknowledgement_stays_while_the_truth_is_unknown),
        TEST(acknowledgement_is_the_request_s),
        TEST(acknowledgements_stay_while_the_switch_is_silent),
        TEST(refused_pod_is_not_acknowledged),
        TEST(pod_that_asks_for_what_cannot_be_hears_why),
        TEST(pod_of_an_unknown_network_hears_nothing),
        TEST(pod_without_request_is_not_acknowledged),
        TEST(others_interfaces_are_not_touched),
        TEST(pod_whose_device_is_gone_is_deleted_after_a_minute),
        TEST(device_without_an_index_is_gone_too),
        TEST(device_that_comes_back_in_time_keeps_its_port),
        TEST(new_request_starts_the_minute_again),
        TEST(pod_of_an_earlier_boot_without_device_is_deleted_at_once),
        TEST(pod_of_this_boot_is_not_deleted_at_once),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_NODE, DBSERVER_STRICT, tests);
}
