/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Rows of the cluster database become the world, or are refused by name.
 *
 * The server has no indexes and no ranges here, so that a node can be shown
 * every row that a hostile or broken server might send. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "test/unit/member.h"
#include "util.h"

#include "test/unit/unit.h"

static struct dbserver *server;

#define INSERT(TABLE, ROW) \
    "{'op':'insert','table':'" TABLE "','row':{" ROW "}}"
#define NETWORK(NAME, VNI, RANGES)                                      \
    INSERT("Network", "'name':'" NAME "','vni':" VNI ",'mode':'routed'," \
           "'node_prefix_v4':24,'ranges':" RANGES)
#define NODE(NAME, IPS) \
    INSERT("Node", "'name':'" NAME "','tunnel_ips':" IPS)
#define SUBNET(CIDR, NODE) \
    INSERT("Subnet", "'network':'default','cidr':'" CIDR \
           "','node':'" NODE "'")
#define RESERVATION(CIDR, NODE) \
    INSERT("Reservation", "'network':'default','cidr':'" CIDR \
           "','node':'" NODE "'")

/* Three nodes with a subnet each, of which n1 is this one. */
#define THREE                                                   \
    NETWORK("default", "1", "'172.18.0.0/16'") ","              \
    NODE("n1", "'192.0.2.1'") "," NODE("n2", "'192.0.2.2'") "," \
    NODE("n3", "'192.0.2.3'") ","                               \
    SUBNET("172.18.6.0/24", "n1") ","                           \
    SUBNET("172.18.7.0/24", "n2") ","                           \
    SUBNET("172.18.8.0/24", "n3")

#define W_NODE "node n1 ip=192.0.2.1 underlay_mtu=1500 datapath=kernel\n"
#define W_NETWORK(REST) \
    "network default vni=1 mode=routed range=172.18.0.0/16" REST \
    " mac=0e:a8:45:6a:f7:34 mtu=1450 port=loden0\n"
#define W_DEFAULT W_NETWORK(" subnet=172.18.6.0/24")
#define W_N2 "peer n2 ip=192.0.2.2 port=lt-cae24d48"
#define W_N3 "peer n3 ip=192.0.2.3 port=lt-564fdfef"
#define W_PEERS W_N2 " default=172.18.7.0/24\n" W_N3 " default=172.18.8.0/24\n"
#define W_THREE W_NODE W_DEFAULT W_PEERS

/* Reads the cluster as node n1 at 'ip' (or NULL) does whose underlay has
 * 'mtu', and returns the world. */
static char *
read_as(const char *ip, unsigned int mtu)
{
    long long int deadline = real_msec() + 10000;
    struct member member;
    struct world world;

    member_open(&member, server, "n1", ip);
    while (!cluster_is_ready(member.cluster)) {
        assert_true(real_msec() < deadline);
        cluster_run(member.cluster);
        cluster_wait(member.cluster);
        if (!cluster_is_ready(member.cluster)) {
            poll_block();
        }
    }
    world_init(&world, "n1");
    world.tunnel_ip = member.self.tunnel_ip;
    world.underlay_mtu = mtu;
    cluster_read(member.cluster, &member.self, &world);
    char *text = world_to_string(&world);
    world_destroy(&world);
    member_close(&member);
    return text;
}

static void
assert_text(char *text, const char *expected)
{
    assert_string_equal(text, expected);
    free(text);
}

/* Asserts that n1 reads 'expected' after 'ops' were transacted. */
#define ASSERT_READS(OPS, EXPECTED)                      \
    do {                                                 \
        dbserver_do(server, "%s", OPS);                  \
        assert_text(read_as("192.0.2.1", 1500), EXPECTED); \
    } while (0)

static int
setup(void **state OVS_UNUSED)
{
    dbserver_do(server,
                "{'op':'delete','table':'Loden_Global','where':[]},"
                "{'op':'delete','table':'Network','where':[]},"
                "{'op':'delete','table':'Node','where':[]},"
                "{'op':'delete','table':'Node_Status','where':[]},"
                "{'op':'delete','table':'Subnet','where':[]},"
                "{'op':'delete','table':'Reservation','where':[]},"
                INSERT("Loden_Global", "'cluster_id':'c'"));
    return 0;
}

