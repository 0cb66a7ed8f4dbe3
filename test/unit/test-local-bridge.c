/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The integration bridge: made, kept, refused, and what its row publishes. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "test/unit/dbtests.h"
#include "test/unit/logged.h"
#include "test/unit/member.h"
#include "test/unit/node.h"
#include "util.h"

#include "test/unit/unit.h"

#define COLUMNS "name,datapath_type,fail_mode,protocols,other_config"
#define HWADDR "0a:5f:74:4d:f0:a1"
#define OUR_CONFIG \
    "[\"disable-in-band\",\"true\"],[\"hwaddr\",\"" HWADDR "\"]"
#define OURS "br-int netdev secure [\"set\",[\"OpenFlow10\",\"OpenFlow13\"," \
    "\"OpenFlow14\",\"OpenFlow15\"]] [\"map\",[" OUR_CONFIG "]]\n"

#define INSERT_BRIDGE(ROW)                                            \
    "{'op':'insert','table':'Bridge','uuid-name':'b','row':{" ROW "}}," \
    "{'op':'mutate','table':'Open_vSwitch','where':[],'mutations':"   \
    "[['bridges','insert',['named-uuid','b']]]}"

#define UPDATE_BRIDGE(ROW) \
    "{'op':'update','table':'Bridge','where':[],'row':{" ROW "}}"

#define SET_ID(KEY, VALUE)                                              \
    "{'op':'mutate','table':'Open_vSwitch','where':[],'mutations':"     \
    "[['external_ids','delete',['set',['" KEY "']]],"                   \
    "['external_ids','insert',['map',[['" KEY "','" VALUE "']]]]]}"

static void
bridge_is_made(void **state OVS_UNUSED)
{
    node_settle(&node);
    assert_null(node.problem);
    node_assert(&node, "Bridge", COLUMNS, OURS);
    char *tables = dbserver_dump(server, "Flow_Table", "name");
    assert_string_equal(tables, "advertise\nbridge\nclassify\ndrop\nflood\n"
                        "mtu\nneighbour\noutput\n"
                        "route\nspoof\nwhose\n");
    free(tables);
    char *ports = dbserver_dump(server, "Interface", "name,type");
    assert_non_null(strstr(ports, "br-int internal\n"));
    free(ports);
    assert_int_equal(logged_count("bridge br-int: making it"), 1);
}

static void
bridge_can_be_used_once_the_switch_knows_it(void **state OVS_UNUSED)
{
    node_settle(&node);
    assert_false(local_has_bridge(node.local));
    dbserver_do(server, UPDATE_BRIDGE("'datapath_id':'0000000000000001'"));
    node_settle(&node);
    assert_true(local_has_bridge(node.local));
}

static void
what_others_change_on_our_bridge_is_put_back(void **state OVS_UNUSED)
{
    node_settle(&node);
    dbserver_do(server, UPDATE_BRIDGE("'fail_mode':'standalone',"
                                      "'datapath_type':'system',"
                                      "'protocols':'OpenFlow13',"
                                      "'flow_tables':['map',[]],"
                                      "'other_config':['map',[['hwaddr',"
                                      "'02:00:00:00:00:01'],['x','y']]]"));
    logged_clear();
    node_settle(&node);
    node_assert(&node, "Bridge", COLUMNS,
                "br-int netdev secure [\"set\",[\"OpenFlow10\",\"OpenFlow13\","
                "\"OpenFlow14\",\"OpenFlow15\"]] [\"map\",[" OUR_CONFIG
                ",[\"x\",\"y\"]]]\n");
    assert_int_equal(logged_count("bridge br-int: fail_mode is now secure "
                                  "(was standalone)"), 1);
    assert_int_equal(logged_count("bridge br-int: hwaddr is now " HWADDR
                                  " (was 02:00:00:00:00:01)"), 1);
    assert_int_equal(logged_count("naming its flow tables"), 1);
}

static void
deleted_bridge_is_made_again(void **state OVS_UNUSED)
{
    node_settle(&node);
    dbserver_do(server, "{'op':'update','table':'Open_vSwitch','where':[],"
                "'row':{'bridges':['set',[]]}}");
    node_settle(&node);
    node_assert(&node, "Bridge", COLUMNS, OURS);
}

static void
empty_bridge_is_adopted(void **state OVS_UNUSED)
{
    dbserver_do(server, INSERT_BRIDGE("'name':'br-int'"));
    node_settle(&node);
    assert_null(node.problem);
    node_assert(&node, "Bridge", COLUMNS, OURS);
}

