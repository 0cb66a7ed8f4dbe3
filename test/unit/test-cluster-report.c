/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What a node says of itself: signs of life, the configuration that it has
 * carried out, its pods, draining. */

#include <config.h>

#include <stdlib.h>

#include "test/unit/awaited.h"
#include "test/unit/rows.h"
#include "timeval.h"
#include "util.h"

#include "test/unit/unit.h"

static void
sign_of_life_is_given_once_a_minute(void **state OVS_UNUSED)
{
    struct member n1;

    member_open(&n1, server, "n1", "192.0.2.1");
    members_settle(&n1, 1, server);
    char *first = dbserver_dump(server, "Node_Status", "last_seen");
    long long int size = dbserver_log_size(server);
    clock_forward(55000);
    turn(&n1);
    assert_int_equal(dbserver_log_size(server), size);
    clock_forward(6000);
    turn(&n1);
    char *second = dbserver_dump(server, "Node_Status", "last_seen");
    int passed = atoi(second) - atoi(first);
    assert_in_range(passed, 60, 64);
    free(second);
    free(first);
    member_close(&n1);
}

static void
configuration_is_reported_once_it_is_carried_out(void **state OVS_UNUSED)
{
    struct member n1;

    member_open(&n1, server, "n1", "192.0.2.1");
    run_until(&n1, "Node_Status", "applied_seq", "0\n");
    n1.idle = true;
    dbserver_do(server, "{'op':'update','table':'Loden_Global','where':[],"
                "'row':{'config_seq':41}}");
    turn(&n1);
    run_until(&n1, "Node_Status", "applied_seq", "0\n");
    n1.idle = false;
    run_until(&n1, "Node_Status", "applied_seq", "41\n");
    member_close(&n1);

    /* One that starts has carried out nothing yet, and does not deny it. */
    member_open(&n1, server, "n1", "192.0.2.1");
    n1.idle = true;
    clock_forward(61000);
    turn(&n1);
    run_until(&n1, "Node_Status", "applied_seq", "41\n");
    member_close(&n1);
}

static void
configuration_is_not_carried_out_before_the_subnet_is_there(
    void **state OVS_UNUSED)
{
    struct member n1;

    member_open(&n1, server, "n1", "192.0.2.1");
    run_until(&n1, "Node_Status", "applied_seq", "0\n");
    dbserver_do(server, "{'op':'update','table':'Loden_Global','where':[],"
                "'row':{'config_seq':41}},%s",
                NETWORK("default", "1", "'172.18.0.0/16'"));
    run_until(&n1, "Node_Status", "applied_seq", "41\n");
    char *subnets = dbserver_dump(server, "Subnet", "node");
    assert_string_equal(subnets, "n1\n");
    free(subnets);
    member_close(&n1);
}

static void
run_until_status(struct member *member, const char *columns, const char *text)
{
    run_until(member, "Node_Status", columns, text);
}

static void
first_pod_is_told_at_once_and_others_within_seconds(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_status(&n1, "external_ids", "[\"map\",[]]\n");
    n1.n_pods = 2;
    run_until_status(&n1, "external_ids",
                     "[\"map\",[[\"pods:default\",\"2\"]]]\n");
    n1.n_pods = 7;
    turn(&n1);
    n1.n_pods = 0;
    turn(&n1);
    run_until_status(&n1, "external_ids",
                     "[\"map\",[[\"pods:default\",\"2\"]]]\n");
    clock_forward(6000);
    run_until_status(&n1, "external_ids", "[\"map\",[]]\n");
    member_close(&n1);
}

static void
what_others_say_in_our_status_stays(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_status(&n1, "node", "n1\n");
    dbserver_do(server, "{'op':'update','table':'Node_Status','where':[],"
                "'row':{'external_ids':['map',[['rack','7'],"
                "['pods:gone','3'],['pods:default','x']]]}}");
    n1.n_pods = 1;
    turn(&n1);
    clock_forward(6000);
    run_until_status(&n1, "external_ids", "[\"map\",[[\"pods:default\","
                     "\"1\"],[\"rack\",\"7\"]]]\n");
    member_close(&n1);
}

static void
draining_is_told_once_it_is_carried_out(void **state OVS_UNUSED)
{
    struct member n1;

    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_status(&n1, "node,draining", "n1 false\n");
    n1.idle = true;
    dbserver_do(server, "{'op':'update','table':'Loden_Global','where':[],"
                "'row':{'config_seq':7,'options':['map',"
                "[['drain:n1','now'],['drain:n2','now']]]}}");
    turn(&n1);
    assert_true(n1.world.draining);
    run_until_status(&n1, "draining", "false\n");
    n1.idle = false;
    run_until_status(&n1, "draining,applied_seq", "true 7\n");
    dbserver_do(server, "{'op':'update','table':'Loden_Global','where':[],"
                "'row':{'options':['map',[['drain:n2','now']]]}}");
    run_until_status(&n1, "draining", "false\n");
    member_close(&n1);
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(sign_of_life_is_given_once_a_minute),
        TEST(configuration_is_reported_once_it_is_carried_out),
        TEST(configuration_is_not_carried_out_before_the_subnet_is_there),
        TEST(first_pod_is_told_at_once_and_others_within_seconds),
        TEST(what_others_say_in_our_status_stays),
        TEST(draining_is_told_once_it_is_carried_out),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_STRICT, tests);
}
