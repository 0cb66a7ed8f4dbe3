/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Nodes claim subnets: stories of several nodes at one real server. */

#include <config.h>

#include <stdlib.h>

#include "flow.h"
#include "openvswitch/poll-loop.h"
#include "test/unit/awaited.h"
#include "test/unit/logged.h"
#include "test/unit/rows.h"
#include "util.h"

#include "test/unit/unit.h"

static void
first_choice_depends_on_the_node_s_name(void **state OVS_UNUSED)
{
    struct member members[2];

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    member_open(&members[0], server, "n1", "192.0.2.1");
    member_open(&members[1], server, "n2", "192.0.2.2");
    /* The last byte of the first 32 bits of SHA-1 of "node:n1", "node:n2". */
    run_until_subnets(members, 2,
                      "n1 172.18.224.0/24\nn2 172.18.121.0/24\n");
    assert_int_equal(logged_count("another node was faster"), 0);
    member_close(&members[0]);
    member_close(&members[1]);
}

/* Lets 'member' see the network, and do nothing about it yet. */
static void
read_network(struct member *member)
{
    long long int deadline = real_msec() + 10000;

    while (!member->world.n_networks) {
        assert_true(real_msec() < deadline);
        cluster_wait(member->cluster);
        poll_timer_wait(1000);
        poll_block();
        cluster_run(member->cluster);
        cluster_set_self(member->cluster, member->self.node);
        cluster_read(member->cluster, &member->self, &member->world);
    }
}

static void
fifty_claimants_at_once_get_fifty_subnets(void **state OVS_UNUSED)
{
    struct awaited fifty = AWAITED_N_SUBNETS(50);
    struct member members[50];

    for (int i = 0; i < 50; i++) {
        char *name = xasprintf("n%d", i + 1);
        char *ip = xasprintf("192.0.2.%d", i + 1);
        member_open(&members[i], server, name, ip);
        free(ip);
        free(name);
    }
    members_settle(members, 50, server);
    /* Only 64 for 50, so that many choose the same first; and all choose
     * before anybody knows of another's choice. */
    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/18'"));
    for (int i = 0; i < 50; i++) {
        read_network(&members[i]);
    }
    for (int i = 0; i < 50; i++) {
        cluster_put(members[i].cluster, &members[i].self, &members[i].world);
    }
    members_run(members, 50, awaited_is_there, &fifty, "there are 50 subnets");
    members_settle(members, 50, server);
    assert_true(awaited_is_there(&fifty));
    /* A lost race is one line of ours, besides the replica's own "transaction
     * error", which is limited. */
    assert_true(logged_count("INFO|subnet default 172.18") > 0);
    assert_int_equal(logged_count("INFO|subnet default 172.18"),
                     logged_count("another node was faster"));
    assert_int_equal(logged_count("ERR|"), 0);

    for (int i = 0; i < 50; i++) {
        const struct world *world = &members[i].world;
        assert_int_equal(world->n_refusals, 0);
        assert_int_equal(world->n_peers, 49);
        assert_true(prefix_is_set(&world->networks[0].subnet[ADDR_V4]));
        for (size_t j = 0; j < world->n_peers; j++) {
            assert_int_equal(world->peers[j].n_leases, 1);
        }
        member_close(&members[i]);
    }
}

static void
own_reservation_comes_before_the_first_choice(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'") ","
                RESERVATION("172.18.6.0/24", "n1"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, "n1 172.18.6.0/24\n");
    member_close(&n1);
}

static void
waits_for_its_reservation_to_be_given_up(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'") ","
                RESERVATION("172.18.6.0/24", "n1") ","
                NODE("n2", "'192.0.2.2'") "," SUBNET("172.18.6.0/24", "n2"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, "n2 172.18.6.0/24\n");
    assert_int_equal(logged_count(
        "network default: subnet 172.18.6.0/24 is reserved for node n1, but "
        "another node has not given it up yet"), 1);
    dbserver_do(server, DELETE_SUBNET("172.18.6.0/24"));
    run_until_subnets(&n1, 1, "n1 172.18.6.0/24\n");
    member_close(&n1);
}

static void
never_takes_what_is_reserved_for_another(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/23'") ","
                RESERVATION("172.18.0.0/24", "n8") ","
                RESERVATION("172.18.1.0/24", "n9"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, "");
    assert_int_equal(logged_count("network default: no subnet left in "
                                  "172.18.0.0/23: 2 of 2 taken, by n8 "
                                  "(reserved), n9 (reserved)"), 1);

    dbserver_do(server, "{'op':'delete','table':'Reservation',"
                "'where':[['node','==','n9']]}");
    run_until_subnets(&n1, 1, "n1 172.18.1.0/24\n");
    member_close(&n1);
}

static void
gives_up_what_is_reserved_for_another_later(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/23'") ","
                NODE("n1", "'192.0.2.1'") "," SUBNET("172.18.0.0/24", "n1"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, "n1 172.18.0.0/24\n");
    dbserver_do(server, "%s", RESERVATION("172.18.0.0/24", "n9"));
    run_until_subnets(&n1, 1, "n1 172.18.1.0/24\n");
    member_close(&n1);
}

static void
exhaustion_names_the_holders_and_ends_when_a_subnet_is_freed(
    void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/23'") ","
                NODE("n2", "'192.0.2.2'") "," SUBNET("172.18.0.0/24", "n2") ","
                NODE("n3", "'192.0.2.3'") "," SUBNET("172.18.1.0/24", "n3"));
    member_open(&n1, server, "n1", "192.0.2.1");
    members_settle(&n1, 1, server);
    assert_int_equal(logged_count("network default: no subnet left in "
                                  "172.18.0.0/23: 2 of 2 taken, by n2, n3"),
                     1);
    dbserver_do(server, DELETE_SUBNET("172.18.0.0/24"));
    run_until_subnets(&n1, 1, "n1 172.18.0.0/24\nn3 172.18.1.0/24\n");
    member_close(&n1);
}

