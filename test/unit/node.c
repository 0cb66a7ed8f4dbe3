/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "test/unit/node.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "test/unit/dbtests.h"
#include "test/unit/logged.h"
#include "test/unit/member.h"
#include "util.h"

#include "test/unit/unit.h"

/* Turns without anything written until nothing more is expected.  In each of
 * them the server has answered what was asked before; more than one are for
 * what an answer brings about. */
#define QUIET_TURNS 20

void
node_open(struct node *node, struct dbserver *server)
{
    memset(node, 0, sizeof *node);
    dbserver_do(server, "{'op':'delete','table':'Open_vSwitch','where':[]},"
                "{'op':'insert','table':'Open_vSwitch','row':{'external_ids':"
                "['map',[['system-id','id-n1'],['loden-node','n1']]]}}");
    node->server = server;
    node->local = local_open(dbserver_remote(server));
    node->fill = node_fill_three;
    node->datapath = "netdev";
    simap_init(&node->ofports);
    sset_init(&node->acked);
    world_init(&node->world, "n1");
}

void
node_close(struct node *node)
{
    local_close(node->local);
    simap_destroy(&node->ofports);
    sset_destroy(&node->acked);
    world_destroy(&node->world);
    free(node->problem);
}

struct node node;

int
node_setup(void **state OVS_UNUSED)
{
    logged_clear();
    node_open(&node, server);
    return 0;
}

int
node_setup_alone(void **state)
{
    node_setup(state);
    node.fill = node_fill_alone;
    node_settle(&node);
    return 0;
}

int
node_teardown(void **state OVS_UNUSED)
{
    node_close(&node);
    return 0;
}

void
node_step(struct node *node)
{
    local_run(node->local);
    if (local_is_ready(node->local)) {
        free(node->problem);
        node->problem = local_put_bridge(node->local, node->datapath);
        world_destroy(&node->world);
        world_init(&node->world, "n1");
        node->fill(&node->world);
        local_read(node->local, &node->ofports, &node->world);
        const struct local_confirmed confirmed = {
            .acked = node->acks_unknown ? NULL : &node->acked,
            .flows = !node->flows_unknown,
        };
        local_put(node->local, &node->world, &confirmed);
    }
}

void
node_settle(struct node *node)
{
    long long int deadline = real_msec() + 10000;
    long long int size = -1;

    for (int quiet = 0; quiet < QUIET_TURNS; ) {
        node_step(node);
        free(dbserver_dump(node->server, "Open_vSwitch", "next_cfg"));
        local_wait(node->local);
        poll_immediate_wake();
        poll_block();
        if (!local_is_ready(node->local)
            || dbserver_log_size(node->server) != size) {
            size = dbserver_log_size(node->server);
            quiet = 0;
        } else {
            quiet++;
        }
        if (real_msec() > deadline) {
            fail_msg("the node never stops writing");
        }
    }
}

void
node_add_port(struct node *node, const char *name, const char *ids)
{
    dbserver_do(node->server,
                "{'op':'insert','table':'Interface','uuid-name':'i','row':"
                "{'name':'%s','external_ids':['map',[%s]]}},"
                "{'op':'insert','table':'Port','uuid-name':'p','row':"
                "{'name':'%s','interfaces':['named-uuid','i']}},"
                "{'op':'mutate','table':'Bridge','where':[['name','==',"
                "'br-int']],'mutations':[['ports','insert',"
                "['named-uuid','p']]]}", name, ids, name);
}

void
node_assert(struct node *node, const char *table, const char *columns,
            const char *expected)
{
    char *text = dbserver_dump(node->server, table, columns);
    assert_string_equal(text, expected);
    free(text);
}

void
node_assert_world(const struct node *node, const char *expected)
{
    char *text = world_to_string(&node->world);
    assert_string_equal(text, expected);
    free(text);
}

static struct in6_addr
parse_ip(const char *text)
{
    struct in6_addr ip;
    assert_null(addr_parse(text, &ip));
    return ip;
}

static struct prefix
parse_prefix(const char *text)
{
    struct prefix prefix;
    assert_null(prefix_parse(text, &prefix));
    return prefix;
}

void
node_fill_alone(struct world *world)
{
    struct world_network *network = world_add_network(world, "default", 1);
    struct prefix subnet = parse_prefix("172.18.6.0/24");

    world->tunnel_ip[ADDR_V4] = parse_ip("192.0.2.1");
    network->ranges = xmalloc(sizeof *network->ranges);
    network->ranges[0] = parse_prefix("172.18.0.0/16");
    network->n_ranges = 1;
    network->node_plen[ADDR_V4] = 24;
    network->mtu = 1450;
    world_network_set_subnet(network, &subnet);
}

void
node_fill_three(struct world *world)
{
    struct in6_addr n2 = parse_ip("192.0.2.2");
    struct in6_addr n3 = parse_ip("192.0.2.3");

    node_fill_alone(world);
    world_add_peer(world, "n2", &n2);
    world_add_peer(world, "n3", &n3);
}
