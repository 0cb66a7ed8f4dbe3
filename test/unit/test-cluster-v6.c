/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Networks with IPv6, alone or beside IPv4: rows that nodes follow, rows that
 * they refuse, and subnets of each family that they claim. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "test/unit/awaited.h"
#include "test/unit/logged.h"
#include "test/unit/rows.h"
#include "util.h"

#include "test/unit/unit.h"

#define DUAL(REST)                                                        \
    INSERT("Network", "'name':'default','vni':1,'mode':'routed'," CHOICES \
           ",'node_prefix_v4':24,'node_prefix_v6':64,"                    \
           "'ranges':['set',['172.18.0.0/16','fd00:18::/48']]" REST)
#define ALONE(REST)                                                       \
    INSERT("Network", "'name':'default','vni':1,'mode':'routed'," CHOICES \
           ",'node_prefix_v6':64,'ranges':'fd00:18::/48'" REST)

#define W_DUAL(REST)                                                     \
    "network default vni=1 mode=routed range=172.18.0.0/16 "             \
    "range=fd00:18::/48" REST " mac=0e:a8:45:6a:f7:34 mtu=1450 port=loden0\n"

static void
a_node_has_a_subnet_of_each_family(void **state OVS_UNUSED)
{
    assert_reads(server, DUAL("") "," NODE("n1", "'192.0.2.1'") ","
                 NODE("n2", "'192.0.2.2'") ","
                 SUBNET("172.18.6.0/24", "n1") ","
                 SUBNET("fd00:18:0:6::/64", "n1") ","
                 SUBNET("172.18.7.0/24", "n2") ","
                 SUBNET("fd00:18:0:7::/64", "n2"),
                 W_NODE W_DUAL(" subnet=172.18.6.0/24 subnet=fd00:18:0:6::/64")
                 W_N2 " default=172.18.7.0/24 default=fd00:18:0:7::/64\n");
}

static void
subnets_of_either_family_are_refused_alone(void **state OVS_UNUSED)
{
    assert_reads(server, DUAL("") "," NODE("n1", "'192.0.2.1'") ","
                 SUBNET("172.18.6.0/24", "n1") ","
                 SUBNET("fd00:19:0:6::/64", "n1"),
                 W_NODE W_DUAL(" subnet=172.18.6.0/24")
                 "refused Subnet fd00:19:0:6::/64 of node n1 in network "
                 "default: it is outside the ranges of network default\n");
}

static void
a_subnet_must_have_its_family_s_length(void **state OVS_UNUSED)
{
    assert_reads(server, DUAL("") "," NODE("n1", "'192.0.2.1'") ","
                 SUBNET("fd00:18:0:6::/80", "n1"),
                 W_NODE W_DUAL("")
                 "refused Subnet fd00:18:0:6::/80 of node n1 in network "
                 "default: its length is 80, but network default gives each "
                 "node a /64\n");
}

static void
a_range_must_have_room_for_a_subnet(void **state OVS_UNUSED)
{
    assert_reads(server, INSERT("Network", "'name':'default','vni':1,"
                 "'mode':'routed'," CHOICES ",'node_prefix_v6':64,"
                 "'ranges':'fd00:18::/80'"),
                 W_NODE "network default vni=1 mode=routed "
                 "mac=0e:a8:45:6a:f7:34 mtu=1450 port=loden0\n"
                 "refused Network default, range fd00:18::/80: it is smaller "
                 "than one node's subnet: node_prefix_v6 is 64\n");
}

static void
a_node_prefix_must_leave_room_for_a_pod(void **state OVS_UNUSED)
{
    assert_reads(server, INSERT("Network", "'name':'x','vni':1,"
                 "'mode':'routed'," CHOICES ",'node_prefix_v6':127"),
                 W_NODE "refused Network x: its node_prefix_v6 127 is outside "
                 "1 to 126\n");
}

static void
an_mtu_too_small_for_ipv6_is_not_used(void **state OVS_UNUSED)
{
    assert_reads(server, ALONE(",'mtu':1279"),
                 W_NODE "network default vni=1 mode=routed range=fd00:18::/48 "
                 "mac=0e:a8:45:6a:f7:34 mtu=1280 port=loden0\n"
                 "refused Network default, mtu 1279: IPv6 needs 1280, which "
                 "is used instead\n");
}

/* ---- Tunnels ------------------------------------------------------------ */

#define W_ALONE(MTU)                                              \
    "network default vni=1 mode=routed range=fd00:18::/48 "       \
    "mac=0e:a8:45:6a:f7:34 mtu=" MTU " port=loden0\n"
#define DUAL_NODE(NAME, V4, V6) NODE(NAME, "['set',['" V4 "','" V6 "']]")

static void
assert_reads_at(const char *ip, const char *expected)
{
    char *text = rows_read(server, ip, 1500);
    assert_string_equal(text, expected);
    free(text);
}