static void
no_rows_make_an_empty_world(void **state OVS_UNUSED)
{
    assert_text(read_as("192.0.2.1", 1500), W_NODE);
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
    text = read_as("192.0.2.1", 9000);
    assert_non_null(strstr(text, " mtu=8950 "));
    free(text);
    text = read_as("2001:db8::1", 9000);
    assert_non_null(strstr(text, " mtu=8930 "));
    free(text);
    text = read_as("192.0.2.1", 0);
    assert_non_null(strstr(text, " mtu=1450 "));
    free(text);
    dbserver_do(server, "{'op':'update','table':'Network','where':[],"
                "'row':{'mtu':1300}}");
    text = read_as("192.0.2.1", 9000);
    assert_non_null(strstr(text, " mtu=1300 "));
    free(text);
}

static void
peer_is_reached_by_our_family_at_its_lowest_address(void **state OVS_UNUSED)
{
    dbserver_do(server, "%s", NODE("n2", "['set',['2001:db8::2','192.0.2.9',"
                                   "'192.0.2.10','2001:db8::1:2']]"));
    assert_text(read_as("192.0.2.1", 1500),
                W_NODE "peer n2 ip=192.0.2.9 port=lt-cae24d48\n");
    assert_text(read_as("2001:db8::1", 1500),
                "node n1 ip=2001:db8::1 underlay_mtu=1500 datapath=kernel\n"
                "peer n2 ip=2001:db8::2 port=lt-cae24d48\n");
}