static void
bridge_with_others_ports_is_refused(void **state OVS_UNUSED)
{
    dbserver_do(server, INSERT_BRIDGE("'name':'br-int'"));
    node_add_port(&node, "tap0", "");
    long long int size = dbserver_log_size(server);
    node_settle(&node);
    assert_string_equal(node.problem, "bridge br-int has ports and is not "
                        "Loden's: run 'ovs-vsctl set open . external_ids:"
                        "loden-bridge=NAME' to let Loden make one of another "
                        "name");
    assert_false(local_has_bridge(node.local));
    assert_int_equal(dbserver_log_size(server), size);

    dbserver_do(server, SET_ID("loden-bridge", "br-loden"));
    node_settle(&node);
    assert_null(node.problem);
    node_assert(&node, "Bridge", "name,fail_mode",
                "br-int [\"set\",[]]\nbr-loden secure\n");
}

static void
renamed_node_keeps_its_bridge(void **state OVS_UNUSED)
{
    node_settle(&node);
    dbserver_do(server, SET_ID("loden-node", "other"));
    node_settle(&node);
    assert_null(node.problem);
    assert_int_equal(logged_count("bridge br-int: loden-owner is now other "
                                  "(was n1)"), 1);
}

static void
node_must_have_a_name(void **state OVS_UNUSED)
{
    dbserver_do(server, "{'op':'update','table':'Open_vSwitch','where':[],"
                "'row':{'external_ids':['map',[]]}}");
    node_settle(&node);
    assert_string_equal(node.problem, "this node has no name: run 'ovs-vsctl "
                        "set open . external_ids:loden-node=NAME'");
    dbserver_do(server, SET_ID("loden-node", "a b"));
    node_settle(&node);
    assert_string_equal(node.problem, "this node cannot be called that: its "
                        "name has other characters than letters, digits, "
                        "'_', '.' and '-'");
    dbserver_do(server, SET_ID("loden-node", "n1") ","
                SET_ID("loden-bridge", "sixteen-bytes-16"));
    node_settle(&node);
    assert_string_equal(node.problem, "no bridge can be called what "
                        "external_ids:loden-bridge says: its name has 16 "
                        "bytes: at most 15 are allowed");
    node_assert(&node, "Bridge", "name", "");
}

static void
settings_are_what_a_person_set(void **state OVS_UNUSED)
{
    struct local_settings settings;

    node_settle(&node);
    local_get_settings(node.local, &settings);
    assert_string_equal(settings.node, "n1");
    assert_string_equal(settings.system_id, "id-n1");
    assert_string_equal(settings.bridge, "br-int");
    assert_null(settings.remote);
    assert_null(settings.encap_ip);

    dbserver_do(server, SET_ID("loden-node", "") ","
                SET_ID("loden-remote", "ssl:192.0.2.9:6651") ","
                SET_ID("loden-encap-ip", "192.0.2.1"));
    node_settle(&node);
    local_get_settings(node.local, &settings);
    assert_string_equal(settings.node, "id-n1");
    assert_string_equal(settings.remote, "ssl:192.0.2.9:6651");
    assert_string_equal(settings.encap_ip, "192.0.2.1");
}

static void
fill_without_subnet(struct world *world)
{
    node_fill_three(world);
    memset(world->networks[0].subnet, 0, sizeof world->networks[0].subnet);
}

static void
networks_are_published_while_this_node_has_a_subnet(void **state OVS_UNUSED)
{
    node_settle(&node);
    node_assert(&node, "Bridge", "external_ids",
                "[\"map\",[[\"loden-net:default\",\"mode=routed vni=1 "
                "range=172.18.0.0/16 subnet=172.18.6.0/24 gateway=172.18.6.1 "
                "mac=0e:a8:45:6a:f7:34 mtu=1450 host=loden0\"],"
                "[\"loden-owner\",\"n1\"]]]\n");

    dbserver_do(server, "{'op':'mutate','table':'Bridge','where':[],"
                "'mutations':[['external_ids','insert',['map',"
                "[['loden-last:default','172.18.6.9'],['loden-net:x','y']]]]]}"
                );
    node.fill = fill_without_subnet;
    node_settle(&node);
    node_assert(&node, "Bridge", "external_ids",
                "[\"map\",[[\"loden-last:default\",\"172.18.6.9\"],"
                "[\"loden-owner\",\"n1\"]]]\n");
}

static void
fill_lost(struct world *world)
{
    node_fill_three(world);
    world->networks[0].lost_to = xstrdup("n2");
}

static void
network_whose_subnet_is_lost_is_published_with_the_holder(
    void **state OVS_UNUSED)
{
    node.fill = fill_lost;
    node_settle(&node);
    node_assert(&node, "Bridge", "external_ids",
                "[\"map\",[[\"loden-lost:default\",\"n2\"],"
                "[\"loden-net:default\",\"mode=routed vni=1 "
                "range=172.18.0.0/16 subnet=172.18.6.0/24 gateway=172.18.6.1 "
                "mac=0e:a8:45:6a:f7:34 mtu=1450 host=loden0\"],"
                "[\"loden-owner\",\"n1\"]]]\n");
    node.fill = fill_without_subnet;
    node_settle(&node);
    node_assert(&node, "Bridge", "external_ids",
                "[\"map\",[[\"loden-owner\",\"n1\"]]]\n");
}

