/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A node's subnet whose row somebody deleted, and that another node has by
 * then. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "sset.h"
#include "test/unit/awaited.h"
#include "test/unit/logged.h"
#include "test/unit/rows.h"
#include "util.h"

#include "test/unit/unit.h"

/* Is the lease back?  In the meantime the world must not have noticed. */
static bool
is_back(void *n1_)
{
    struct member *n1 = n1_;
    struct awaited expected = AWAITED_SUBNETS("n1 172.18.6.0/24\n");

    assert_true(prefix_is_set(&n1->world.networks[0].subnet[ADDR_V4]));
    return awaited_is_there(&expected);
}

static void
deleted_lease_is_put_back_and_pods_do_not_notice(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'") ","
                SUBNET("172.18.6.0/24", "n1"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, "n1 172.18.6.0/24\n");
    dbserver_do(server, DELETE_SUBNET("172.18.6.0/24"));
    members_run(&n1, 1, is_back, &n1, "the lease is back");
    assert_int_equal(logged_count("claiming subnet 172.18.6.0/24 for node n1, "
                                  "which somebody took out"), 1);
    member_close(&n1);
}

static bool
has_no_network(void *n1_)
{
    const struct member *n1 = n1_;

    return !n1->world.n_networks;
}

static void
subnet_of_a_network_that_was_deleted_is_let_go(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'") ","
                SUBNET("172.18.6.0/24", "n1"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, "n1 172.18.6.0/24\n");
    dbserver_do(server, "%s", "{'op':'delete','table':'Network','where':[]},"
                DELETE_SUBNET("172.18.6.0/24"));
    members_run(&n1, 1, has_no_network, &n1, "the network is gone");
    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'") ","
                NODE("n9", "'192.0.2.9'") ","
                SUBNET("172.18.6.0/24", "n9"));
    run_until_subnets(&n1, 1, "n1 172.18.224.0/24\nn9 172.18.6.0/24\n");
    assert_null(n1.world.networks[0].lost_to);
    member_close(&n1);
}

#define W_N1 "node n1 ip=192.0.2.1 underlay_mtu=0 datapath=kernel\n" \
    TUNNELS_TEXT
#define W_NET(REST) "network default vni=1 mode=routed " \
    "range=172.18.0.0/16" REST " port=loden0\n"
#define W_KEPT W_NET(" subnet=172.18.6.0/24 mac=0e:a8:45:6a:f7:34 mtu=1450")
#define W_LOST W_NET(" subnet=172.18.6.0/24 mac=0e:a8:45:6a:f7:34 mtu=1450 " \
                     "lost-to=n2")
#define W_PEER "peer n2 ip=192.0.2.2 port=lt-cae24d48"
#define W_PEER9 "peer n9 ip=192.0.2.9 port=lt-b2d5922a"
#define W_DECIDE                                                          \
    "refused Subnet 172.18.6.0/24 of node n2 in network default: it was " \
    "node n1's until its row was deleted; n1's pods keep their "          \
    "addresses, and no more are given out there until a person decides: " \
    "'lodenctl reservation add default 172.18.6.0/24 n1' takes it from "  \
    "n2, and the reservation of another subnet for n1 takes it from n1\n"

/* Is 'member's world 'text'? */
static bool
reads(const struct member *member, const char *text)
{
    return world_is(&(struct reading) { member, text });
}

static bool
is_lost(void *n1)
{
    return reads(n1, W_N1 W_LOST W_PEER "\n" W_DECIDE);
}

/* Brings node n1 to where n2 has its subnet. */
static void
open_lost(struct member *n1)
{
    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'") ","
                SUBNET("172.18.6.0/24", "n1") ","
                NODE("n2", "'192.0.2.2'"));
    member_open(n1, server, "n1", "192.0.2.1");
    run_until_subnets(n1, 1, "n1 172.18.6.0/24\n");
    dbserver_do(server, DELETE_SUBNET("172.18.6.0/24") ","
                SUBNET("172.18.6.0/24", "n2"));
    members_run(n1, 1, is_lost, n1, "n1 notices");
    members_settle(n1, 1, server);
    assert_subnets("n2 172.18.6.0/24\n");
    assert_true(is_lost(n1));
}

