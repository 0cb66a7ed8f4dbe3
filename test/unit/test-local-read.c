/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Interface rows become pods and port numbers, or are refused by name. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "test/unit/dbtests.h"
#include "test/unit/node.h"
#include "util.h"

#include "test/unit/unit.h"

#define KV(KEY, VALUE) "['" KEY "','" VALUE "']"
#define IDS(ID, NETWORK, IP, MAC)                                      \
    KV("loden-id", ID) "," KV("loden-network", NETWORK) ","            \
    KV("loden-ip", IP) "," KV("loden-mac", MAC)
#define GOOD                                                           \
    IDS("net/c1/eth0", "default", "default/172.18.6.2", "02:00:00:00:06:02")

#define W_HEAD(HOST)                                                    \
    "node n1 ip=192.0.2.1 underlay_mtu=0 datapath=userspace\n"          \
    TUNNELS_TEXT \
    "network default vni=1 mode=routed range=172.18.0.0/16 "            \
    "subnet=172.18.6.0/24 mac=0e:a8:45:6a:f7:34 mtu=1450 port=loden0" HOST \
    "\n"
#define W_POD "pod net/c1/eth0 network=default mac=02:00:00:00:06:02 " \
    "ip=172.18.6.2 port=ldn1"

static void
pod_is_read_and_its_port_is_the_switch_s(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", GOOD "," KV("loden-req", "r1"));
    node_settle(&node);
    node_assert_world(&node, W_HEAD("(32768)") W_POD "\n");
    assert_string_equal(node.world.pods[0].req, "r1");

    simap_put(&node.ofports, "ldn1", 7);
    node_settle(&node);
    node_assert_world(&node, W_HEAD("(32768)") W_POD "(7)\n");
}

static void
own_ports_have_the_number_that_the_switch_gave_them(void **state OVS_UNUSED)
{
    node.fill = node_fill_three;
    simap_put(&node.ofports, "loden0", 12);
    simap_put(&node.ofports, "lt-cae24d48", 13);
    node_settle(&node);
    node_assert_world(&node, W_HEAD("(12)")
                      "peer n2 ip=192.0.2.2 port=lt-cae24d48(13)\n"
                      "peer n3 ip=192.0.2.3 port=lt-564fdfef(32770)\n");
}

static void
number_of_no_port_is_not_believed(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", GOOD);
    simap_put(&node.ofports, "ldn1", 0xfffe);
    node_settle(&node);
    node_assert_world(&node, W_HEAD("(32768)") W_POD "\n");
}

static void
interface_without_id_is_no_pod(void **state OVS_UNUSED)
{
    node_add_port(&node, "tap0", KV("iface-id", "x"));
    node_settle(&node);
    node_assert_world(&node, W_HEAD("(32768)"));
}

static void
bridge_s_datapath_type_says_whether_it_is_userspace(void **state OVS_UNUSED)
{
    assert_true(node.world.userspace);
    node.datapath = "system";
    node_settle(&node);
    assert_false(node.world.userspace);
}

/* A test that an interface 'NAME' with 'ROW' beside a good pod is refused
 * with 'WHY'. */
#define REFUSED_AS(TEST_NAME, NAME, ROW, WHY)                          \
    static void                                                        \
    TEST_NAME(void **state OVS_UNUSED)                                 \
    {                                                                  \
        node_add_port(&node, "ldn1", GOOD);                            \
        node_add_port(&node, NAME, ROW);                               \
        node_settle(&node);                                            \
        node_assert_world(&node, W_HEAD("(32768)") W_POD "\nrefused "  \
                          "Interface " WHY "\n");                      \
    }
#define REFUSED(TEST_NAME, ROW, WHY) REFUSED_AS(TEST_NAME, "ldn2", ROW, \
                                                "ldn2 of pod " WHY)
#define MAC3 "02:00:00:00:06:03"
#define IP3 "default/172.18.6.3"
#define REFUSED_IP(TEST_NAME, IP, WHY) \
    REFUSED(TEST_NAME, IDS("b", "default", IP, MAC3), "b: loden-ip: " WHY)

REFUSED(refuses_empty_id, IDS("", "default", IP3, MAC3),
        ": loden-id has 0 bytes: 1 to 512 are allowed")
REFUSED(refuses_id_with_a_newline, IDS("b\\nc", "default", IP3, MAC3),
        "b?c: loden-id has characters that cannot be printed, or spaces")
REFUSED(refuses_second_pod_of_an_id,
        IDS("net/c1/eth0", "default", IP3, MAC3),
        "net/c1/eth0: another interface has the same loden-id")
REFUSED_AS(refuses_device_with_a_name_too_long, "sixteen-bytes-16",
           IDS("b", "default", IP3, MAC3), "sixteen-bytes-16 of pod b: "
           "its name has 16 bytes: at most 15 are allowed")
REFUSED_AS(refuses_device_with_a_name_that_needs_quoting, "x;reboot",
           IDS("b", "default", IP3, MAC3), "x;reboot of pod b: "
           "its name has other characters than letters, digits, '_', '.' and "
           "'-'")
REFUSED(refuses_pod_without_network,
        KV("loden-id", "b") "," KV("loden-ip", IP3) ","
        KV("loden-mac", MAC3), "b: loden-network is missing")
REFUSED(refuses_pod_of_unknown_network, IDS("b", "blue", IP3, MAC3),
        "b: there is no usable network 'blue'")
REFUSED(refuses_pod_without_mac,
        KV("loden-id", "b") "," KV("loden-network", "default") ","
        KV("loden-ip", IP3), "b: loden-mac is missing")
REFUSED(refuses_mac_that_is_none, IDS("b", "default", IP3, "02:00:00:00:06"),
        "b: loden-mac '02:00:00:00:06' is not an Ethernet address")
