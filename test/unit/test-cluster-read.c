/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Rows of the cluster database become the world.  What is refused of them is
 * tested in test-cluster-refuse.c. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "test/unit/awaited.h"
#include "test/unit/rows.h"
#include "util.h"

#include "test/unit/unit.h"

#define ASSERT_READS(OPS, EXPECTED) assert_reads(server, OPS, EXPECTED)

static void
assert_text(char *text, const char *expected)
{
    assert_string_equal(text, expected);
    free(text);
}

static void
no_rows_make_an_empty_world(void **state OVS_UNUSED)
{
    assert_text(rows_read(server, "192.0.2.1", 1500), W_NODE);
}

static void
three_nodes_are_a_world(void **state OVS_UNUSED)
{
    ASSERT_READS(THREE, W_THREE);
}

static void
network_without_range_is_only_a_name(void **state OVS_UNUSED)
{
    ASSERT_READS(INSERT("Network", "'name':'x','vni':7,'mode':'routed',"
                        "'internal':true,"
                        "'masquerade':true"),
                 W_NODE "network x vni=7 mode=routed mac=0e:bd:85:14:01:e9 "
                 "mtu=1450 masquerade internal\n");
}

static void
mtu_is_the_row_s_else_the_underlay_s_else_1450(void **state OVS_UNUSED)
{
    char *text;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    text = rows_read(server, "192.0.2.1", 9000);
    assert_non_null(strstr(text, " mtu=8950 "));
    free(text);
    text = rows_read(server, "2001:db8::1", 9000);
    assert_non_null(strstr(text, " mtu=8930 "));
    free(text);
    text = rows_read(server, "192.0.2.1", 0);
    assert_non_null(strstr(text, " mtu=1450 "));
    free(text);
    dbserver_do(server, "{'op':'update','table':'Network','where':[],"
                "'row':{'mtu':1300}}");
    text = rows_read(server, "192.0.2.1", 9000);
    assert_non_null(strstr(text, " mtu=1300 "));
    free(text);
}

static void
cluster_says_how_tunnels_are(void **state OVS_UNUSED)
{
    dbserver_do(server, "{'op':'update','table':'Loden_Global','where':[],"
                "'row':{'options':['map',[['tunnel_ports','shared'],"
                "['dst_port','8472']]]}}");
    assert_text(rows_read(server, "192.0.2.1", 1500),
                "node n1 ip=192.0.2.1 underlay_mtu=1500 datapath=kernel\n"
                "tunnels mode=per-peer asked=shared dst_port=8472\n");
}

/* What it is already is no other one. */
static void
cluster_says_which_udp_port_is_taken_as_well(void **state OVS_UNUSED)
{
    dbserver_do(server, "{'op':'update','table':'Loden_Global','where':[],"
                "'row':{'options':['map',[['also_dst_port','8472']]]}}");
    assert_text(rows_read(server, "192.0.2.1", 1500),
                "node n1 ip=192.0.2.1 underlay_mtu=1500 datapath=kernel\n"
                "tunnels mode=per-peer asked=auto dst_port=4789 "
                "also_dst_port=8472\n");
    dbserver_do(server, "{'op':'update','table':'Loden_Global','where':[],"
                "'row':{'options':['map',[['also_dst_port','4789']]]}}");
    assert_text(rows_read(server, "192.0.2.1", 1500),
                "node n1 ip=192.0.2.1 underlay_mtu=1500 datapath=kernel\n"
                TUNNELS_TEXT);
}

static void
nodes_say_what_they_speak(void **state OVS_UNUSED)
{
    dbserver_do(server, "{'op':'update','table':'Loden_Global','where':[],"
                "'row':{'options':['map',[['encap','geneve']]]}},"
                NODE("n1", "'192.0.2.1'") "," NODE("n2", "'192.0.2.2'") ","
                NODE("n3", "'192.0.2.3'") ","
                "{'op':'update','table':'Node','where':[['name','!=','n3']],"
                "'row':{'options':['map',[['encap','geneve']]]}}");
    assert_text(rows_read(server, "192.0.2.1", 1500),
                "node n1 ip=192.0.2.1 underlay_mtu=1500 datapath=kernel\n"
                "tunnels mode=per-peer asked=auto dst_port=4789 encap=geneve "
                "speaks=geneve\n"
                "peer n2 ip=192.0.2.2 speaks=geneve port=lt-cae24d48\n"
                "peer n3 ip=192.0.2.3 port=lt-564fdfef\n");
}

