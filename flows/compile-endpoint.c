/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What other nodes have in a bridged network: for each MAC and each of its
 * addresses, who may send as that, who is told of it, and the way to it; and
 * how pods here tell of themselves.
 *
 * A member of which no address is known must be asked itself: as long as a
 * network has such members, ARP for unknown addresses is flooded. */

#include <config.h>
#include "flows/compile-private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Stores the link-local address of 'endpoint', if it has any IPv6 address, and
 * so that one, too. */
static bool
get_link_local(const struct world_endpoint *endpoint, struct in6_addr *ret_ip)
{
    for (size_t i = 0; i < endpoint->n_ips; i++) {
        if (addr_family(&endpoint->ips[i]) == ADDR_V6) {
            in6_generate_lla(endpoint->mac, ret_ip);
            return true;
        }
    }
    return false;
}

/* Answers solicitations for 'ip' of 'endpoint'. */
static void
answer_v6(struct compile *c, const struct world_network *network,
          const struct world_endpoint *endpoint, const struct in6_addr *ip)
{
    const struct nd_answer answer = {
        .vni = network->vni,
        .about = { .addr = *ip, .plen = 128 },
        .mac = endpoint->mac,
    };

    compile_nd_answer(c, PRIORITY_SUBNET, &answer);
}

/* Answers whoever asks, from 'who' ("@source=1," or the like), for the
 * addresses of 'endpoint'. */
void
compile_bridged_answers(struct compile *c, const struct world_network *network,
                        const struct world_endpoint *endpoint, const char *who)
{
    struct in6_addr link_local;

    for (size_t i = 0; i < endpoint->n_ips; i++) {
        const struct in6_addr *ip = &endpoint->ips[i];
        char text[ADDR_STRLEN];

        if (addr_family(ip) == ADDR_V6) {
            answer_v6(c, network, endpoint, ip);
            continue;
        }
        put(c, TABLE_NEIGHBOUR, PRIORITY_SUBNET,
            "%s@network=%"PRIu32",arp,arp_op=1,arp_tpa=%s actions="
            "move:eth_src->eth_dst,set_field:"ETH_ADDR_FMT"->eth_src,"
            "set_field:2->arp_op,"
            "move:arp_sha->arp_tha,set_field:"ETH_ADDR_FMT"->arp_sha,"
            "move:arp_spa->@scratch[],move:arp_tpa->arp_spa,"
            "move:@scratch[]->arp_tpa,in_port",
            who, network->vni, addr_format(ip, text),
            ETH_ADDR_ARGS(endpoint->mac), ETH_ADDR_ARGS(endpoint->mac));
    }
    if (get_link_local(endpoint, &link_local)) {
        answer_v6(c, network, endpoint, &link_local);
    }
}

/* What may come from the address 'ip' of 'endpoint', 'from' there. */
static void
compile_source_address(struct compile *c,
                       const struct world_endpoint *endpoint,
                       const char *from, const struct in6_addr *ip)
{
    enum addr_family family = addr_family(ip);
    char text[ADDR_STRLEN];

    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "%s,%s,%s=%s actions=goto_table:bridge", from,
        compile_words[family].ip, compile_words[family].src,
        addr_format(ip, text));
    if (family == ADDR_V4) {
        put(c, TABLE_SPOOF, PRIORITY_EXACT,
            "%s,arp,arp_sha="ETH_ADDR_FMT",arp_spa=%s "
            "actions=goto_table:bridge", from, ETH_ADDR_ARGS(endpoint->mac),
            text);
    } else {
        char tll[32];

        snprintf(tll, sizeof tll, ",nd_tll="ETH_ADDR_FMT,
                 ETH_ADDR_ARGS(endpoint->mac));
        compile_nd_announcement(c, from, ip, tll);
    }
}

/* What a peer may send as 'endpoint', by 'way'. */
static void
compile_source(struct compile *c, const struct world_network *network,
               const struct world_endpoint *endpoint,
               const struct way_in *way)
{
    char *from = xasprintf("%s,@source=%d,@network=%"PRIu32","
                           "dl_src="ETH_ADDR_FMT, way->match, SOURCE_TUNNEL,
                           network->vni, ETH_ADDR_ARGS(endpoint->mac));
    struct in6_addr link_local;

    if (!endpoint->n_ips) {
        put(c, TABLE_SPOOF, PRIORITY_EXACT, "%s actions=goto_table:bridge",
            from);
    }
    for (size_t i = 0; i < endpoint->n_ips; i++) {
        compile_source_address(c, endpoint, from, &endpoint->ips[i]);
    }
    if (get_link_local(endpoint, &link_local)) {
        compile_source_address(c, endpoint, from, &link_local);
    }
    free(from);
}

/* Lets 'pod', of a bridged network, say to all members that it has come: those
 * who knew another MAC for its address learn the new one. */
