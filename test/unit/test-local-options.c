/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Limits, host ports and switches of a pod's row are read, or refuse it. */

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
#define OTHER \
    IDS("b", "default", "default/172.18.6.3", "02:00:00:00:06:03")

/* A test that a pod whose 'KEY' is 'VALUE', beside a good one, is refused with
 * 'WHY'. */
#define REFUSED(TEST_NAME, KEY, VALUE, WHY)                              \
    static void                                                          \
    TEST_NAME(void **state OVS_UNUSED)                                   \
    {                                                                    \
        node_add_port(&node, "ldn1", GOOD);                              \
        node_add_port(&node, "ldn2", OTHER "," KV("loden-" KEY, VALUE)); \
        node_settle(&node);                                              \
        node_assert_world(&node, W_HEAD("(32768)") W_POD "\nrefused "    \
                   "Interface ldn2 of pod b: loden-" KEY WHY      \
                   "\n");                                         \
    }
#define NO_RATE "' is not of the form RATE BURST, two numbers in bits/s and " \
    "bits"
#define NO_PORT "': is not of the form PROTO/HOSTPORT/PODPORT or " \
    "PROTO/HOSTPORT/PODPORT/HOSTADDRESS, where PROTO is tcp, udp or sctp"

REFUSED(refuses_rate_without_burst, "rate-in", "1000000",
        " '1000000" NO_RATE)
REFUSED(refuses_rate_with_more_behind_it, "rate-out", "1000000 1 2",
        " '1000000 1 2" NO_RATE)
REFUSED(refuses_rate_beyond_all_numbers, "rate-out",
        "9999999999999999999 1", " '9999999999999999999 1" NO_RATE)
REFUSED(refuses_rate_of_nothing, "rate-out", "0 1",
        ": 0 bits/s cannot be kept: 1000 to 34359738360 can")
REFUSED(refuses_switch_that_is_neither, "isolated", "1",
        " '1' is neither true nor false")
REFUSED(refuses_host_port_of_other_protocol, "ports", "icmp/1/1",
        ": 'icmp/1/1" NO_PORT)
REFUSED(refuses_host_port_beyond_all_ports, "ports", "tcp/65536/1",
        ": 'tcp/65536/1" NO_PORT)
REFUSED(refuses_host_port_0, "ports", "tcp/0/1", ": 'tcp/0/1" NO_PORT)
REFUSED(refuses_empty_word_among_host_ports, "ports",
        "tcp/1/1  tcp/2/2", ": '" NO_PORT)
REFUSED(refuses_host_port_twice, "ports", "tcp/1/1 tcp/1/2/192.0.2.1",
        ": the host port tcp/1 is there twice")
REFUSED(refuses_host_address_that_is_none, "ports", "tcp/1/1/host;x",
        ": 'tcp/1/1/host;x': 'host;x' is not an IPv4 or IPv6 address")
REFUSED(refuses_host_address_of_a_family_without_one, "ports",
        "tcp/1/1/2001:db8::1",
        ": 2001:db8::1 is of a family that the pod has no address of")
REFUSED(refuses_mtu_that_no_link_may_have, "mtu", "67",
        ": '67' is no number of bytes, 68 to 65535")
REFUSED(refuses_mtu_that_is_no_number, "mtu", "1400 ",
        ": '1400 ' is no number of bytes, 68 to 65535")
REFUSED(refuses_the_tunnels_port, "ports", "udp/4789/1",
        ": the host port udp/4789 is the tunnels'")

static void
options_of_a_pod_are_read(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1", GOOD "," KV("loden-rate-in", "9000000 7") ","
           KV("loden-rate-out", "1000 34359738359") ","
           KV("loden-mac-check", "false") "," KV("loden-isolated",
                                                 "true") ","
           KV("loden-ports", "tcp/8080/80 udp/53/53/192.0.2.1 "
              "tcp/8081/81/0.0.0.0"));
    node_settle(&node);
    node_assert_world(&node, W_HEAD("(32768)") W_POD
               " to-pod=9000000bps(3000000b) from-pod=1000bps(200000b)"
               " tcp/8080->80 udp/53->53(on 192.0.2.1) tcp/8081->81"
               " any-mac isolated\n");
}

/* Until it has one, it needs none. */
static void
pod_that_asks_for_its_address_has_none(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn1",
                  KV("loden-id", "net/c1/eth0") ","
                  KV("loden-network", "default") ","
                  KV("loden-mac", "02:00:00:00:06:02") ","
                  KV("loden-dhcp", "true"));
    node_settle(&node);
    node_assert_world(&node, W_HEAD("(32768)")
                      "pod net/c1/eth0 network=default mac=02:00:00:00:06:02 "
                      "port=ldn1 dhcp\n");
}

static void
pod_that_works_keeps_its_host_port(void **state OVS_UNUSED)
{
    node_add_port(&node, "ldn0", OTHER ","
           KV("loden-ports", "tcp/8080/81") "," KV("loden-req", "r2"));
    node_add_port(&node, "ldn1", GOOD "," KV("loden-ports", "tcp/8080/80") ","
           KV("loden-req", "r1") "," KV("loden-ack", "r1"));
    sset_add(&node.acked, "net/c1/eth0");
    node_settle(&node);
    node_assert_world(&node, W_HEAD("(32768)") W_POD " tcp/8080->80\n"
               "refused Interface ldn0 of pod b: loden-ports: the host "
               "port tcp/8080 is pod net/c1/eth0's already\n");
}

#define TEST NODE_TEST_ALONE

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(refuses_rate_without_burst),
        TEST(refuses_rate_with_more_behind_it),
        TEST(refuses_rate_beyond_all_numbers),
        TEST(refuses_rate_of_nothing),
        TEST(refuses_switch_that_is_neither),
        TEST(refuses_host_port_of_other_protocol),
        TEST(refuses_host_port_beyond_all_ports),
        TEST(refuses_host_port_0),
        TEST(refuses_empty_word_among_host_ports),
        TEST(refuses_host_port_twice),
        TEST(refuses_host_address_that_is_none),
        TEST(refuses_host_address_of_a_family_without_one),
        TEST(refuses_mtu_that_no_link_may_have),
        TEST(refuses_mtu_that_is_no_number),
        TEST(refuses_the_tunnels_port),
        TEST(options_of_a_pod_are_read),
        TEST(pod_that_asks_for_its_address_has_none),
        TEST(pod_that_works_keeps_its_host_port),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_NODE, DBSERVER_STRICT, tests);
}