static void
lease_that_another_node_got_is_left_to_a_person(void **state OVS_UNUSED)
{
    struct member n1;

    open_lost(&n1);
    assert_int_equal(logged_count("WARN|transaction error"), 0);
    member_close(&n1);
}

static void
lease_is_put_back_once_the_other_node_has_let_go(void **state OVS_UNUSED)
{
    struct member n1;

    open_lost(&n1);
    dbserver_do(server, DELETE_SUBNET("172.18.6.0/24"));
    run_until_subnets(&n1, 1, "n1 172.18.6.0/24\n");
    assert_true(reads(&n1, W_N1 W_KEPT W_PEER "\n"));
    member_close(&n1);
}

static void
reservation_of_the_lease_takes_it_back(void **state OVS_UNUSED)
{
    struct member n1;

    open_lost(&n1);
    dbserver_do(server, RESERVATION("172.18.6.0/24", "n1"));
    members_settle(&n1, 1, server);
    assert_true(reads(&n1, W_N1 W_KEPT W_PEER "\n"
                      "refused Subnet 172.18.6.0/24 of node n2 in network "
                      "default: it is reserved for node n1\n"));
    assert_subnets("n2 172.18.6.0/24\n");
    assert_int_equal(logged_count("network default: the row of this node's "
                                  "subnet 172.18.6.0/24 is gone, and node n2 "
                                  "has one for it"), 1);
    dbserver_do(server, DELETE_SUBNET("172.18.6.0/24"));
    run_until_subnets(&n1, 1, "n1 172.18.6.0/24\n");
    member_close(&n1);
}

static void
reservation_of_another_subnet_gives_it_up(void **state OVS_UNUSED)
{
    struct member n1;

    open_lost(&n1);
    dbserver_do(server, RESERVATION("172.18.9.0/24", "n1"));
    run_until_subnets(&n1, 1, "n1 172.18.9.0/24\nn2 172.18.6.0/24\n");
    assert_true(reads(&n1, W_N1 W_NET(" subnet=172.18.9.0/24 "
                                      "mac=0e:a8:45:6a:f7:34 mtu=1450")
                      W_PEER " default=172.18.6.0/24\n"));
    member_close(&n1);
}

static void
reservation_of_the_lease_for_the_other_gives_it_up(void **state OVS_UNUSED)
{
    struct awaited both = AWAITED_N_SUBNETS(2);
    struct member n1;

    open_lost(&n1);
    dbserver_do(server, RESERVATION("172.18.6.0/24", "n2"));
    members_run(&n1, 1, awaited_is_there, &both, "n1 claims another");
    member_close(&n1);
}

static void
lease_that_a_reservation_took_is_given_up(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'") ","
                SUBNET("172.18.6.0/24", "n1"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, "n1 172.18.6.0/24\n");
    dbserver_do(server, DELETE_SUBNET("172.18.6.0/24") ","
                RESERVATION("172.18.6.0/24", "n9"));
    run_until_subnets(&n1, 1, "n1 172.18.224.0/24\n");
    member_close(&n1);
}

/* Transacts 'ops' and asserts what n1 knows of its peers then. */
static void
assert_peers(struct member *n1, const char *ops, const char *peers)
{
    dbserver_do(server, "%s", ops);
    members_settle(n1, 1, server);
    char *world = world_to_string(&n1->world);
    char *expected = xasprintf("%s%s", W_N1 W_KEPT, peers);
    assert_string_equal(world, expected);
    free(expected);
    free(world);
}