void
compile_bridged_announcements(struct compile *c,
                              const struct world_pod *pod)
{
    char from[64], tll[32] = "", ip[ADDR_STRLEN];

    if (addr_is_set(&pod->ip[ADDR_V4])) {
        addr_format(&pod->ip[ADDR_V4], ip);
        put(c, TABLE_NEIGHBOUR, PRIORITY_BRIDGED,
            "in_port=%"PRIu32",arp,arp_spa=%s,arp_tpa=%s "
            "actions=goto_table:bridge", OUT(pod->port), ip, ip);
    }
    if (addr_is_set(&pod->ip[ADDR_V6])) {
        snprintf(from, sizeof from, "in_port=%"PRIu32, OUT(pod->port));
        if (!pod->options.any_mac) {
            snprintf(from, sizeof from,
                     "in_port=%"PRIu32",dl_src="ETH_ADDR_FMT,
                     OUT(pod->port), ETH_ADDR_ARGS(pod->mac));
            snprintf(tll, sizeof tll, ",nd_tll="ETH_ADDR_FMT,
                     ETH_ADDR_ARGS(pod->mac));
        }
        compile_nd_announcement(c, from, &pod->ip[ADDR_V6], tll);
    }
}

/* The rules of 'endpoint', which 'peer' has. */
static void
compile_endpoint(struct compile *c, const struct world_network *network,
                 const struct world_endpoint *endpoint,
                 const struct world_peer *peer)
{
    const struct way_out out = compile_way_out(c, peer);
    const struct size_check check = compile_check_size(c, network, peer);
    struct way_in ways[MAX_WAYS_IN];
    size_t n = compile_ways_in(c, peer, ways);
    char who[32];

    /* The host, which cannot reach it, is not told of it. */
    snprintf(who, sizeof who, "@source=%d,", SOURCE_POD);
    for (size_t i = 0; i < n; i++) {
        compile_source(c, network, endpoint, &ways[i]);
    }
    compile_bridged_answers(c, network, endpoint, who);
    put(c, TABLE_BRIDGE, PRIORITY_EXACT,
        "@source=%d,@network=%"PRIu32",dl_dst="ETH_ADDR_FMT" actions=%s"
        "set_field:%"PRIu32"->tun_id,%sset_field:%"PRIu32"->@out_port,"
        "goto_table:%s", SOURCE_POD, network->vni,
        ETH_ADDR_ARGS(endpoint->mac), check.actions, network->vni,
        out.tunnel, OUT(out.port), check.table);
}

/* Nobody who may use any address may use 'ip', which is known to be
 * another's. */
static void
forbid_address(struct compile *c, const struct world_network *network,
               const struct in6_addr *ip)
{
    char text[ADDR_STRLEN];

    if (addr_family(ip) == ADDR_V4) {
        addr_format(ip, text);
        put(c, TABLE_SPOOF, PRIORITY_SUBNET,
            "@source=%d,@network=%"PRIu32",ip,nw_src=%s actions="DROP_FMT,
            SOURCE_POD, network->vni, text, DROP(SPOOFED_ADDRESS));
        put(c, TABLE_SPOOF, PRIORITY_SUBNET,
            "@source=%d,@network=%"PRIu32",arp,arp_spa=%s actions="DROP_FMT,
            SOURCE_POD, network->vni, text, DROP(SPOOFED_ADDRESS));
    }
}

/* May 'pod' use any address that is nobody's? */
static bool
is_silent(const struct world_pod *pod)
{
    return !world_pod_has_ip(pod) && !world_pod_seeks_ip(pod);
}

/* Keeps the pods here that tell no address from using those of others. */
static void
forbid_addresses(struct compile *c, const struct world_network *network)
{
    const struct world *world = c->world;

    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (addr_is_set(&network->gateway[family])) {
            forbid_address(c, network, &network->gateway[family]);
        }
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        for (int family = 0; family < ADDR_N_FAMILIES; family++) {
            if (!strcmp(pod->network, network->name)
                && addr_is_set(&pod->ip[family])) {
                forbid_address(c, network, &pod->ip[family]);
            }
        }
    }
    for (size_t i = 0; i < world->n_endpoints; i++) {
        const struct world_endpoint *endpoint = &world->endpoints[i];
        for (size_t j = 0; j < endpoint->n_ips
             && !strcmp(endpoint->network, network->name)
             && strcmp(endpoint->node, world->node); j++) {
            forbid_address(c, network, &endpoint->ips[j]);
        }
    }
}

void
compile_endpoints(struct compile *c, const struct world_network *network)
{
    const struct world *world = c->world;
    bool silent_here = false;
    bool silent = false;

    for (size_t i = 0; i < world->n_pods; i++) {
        silent_here |= (!strcmp(world->pods[i].network, network->name)
                        && is_silent(&world->pods[i]));
    }
    for (size_t i = 0; i < world->n_endpoints; i++) {
        const struct world_endpoint *endpoint = &world->endpoints[i];
        const struct world_peer *peer
            = (!strcmp(endpoint->network, network->name)
               ? world_find_peer(world, endpoint->node) : NULL);

        if (peer && compile_way_out(c, peer).port != OFPP_NONE) {
            own(c, KIND_PEER, peer->name);
            compile_endpoint(c, network, endpoint, peer);
            silent |= !endpoint->n_ips;
        }
    }
    own(c, KIND_NETWORK, network->name);
    if (silent_here) {
        forbid_addresses(c, network);
    }
    if (silent || silent_here) {
        put(c, TABLE_NEIGHBOUR, PRIORITY_OTHER,
            "@network=%"PRIu32",arp actions=goto_table:bridge", network->vni);
    }
}
