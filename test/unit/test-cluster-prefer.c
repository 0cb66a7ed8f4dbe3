/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Of rows that contradict each other, those that are in use count: a newcomer,
 * whatever it is called, disturbs nobody. */

#include <config.h>

#include "test/unit/awaited.h"
#include "test/unit/rows.h"
#include "util.h"

#include "test/unit/unit.h"

#define W_AAA "network aaa vni=7 mode=routed mac=0e:1e:bd:34:c8:c2 " \
    "mtu=1450 port=loden-7\n"

static void
network_in_use_wins_over_one_of_an_earlier_name(void **state OVS_UNUSED)
{
    assert_reads(server, THREE "," NETWORK("aaa", "7", "'172.18.0.0/17'"),
                 W_NODE W_AAA W_DEFAULT W_PEERS
                 "refused Network aaa, range 172.18.0.0/17: it overlaps "
                 "172.18.0.0/16 of network default, and neither network is "
                 "internal\n");
}

static void
network_does_not_take_the_way_from_tunnels(void **state OVS_UNUSED)
{
    assert_reads(server, THREE "," NETWORK("aaa", "7", "'192.0.2.2/31'"),
                 W_NODE W_AAA W_DEFAULT W_PEERS
                 "refused Network aaa, range 192.0.2.2/31: it is smaller "
                 "than one node's subnet: node_prefix_v4 is 24\n");
    rows_clear(server);
    assert_reads(server, THREE ",{'op':'update','table':'Node','where':"
                 "[['name','==','n3']],'row':{'tunnel_ips':'198.51.100.3'}},"
                 NETWORK("aaa", "7", "'198.51.100.0/24'"),
                 W_NODE W_AAA W_DEFAULT W_N2 " default=172.18.7.0/24\n"
                 "peer n3 ip=198.51.100.3 port=lt-564fdfef "
                 "default=172.18.8.0/24\n"
                 "refused Network aaa, range 198.51.100.0/24: tunnels of node "
                 "n3 end in it\n");
}

static void
node_with_a_subnet_wins_over_one_of_an_earlier_name(void **state OVS_UNUSED)
{
    assert_reads(server, THREE "," NODE("a", "'192.0.2.3'"),
                 W_THREE "refused Node a: its tunnel address 192.0.2.3 is "
                 "that of node n3; if that one is gone, say 'lodenctl node "
                 "delete n3'\n");
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(network_in_use_wins_over_one_of_an_earlier_name),
        TEST(network_does_not_take_the_way_from_tunnels),
        TEST(node_with_a_subnet_wins_over_one_of_an_earlier_name),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_STRICT, tests);
}
