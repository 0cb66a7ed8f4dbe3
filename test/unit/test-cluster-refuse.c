/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Bad rows of the cluster database are refused by name, and the rest works.
 *
 * The server has no indexes and no ranges here, so that a node can be shown
 * every row that a hostile or broken server might send. */

#include <config.h>

#include <string.h>

#include "test/unit/awaited.h"
#include "test/unit/rows.h"
#include "util.h"

#include "test/unit/unit.h"

#define ASSERT_READS(OPS, EXPECTED) assert_reads(server, OPS, EXPECTED)

/* ---- Refusals ----------------------------------------------------------- */

/* A test that 'ROWS' beside three good nodes change nothing and are refused
 * with 'WHY'. */
#define REFUSED(NAME, ROWS, WHY)                        \
    static void                                         \
    NAME(void **state OVS_UNUSED)                       \
    {                                                   \
        ASSERT_READS(THREE "," ROWS, W_THREE "refused " WHY "\n"); \
    }

#define OPTION(KEY, VALUE)                                              \
    "{'op':'update','table':'Loden_Global','where':[],"                  \
    "'row':{'options':['map',[['" KEY "','" VALUE "']]]}}"
REFUSED(refuses_tunnel_ports_of_no_known_kind, OPTION("tunnel_ports", "two"),
        "Loden_Global, option tunnel_ports: 'two' is neither per-peer, shared "
        "nor auto: it is auto")
REFUSED(refuses_encap_that_nobody_speaks, OPTION("encap", "gre"),
        "Loden_Global, option encap: 'gre' is neither vxlan nor geneve: it is "
        "vxlan")
REFUSED(refuses_a_peer_s_encap_that_nobody_speaks,
        "{'op':'update','table':'Node','where':[['name','==','n3']],"
        "'row':{'options':['map',[['encap','gre']]]}}",
        "Node n3, option encap: 'gre' is neither vxlan nor geneve: it is "
        "vxlan")
#define POD_MTU(VALUE)                                                  \
    "{'op':'update','table':'Node','where':[['name','==','n3']],"        \
    "'row':{'options':['map',[['pod_mtu','" VALUE "']]]}}"
#define POD_MTU_WHY(VALUE)                                              \
    "Node n3, option pod_mtu: '" VALUE "' is no MTU from 1210 to 65535 " \
    "bytes: other nodes' pods do not follow it"
REFUSED(refuses_to_follow_a_node_that_would_slow_all, POD_MTU("1209"),
        POD_MTU_WHY("1209"))
REFUSED(refuses_an_mtu_beyond_16_bits, POD_MTU("65536"),
        POD_MTU_WHY("65536"))
REFUSED(refuses_an_mtu_that_is_no_number, POD_MTU("1450x"),
        POD_MTU_WHY("1450x"))
REFUSED(refuses_udp_port_zero, OPTION("dst_port", "0"),
        "Loden_Global, option dst_port: '0' is no UDP port, 1 to 65535: it is "
        "4789")
REFUSED(refuses_udp_port_beyond_16_bits, OPTION("dst_port", "65536"),
        "Loden_Global, option dst_port: '65536' is no UDP port, 1 to 65535: "
        "it is 4789")
REFUSED(refuses_another_udp_port_zero, OPTION("also_dst_port", "0"),
        "Loden_Global, option also_dst_port: '0' is no UDP port, 1 to 65535: "
        "there is none")
REFUSED(refuses_udp_port_that_is_no_number, OPTION("dst_port", "4789x"),
        "Loden_Global, option dst_port: '4789x' is no UDP port, 1 to 65535: "
        "it is 4789")
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
REFUSED_RANGE(refuses_ipv6_range_with_another_spelling, "FD00::/48",
              "'FD00::' is not canonical: write 'fd00::'")
REFUSED_RANGE(refuses_range_of_link_local_addresses, "fe80::/64",
              "it overlaps fe80::/10, which no host can have")
REFUSED_RANGE(refuses_range_of_multicast_addresses, "ff00::/8",
              "it overlaps ff00::/8, which no host can have")
REFUSED_RANGE(refuses_range_of_all_ipv6, "::/0",
              "it overlaps ::/8, which no host can have")
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
REFUSED_RANGE(refuses_range_that_tunnels_pass_through, "192.0.2.0/24",
              "it has this node's tunnel address 192.0.2.1")

/* The same for another VNI that a network is said to take. */
#define ALSO_VNI(NAME, VNI, ALSO)                                         \
    INSERT("Network", "'name':'" NAME "','vni':" VNI ",'mode':'routed',"  \
           CHOICES ",'options':['map',[['also_vni','" ALSO "']]]")
#define REFUSED_ALSO_VNI(NAME, ALSO, WHY)                                 \
    static void                                                           \
    NAME(void **state OVS_UNUSED)                                         \
    {                                                                     \
        ASSERT_READS(THREE "," ALSO_VNI("x", "7", ALSO),                  \
                     W_NODE W_DEFAULT W_X W_PEERS                         \
                     "refused Network x, option also_vni=" ALSO ": " WHY  \
                     "\n");                                               \
    }