static void
exhausted_network_can_grow_and_get_a_second_range(void **state OVS_UNUSED)
{
    struct member members[3];

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/24'") ","
                NODE("n1", "'192.0.2.1'") "," SUBNET("172.18.0.0/24", "n1"));
    member_open(&members[0], server, "n1", "192.0.2.1");
    member_open(&members[1], server, "n2", "192.0.2.2");
    members_settle(members, 2, server);
    dbserver_do(server, "{'op':'update','table':'Network','where':[],'row':"
                "{'ranges':'172.18.0.0/23'}}");
    run_until_subnets(members, 2, "n1 172.18.0.0/24\nn2 172.18.1.0/24\n");
    member_open(&members[2], server, "n3", "192.0.2.3");
    members_settle(members, 3, server);
    dbserver_do(server, "{'op':'update','table':'Network','where':[],'row':"
                "{'ranges':['set',['172.18.0.0/23','10.1.0.0/24']]}}");
    run_until_subnets(members, 3, "n1 172.18.0.0/24\nn2 172.18.1.0/24\n"
                      "n3 10.1.0.0/24\n");
    for (int i = 0; i < 3; i++) {
        member_close(&members[i]);
    }
}

static void
moved_and_reinstalled_node_keeps_its_subnet(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'") ","
                INSERT("Node", "'name':'n1','system_id':'other',"
                       "'tunnel_ips':'192.0.2.9'") ","
                SUBNET("172.18.6.0/24", "n1"));
    member_open(&n1, server, "n1", "192.0.2.1");
    members_settle(&n1, 1, server);
    char *nodes = dbserver_dump(server, "Node", "name,system_id,tunnel_ips");
    assert_string_equal(nodes, "n1 id-n1 192.0.2.1\n");
    free(nodes);
    assert_subnets("n1 172.18.6.0/24\n");
    member_close(&n1);
}

static void
restarted_node_keeps_its_subnet_and_writes_nothing(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    for (int i = 0; i < 2; i++) {
        member_open(&n1, server, "n1", "192.0.2.1");
        run_until_subnets(&n1, 1, "n1 172.18.224.0/24\n");
        member_close(&n1);
    }
    assert_int_equal(logged_count("claiming subnet"), 1);
    assert_int_equal(logged_count("entering it into the cluster"), 1);
}

static void
claims_a_subnet_of_each_network_that_gives_any(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s",
                NETWORK("a", "1", "'172.18.0.0/24'") ","
                NETWORK("b", "2", "['set',['172.19.0.0/24','172.20.0.0/24']]")
                ","
                INSERT("Network", "'name':'c','vni':3,'mode':'routed',"
                       CHOICES ",'ranges':'172.21.0.0/16'") ","
                NETWORK("d", "4", "['set',[]]") ","
                INSERT("Subnet", "'network':'b','cidr':'172.20.0.0/24',"
                       "'node':'n2'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, "n1 172.18.0.0/24\nn1 172.19.0.0/24\n"
                      "n2 172.20.0.0/24\n");
    member_close(&n1);
}

static void
withdraws_its_subnets_of_networks_that_are_not_there(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s",
                NETWORK("default", "1", "'172.18.0.0/16'") ","
                INSERT("Network", "'name':'re fused','vni':2,'mode':'routed',"
                       CHOICES ",'ranges':'172.21.0.0/16'") ","
                INSERT("Subnet", "'network':'re fused','node':'n1',"
                       "'cidr':'172.21.1.0/24'") ","
                INSERT("Subnet", "'network':'gone','node':'n1',"
                       "'cidr':'172.22.1.0/24'") ","
                INSERT("Subnet", "'network':'gone','node':'n2',"
                       "'cidr':'172.22.2.0/24'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, "n1 172.18.224.0/24\nn1 172.21.1.0/24\n"
                      "n2 172.22.2.0/24\n");
    assert_int_equal(logged_count("network gone: withdrawing subnet "
                                  "172.22.1.0/24, as there is no such "
                                  "network"), 1);
    member_close(&n1);
}

static void
nothing_is_written_while_nothing_differs(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, "n1 172.18.224.0/24\n");
    long long int size = dbserver_log_size(server);
    for (int i = 0; i < 100; i++) {
        member_step(&n1);
        free(dbserver_dump(server, "Loden_Global", "config_seq"));
        cluster_wait(n1.cluster);
        poll_immediate_wake();
        poll_block();
    }
    assert_int_equal(dbserver_log_size(server), size);
    member_close(&n1);
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(first_choice_depends_on_the_node_s_name),
        TEST(fifty_claimants_at_once_get_fifty_subnets),
        TEST(own_reservation_comes_before_the_first_choice),
        TEST(waits_for_its_reservation_to_be_given_up),
        TEST(never_takes_what_is_reserved_for_another),
        TEST(gives_up_what_is_reserved_for_another_later),
        TEST(exhaustion_names_the_holders_and_ends_when_a_subnet_is_freed),
        TEST(exhausted_network_can_grow_and_get_a_second_range),
        TEST(moved_and_reinstalled_node_keeps_its_subnet),
        TEST(restarted_node_keeps_its_subnet_and_writes_nothing),
        TEST(claims_a_subnet_of_each_network_that_gives_any),
        TEST(withdraws_its_subnets_of_networks_that_are_not_there),
        TEST(nothing_is_written_while_nothing_differs),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_STRICT, tests);
}
