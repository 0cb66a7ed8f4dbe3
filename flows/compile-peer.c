/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The rules of peers, in the order of the tables: what comes out of their
 * tunnels, and what goes in.
 *
 * A peer's packets come by a port of its own, by the port that all peers
 * share, or by both, and if this node speaks Geneve by such ports of both
 * kinds; they leave by one (flows/tunnels.h).  Of a shared port only the
 * address that a packet comes from says whose it is. */

#include <config.h>
#include "flows/compile-private.h"

#include "flows/tunnels.h"
#include "util.h"

/* Stores the ways in from 'peer' into 'ways' and returns their number. */
size_t
compile_ways_in(const struct compile *c, const struct world_peer *peer,
                struct way_in ways[MAX_WAYS_IN])
{
    bool v4 = addr_family(&peer->tunnel_ip) == ADDR_V4;
    size_t n = 0;

    for (int encap = 0; encap < TUNNELS_N_SHARED; encap++) {
        ofp_port_t own = (encap < TUNNELS_N_ENCAPS
                          ? peer->tunnels[encap].port : OFPP_NONE);
        ofp_port_t shared = c->world->tunnels.shared[encap].port;

        if (own != OFPP_NONE) {
            snprintf(ways[n].match, sizeof ways[n].match, "in_port=%"PRIu32,
                     OUT(own));
            ways[n++].shared = false;
        }
        if (shared != OFPP_NONE) {
            char ip[ADDR_STRLEN];

            snprintf(ways[n].match, sizeof ways[n].match,
                     "in_port=%"PRIu32",%s=%s", OUT(shared),
                     v4 ? "tun_src" : "tun_ipv6_src",
                     addr_format(&peer->tunnel_ip, ip));
            ways[n++].shared = true;
        }
    }
    return n;
}

/* What comes by 'way' with 'vni' is of 'network'. */
static void
compile_vni_in(struct compile *c, const struct way_in *way,
               const struct world_network *network, uint32_t vni)
{
    put(c, TABLE_CLASSIFY, PRIORITY_EXACT,
        "%s,tun_id=%"PRIu32" actions=set_field:%d->@source,"
        "set_field:%"PRIu32"->@network,goto_table:spoof",
        way->match, vni, SOURCE_TUNNEL, network->vni);
}

/* Which of the networks do the packets that come by 'way' belong to?  While
 * the VNI of one changes, some peers have followed and some have not. */
static void
compile_way_in(struct compile *c, const struct way_in *way)
{
    for (size_t i = 0; i < c->world->n_networks; i++) {
        const struct world_network *network = &c->world->networks[i];

        compile_vni_in(c, way, network, network->vni);
        if (network->also_vni) {
            compile_vni_in(c, way, network, network->also_vni);
        }
    }
    put(c, TABLE_CLASSIFY, way->shared ? PRIORITY_OTHER : PRIORITY_REST,
        "%s actions="DROP_FMT, way->match, DROP(UNKNOWN_VNI));
}

/* Returns the way to 'peer'. */
struct way_out
compile_way_out(const struct compile *c, const struct world_peer *peer)
{
    const struct tunnels_way found = tunnels_find_way(c->world, peer);
    struct way_out way = { .tunnel = "", .port = found.port };
    char ip[ADDR_STRLEN];

    if (found.shared) {
        bool v4 = addr_family(&peer->tunnel_ip) == ADDR_V4;
        const struct in6_addr *own = c->world->tunnel_ip;
        int n = snprintf(way.tunnel, sizeof way.tunnel, "set_field:%s->%s,",
                         addr_format(&peer->tunnel_ip, ip),
                         v4 ? "tun_dst" : "tun_ipv6_dst");

        /* The port itself can name but one. */
        if (addr_is_set(&own[ADDR_V4]) && addr_is_set(&own[ADDR_V6])) {
            snprintf(way.tunnel + n, sizeof way.tunnel - n,
                     "set_field:%s->%s,",
                     addr_format(&own[v4 ? ADDR_V4 : ADDR_V6], ip),
                     v4 ? "tun_src" : "tun_ipv6_src");
        }
    }
    return way;
}

/* Returns the actions that a packet of the routed 'network' leaves for another
 * node with. */
struct hop
compile_hop(const struct world_network *network)
{
    struct hop hop;

    snprintf(hop.actions, sizeof hop.actions,
             "dec_ttl,set_field:"ETH_ADDR_FMT"->eth_src,"
             "set_field:"ETH_ADDR_FMT"->eth_dst,",
             ETH_ADDR_ARGS(network->gateway_mac),
             ETH_ADDR_ARGS(network->gateway_mac));
    return hop;
}

/* A peer's subnet: what comes from there may have its addresses, what is for
 * there goes through its tunnel, one hop further. */
static void
compile_lease(struct compile *c, const struct world_peer *peer,
              const struct world_lease *lease)
{
    const struct world_network *network
        = world_find_network(c->world, lease->network);
    const struct way_out out = compile_way_out(c, peer);
    const struct compile_words *words;
    struct way_in ways[MAX_WAYS_IN];
    char subnet[ADDR_STRLEN];

    if (!network) {
        return;
    }
    words = &compile_words[prefix_family(&lease->subnet)];
    prefix_format(&lease->subnet, subnet);

    const struct size_check check = compile_check_size(c, network, peer);
    size_t n = compile_ways_in(c, peer, ways);
    for (size_t i = 0; i < n; i++) {
        put(c, TABLE_SPOOF, PRIORITY_SUBNET,
            "%s,@source=%d,@network=%"PRIu32",%s,%s=%s "
            "actions=goto_table:route",
            ways[i].match, SOURCE_TUNNEL, network->vni, words->ip, words->src,
            subnet);
    }
    put(c, TABLE_ROUTE, PRIORITY_SUBNET,
        "@network=%"PRIu32",%s,%s=%s actions=%s"
        "set_field:%"PRIu32"->tun_id,%sset_field:%"PRIu32"->@out_port,"
        "goto_table:%s",
        network->vni, words->ip, words->dst, subnet,
        check.actions[0] ? check.actions : compile_hop(network).actions,
        network->vni, out.tunnel, OUT(out.port), check.table);
}

static void
compile_peer(struct compile *c, const struct world_peer *peer)
{
    struct way_in ways[MAX_WAYS_IN];
    size_t n = compile_ways_in(c, peer, ways);

    if (!n) {
        return;
    }
    own(c, KIND_PEER, peer->name);
    for (size_t i = 0; i < n; i++) {
        compile_way_in(c, &ways[i]);
        put(c, TABLE_WHOSE, PRIORITY_EXACT, "%s actions=drop", ways[i].match);
    }
    for (size_t i = 0; i < peer->n_leases; i++) {
        compile_lease(c, peer, &peer->leases[i]);
    }
}

/* Adds the rules of all peers. */
void
compile_peers(struct compile *c)
{
    for (int encap = 0; encap < TUNNELS_N_SHARED; encap++) {
        ofp_port_t shared = c->world->tunnels.shared[encap].port;

        if (shared != OFPP_NONE) {
            own(c, KIND_PIPELINE, "");
            put(c, TABLE_CLASSIFY, PRIORITY_REST,
                "in_port=%"PRIu32" actions="DROP_FMT, OUT(shared),
                DROP(UNKNOWN_PEER));
        }
    }
    for (size_t i = 0; i < c->world->n_peers; i++) {
        compile_peer(c, &c->world->peers[i]);
    }
}