REFUSED_ALSO_VNI(refuses_other_vni_zero, "0",
                 "it is no VNI, 1 to 16777215")
REFUSED_ALSO_VNI(refuses_other_vni_beyond_24_bits, "16777216",
                 "it is no VNI, 1 to 16777215")
REFUSED_ALSO_VNI(refuses_other_vni_that_is_no_number, "3x",
                 "it is no VNI, 1 to 16777215")
REFUSED_ALSO_VNI(refuses_other_vni_that_a_network_has, "1",
                 "it is that of network default")

static void
refuses_other_vni_that_two_networks_take(void **state OVS_UNUSED)
{
    ASSERT_READS(ALSO_VNI("x", "7", "9") "," ALSO_VNI("y", "8", "9"),
                 W_NODE "network x vni=7 also-vni=9 mode=routed "
                 "mac=0e:bd:85:14:01:e9 mtu=1450 port=loden-7\n"
                 "network y vni=8 mode=routed mac=0e:64:b0:58:11:96 mtu=1450 "
                 "port=loden-8\n"
                 "refused Network y, option also_vni=9: it is that of network "
                 "x\n");
}

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
                 "what the tunnels leave is used instead\n"
                 "refused Network y, mtu 65486: it is outside 576 to 65485: "
                 "what the tunnels leave is used instead\n");
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
REFUSED(refuses_peer_whose_tunnel_would_lead_into_itself,
        NODE("n4", "'172.18.9.1'") "," SUBNET("172.18.9.0/24", "n4"),
        "Node n4: its tunnel address 172.18.9.1 is inside network default\n"
        "refused Subnet 172.18.9.0/24 of node n4 in network default: "
        "there is no usable Node row of that name")
REFUSED(refuses_second_peer_at_a_tunnel_address, NODE("n4", "'192.0.2.3'"),
        "Node n4: its tunnel address 192.0.2.3 is that of node n3; if that "
        "one is gone, say 'lodenctl node delete n3'")

/* Found by trying: SHA-1 of "peer:m73723" begins with 92cdae0c for both. */
static void
refuses_peer_whose_port_would_have_a_taken_name(void **state OVS_UNUSED)
{
    ASSERT_READS(NODE("m73723", "'192.0.2.4'") ","
                 NODE("m82164", "'192.0.2.5'"),
                 W_NODE "peer m73723 ip=192.0.2.4 port=lt-92cdae0c\n"
                 "refused Node m82164: its tunnel port would have the same "
                 "name as that of node m73723: give it another name\n");
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

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_tunnel_ports_of_no_known_kind),
        TEST(refuses_encap_that_nobody_speaks),
        TEST(refuses_a_peer_s_encap_that_nobody_speaks),
        TEST(refuses_to_follow_a_node_that_would_slow_all),
        TEST(refuses_an_mtu_beyond_16_bits),
        TEST(refuses_an_mtu_that_is_no_number),
        TEST(refuses_udp_port_zero),
        TEST(refuses_udp_port_beyond_16_bits),
        TEST(refuses_another_udp_port_zero),
        TEST(refuses_udp_port_that_is_no_number),
        TEST(refuses_network_without_name),
        TEST(refuses_network_with_a_name_too_long),
        TEST(refuses_network_with_a_name_that_needs_quoting),
        TEST(refuses_second_network_of_a_name),
        TEST(refuses_vni_zero),
        TEST(refuses_vni_beyond_24_bits),
        TEST(refuses_second_network_of_a_vni),
        TEST(refuses_other_vni_zero),
        TEST(refuses_other_vni_beyond_24_bits),
        TEST(refuses_other_vni_that_is_no_number),
        TEST(refuses_other_vni_that_a_network_has),
        TEST(refuses_other_vni_that_two_networks_take),
        TEST(refuses_network_without_mode),
        TEST(refuses_unknown_mode),
        TEST(refuses_node_prefix_without_room_for_a_pod),
        TEST(refuses_range_with_host_bits),
        TEST(refuses_range_that_is_none),
        TEST(refuses_ipv6_range_with_another_spelling),
        TEST(refuses_range_of_link_local_addresses),
        TEST(refuses_range_of_multicast_addresses),
        TEST(refuses_range_of_all_ipv6),
        TEST(refuses_range_smaller_than_a_subnet),
        TEST(refuses_range_of_loopback_addresses),
        TEST(refuses_range_of_everything),
        TEST(refuses_range_inside_another_network_s),
        TEST(refuses_range_around_another_network_s),
        TEST(refuses_range_that_tunnels_pass_through),
        TEST(refuses_overlap_within_a_network_and_keeps_the_rest),
        TEST(refuses_mtu_out_of_range_and_says_what_is_used),
        TEST(refuses_node_without_name),
        TEST(refuses_node_with_a_name_that_needs_quoting),
        TEST(refuses_second_node_of_a_name),
        TEST(refuses_peer_without_tunnel_address),
        TEST(refuses_peer_of_the_other_family),
        TEST(refuses_peer_with_our_own_tunnel_address),
        TEST(refuses_peer_whose_tunnel_would_lead_into_itself),
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

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_LAX, tests);
}
