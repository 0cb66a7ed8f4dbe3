/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The rules of one pod, in the order of the tables: what it may send, and
 * the way to it.  Their number does not depend on how many pods there are.
 * What reaches all pods of a network at once is compile.c's. */

#include <config.h>
#include "flows/compile-private.h"

#include "util.h"

/* What 'pod' may send: from its own MAC, its own address. */
static void
compile_pod_source(struct compile *c, const struct world_pod *pod,
                   const char *ip)
{
    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "in_port=%"PRIu32",dl_src="ETH_ADDR_FMT",ip,nw_src=%s "
        "actions=goto_table:route",
        OUT(pod->port), ETH_ADDR_ARGS(pod->mac), ip);
    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "in_port=%"PRIu32",dl_src="ETH_ADDR_FMT",arp,arp_spa=%s,"
        "arp_sha="ETH_ADDR_FMT" actions=goto_table:neighbour",
        OUT(pod->port), ETH_ADDR_ARGS(pod->mac), ip, ETH_ADDR_ARGS(pod->mac));
    /* A probe before an address is used (RFC 5227) has no sender address. */
    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "in_port=%"PRIu32",dl_src="ETH_ADDR_FMT",arp,arp_spa=0.0.0.0,"
        "arp_sha="ETH_ADDR_FMT" actions=goto_table:neighbour",
        OUT(pod->port), ETH_ADDR_ARGS(pod->mac), ETH_ADDR_ARGS(pod->mac));
    put(c, TABLE_NEIGHBOUR, PRIORITY_EXACT,
        "in_port=%"PRIu32",arp,arp_tpa=%s actions="DROP_FMT,
        OUT(pod->port), ip, DROP(ARP_OWN));
}

void
compile_pod(struct compile *c, const struct world_pod *pod)
{
    static const char *const checked[] = { "ip", "arp" };
    const struct world_network *network
        = world_find_network(c->world, pod->network);
    char ip[ADDR_STRLEN];

    if (!network || pod->port == OFPP_NONE) {
        return;
    }

    own(c, KIND_POD, pod->id);
    put(c, TABLE_CLASSIFY, PRIORITY_EXACT,
        "in_port=%"PRIu32" actions=set_field:%d->@source,"
        "set_field:%"PRIu32"->@network,goto_table:spoof",
        OUT(pod->port), SOURCE_POD, network->vni);
    for (size_t i = 0; i < ARRAY_SIZE(checked); i++) {
        put(c, TABLE_SPOOF, PRIORITY_OTHER,
            "in_port=%"PRIu32",dl_src="ETH_ADDR_FMT",%s actions="DROP_FMT,
            OUT(pod->port), ETH_ADDR_ARGS(pod->mac), checked[i],
            DROP(SPOOFED_ADDRESS));
    }
    put(c, TABLE_SPOOF, PRIORITY_REST,
        "in_port=%"PRIu32",dl_src="ETH_ADDR_FMT" actions="DROP_FMT,
        OUT(pod->port), ETH_ADDR_ARGS(pod->mac), DROP(NOT_IP));

    if (!addr_is_set(&pod->ip[ADDR_V4])) {
        return;
    }
    addr_format(&pod->ip[ADDR_V4], ip);
    compile_pod_source(c, pod, ip);
    put(c, TABLE_ROUTE, PRIORITY_EXACT,
        "@network=%"PRIu32",ip,nw_dst=%s actions="
        "set_field:"ETH_ADDR_FMT"->eth_src,set_field:"ETH_ADDR_FMT"->eth_dst,"
        OUT_FMT, network->vni, ip, ETH_ADDR_ARGS(network->gateway_mac),
        ETH_ADDR_ARGS(pod->mac), OUT(pod->port));
}
