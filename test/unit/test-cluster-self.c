/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A node and its own rows: entering, signs of life, two machines of one name.
 */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "test/unit/awaited.h"
#include "test/unit/logged.h"
#include "test/unit/rows.h"
#include "timeval.h"
#include "util.h"

#include "test/unit/unit.h"

#define W_NONE "node n1 ip=192.0.2.1 underlay_mtu=0 datapath=kernel\n" \
    TUNNELS_TEXT
#define W_TWIN W_NONE                                                   \
    "refused Node n1: another machine is alive under this name: its "   \
    "system-id is other, ours is id-n1; give one of them another name " \
    "(external_ids:loden-node), or wait three minutes after the other " \
    "stopped\n"

/* Enters node n1 of system-id "other", whose last sign was 'age' seconds
 * ago. */
static void
insert_twin(int age)
{
    dbserver_do(server, "%s,"
                INSERT("Node", "'name':'n1','system_id':'other',"
                       "'tunnel_ips':'192.0.2.9'") ","
                INSERT("Node_Status", "'node':'n1','last_seen':%lld"),
                NETWORK("default", "1", "'172.18.0.0/16'"),
                (long long int) time_wall() - age);
}

static void
node_enters_the_cluster(void **state OVS_UNUSED)
{
    struct member n1;
    char *seen = xasprintf("n1 "LODEN_VERSION" 0 %lld\n",
                           (long long int) time_wall());

    member_open(&n1, server, "n1", "192.0.2.1");
    run_until(&n1, "Node", "name,system_id,tunnel_ips",
              "n1 id-n1 192.0.2.1\n");
    char *status = dbserver_dump(server, "Node_Status",
                                 "node,version,applied_seq,last_seen");
    /* The second may have changed meanwhile. */
    assert_int_equal(strlen(status), strlen(seen));
    assert_memory_equal(status, seen, strlen(seen) - 3);
    free(status);
    free(seen);
    member_close(&n1);
}

static void
deleted_rows_are_put_back(void **state OVS_UNUSED)
{
    struct member n1;

    member_open(&n1, server, "n1", "192.0.2.1");
    run_until(&n1, "Node_Status", "node", "n1\n");
    dbserver_do(server, "{'op':'delete','table':'Node','where':[]},"
                "{'op':'delete','table':'Node_Status','where':[]}");
    run_until(&n1, "Node", "name,system_id,tunnel_ips",
              "n1 id-n1 192.0.2.1\n");
    run_until(&n1, "Node_Status", "node", "n1\n");
    member_close(&n1);
}

static void
tunnel_address_follows_the_node(void **state OVS_UNUSED)
{
    struct member n1;

    member_open(&n1, server, "n1", NULL);
    run_until(&n1, "Node", "name,tunnel_ips", "n1 [\"set\",[]]\n");
    assert_null(addr_parse_families("192.0.2.1", n1.self.tunnel_ip));
    run_until(&n1, "Node", "name,tunnel_ips", "n1 192.0.2.1\n");
    assert_null(addr_parse_families("2001:db8::1,192.0.2.1",
                                    n1.self.tunnel_ip));
    run_until(&n1, "Node", "name,tunnel_ips",
              "n1 [\"set\",[\"192.0.2.1\",\"2001:db8::1\"]]\n");
    assert_null(addr_parse_families("2001:db8::1", n1.self.tunnel_ip));
    run_until(&n1, "Node", "name,tunnel_ips", "n1 2001:db8::1\n");
    n1.self.tunnel_ip[ADDR_V6] = in6addr_any;
    turn(&n1);
    run_until(&n1, "Node", "name,tunnel_ips", "n1 2001:db8::1\n");
    member_close(&n1);
}

static void
node_says_what_it_speaks(void **state OVS_UNUSED)
{
    struct member n1;

    member_open(&n1, server, "n1", "192.0.2.1");
    run_until(&n1, "Node", "name,options", "n1 [\"map\",[]]\n");
    n1.self.speaks = TUNNELS_GENEVE;
    run_until(&n1, "Node", "name,options",
              "n1 [\"map\",[[\"encap\",\"geneve\"]]]\n");
    n1.self.speaks = TUNNELS_VXLAN;
    run_until(&n1, "Node", "name,options", "n1 [\"map\",[]]\n");
    assert_int_equal(logged_count("node n1: speaks geneve now (was vxlan)"),
                     1);
    member_close(&n1);
}

static void
node_says_what_its_ways_leave(void **state OVS_UNUSED)
{
    struct member n1;

    member_open(&n1, server, "n1", "192.0.2.1");
    run_until(&n1, "Node", "name,options", "n1 [\"map\",[]]\n");
    n1.self.pod_mtu = 1350;
    run_until(&n1, "Node", "name,options",
              "n1 [\"map\",[[\"pod_mtu\",\"1350\"]]]\n");
    /* Of this others think nothing, but it is what there is. */
    n1.self.pod_mtu = 1000;
    run_until(&n1, "Node", "name,options",
              "n1 [\"map\",[[\"pod_mtu\",\"1000\"]]]\n");
    long long int size = dbserver_log_size(server);
    turn(&n1);
    assert_int_equal(dbserver_log_size(server), size);
    n1.self.pod_mtu = 0;
    n1.self.speaks = TUNNELS_GENEVE;
    run_until(&n1, "Node", "name,options", "n1 [\"map\",[[\"encap\","
              "\"geneve\"],[\"pod_mtu\",\"1000\"]]]\n");
    assert_int_equal(logged_count("node n1: its ways leave pods 1350 bytes "
                                  "now (was nothing)"), 1);
    member_close(&n1);
}

