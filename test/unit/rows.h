/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_UNIT_ROWS_H
#define LODEN_TEST_UNIT_ROWS_H 1

/* Rows of the cluster database, and what node n1 makes of them. */

#include "flows/world.h"
#include "test/unit/dbserver.h"

#define INSERT(TABLE, ROW) \
    "{'op':'insert','table':'" TABLE "','row':{" ROW "}}"
#define CHOICES "'unknown_unicast':'drop','multicast':'drop'"
#define NETWORK(NAME, VNI, RANGES)                                       \
    INSERT("Network", "'name':'" NAME "','vni':" VNI ",'mode':'routed'," \
           CHOICES ",'node_prefix_v4':24,'ranges':" RANGES)
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

#define W_NODE "node n1 ip=192.0.2.1 underlay_mtu=1500 datapath=kernel\n" \
    TUNNELS_TEXT
#define W_NETWORK(REST) \
    "network default vni=1 mode=routed range=172.18.0.0/16" REST \
    " mac=0e:a8:45:6a:f7:34 mtu=1450 port=loden0\n"
#define W_DEFAULT W_NETWORK(" subnet=172.18.6.0/24")
#define W_N2 "peer n2 ip=192.0.2.2 port=lt-cae24d48"
#define W_N3 "peer n3 ip=192.0.2.3 port=lt-564fdfef"
#define W_PEERS W_N2 " default=172.18.7.0/24\n" W_N3 " default=172.18.8.0/24\n"
#define W_THREE W_NODE W_DEFAULT W_PEERS

/* Reads 'server' as node n1 at 'ip' (or NULL) does whose underlay has 'mtu'.
 * The second returns the world as text; the caller frees it. */
void rows_read_world(struct dbserver *server, const char *ip,
                     unsigned int mtu, struct world *ret_world);
char *rows_read(struct dbserver *server, const char *ip, unsigned int mtu);

/* Asserts that n1 reads 'expected' after 'ops' were transacted. */
void assert_reads(struct dbserver *, const char *ops, const char *expected);

/* Leaves only an empty Loden_Global row. */
void rows_clear(struct dbserver *);

#endif /* test/unit/rows.h */
