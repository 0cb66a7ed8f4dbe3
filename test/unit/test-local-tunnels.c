/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Tunnel ports of each kind, and what a person sets for those of one node. */

#include <config.h>

#include <stdlib.h>

#include "flow.h"
#include "test/unit/dbtests.h"
#include "test/unit/node.h"
#include "util.h"

#include "test/unit/unit.h"

static void
fill_shared(struct world *world)
{
    node_fill_three(world);
    world->tunnels.asked = TUNNELS_SHARED;
}

#define N2 "lt-cae24d48"
#define N3 "lt-564fdfef"
#define ROW(COLUMNS, KEY, VALUE) \
    COLUMNS " [\"map\",[[\"loden-" KEY "\",\"" VALUE "\"]]]\n"
#define THREE "br-int\nloden0\n" N3 "\n" N2 "\n"

#define OPTIONS(OF_N3, OF_N2)                                           \
    "br-int [\"map\",[]]\nloden0 [\"map\",[]]\n"                          \
    N3 " [\"map\",[[\"dst_port\",\"4789\"]," OF_N3                       \
    "[\"remote_ip\",\"192.0.2.3\"]]]\n"                                  \
    N2 " [\"map\",[[\"dst_port\",\"4789\"]," OF_N2                       \
    "[\"remote_ip\",\"192.0.2.2\"]]]\n"
#define HEARS "[\"key\",\"flow\"],[\"local_ip\",\"192.0.2.1\"],"
#define DEAF "[\"in_key\",\"0\"],[\"local_ip\",\"192.0.2.1\"],"         \
    "[\"out_key\",\"flow\"],"
#define OPTION_SHARED                                                   \
    "lt-shared [\"map\",[[\"dst_port\",\"4789\"],[\"key\",\"flow\"],"   \
    "[\"local_ip\",\"192.0.2.1\"],[\"remote_ip\",\"flow\"]]]\n"

/* The switch has made a port. */
static void
switch_has(const char *name, unsigned int number)
{
    simap_put(&node.ofports, name, number);
    node_settle(&node);
}

/* The time in which ovs-vswitchd follows is over. */
static void
vswitchd_follows(void)
{
    xnanosleep(1100 * 1000 * 1000);
    node_settle(&node);
}

static void
shared_port_takes_the_place_of_the_others_and_back(void **state OVS_UNUSED)
{
    node_settle(&node);
    simap_put(&node.ofports, N2, 32769);
    switch_has(N3, 32770);

    node.flows_unknown = true;
    node.fill = fill_shared;
    node_settle(&node);
    node_assert(&node, "Interface", "name,options", OPTIONS(HEARS, HEARS)
                OPTION_SHARED);
    node_assert(&node, "Interface", "name,type,ofport_request,external_ids",
                "br-int internal [\"set\",[]] [\"map\",[]]\n"
                ROW("loden0 internal 32768", "host", "default")
                ROW(N3 " vxlan 32770", "peer", "n3")
                ROW(N2 " vxlan 32769", "peer", "n2")
                ROW("lt-shared vxlan 32771", "tunnels", "shared"));
    switch_has("lt-shared", 32771);
    node_assert(&node, "Port", "name", THREE "lt-shared\n");
    node.flows_unknown = false;
    node_settle(&node);
    node_assert(&node, "Interface", "name,options", OPTIONS(DEAF, DEAF)
                OPTION_SHARED);
    vswitchd_follows();
    node_assert(&node, "Port", "name", "br-int\nloden0\nlt-shared\n");

    node.fill = node_fill_three;
    simap_clear(&node.ofports);
    simap_put(&node.ofports, N2, 32769);
    switch_has("lt-shared", 32771);
    vswitchd_follows();
    node_assert(&node, "Interface", "name,options", OPTIONS(DEAF, HEARS)
                OPTION_SHARED);
    switch_has(N3, 32770);
    node_assert(&node, "Interface", "name,options", OPTIONS(HEARS, HEARS)
                OPTION_SHARED);
    vswitchd_follows();
    node_assert(&node, "Port", "name", THREE);
}

static void
fill_udp_ports(struct world *world)
{
    node_fill_three(world);
    world->tunnels.also_dst_port = 8472;
}

static void
fill_udp_ports_the_other_way(struct world *world)
{
    node_fill_three(world);
    world->tunnels.dst_port = 8472;
    world->tunnels.also_dst_port = 4789;
}

/* Which is a change of rules, not of ports. */
static void
udp_port_that_changes_has_a_shared_port_for_each(void **state OVS_UNUSED)
{
    static const char both[] = "br-int\nloden0\nlt-shared\nlt-shared-8472\n";

    node.fill = fill_udp_ports;
    node_settle(&node);
    node_assert(&node, "Port", "name", both);
    simap_put(&node.ofports, "lt-shared", 32771);
    switch_has("lt-shared-8472", 32772);
    node.fill = fill_udp_ports_the_other_way;
    node_settle(&node);
    node_assert(&node, "Port", "name", both);
    assert_int_equal(
        ofp_to_u16(node.world.tunnels.shared[TUNNELS_VXLAN].port), 32772);
    assert_int_equal(
        ofp_to_u16(node.world.tunnels.shared[TUNNELS_ALSO].port), 32771);
}

static void
fill_geneve(struct world *world)
{
    node_fill_three(world);
    world->tunnels.wish = world->tunnels.speaks = TUNNELS_GENEVE;
    world->peers[0].speaks = TUNNELS_GENEVE;
}