/* Asserts which subnets the bridge's row says node 'name' had. */
static void
assert_leases(const char *name, const char *used, const char *unused)
{
    struct local_leases leases;

    local_get_leases(node.local, name, &leases);
    assert_int_equal(sset_count(&leases.used), used != NULL);
    assert_int_equal(sset_count(&leases.unused), unused != NULL);
    assert_true(!used || sset_contains(&leases.used, used));
    assert_true(!unused || sset_contains(&leases.unused, unused));
    local_leases_destroy(&leases);
}

static void
published_subnets_are_remembered(void **state OVS_UNUSED)
{
    node_settle(&node);
    assert_leases("n1", NULL, "default 172.18.6.0/24");
    assert_leases("n2", NULL, NULL);
    node_add_port(&node, "ldn1", "['loden-id','pods/p1/eth0'],"
                  "['loden-network','default'],['loden-boot','earlier']");
    node_settle(&node);
    assert_leases("n1", NULL, "default 172.18.6.0/24");
    node_add_port(&node, "ldn2", "['loden-id','pods/p2/eth0'],"
                  "['loden-network','default']");
    node_settle(&node);
    assert_leases("n1", "default 172.18.6.0/24", NULL);
}

static void
fill_draining(struct world *world)
{
    fill_without_subnet(world);
    world->draining = true;
}

static void
draining_is_published_while_it_lasts(void **state OVS_UNUSED)
{
    node.fill = fill_draining;
    node_settle(&node);
    node_assert(&node, "Bridge", "external_ids",
                "[\"map\",[[\"loden-draining\",\"true\"],"
                "[\"loden-owner\",\"n1\"]]]\n");
    node.fill = fill_without_subnet;
    node_settle(&node);
    node_assert(&node, "Bridge", "external_ids",
                "[\"map\",[[\"loden-owner\",\"n1\"]]]\n");
}

static void
fill_internal(struct world *world)
{
    node_fill_three(world);
    world->networks[0].internal = true;
}

static void
internal_network_is_published_without_host_port(void **state OVS_UNUSED)
{
    node.fill = fill_internal;
    node_settle(&node);
    node_assert(&node, "Bridge", "external_ids",
                "[\"map\",[[\"loden-net:default\",\"mode=routed vni=1 "
                "range=172.18.0.0/16 subnet=172.18.6.0/24 gateway=172.18.6.1 "
                "mac=0e:a8:45:6a:f7:34 mtu=1450\"],"
                "[\"loden-owner\",\"n1\"]]]\n");
}

static void
second_controller_waits_for_the_first_one_s_end(void **state OVS_UNUSED)
{
    long long int deadline = real_msec() + 10000;
    struct node second = node;

    node_settle(&node);
    second.local = local_open(dbserver_remote(server));
    world_init(&second.world, "n1");
    second.problem = NULL;
    while (!logged_count("another loden-controller acts on this node")) {
        assert_true(real_msec() < deadline);
        node_step(&second);
        local_wait(second.local);
        poll_timer_wait(20);
        poll_block();
    }
    dbserver_do(server, UPDATE_BRIDGE("'fail_mode':'standalone'"));
    for (int i = 0; i < 20; i++) {
        node_step(&second);
    }
    assert_false(local_is_ready(second.local));
    node_assert(&node, "Bridge", "fail_mode", "standalone\n");
    assert_int_equal(logged_count("another loden-controller acts"), 1);

    local_close(node.local);
    node.local = NULL;
    node_settle(&second);
    node_assert(&node, "Bridge", "fail_mode", "secure\n");
    local_close(second.local);
    world_destroy(&second.world);
    free(second.problem);
}

#define TEST NODE_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(bridge_is_made),
        TEST(bridge_can_be_used_once_the_switch_knows_it),
        TEST(what_others_change_on_our_bridge_is_put_back),
        TEST(deleted_bridge_is_made_again),
        TEST(empty_bridge_is_adopted),
        TEST(bridge_with_others_ports_is_refused),
        TEST(renamed_node_keeps_its_bridge),
        TEST(node_must_have_a_name),
        TEST(settings_are_what_a_person_set),
        TEST(networks_are_published_while_this_node_has_a_subnet),
        TEST(network_whose_subnet_is_lost_is_published_with_the_holder),
        TEST(published_subnets_are_remembered),
        TEST(draining_is_published_while_it_lasts),
        TEST(internal_network_is_published_without_host_port),
        TEST(second_controller_waits_for_the_first_one_s_end),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_NODE, DBSERVER_STRICT, tests);
}
