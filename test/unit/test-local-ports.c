/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Tunnel and host ports agree with the world, and others' ports stay. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "test/unit/dbtests.h"
#include "test/unit/logged.h"
#include "test/unit/node.h"
#include "util.h"

#include "test/unit/unit.h"

#define BR "br-int internal [\"map\",[]] [\"set\",[]] [\"set\",[]] " \
    "[\"set\",[]] [\"map\",[]]\n"
#define HOST_MTU(MTU, NUMBER)                                           \
    "loden0 internal [\"map\",[]] 0e:a8:45:6a:f7:34 " MTU " " NUMBER    \
    " [\"map\",[[\"loden-host\",\"default\"]]]\n"
#define HOST(NUMBER) HOST_MTU("[\"set\",[]]", NUMBER)
#define TUNNEL(PORT, IP, NUMBER, PEER)                                  \
    PORT " vxlan [\"map\",[[\"dst_port\",\"4789\"],[\"key\",\"flow\"]," \
    "[\"local_ip\",\"192.0.2.1\"],[\"remote_ip\",\"" IP "\"]]] "        \
    "[\"set\",[]] [\"set\",[]] " NUMBER                                 \
    " [\"map\",[[\"loden-peer\",\"" PEER "\"]]]\n"
#define N2 "lt-cae24d48"
#define N3 "lt-564fdfef"
#define COLUMNS "name,type,options,mac,mtu_request,ofport_request," \
    "external_ids"

#define UPDATE(NAME, ROW)                                               \
    "{'op':'update','table':'Interface','where':[['name','==','" NAME "']]," \
    "'row':{" ROW "}}"

/* br-int < loden0 < lt-5 < lt-c */
#define ALL                                                             \
    BR HOST("32768") TUNNEL(N3, "192.0.2.3", "32770", "n3")             \
    TUNNEL(N2, "192.0.2.2", "32769", "n2")

static void
ports_of_a_world_are_made(void **state OVS_UNUSED)
{
    node_settle(&node);
    node_assert(&node, "Interface", COLUMNS, ALL);
    node_assert(&node, "Port", "name", "br-int\nloden0\n" N3 "\n" N2 "\n");
}

static void
host_port_is_given_its_mtu_once_it_has_a_device(void **state OVS_UNUSED)
{
    node.fill = node_fill_alone;
    node_settle(&node);
    node_assert(&node, "Interface", COLUMNS, BR HOST("32768"));
    dbserver_do(server, UPDATE("loden0", "'ofport':-1"));
    node_settle(&node);
    node_assert(&node, "Interface", COLUMNS, BR HOST("32768"));
    dbserver_do(server, UPDATE("loden0", "'ofport':32768"));
    node_settle(&node);
    node_assert(&node, "Interface", COLUMNS, BR HOST_MTU("1450", "32768"));
}

static void
what_others_change_on_our_ports_is_put_back(void **state OVS_UNUSED)
{
    node_settle(&node);
    dbserver_do(server,
                UPDATE(N2, "'options':['map',[['remote_ip','192.0.2.9']]],"
                       "'mac':'02:00:00:00:00:01','mtu_request':900") ","
                UPDATE(N3, "'type':'geneve','ofport_request':7") ","
                UPDATE("loden0", "'mac':['set',[]],'mtu_request':['set',[]],"
                       "'type':''"));
    node_settle(&node);
    node_assert(&node, "Interface", COLUMNS, ALL);
}

static void
ports_that_the_world_has_no_longer_are_deleted(void **state OVS_UNUSED)
{
    node_settle(&node);
    node_add_port(&node, "tap0", "['iface-id','x']");
    node.fill = node_fill_alone;
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nloden0\ntap0\n");
    assert_int_equal(logged_count("port " N2 ": deleting it, as peer n2 needs "
                                  "it no longer"), 1);
}

static void
freed_number_is_given_again_and_others_stay(void **state OVS_UNUSED)
{
    node_settle(&node);
    dbserver_do(server, UPDATE("loden0", "'ofport_request':32771"));
    node_settle(&node);
    node_assert(&node, "Interface", COLUMNS,
                BR HOST("32771") TUNNEL(N3, "192.0.2.3", "32770", "n3")
                TUNNEL(N2, "192.0.2.2", "32769", "n2"));
    node.fill = node_fill_alone;
    node_settle(&node);
    node.fill = node_fill_three;
    node_settle(&node);
    node_assert(&node, "Interface", COLUMNS,
                BR HOST("32771") TUNNEL(N3, "192.0.2.3", "32769", "n3")
                TUNNEL(N2, "192.0.2.2", "32768", "n2"));
}