/* Both ends choose IPv4, then IPv6, whichever both have. */
static void
two_nodes_use_a_family_that_both_have(void **state OVS_UNUSED)
{
    dbserver_do(server, "%s", ALONE("") ","
                DUAL_NODE("n2", "192.0.2.2", "2001:db8::2"));
    assert_reads_at("192.0.2.1",
                    W_NODE W_ALONE("1450")
                    "peer n2 ip=192.0.2.2 port=lt-cae24d48\n");
    assert_reads_at("2001:db8::1,192.0.2.1",
                    "node n1 ip=192.0.2.1 ip=2001:db8::1 underlay_mtu=1500 "
                    "datapath=kernel\n" TUNNELS_TEXT W_ALONE("1450")
                    "peer n2 ip=192.0.2.2 port=lt-cae24d48\n");
    assert_reads_at("2001:db8::1",
                    "node n1 ip=2001:db8::1 underlay_mtu=1500 "
                    "datapath=kernel\n" TUNNELS_TEXT W_ALONE("1430")
                    "peer n2 ip=2001:db8::2 port=lt-cae24d48\n");
}

/* So that no node sends pods what another's pods cannot take. */
static void
a_node_without_ipv4_lowers_everybodys_mtu(void **state OVS_UNUSED)
{
    dbserver_do(server, "%s", ALONE("") "," NODE("n2", "'2001:db8::2'") ","
                DUAL_NODE("n3", "192.0.2.3", "2001:db8::3"));
    assert_reads_at("192.0.2.1",
                    W_NODE W_ALONE("1430")
                    "peer n3 ip=192.0.2.3 port=lt-564fdfef\n"
                    "refused Node n2: it has no IPv4 tunnel address\n");
    assert_reads_at("192.0.2.1,2001:db8::1",
                    "node n1 ip=192.0.2.1 ip=2001:db8::1 underlay_mtu=1500 "
                    "datapath=kernel\n" TUNNELS_TEXT W_ALONE("1430")
                    "peer n2 ip=2001:db8::2 port=lt-cae24d48\n"
                    "peer n3 ip=192.0.2.3 port=lt-564fdfef\n");
}

static void
a_range_must_not_have_our_tunnels_of_either_family(void **state OVS_UNUSED)
{
    dbserver_do(server, "%s", ALONE(""));
    assert_reads_at("192.0.2.1,fd00:18::1",
                    "node n1 ip=192.0.2.1 ip=fd00:18::1 underlay_mtu=1500 "
                    "datapath=kernel\n" TUNNELS_TEXT
                    "network default vni=1 mode=routed "
                    "mac=0e:a8:45:6a:f7:34 mtu=1450 port=loden0\n"
                    "refused Network default, range fd00:18::/48: it has "
                    "this node's tunnel address fd00:18::1\n");
}

/* ---- Claims ------------------------------------------------------------- */

static void
a_node_claims_a_subnet_of_each_family(void **state OVS_UNUSED)
{
    static const char text[] = "n1 172.18.224.0/24\nn1 fd00:18:0:2ce0::/64\n";
    struct member n1;

    dbserver_do(server, "%s", DUAL(""));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, text);

    /* A row that somebody deletes is put back, of either family. */
    dbserver_do(server, "%s", "{'op':'delete','table':'Subnet','where':[]}");
    run_until_subnets(&n1, 1, text);
    member_close(&n1);
}

static void
a_network_of_ipv6_alone_wants_no_ipv4(void **state OVS_UNUSED)
{
    static const char text[] = "n1 fd00:18:0:2ce0::/64\n";
    struct member n1;

    /* As if an IPv4 range had been taken out. */
    dbserver_do(server, "%s", ALONE(",'node_prefix_v4':24"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, text);
    assert_int_equal(logged_count("no subnet left"), 0);
    member_close(&n1);
}

static void
a_reserved_ipv6_subnet_is_claimed(void **state OVS_UNUSED)
{
    static const char text[] = "n1 fd00:18:0:6::/64\n";
    struct member n1;

    dbserver_do(server, "%s", ALONE("") ","
                RESERVATION("fd00:18:0:6::/64", "n1"));
    member_open(&n1, server, "n1", "192.0.2.1");
    run_until_subnets(&n1, 1, text);
    member_close(&n1);
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(a_node_has_a_subnet_of_each_family),
        TEST(subnets_of_either_family_are_refused_alone),
        TEST(a_subnet_must_have_its_family_s_length),
        TEST(a_range_must_have_room_for_a_subnet),
        TEST(a_node_prefix_must_leave_room_for_a_pod),
        TEST(an_mtu_too_small_for_ipv6_is_not_used),
        TEST(two_nodes_use_a_family_that_both_have),
        TEST(a_node_without_ipv4_lowers_everybodys_mtu),
        TEST(a_range_must_not_have_our_tunnels_of_either_family),
        TEST(a_node_claims_a_subnet_of_each_family),
        TEST(a_network_of_ipv6_alone_wants_no_ipv4),
        TEST(a_reserved_ipv6_subnet_is_claimed),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_LAX, tests);
}