static void
second_machine_of_a_name_does_nothing_while_the_first_lives(
    void **state OVS_UNUSED)
{
    struct member n1;

    insert_twin(100);
    long long int size = dbserver_log_size(server);
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_world(&n1, W_TWIN);
    turn(&n1);
    assert_int_equal(dbserver_log_size(server), size);
    member_close(&n1);
}

static void
name_is_taken_over_three_minutes_after_the_last_sign(void **state OVS_UNUSED)
{
    struct member n1;

    insert_twin(100);
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_world(&n1, W_TWIN);
    clock_forward(81000);
    run_until(&n1, "Node", "name,system_id,tunnel_ips",
              "n1 id-n1 192.0.2.1\n");
    run_until(&n1, "Subnet", "node", "n1\n");
    assert_int_equal(logged_count(
        "WARN|node n1: system-id is now id-n1 (was other, from which no sign "
        "of life came for three minutes: taking the name over)"), 1);
    member_close(&n1);
}

static void
first_machine_that_comes_back_is_the_second_one_now(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until(&n1, "Subnet", "node", "n1\n");
    dbserver_do(server, "{'op':'update','table':'Node','where':[],"
                "'row':{'system_id':'other'}},"
                "{'op':'update','table':'Node_Status','where':[],"
                "'row':{'last_seen':%lld}}", (long long int) time_wall());
    run_until_world(&n1, W_TWIN);
    member_close(&n1);
}

static void
sign_from_the_future_counts_for_three_minutes(void **state OVS_UNUSED)
{
    struct member n1;

    insert_twin(-100000);
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_world(&n1, W_TWIN);
    clock_forward(170000);
    turn(&n1);
    run_until_world(&n1, W_TWIN);
    clock_forward(11000);
    run_until(&n1, "Node", "name,system_id", "n1 id-n1\n");
    member_close(&n1);
}

static void
node_without_any_sign_of_life_is_taken_over(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, INSERT("Node", "'name':'n1','system_id':'other'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until(&n1, "Node", "name,system_id", "n1 id-n1\n");
    member_close(&n1);
}

static void
changed_system_id_of_a_running_node_is_no_twin(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until(&n1, "Subnet", "node", "n1\n");
    free(CONST_CAST(char *, n1.self.system_id));
    n1.self.system_id = xstrdup("new");
    member_step(&n1);
    assert_int_equal(n1.world.n_networks, 1);
    run_until(&n1, "Node", "name,system_id", "n1 new\n");
    assert_int_equal(logged_count("taking the name over"), 0);
    member_close(&n1);
}

static bool
is_refused(void *n1_)
{
    const struct member *n1 = n1_;
    char *refusal = cluster_refusal(n1->cluster);
    bool refused = refusal != NULL;

    free(refusal);
    return refused;
}

static void
database_that_nobody_initialised_is_not_used(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "{'op':'delete','table':'Loden_Global','where':[]}");
    member_open(&n1, server, "n1", "192.0.2.1");
    members_run(&n1, 1, is_refused, &n1, "it is refused");
    turn(&n1);
    char *refusal = cluster_refusal(n1.cluster);
    assert_non_null(strstr(refusal, "it has no Loden_Global row"));
    free(refusal);
    assert_false(cluster_is_ready(n1.cluster));
    dbserver_do(server, INSERT("Loden_Global", "'cluster_id':'c'"));
    run_until(&n1, "Node", "name", "n1\n");
    member_close(&n1);
}

static void
what_is_known_stays_when_the_connection_is_lost(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", THREE);
    member_open(&n1, server, "n1", "192.0.2.1");
    members_settle(&n1, 1, server);
    char *before = world_to_string(&n1.world);
    cluster_set_remote(n1.cluster, "unix:/nonexistent");
    dbserver_do(server, "{'op':'delete','table':'Network','where':[]}");
    turn(&n1);
    assert_true(cluster_is_ready(n1.cluster));
    char *after = world_to_string(&n1.world);
    assert_string_equal(after, before);
    free(after);
    free(before);
    member_close(&n1);
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(node_enters_the_cluster),
        TEST(deleted_rows_are_put_back),
        TEST(tunnel_address_follows_the_node),
        TEST(node_says_what_it_speaks),
        TEST(node_says_what_its_ways_leave),
        TEST(second_machine_of_a_name_does_nothing_while_the_first_lives),
        TEST(name_is_taken_over_three_minutes_after_the_last_sign),
        TEST(first_machine_that_comes_back_is_the_second_one_now),
        TEST(sign_from_the_future_counts_for_three_minutes),
        TEST(node_without_any_sign_of_life_is_taken_over),
        TEST(changed_system_id_of_a_running_node_is_no_twin),
        TEST(database_that_nobody_initialised_is_not_used),
        TEST(what_is_known_stays_when_the_connection_is_lost),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_STRICT, tests);
}