#define GENEVE_N2 "lg-cae24d48"
#define GENEVE(NAME, IP, KEYS)                                          \
    NAME " geneve [\"map\",[[\"dst_port\",\"6081\"]," KEYS             \
    "[\"remote_ip\",\"" IP "\"]]]\n"
#define VXLAN(NAME, IP, KEYS)                                           \
    NAME " vxlan [\"map\",[[\"dst_port\",\"4789\"]," KEYS             \
    "[\"remote_ip\",\"" IP "\"]]]\n"
#define PLAIN(NAME) NAME " internal [\"map\",[]]\n"

/* n2 speaks Geneve and n3 does not. */
static void
node_that_speaks_geneve_takes_both(void **state OVS_UNUSED)
{
    node_settle(&node);
    simap_put(&node.ofports, N2, 32769);
    switch_has(N3, 32770);

    node.fill = fill_geneve;
    node_settle(&node);
    node_assert(&node, "Interface", "name,type,options", PLAIN("br-int")
                GENEVE(GENEVE_N2, "192.0.2.2", DEAF)
                GENEVE("lg-shared", "flow", HEARS) PLAIN("loden0")
                VXLAN(N3, "192.0.2.3", HEARS) VXLAN(N2, "192.0.2.2", HEARS)
                VXLAN("lt-shared", "flow", HEARS));
    simap_put(&node.ofports, "lg-shared", 32772);
    simap_put(&node.ofports, "lt-shared", 32773);
    switch_has(GENEVE_N2, 32771);
    node_assert(&node, "Interface", "name,type,options", PLAIN("br-int")
                GENEVE(GENEVE_N2, "192.0.2.2", HEARS)
                GENEVE("lg-shared", "flow", HEARS) PLAIN("loden0")
                VXLAN(N3, "192.0.2.3", HEARS) VXLAN(N2, "192.0.2.2", DEAF)
                VXLAN("lt-shared", "flow", HEARS));
    vswitchd_follows();
    node_assert(&node, "Port", "name", "br-int\n" GENEVE_N2 "\nlg-shared\n"
                "loden0\n" N3 "\nlt-shared\n");
}

static void
set_encap(const char *encap)
{
    dbserver_do(server, "{'op':'mutate','table':'Open_vSwitch','where':[],"
                "'mutations':[['external_ids','insert',['map',"
                "[['loden-encap','%s']]]]]}", encap);
}

static void
node_says_for_itself_what_it_speaks(void **state OVS_UNUSED)
{
    set_encap("geneve");
    node_settle(&node);
    assert_int_equal(node.world.tunnels.wish, TUNNELS_GENEVE);
    node_assert(&node, "Port", "name", "br-int\nlg-shared\nloden0\n" N3 "\n"
                N2 "\nlt-shared\n");
}

static void
encap_that_nobody_speaks_is_refused(void **state OVS_UNUSED)
{
    set_encap("gre");
    node_settle(&node);
    assert_int_equal(node.world.n_refusals, 1);
    assert_string_equal(node.world.refusals[0].why,
                        "'gre' is neither vxlan nor geneve: it is vxlan, as "
                        "the cluster says");
}

static void
fill_vxlan_on_geneve_s_port(struct world *world)
{
    fill_geneve(world);
    world->tunnels.dst_port = 6081;
    world->tunnels.speaks = TUNNELS_VXLAN;
}

static void
geneve_and_vxlan_do_not_share_a_udp_port(void **state OVS_UNUSED)
{
    node.fill = fill_vxlan_on_geneve_s_port;
    node_settle(&node);
    assert_int_equal(node.world.n_refusals, 1);
    assert_string_equal(node.world.refusals[0].why,
                        "6081 is Geneve's UDP port: encap is vxlan while "
                        "VXLAN has it");
    node_assert(&node, "Port", "name", THREE);
}

static void
setting_of_the_node_wins_over_the_cluster_s(void **state OVS_UNUSED)
{
    node.fill = fill_shared;
    dbserver_do(server, "{'op':'mutate','table':'Open_vSwitch','where':[],"
                "'mutations':[['external_ids','insert',['map',"
                "[['loden-tunnel-ports','per-peer']]]]]}");
    node_settle(&node);
    node_assert(&node, "Port", "name", THREE);
}

static void
setting_that_means_nothing_is_refused(void **state OVS_UNUSED)
{
    node.fill = fill_shared;
    dbserver_do(server, "{'op':'mutate','table':'Open_vSwitch','where':[],"
                "'mutations':[['external_ids','insert',['map',"
                "[['loden-tunnel-ports','one']]]]]}");
    node_settle(&node);
    node_assert(&node, "Port", "name", "br-int\nloden0\nlt-shared\n");
    assert_int_equal(node.world.n_refusals, 1);
    assert_string_equal(node.world.refusals[0].why,
                        "'one' is neither per-peer, shared nor auto: it is "
                        "shared, as the cluster says");
}

#define TEST NODE_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(shared_port_takes_the_place_of_the_others_and_back),
        TEST(udp_port_that_changes_has_a_shared_port_for_each),
        TEST(node_that_speaks_geneve_takes_both),
        TEST(node_says_for_itself_what_it_speaks),
        TEST(encap_that_nobody_speaks_is_refused),
        TEST(geneve_and_vxlan_do_not_share_a_udp_port),
        TEST(setting_of_the_node_wins_over_the_cluster_s),
        TEST(setting_that_means_nothing_is_refused),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_NODE, DBSERVER_STRICT, tests);
}