static void
nodes_say_what_their_ways_leave(void **state OVS_UNUSED)
{
    dbserver_do(server, NODE("n1", "'192.0.2.1'") ","
                NODE("n2", "'192.0.2.2'") "," NODE("n3", "'192.0.2.3'") ","
                "{'op':'update','table':'Node','where':[['name','!=','n3']],"
                "'row':{'options':['map',[['pod_mtu','1210']]]}}");
    assert_text(rows_read(server, "192.0.2.1", 1500),
                W_NODE "peer n2 ip=192.0.2.2 pod_mtu=1210 port=lt-cae24d48\n"
                "peer n3 ip=192.0.2.3 port=lt-564fdfef\n");
}

static void
peer_is_reached_by_our_family_at_its_lowest_address(void **state OVS_UNUSED)
{
    dbserver_do(server, "%s", NODE("n2", "['set',['2001:db8::2','192.0.2.9',"
                                   "'192.0.2.10','2001:db8::1:2']]"));
    assert_text(rows_read(server, "192.0.2.1", 1500),
                W_NODE "peer n2 ip=192.0.2.9 port=lt-cae24d48\n");
    assert_text(rows_read(server, "2001:db8::1", 1500),
                "node n1 ip=2001:db8::1 underlay_mtu=1500 datapath=kernel\n"
                TUNNELS_TEXT
                "peer n2 ip=2001:db8::2 port=lt-cae24d48\n");
}

static void
peers_are_known_while_our_own_address_is_not(void **state OVS_UNUSED)
{
    dbserver_do(server, "%s", NODE("n2", "'192.0.2.2'"));
    assert_text(rows_read(server, NULL, 1500),
                "node n1 ip=none underlay_mtu=1500 datapath=kernel\n"
                TUNNELS_TEXT
                "peer n2 ip=192.0.2.2 port=lt-cae24d48\n");
}

static void
reservation_of_our_own_subnet_changes_nothing(void **state OVS_UNUSED)
{
    ASSERT_READS(THREE "," RESERVATION("172.18.6.0/24", "n1"), W_THREE);
}

static void
reservation_wins_over_another_node_s_subnet(void **state OVS_UNUSED)
{
    ASSERT_READS(THREE "," RESERVATION("172.18.7.0/24", "n3") ","
                 RESERVATION("172.18.6.0/24", "n2"),
                 W_NODE W_NETWORK("") W_N2 "\n" W_N3 " default=172.18.8.0/24\n"
                 "refused Subnet 172.18.6.0/24 of node n1 in network default: "
                 "it is reserved for node n2\n"
                 "refused Subnet 172.18.7.0/24 of node n2 in network default: "
                 "it is reserved for node n3\n");
}

static void
reserved_one_of_two_subnets_counts(void **state OVS_UNUSED)
{
    ASSERT_READS(THREE "," SUBNET("172.18.9.0/24", "n2") ","
                 RESERVATION("172.18.9.0/24", "n2"),
                 W_NODE W_DEFAULT W_N2 " default=172.18.9.0/24\n"
                 W_N3 " default=172.18.8.0/24\n"
                 "refused Subnet 172.18.7.0/24 of node n2 in network default: "
                 "the node has another subnet there: 172.18.9.0/24\n");
}

static void
internal_networks_may_overlap(void **state OVS_UNUSED)
{
    ASSERT_READS(NETWORK("default", "1", "'172.18.0.0/16'") ","
                 INSERT("Network", "'name':'x','vni':7,'mode':'routed',"
                        "'internal':true,"
                        "'ranges':'172.18.0.0/16'"),
                 W_NODE W_NETWORK("")
                 "network x vni=7 mode=routed range=172.18.0.0/16 "
                 "mac=0e:bd:85:14:01:e9 mtu=1450 internal\n");
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(no_rows_make_an_empty_world),
        TEST(three_nodes_are_a_world),
        TEST(network_without_range_is_only_a_name),
        TEST(mtu_is_the_row_s_else_the_underlay_s_else_1450),
        TEST(cluster_says_how_tunnels_are),
        TEST(cluster_says_which_udp_port_is_taken_as_well),
        TEST(nodes_say_what_they_speak),
        TEST(nodes_say_what_their_ways_leave),
        TEST(peer_is_reached_by_our_family_at_its_lowest_address),
        TEST(peers_are_known_while_our_own_address_is_not),
        TEST(reservation_of_our_own_subnet_changes_nothing),
        TEST(reservation_wins_over_another_node_s_subnet),
        TEST(reserved_one_of_two_subnets_counts),
        TEST(internal_networks_may_overlap),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_LAX, tests);
}