static void
peers_are_known_while_our_own_address_is_not(void **state OVS_UNUSED)
{
    dbserver_do(server, "%s", NODE("n2", "'192.0.2.2'"));
    assert_text(read_as(NULL, 1500),
                "node n1 ip=none underlay_mtu=1500 datapath=kernel\n"
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

/* ---- Refusals ----------------------------------------------------------- */

/* A test that 'ROWS' beside three good nodes change nothing and are refused
 * with 'WHY'. */
#define REFUSED(NAME, ROWS, WHY)                        \
    static void                                         \
    NAME(void **state OVS_UNUSED)                       \
    {                                                   \
        ASSERT_READS(THREE "," ROWS, W_THREE "refused " WHY "\n"); \
    }

REFUSED(refuses_network_without_name, NETWORK("", "2", "'10.0.0.0/8'"),
        "Network : its name is empty")
REFUSED(refuses_network_with_a_name_too_long,
        NETWORK("aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
                "12345", "2", "'10.0.0.0/8'"),
        "Network aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffff"
        "12345: its name has 65 bytes: at most 64 are allowed")
REFUSED(refuses_network_with_a_name_that_needs_quoting,
        NETWORK("a b\\n;", "2", "'10.0.0.0/8'"),
        "Network a b?;: its name has other characters than letters, digits, "
        "'_', '.' and '-'")
REFUSED(refuses_second_network_of_a_name, NETWORK("default", "2",
                                                  "'10.0.0.0/8'"),
        "Network default: another Network row has the same name")
REFUSED(refuses_vni_zero, NETWORK("x", "0", "'10.0.0.0/8'"),
        "Network x: its VNI 0 is outside 1 to 16777215")
REFUSED(refuses_vni_beyond_24_bits, NETWORK("x", "16777216", "'10.0.0.0/8'"),
        "Network x: its VNI 16777216 is outside 1 to 16777215")
REFUSED(refuses_second_network_of_a_vni, NETWORK("x", "1", "'10.0.0.0/8'"),
        "Network x: its VNI 1 is that of network default")
REFUSED(refuses_bridged_mode,
        INSERT("Network", "'name':'x','vni':2,'mode':'bridged'"),
        "Network x: its mode bridged is not supported by this version: only "
        "routed is")
REFUSED(refuses_network_without_mode, INSERT("Network", "'name':'x','vni':2"),
        "Network x: its mode '' is neither routed nor bridged")
REFUSED(refuses_unknown_mode,
        INSERT("Network", "'name':'x','vni':2,'mode':'flat'"),
        "Network x: its mode 'flat' is neither routed nor bridged")
REFUSED(refuses_node_prefix_without_room_for_a_pod,
        INSERT("Network", "'name':'x','vni':2,'mode':'routed',"
               "'node_prefix_v4':31"),
        "Network x: its node_prefix_v4 31 is outside 1 to 30")

/* The same for what is wrong with a part of a network. */
#define W_X "network x vni=7 mode=routed mac=0e:bd:85:14:01:e9 mtu=1450 " \
    "port=loden-7\n"
#define REFUSED_RANGE(NAME, RANGE, WHY)                         \
    static void                                                 \
    NAME(void **state OVS_UNUSED)                               \
    {                                                           \
        ASSERT_READS(THREE "," NETWORK("x", "7", "'" RANGE "'"), \
                     W_NODE W_DEFAULT W_X W_PEERS               \
                     "refused Network x, range " RANGE ": " WHY "\n"); \
    }

REFUSED_RANGE(refuses_range_with_host_bits, "10.1.2.3/8",
              "'10.1.2.3/8' is not canonical: write '10.0.0.0/8'")
REFUSED_RANGE(refuses_range_that_is_none, "ten",
              "'ten' is not of the form ADDRESS/LENGTH")
REFUSED_RANGE(refuses_ipv6_range, "fd00::/48",
              "IPv6 is not supported by this version")
REFUSED_RANGE(refuses_range_smaller_than_a_subnet, "10.0.0.0/25",
              "it is smaller than one node's subnet: node_prefix_v4 is 24")
REFUSED_RANGE(refuses_range_of_loopback_addresses, "127.1.0.0/16",
              "it overlaps 127.0.0.0/8, which no host can have")
REFUSED_RANGE(refuses_range_of_everything, "0.0.0.0/0",
              "it overlaps 0.0.0.0/8, which no host can have")
REFUSED_RANGE(refuses_range_inside_another_network_s, "172.18.64.0/18",
              "it overlaps 172.18.0.0/16 of network default, and neither "
              "network is internal")
REFUSED_RANGE(refuses_range_around_another_network_s, "172.0.0.0/8",
              "it overlaps 172.18.0.0/16 of network default, and neither "
              "network is internal")

static void
refuses_overlap_within_a_network_and_keeps_the_rest(void **state OVS_UNUSED)
{
    ASSERT_READS(NETWORK("default", "1", "['set',['172.18.0.0/16',"
                         "'172.18.3.0/24','172.19.0.0/16']]"),
                 W_NODE "network default vni=1 mode=routed range=172.18.0.0/16"
                 " range=172.19.0.0/16 mac=0e:a8:45:6a:f7:34 mtu=1450 "
                 "port=loden0\n"
                 "refused Network default, range 172.18.3.0/24: it overlaps "
                 "172.18.0.0/16 of network default\n");
}

static void
refuses_mtu_out_of_range_and_says_what_is_used(void **state OVS_UNUSED)
{
    ASSERT_READS(INSERT("Network", "'name':'x','vni':7,'mode':'routed',"
                        "'mtu':575") ","
                 INSERT("Network", "'name':'y','vni':8,'mode':'routed',"
                        "'mtu':65486"),
                 W_NODE W_X
                 "network y vni=8 mode=routed mac=0e:64:b0:58:11:96 mtu=1450 "
                 "port=loden-8\n"
                 "refused Network x, mtu 575: it is outside 576 to 65485: "
                 "1450 is used instead\n"
                 "refused Network y, mtu 65486: it is outside 576 to 65485: "
                 "1450 is used instead\n");
}

REFUSED(refuses_node_without_name, NODE("", "'192.0.2.9'"),
        "Node : its name is empty")
REFUSED(refuses_node_with_a_name_that_needs_quoting,
        NODE("$(reboot)", "'192.0.2.9'"),
        "Node $(reboot): its name has other characters than letters, digits, "
        "'_', '.' and '-'")
REFUSED(refuses_second_node_of_a_name, NODE("n1", "'192.0.2.9'"),
        "Node n1: another Node row has the same name")
REFUSED(refuses_peer_without_tunnel_address, NODE("n4", "['set',[]]"),
        "Node n4: it has no IPv4 tunnel address")
REFUSED(refuses_peer_of_the_other_family, NODE("n4", "'2001:db8::4'"),
        "Node n4: it has no IPv4 tunnel address")
REFUSED(refuses_peer_with_our_own_tunnel_address, NODE("n4", "'192.0.2.1'"),
        "Node n4: its tunnel address 192.0.2.1 is this node's own")
REFUSED(refuses_second_peer_at_a_tunnel_address, NODE("n4", "'192.0.2.3'"),
        "Node n4: its tunnel address 192.0.2.3 is that of node n3")

/* Found by trying: SHA-1 of "peer:m73723" begins with 92cdae0c for both. */
static void
refuses_peer_whose_port_would_have_a_taken_name(void **state OVS_UNUSED)
{
    ASSERT_READS(NODE("m73723", "'192.0.2.4'") "," NODE("m82164", "'192.0.2.5'"),
                 W_NODE "peer m73723 ip=192.0.2.4 port=lt-92cdae0c\n"
                 "refused Node m82164: its tunnel port would have the same name "
                 "as that of node m73723: give it another name\n");
}

static void
refuses_bad_tunnel_addresses_one_by_one(void **state OVS_UNUSED)
{
    ASSERT_READS(THREE "," NODE("n4", "['set',['192.0.2.4','192.0.02.5','x',"
                                "'0.0.0.0','127.0.0.1','224.0.0.1','::1',"
                                "'::ffff:192.0.2.4']]"),
                 W_NODE W_DEFAULT W_PEERS
                 "peer n4 ip=192.0.2.4 port=lt-76251aa0\n"
                 "refused Node n4, tunnel address 0.0.0.0: it is no address "
                 "of one host\n"
                 "refused Node n4, tunnel address 127.0.0.1: it is no address "
                 "of one host\n"
                 "refused Node n4, tunnel address 192.0.02.5: '192.0.02.5' is "
                 "not an IPv4 or IPv6 address\n"
                 "refused Node n4, tunnel address 224.0.0.1: it is no address "
                 "of one host\n"
                 "refused Node n4, tunnel address ::1: it is no address of "
                 "one host\n"
                 "refused Node n4, tunnel address ::ffff:192.0.2.4: "
                 "'::ffff:192.0.2.4' is an IPv4 address in IPv6 form\n"
                 "refused Node n4, tunnel address x: 'x' is not an IPv4 or "
                 "IPv6 address\n");
}

#define OF_N2 " of node n2 in network default: "
REFUSED(refuses_subnet_with_host_bits, SUBNET("172.18.9.1/24", "n2"),
        "Subnet 172.18.9.1/24" OF_N2
        "'172.18.9.1/24' is not canonical: write '172.18.9.0/24'")
REFUSED(refuses_subnet_spelled_otherwise, SUBNET("172.18.009.0/24", "n2"),
        "Subnet 172.18.009.0/24" OF_N2
        "'172.18.009.0' is not an IPv4 or IPv6 address")
REFUSED(refuses_subnet_of_another_length, SUBNET("172.18.9.0/25", "n2"),
        "Subnet 172.18.9.0/25" OF_N2
        "its length is 25, but network default gives each node a /24")
REFUSED(refuses_subnet_of_another_family, SUBNET("fd00::/64", "n2"),
        "Subnet fd00::/64" OF_N2 "network default gives nodes no IPv6 subnets")
REFUSED(refuses_subnet_outside_the_range, SUBNET("172.19.9.0/24", "n2"),
        "Subnet 172.19.9.0/24" OF_N2
        "it is outside the ranges of network default")
REFUSED(refuses_second_subnet_of_a_node, SUBNET("172.18.9.0/24", "n2"),
        "Subnet 172.18.9.0/24" OF_N2
        "the node has another subnet there: 172.18.7.0/24")
REFUSED(refuses_subnet_that_is_another_node_s_already,
        SUBNET("172.18.7.0/24", "n3"),
        "Subnet 172.18.7.0/24 of node n3 in network default: "
        "it is held already by node n2")
REFUSED(refuses_subnet_of_an_unknown_node, SUBNET("172.18.9.0/24", "n9"),
        "Subnet 172.18.9.0/24 of node n9 in network default: "
        "there is no usable Node row of that name")
REFUSED(refuses_subnet_of_a_nameless_node, SUBNET("172.18.9.0/24", ""),
        "Subnet 172.18.9.0/24 of node  in network default: "
        "of its node, its name is empty")
REFUSED(refuses_subnet_of_an_unknown_network,
        INSERT("Subnet", "'network':'x','cidr':'10.0.0.0/24','node':'n2'"),
        "Subnet 10.0.0.0/24 of node n2 in network x: "
        "there is no usable network 'x'")
REFUSED(refuses_reservation_of_another_length,
        RESERVATION("172.18.9.0/25", "n2"), "Reservation 172.18.9.0/25" OF_N2
        "its length is 25, but network default gives each node a /24")
REFUSED(refuses_reservation_outside_the_range,
        RESERVATION("10.0.0.0/24", "n2"), "Reservation 10.0.0.0/24" OF_N2
        "it is outside the ranges of network default")

#define TEST(NAME) cmocka_unit_test_setup(NAME, setup)

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(no_rows_make_an_empty_world),
        TEST(three_nodes_are_a_world),
        TEST(network_without_range_is_only_a_name),
        TEST(mtu_is_the_row_s_else_the_underlay_s_else_1450),
        TEST(peer_is_reached_by_our_family_at_its_lowest_address),
        TEST(peers_are_known_while_our_own_address_is_not),
        TEST(reservation_of_our_own_subnet_changes_nothing),
        TEST(reservation_wins_over_another_node_s_subnet),
        TEST(reserved_one_of_two_subnets_counts),
        TEST(internal_networks_may_overlap),
        TEST(refuses_network_without_name),
        TEST(refuses_network_with_a_name_too_long),
        TEST(refuses_network_with_a_name_that_needs_quoting),
        TEST(refuses_second_network_of_a_name),
        TEST(refuses_vni_zero),
        TEST(refuses_vni_beyond_24_bits),
        TEST(refuses_second_network_of_a_vni),
        TEST(refuses_bridged_mode),
        TEST(refuses_network_without_mode),
        TEST(refuses_unknown_mode),
        TEST(refuses_node_prefix_without_room_for_a_pod),
        TEST(refuses_range_with_host_bits),
        TEST(refuses_range_that_is_none),
        TEST(refuses_ipv6_range),
        TEST(refuses_range_smaller_than_a_subnet),
        TEST(refuses_range_of_loopback_addresses),
        TEST(refuses_range_of_everything),
        TEST(refuses_range_inside_another_network_s),
        TEST(refuses_range_around_another_network_s),
        TEST(refuses_overlap_within_a_network_and_keeps_the_rest),
        TEST(refuses_mtu_out_of_range_and_says_what_is_used),
        TEST(refuses_node_without_name),
        TEST(refuses_node_with_a_name_that_needs_quoting),
        TEST(refuses_second_node_of_a_name),
        TEST(refuses_peer_without_tunnel_address),
        TEST(refuses_peer_of_the_other_family),
        TEST(refuses_peer_with_our_own_tunnel_address),
        TEST(refuses_second_peer_at_a_tunnel_address),
        TEST(refuses_peer_whose_port_would_have_a_taken_name),
        TEST(refuses_bad_tunnel_addresses_one_by_one),
        TEST(refuses_subnet_with_host_bits),
        TEST(refuses_subnet_spelled_otherwise),
        TEST(refuses_subnet_of_another_length),
        TEST(refuses_subnet_of_another_family),
        TEST(refuses_subnet_outside_the_range),
        TEST(refuses_second_subnet_of_a_node),
        TEST(refuses_subnet_that_is_another_node_s_already),
        TEST(refuses_subnet_of_an_unknown_node),
        TEST(refuses_subnet_of_a_nameless_node),
        TEST(refuses_subnet_of_an_unknown_network),
        TEST(refuses_reservation_of_another_length),
        TEST(refuses_reservation_outside_the_range),
    };

    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    if (!dbserver_exists()) {
        puts("skipped: there is no ovsdb-server or ovsdb-tool");
        return 77;
    }
    char *schema = xasprintf("%s/ovsdb/loden.ovsschema", getenv("srcdir"));
    server = dbserver_start(schema, DBSERVER_LAX);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    dbserver_stop(server);
    free(schema);
    return failed;
}
