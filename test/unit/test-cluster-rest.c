/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Blocks of a bridged network that are given back: stories of a node at a real
 * server. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "test/unit/awaited.h"
#include "test/unit/logged.h"
#include "test/unit/rows.h"
#include "util.h"

#include "test/unit/unit.h"

/* A network of one block of addresses. */
#define BLUE \
    INSERT("Network", "'name':'blue','vni':5,'mode':'bridged'," CHOICES \
           ",'node_prefix_v4':28,'ranges':'10.5.0.0/28'," \
           "'options':['map',[['block_rest','20']]]")

/* Its row, and where that is. */
#define SUBNETS "Subnet", "node,cidr"
#define ROW "n1 10.5.0.0/28\n"

/* How many blocks 'member' gives addresses from. */
static size_t
n_blocks(const struct member *member)
{
    return world_find_network(&member->world, "blue")->bridged.n_blocks;
}

static bool
gives_nothing(void *member)
{
    return !n_blocks(member);
}

static bool
gives_from_a_block(void *member)
{
    return n_blocks(member) == 1;
}

static void
let_pod_come(struct member *member)
{
    member->blue.ip = "10.5.0.9";
    member->blue.mac = (struct eth_addr) ETH_ADDR_C(0a,00,00,00,00,01);
    member->blue.state = WORLD_CLAIM_NONE;
}

static void
let_pod_go(struct member *member)
{
    member->blue.ip = NULL;
    members_settle(member, 1, server);
}

/* Opens a node that has claimed the block for a pod. */
static void
open_with_block(struct member *member)
{
    dbserver_do(server, "%s", BLUE);
    member_open(member, server, "n1", "192.0.2.1");
    let_pod_come(member);
    run_until(member, SUBNETS, ROW);
    members_settle(member, 1, server);
}

static void
a_block_rests_and_is_given_back(void **state OVS_UNUSED)
{
    struct member member;

    open_with_block(&member);
    clock_forward(60000);
    members_settle(&member, 1, server);
    assert_int_equal(n_blocks(&member), 1);
    let_pod_go(&member);
    clock_forward(19000);
    members_settle(&member, 1, server);
    assert_subnets(ROW);
    assert_int_equal(n_blocks(&member), 1);
    clock_forward(2000);
    run_until(&member, SUBNETS, "");
    assert_int_equal(logged_count("network blue: giving back block "
                                  "10.5.0.0/28, whose addresses nobody has "
                                  "had for 2"), 1);
    member_close(&member);
}

static void
an_address_that_is_used_meanwhile_rests_anew(void **state OVS_UNUSED)
{
    struct member member;

    open_with_block(&member);
    let_pod_go(&member);
    clock_forward(19000);
    let_pod_come(&member);
    members_settle(&member, 1, server);
    let_pod_go(&member);
    clock_forward(19000);
    members_settle(&member, 1, server);
    assert_subnets(ROW);
    clock_forward(2000);
    run_until(&member, SUBNETS, "");
    member_close(&member);
}

static void
nothing_is_given_back_that_the_plugin_may_give(void **state OVS_UNUSED)
{
    struct member member;

    open_with_block(&member);
    let_pod_go(&member);
    member.offers_nothing_new = true;
    clock_forward(21000);
    members_run(&member, 1, gives_nothing, &member, "the block leaves");
    members_settle(&member, 1, server);
    assert_subnets(ROW);

    /* The plugin has given an address before it was told. */
    let_pod_come(&member);
    members_run(&member, 1, gives_from_a_block, &member, "it comes back");
    member.offers_nothing_new = false;
    members_settle(&member, 1, server);
    assert_subnets(ROW);
    assert_int_equal(n_blocks(&member), 1);
    member_close(&member);
}

static void
a_block_that_is_reserved_stays(void **state OVS_UNUSED)
{
    struct member member;

    dbserver_do(server, "%s", INSERT("Reservation", "'network':'blue',"
                                     "'cidr':'10.5.0.0/28','node':'n1'"));
    open_with_block(&member);
    let_pod_go(&member);
    clock_forward(60000);
    members_settle(&member, 1, server);
    members_settle(&member, 1, server);
    assert_subnets(ROW);
    assert_int_equal(n_blocks(&member), 1);

    dbserver_do(server, "{'op':'delete','table':'Reservation','where':[]}");
    run_until(&member, SUBNETS, "");
    member_close(&member);
}

static void
a_block_that_is_anothers_is_not_claimed(void **state OVS_UNUSED)
{
    struct member member;

    dbserver_do(server, "%s", BLUE);
    dbserver_do(server, "%s", INSERT("Reservation", "'network':'blue',"
                                     "'cidr':'10.5.0.0/28','node':'n2'"));
    member_open(&member, server, "n1", "192.0.2.1");
    let_pod_come(&member);
    members_settle(&member, 1, server);
    assert_subnets("");
    dbserver_do(server, "{'op':'delete','table':'Reservation','where':[]}");
    run_until(&member, SUBNETS, ROW);
    member_close(&member);
}

/* The world is of node n1, which has a pod. */
static void
without_ipv4_blocks_are_at_the_start_of_ipv6(void **state OVS_UNUSED)
{
    static const char six[] = INSERT("Network",
        "'name':'blue','vni':5,'mode':'bridged'," CHOICES
        ",'node_prefix_v6':112,'ranges':'fd00:5::/64'");
    static const char lies[] =
        INSERT("Node", "'name':'n2','tunnel_ips':'192.0.2.2'") ","
        INSERT("Subnet", "'network':'blue','cidr':'fd00:5::1:0/112',"
               "'node':'n2'");
    struct member member;

    dbserver_do(server, "%s,%s", six, lies);
    member_open(&member, server, "n1", "192.0.2.1");
    member.blue.ip = "fd00:5::9:9";
    member.blue.mac = (struct eth_addr) ETH_ADDR_C(0a,00,00,00,00,01);
    run_until(&member, SUBNETS, "n1 fd00:5::/112\nn2 fd00:5::1:0/112\n");
    members_settle(&member, 1, server);
    assert_int_equal(n_blocks(&member), 1);
    assert_int_equal(member.world.n_refusals, 1);
    assert_string_equal(member.world.refusals[0].why,
                        "it is outside of where blocks of network blue are, "
                        "fd00:5::/112");
    member_close(&member);
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(a_block_rests_and_is_given_back),
        TEST(an_address_that_is_used_meanwhile_rests_anew),
        TEST(nothing_is_given_back_that_the_plugin_may_give),
        TEST(a_block_that_is_reserved_stays),
        TEST(a_block_that_is_anothers_is_not_claimed),
        TEST(without_ipv4_blocks_are_at_the_start_of_ipv6),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_STRICT, tests);
}