static void
number_that_two_ask_for_is_changed_on_one(void **state OVS_UNUSED)
{
    node_settle(&node);
    dbserver_do(server, UPDATE(N3, "'ofport_request':32769"));
    node_settle(&node);
    node_assert(&node, "Interface", "name,ofport_request",
                "br-int [\"set\",[]]\nloden0 32768\n" N3 " 32769\n" N2
                " 32770\n");
}

static void
number_that_another_port_has_is_not_asked_for(void **state OVS_UNUSED)
{
    node.fill = node_fill_alone;
    node_settle(&node);
    node_add_port(&node, "tap0", "");
    node_add_port(&node, "tap1", "");
    dbserver_do(server, UPDATE("tap0", "'ofport_request':32769") ","
                UPDATE("tap1", "'ofport':32771"));
    node_settle(&node);
    node.fill = node_fill_three;
    node_settle(&node);
    node_assert(&node, "Interface", "name,ofport_request",
                "br-int [\"set\",[]]\nloden0 32768\n" N3 " 32772\n" N2
                " 32770\ntap0 32769\ntap1 [\"set\",[]]\n");
}

static void
port_of_somebody_else_in_our_way_is_left_alone(void **state OVS_UNUSED)
{
    node.fill = node_fill_alone;
    node_settle(&node);
    node_add_port(&node, N2, "['who','else']");
    node.fill = node_fill_three;
    node_settle(&node);
    node_assert(&node, "Interface", COLUMNS,
                BR HOST("32768") TUNNEL(N3, "192.0.2.3", "32769", "n3")
                N2 "  [\"map\",[]] [\"set\",[]] [\"set\",[]] [\"set\",[]] "
                "[\"map\",[[\"who\",\"else\"]]]\n");
    assert_int_equal(logged_count("port " N2 ": cannot be made for n2: "
                                  "somebody else's port or interface has that "
                                  "name; delete or rename it"), 1);
    dbserver_do(server, "{'op':'update','table':'Bridge','where':[],"
                "'row':{'ports':['set',[]]}}");
    node_settle(&node);
    node_assert(&node, "Port", "name", "loden0\n" N3 "\n" N2 "\n");
}

static void
fill_without_tunnel_ip(struct world *world)
{
    node_fill_alone(world);
    world->tunnel_ip[ADDR_V4] = in6addr_any;
}

static void
tunnels_stay_while_our_own_address_is_unknown(void **state OVS_UNUSED)
{
    node_settle(&node);
    node.fill = fill_without_tunnel_ip;
    node_settle(&node);
    node_assert(&node, "Interface", COLUMNS, ALL);
}

static void
fill_internal(struct world *world)
{
    node_fill_alone(world);
    world->networks[0].internal = true;
}

static void
internal_network_has_no_host_port(void **state OVS_UNUSED)
{
    node_settle(&node);
    node.fill = fill_internal;
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\n");
}

static void
fill_many(struct world *world)
{
    node_fill_alone(world);
    world->tunnels.asked = TUNNELS_PER_PEER;
    for (int i = 0; i < 300; i++) {
        char *ip = xasprintf("198.51.%d.%d", 100 + i / 200, 1 + i % 200);
        char *name = xasprintf("peer-%d", i);
        struct in6_addr addr;
        assert_null(addr_parse(ip, &addr));
        world_add_peer(world, name, &addr);
        free(name);
        free(ip);
    }
}

static void
many_peers_get_numbers_of_their_own(void **state OVS_UNUSED)
{
    uint8_t seen[400] = { 0 };
    int n = 0;

    node.fill = fill_many;
    node_settle(&node);
    for (size_t i = 0; i < node.world.n_peers; i++) {
        const struct world_peer *peer = &node.world.peers[i];
        int number = ofp_to_u16(peer->tunnels[TUNNELS_VXLAN].port)
                     - WORLD_FIRST_OWN_OFPORT;
        assert_in_range(number, 0, 300);
        assert_int_equal(seen[number]++, 0);
        n++;
    }
    assert_int_equal(n, 300);
    node.fill = node_fill_alone;
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nloden0\n");
}

#define TEST NODE_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(ports_of_a_world_are_made),
        TEST(host_port_is_given_its_mtu_once_it_has_a_device),
        TEST(what_others_change_on_our_ports_is_put_back),
        TEST(ports_that_the_world_has_no_longer_are_deleted),
        TEST(freed_number_is_given_again_and_others_stay),
        TEST(number_that_two_ask_for_is_changed_on_one),
        TEST(number_that_another_port_has_is_not_asked_for),
        TEST(port_of_somebody_else_in_our_way_is_left_alone),
        TEST(tunnels_stay_while_our_own_address_is_unknown),
        TEST(internal_network_has_no_host_port),
        TEST(many_peers_get_numbers_of_their_own),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_NODE, DBSERVER_STRICT, tests);
}