REFUSED(refuses_mac_with_more_behind_it,
        IDS("b", "default", IP3, MAC3 ",actions=NORMAL"),
        "b: loden-mac '02:00:00:00:06:03,actions=NORMAL' is not an Ethernet "
        "address")
REFUSED(refuses_multicast_mac, IDS("b", "default", IP3, "03:00:00:00:06:03"),
        "b: loden-mac 03:00:00:00:06:03 is not one interface's address")
REFUSED(refuses_zero_mac, IDS("b", "default", IP3, "00:00:00:00:00:00"),
        "b: loden-mac 00:00:00:00:00:00 is not one interface's address")
REFUSED(refuses_the_gateway_s_mac,
        IDS("b", "default", IP3, "0e:a8:45:6a:f7:34"),
        "b: loden-mac 0e:a8:45:6a:f7:34 is the gateway's")
REFUSED(refuses_request_that_is_no_nonce,
        IDS("b", "default", IP3, MAC3) "," KV("loden-req", "r 1"),
        "b: loden-req 'r 1' is not 1 to 64 letters, digits, '_', '.' and '-'")
REFUSED(refuses_pod_without_address,
        KV("loden-id", "b") "," KV("loden-network", "default") ","
        KV("loden-mac", MAC3),
        "b: loden-ip is missing: a routed network's pod needs an address")
REFUSED(refuses_interface_that_is_ours,
        IDS("b", "default", IP3, MAC3) "," KV("loden-peer", "n2"),
        "b: its interface is a tunnel or host port of Loden's")
REFUSED(refuses_ipv6_address_without_a_subnet,
        IDS("b", "default", IP3, MAC3) "," KV("loden-ip6", "default/fd00::3"),
        "b: loden-ip6: this node has no subnet of that family in network "
        "default")

REFUSED_IP(refuses_address_of_another_network, "blue/172.18.6.3",
           "'blue/172.18.6.3' is not of the form default/ADDRESS")
REFUSED_IP(refuses_address_without_network, "172.18.6.3",
           "'172.18.6.3' is not of the form default/ADDRESS")
REFUSED_IP(refuses_address_that_is_none, "default/172.18.6",
           "'172.18.6' is not an IPv4 or IPv6 address")
REFUSED_IP(refuses_address_with_more_behind_it, "default/172.18.6.3/24",
           "'172.18.6.3/24' is not an IPv4 or IPv6 address")
REFUSED_IP(refuses_ipv6_address_as_ipv4, "default/fd00::3",
           "fd00::3 is not an IPv4 address of a pod")
REFUSED_IP(refuses_address_in_another_node_s_subnet, "default/172.18.7.3",
           "172.18.7.3 is outside this node's subnet 172.18.6.0/24 of "
           "network default")
REFUSED_IP(refuses_the_gateway_s_address, "default/172.18.6.1",
           "172.18.6.1 is the gateway's")
REFUSED_IP(refuses_the_subnet_s_own_address, "default/172.18.6.0",
           "172.18.6.0 is the subnet's own address")
REFUSED_IP(refuses_the_broadcast_address, "default/172.18.6.255",
           "172.18.6.255 is the subnet's broadcast address")
REFUSED_IP(refuses_address_that_another_pod_has, "default/172.18.6.2",
           "172.18.6.2 is the address of pod net/c1/eth0 already")

static void
fill_without_subnet(struct world *world)
{
    node_fill_alone(world);
    memset(world->networks[0].subnet, 0, sizeof world->networks[0].subnet);
}

static void
refuses_pod_of_a_network_without_a_subnet_here(void **state OVS_UNUSED)
{
    node.fill = fill_without_subnet;
    node_add_port(&node, "ldn1", GOOD);
    node_settle(&node);
    assert_int_equal(node.world.n_pods, 0);
    assert_int_equal(node.world.n_refusals, 1);
    assert_string_equal(node.world.refusals[0].why,
                        "this node has no subnet of network default");
}

#define TEST NODE_TEST_ALONE

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(pod_is_read_and_its_port_is_the_switch_s),
        TEST(own_ports_have_the_number_that_the_switch_gave_them),
        TEST(number_of_no_port_is_not_believed),
        TEST(interface_without_id_is_no_pod),
        TEST(bridge_s_datapath_type_says_whether_it_is_userspace),
        TEST(refuses_empty_id),
        TEST(refuses_id_with_a_newline),
        TEST(refuses_second_pod_of_an_id),
        TEST(refuses_device_with_a_name_too_long),
        TEST(refuses_device_with_a_name_that_needs_quoting),
        TEST(refuses_pod_without_network),
        TEST(refuses_pod_of_unknown_network),
        TEST(refuses_pod_without_mac),
        TEST(refuses_mac_that_is_none),
        TEST(refuses_mac_with_more_behind_it),
        TEST(refuses_multicast_mac),
        TEST(refuses_zero_mac),
        TEST(refuses_the_gateway_s_mac),
        TEST(refuses_request_that_is_no_nonce),
        TEST(refuses_pod_without_address),
        TEST(refuses_interface_that_is_ours),
        TEST(refuses_ipv6_address_without_a_subnet),
        TEST(refuses_address_of_another_network),
        TEST(refuses_address_without_network),
        TEST(refuses_address_that_is_none),
        TEST(refuses_address_with_more_behind_it),
        TEST(refuses_ipv6_address_as_ipv4),
        TEST(refuses_address_in_another_node_s_subnet),
        TEST(refuses_the_gateway_s_address),
        TEST(refuses_the_subnet_s_own_address),
        TEST(refuses_the_broadcast_address),
        TEST(refuses_address_that_another_pod_has),
        TEST(refuses_pod_of_a_network_without_a_subnet_here),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_NODE, DBSERVER_STRICT, tests);
}