static void
peer_whose_lease_was_deleted_is_reached_until_somebody_has_it(
    void **state OVS_UNUSED)
{
    struct member n1;

    member_open(&n1, server, "n1", "192.0.2.1");
    assert_peers(&n1, THREE, W_PEERS);
    assert_peers(&n1, DELETE_SUBNET("172.18.7.0/24"), W_PEERS);
    assert_peers(&n1, NODE("n9", "'192.0.2.9'"),
                 W_PEERS W_PEER9 "\n");
    assert_peers(&n1, SUBNET("172.18.7.0/24", "n9"),
                 W_N2 "\n" W_N3 " default=172.18.8.0/24\n"
                 W_PEER9 " default=172.18.7.0/24\n");
    /* It has another one. */
    assert_peers(&n1, DELETE_SUBNET("172.18.7.0/24") ","
                 SUBNET("172.18.19.0/24", "n9"),
                 W_N2 "\n" W_N3 " default=172.18.8.0/24\n"
                 W_PEER9 " default=172.18.19.0/24\n");
    /* It is reserved for another, and then the node goes. */
    assert_peers(&n1, DELETE_SUBNET("172.18.19.0/24") ","
                 RESERVATION("172.18.19.0/24", "n2"),
                 W_N2 "\n" W_N3 " default=172.18.8.0/24\n" W_PEER9 "\n");
    assert_peers(&n1, DELETE_SUBNET("172.18.8.0/24") ","
                 "{'op':'delete','table':'Node','where':"
                 "[['name','==','n3']]}",
                 W_N2 "\n" W_PEER9 "\n");
    assert_peers(&n1, NODE("n3", "'192.0.2.3'"),
                 W_N2 "\n" W_N3 "\n" W_PEER9 "\n");
    member_close(&n1);
}

/* Opens node n1, which had 172.18.6.0/24 before it was restarted. */
static void
reopen(struct member *n1, const char *with_pods, const char *without)
{
    struct sset used = SSET_INITIALIZER(&used);
    struct sset unused = SSET_INITIALIZER(&unused);

    sset_add(&used, with_pods);
    sset_add(&unused, without);
    member_open(n1, server, "n1", "192.0.2.1");
    cluster_remember(n1->cluster, &used, &unused);
    sset_destroy(&unused);
    sset_destroy(&used);
}

static void
restarted_node_claims_what_it_had(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    reopen(&n1, "default 172.18.6.0/24", "");
    run_until_subnets(&n1, 1, "n1 172.18.6.0/24\n");
    member_close(&n1);

    dbserver_do(server, DELETE_SUBNET("172.18.6.0/24"));
    reopen(&n1, "nonsense", "default 172.18.7.0/24");
    run_until_subnets(&n1, 1, "n1 172.18.7.0/24\n");
    member_close(&n1);

    /* What stands in the database is newer. */
    reopen(&n1, "default 172.18.6.0/24", "default 172.18.6.0/24");
    run_until_subnets(&n1, 1, "n1 172.18.7.0/24\n");
    member_close(&n1);
}

static void
restarted_node_with_pods_leaves_its_lost_lease_to_a_person(
    void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'") ","
                NODE("n2", "'192.0.2.2'") "," SUBNET("172.18.6.0/24", "n2"));
    reopen(&n1, "default 172.18.6.0/24", "");
    members_settle(&n1, 1, server);
    assert_true(is_lost(&n1));
    assert_subnets("n2 172.18.6.0/24\n");
    member_close(&n1);
}

static void
restarted_node_without_pods_takes_another_subnet(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'") ","
                NODE("n2", "'192.0.2.2'") "," SUBNET("172.18.6.0/24", "n2"));
    reopen(&n1, "", "default 172.18.6.0/24");
    run_until_subnets(&n1, 1, "n1 172.18.224.0/24\nn2 172.18.6.0/24\n");
    member_close(&n1);
}

static void
what_does_not_fit_the_network_is_not_kept(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    reopen(&n1, "default 10.1.0.0/24", "default 172.18.6.0/25");
    run_until_subnets(&n1, 1, "n1 172.18.224.0/24\n");
    member_close(&n1);
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(deleted_lease_is_put_back_and_pods_do_not_notice),
        TEST(subnet_of_a_network_that_was_deleted_is_let_go),
        TEST(lease_that_another_node_got_is_left_to_a_person),
        TEST(lease_is_put_back_once_the_other_node_has_let_go),
        TEST(reservation_of_the_lease_takes_it_back),
        TEST(reservation_of_another_subnet_gives_it_up),
        TEST(reservation_of_the_lease_for_the_other_gives_it_up),
        TEST(lease_that_a_reservation_took_is_given_up),
        TEST(peer_whose_lease_was_deleted_is_reached_until_somebody_has_it),
        TEST(restarted_node_claims_what_it_had),
        TEST(restarted_node_with_pods_leaves_its_lost_lease_to_a_person),
        TEST(restarted_node_without_pods_takes_another_subnet),
        TEST(what_does_not_fit_the_network_is_not_kept),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_STRICT, tests);
}
