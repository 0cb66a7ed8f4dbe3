/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Bridged networks: one layer-2 segment on all nodes that have a member.
 *
 * Frames keep their MACs and their TTL, and go where their MAC is.  ARP and
 * ND are answered here, for everybody whose address is known, with real MACs.
 * The host's port is for this node's pods alone, their way out: all gateways
 * have one address and one MAC, so that nothing of one may enter a tunnel.
 *
 * Split horizon: only what comes from a pod goes into tunnels.  What other
 * nodes have is compile-endpoint.c's.  A node without a pod in a network
 * needs none of these rules. */

#include <config.h>
#include "flows/compile-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Numbers of groups: what for, in the upper 8 bits, and the network's VNI. */
#define GROUP_HERE 0x01000000     /* The pods of this node. */
#define GROUP_OPEN 0x02000000     /* Those that are not isolated. */
#define GROUP_PEERS 0x03000000    /* The first of those with the peers. */
#define GROUP_NEXT 0x01000000     /* From one of these to the next. */
#define GROUPS_PEERS_MAX 0x80     /* How many these can be. */

/* How many peers behind the shared port get what is flooded: their addresses
 * must fit into one message of 64 KiB, at 48 bytes each at most. */
#define SHARED_FLOOD_MAX 1200

/* ---- A pod of this node ------------------------------------------------- */

/* What a pod may send that tells no address: anything from its own MAC, but
 * nothing from an address that is known to be another's. */
static void
compile_silent_pod(struct compile *c, const struct world_pod *pod)
{
    const struct ask_actions ask = compile_ask(c, ASK_ARP, pod->port);
    char mac[32] = "";
    char sha[32] = "";

    if (!pod->options.any_mac) {
        snprintf(mac, sizeof mac, "dl_src="ETH_ADDR_FMT",",
                 ETH_ADDR_ARGS(pod->mac));
        snprintf(sha, sizeof sha, ",arp_sha="ETH_ADDR_FMT,
                 ETH_ADDR_ARGS(pod->mac));
    }
    put(c, TABLE_SPOOF, PRIORITY_RANGE,
        "in_port=%"PRIu32",%sip actions=goto_table:route",
        OUT(pod->port), mac);
    put(c, TABLE_SPOOF, PRIORITY_RANGE,
        "in_port=%"PRIu32",%sarp%s actions=%s",
        OUT(pod->port), mac, sha, ask.text);
}

/* The rules that 'pod' has in a bridged network and not in a routed one.
 * 'meter' is an action that holds what it receives to its rate, or "". */
void
compile_bridged_pod(struct compile *c, const struct world_pod *pod,
                    const struct world_network *network, const char *meter)
{
    struct in6_addr ips[ADDR_N_FAMILIES];
    struct world_endpoint endpoint = { .mac = pod->mac, .ips = ips };

    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (addr_is_set(&pod->ip[family])) {
            ips[endpoint.n_ips++] = pod->ip[family];
        }
    }
    if (!endpoint.n_ips && !world_pod_seeks_ip(pod)) {
        compile_silent_pod(c, pod);
    }
    compile_bridged_answers(c, network, &endpoint, "");
    if (addr_is_set(&pod->ip[ADDR_V6])) {
        compile_v6_link(c, pod);
    }
    compile_bridged_announcements(c, pod);
    compile_storm_share(c, pod, network);
    put(c, TABLE_BRIDGE, PRIORITY_EXACT,
        "@network=%"PRIu32",dl_dst="ETH_ADDR_FMT" actions=%s"OUT_FMT,
        network->vni, ETH_ADDR_ARGS(pod->mac), meter, OUT(pod->port));
    if (pod->options.isolated) {
        put(c, TABLE_BRIDGE, PRIORITY_ISOLATED,
            "@network=%"PRIu32",@isolated=1,dl_dst="ETH_ADDR_FMT" actions="
            DROP_FMT, network->vni, ETH_ADDR_ARGS(pod->mac), DROP(ISOLATED));
    }
}

/* ---- The network ------------------------------------------------------- */

/* Adds a group with the number 'number' unless it would be empty.  Returns
 * whether it is there. */
static bool
put_group(struct compile *c, uint32_t number, uint32_t *ports, size_t n)
{
    const struct group group = {
        .number = number, .ports = ports, .n_ports = n,
    };

    if (n) {
        groupset_put(&c->rules->groups, &group);
    }
    return n > 0;
}

/* Adds groups of up to GROUP_MAX_PORTS ports and appends their use to
 * 'actions'.  'next' is how their numbers differ. */
static void
put_groups(struct compile *c, uint32_t number, uint32_t *ports, size_t n,
           struct ds *actions)
{
    for (size_t i = 0; i < GROUPS_PEERS_MAX && n; i++) {
        size_t n_here = MIN(n, GROUP_MAX_PORTS);

        put_group(c, number, ports, n_here);
        ds_put_format(actions, "group:%"PRIu32",", number);
        number += GROUP_NEXT;
        ports += n_here;
        n -= n_here;
    }
}

/* Stores into 'ports', which has room for all pods, the ports of this node's
 * pods, or of those that are not isolated.  Returns their number. */
static size_t
find_pods(const struct compile *c, const struct world_network *network,
          bool open, uint32_t *ports)
{
    size_t n = 0;

    for (size_t i = 0; i < c->world->n_pods; i++) {
        const struct world_pod *pod = &c->world->pods[i];
        if (pod->port != OFPP_NONE && !strcmp(pod->network, network->name)
            && !(open && pod->options.isolated)) {
            ports[n++] = OUT(pod->port);
        }
    }
    return n;
}

static int
compare_ports(const void *a_, const void *b_)
{
    const uint32_t *a = a_, *b = b_;
    return *a < *b ? -1 : *a > *b;
}

/* Appends to 'actions' what floods to the peers that have a member, by
 * groups of their own ports, and by the port that they share. */
static void
flood_peers(struct compile *c, const struct world_network *network,
            struct ds *actions)
{
    const struct world *world = c->world;
    uint32_t *ports = xmalloc((world->n_peers + 1) * sizeof *ports);
    bool *members = xcalloc(world->n_peers + 1, sizeof *members);
    struct ds shared = DS_EMPTY_INITIALIZER;
    size_t n_ports = 0;
    size_t n_shared = 0;

    for (size_t i = 0; i < world->n_endpoints; i++) {
        const struct world_endpoint *endpoint = &world->endpoints[i];
        const struct world_peer *peer
            = (!strcmp(endpoint->network, network->name)
               ? world_find_peer(world, endpoint->node) : NULL);
        if (peer) {
            members[peer - world->peers] = true;
        }
    }
    for (size_t i = 0; i < world->n_peers; i++) {
        const struct way_out way = compile_way_out(c, &world->peers[i]);
        if (!members[i] || way.port == OFPP_NONE) {
            continue;
        } else if (!way.tunnel[0]) {
            ports[n_ports++] = OUT(way.port);
        } else if (n_shared++ < SHARED_FLOOD_MAX) {
            ds_put_format(&shared, "%soutput:%"PRIu32",", way.tunnel,
                          OUT(way.port));
        }
    }
    if (n_ports || shared.length) {
        ds_put_format(actions, "set_field:%"PRIu32"->tun_id,", network->vni);
        qsort(ports, n_ports, sizeof *ports, compare_ports);
        put_groups(c, GROUP_PEERS + network->vni, ports, n_ports, actions);
        ds_put_cstr(actions, ds_cstr(&shared));
    }
    ds_destroy(&shared);
    free(members);
    free(ports);
}

/* Returns the actions 'away' or, if they and those before them are none, the
 * dropping, for which 'drop' is room. */
static const char *
any_or_drop(const char *before, struct ds *away, struct ds *drop)
{
    if (before[0] || away->length) {
        return ds_cstr(away);
    }
    ds_clear(drop);
    ds_put_format(drop, DROP_FMT, DROP(NO_MEMBERS));
    return ds_cstr(drop);
}

/* Floods of pods go to the pods here, the host, and all peers that have a
 * member; others only to the pods here. */
static void
compile_bridged_flood(struct compile *c, const struct world_network *network)
{
    const uint32_t vni = network->vni;
    uint32_t *ports = xmalloc((c->world->n_pods + 1) * sizeof *ports);
    struct ds meter = DS_EMPTY_INITIALIZER;
    struct ds away = DS_EMPTY_INITIALIZER;
    struct ds drop = DS_EMPTY_INITIALIZER;
    size_t n_here = find_pods(c, network, false, ports);
    char here[32] = "";
    char open[32] = "";

    if (put_group(c, GROUP_HERE + vni, ports, n_here)) {
        snprintf(here, sizeof here, "group:%"PRIu32",", GROUP_HERE + vni);
        put(c, TABLE_FLOOD, PRIORITY_OTHER,
            "@network=%"PRIu32" actions=group:%"PRIu32, vni,
            GROUP_HERE + vni);
    }
    size_t n_open = find_pods(c, network, true, ports);
    if (n_open < n_here
        && put_group(c, GROUP_OPEN + vni, ports, n_open)) {
        snprintf(open, sizeof open, "group:%"PRIu32",", GROUP_OPEN + vni);
    }
    compile_storm_meter(c, network, &meter);
    if (!network->internal && network->host_port != OFPP_NONE) {
        ds_put_format(&away, "output:%"PRIu32",", OUT(network->host_port));
    }
    flood_peers(c, network, &away);

    ds_chomp(&away, ',');
    put(c, TABLE_FLOOD, PRIORITY_EXACT,
        "@source=%d,@network=%"PRIu32" actions=%s%s%s", SOURCE_POD, vni,
        ds_cstr(&meter), here, any_or_drop(here, &away, &drop));
    if (n_open < n_here) {
        put(c, TABLE_FLOOD, PRIORITY_ISOLATED,
            "@source=%d,@network=%"PRIu32",@isolated=1 actions=%s%s%s",
            SOURCE_POD, vni, ds_cstr(&meter), open,
            any_or_drop(open, &away, &drop));
    }
    ds_destroy(&drop);
    ds_destroy(&away);
    ds_destroy(&meter);
    free(ports);
}

/* The host's own port, for this node's pods alone. */
static void
compile_bridged_host(struct compile *c, const struct world_network *network)
{
    const ofp_port_t port = network->host_port;
    struct in6_addr gateway = network->gateway[ADDR_V4];
    const struct world_endpoint host = {
        .mac = network->gateway_mac, .ips = &gateway, .n_ips = 1,
    };
    char text[ADDR_STRLEN];

    if (network->internal || port == OFPP_NONE) {
        return;
    }
    put(c, TABLE_CLASSIFY, PRIORITY_EXACT,
        "in_port=%"PRIu32" actions=set_field:%d->@source,"
        "set_field:%"PRIu32"->@network,goto_table:spoof",
        OUT(port), SOURCE_GATEWAY, network->vni);
    put(c, TABLE_WHOSE, PRIORITY_EXACT, "in_port=%"PRIu32" actions=drop",
        OUT(port));
    if (addr_is_set(&gateway)) {
        put(c, TABLE_NEIGHBOUR, PRIORITY_EXACT,
            "in_port=%"PRIu32",arp,arp_tpa=%s actions="DROP_FMT,
            OUT(port), addr_format(&gateway, text), DROP(ARP_OWN));
        compile_bridged_answers(c, network, &host, "");
    }
    compile_v6_router(c, network);
    put(c, TABLE_BRIDGE, PRIORITY_EXACT,
        "@source=%d,@network=%"PRIu32",dl_dst="ETH_ADDR_FMT" actions="OUT_FMT,
        SOURCE_POD, network->vni, ETH_ADDR_ARGS(network->gateway_mac),
        OUT(port));
}

/* What is for no known MAC. */
static void
compile_unknown(struct compile *c, const struct world_network *network)
{
    const struct world_bridged *bridged = &network->bridged;
    const uint32_t vni = network->vni;

    put(c, TABLE_BRIDGE, PRIORITY_FLOOD,
        "@network=%"PRIu32",dl_dst=ff:ff:ff:ff:ff:ff "
        "actions=goto_table:flood", vni);
    if (bridged->drop_multicast) {
        put(c, TABLE_BRIDGE, PRIORITY_RANGE,
            "@network=%"PRIu32",dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 "
            "actions="DROP_FMT, vni, DROP(MULTICAST));
        /* That is what broadcast is to ARP. */
        put(c, TABLE_BRIDGE, PRIORITY_FLOOD,
            "@network=%"PRIu32",dl_dst=33:33:00:00:00:01,icmp6,icmp_type=136 "
            "actions=goto_table:flood", vni);
    } else if (!bridged->snoop || !world_has_pod_in(c->world, network->name)
               || !compile_snoop(c, network)) {
        put(c, TABLE_BRIDGE, PRIORITY_RANGE,
            "@network=%"PRIu32",dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 "
            "actions=goto_table:flood", vni);
    }
    if (bridged->flood_unknown) {
        put(c, TABLE_BRIDGE, PRIORITY_REST,
            "@network=%"PRIu32" actions=goto_table:flood", vni);
    } else {
        put(c, TABLE_BRIDGE, PRIORITY_REST,
            "@source=%d,@network=%"PRIu32" actions="DROP_FMT,
            SOURCE_TUNNEL, vni, DROP(NOT_LOCAL));
    }
}

void
compile_bridged_network(struct compile *c, const struct world_network *network)
{
    own(c, KIND_NETWORK, network->name);
    put(c, TABLE_SPOOF, PRIORITY_RANGE,
        "@source=%d,@network=%"PRIu32" actions="DROP_FMT,
        SOURCE_TUNNEL, network->vni, DROP(TUNNEL_SPOOF));
    put(c, TABLE_ROUTE, PRIORITY_BRIDGED,
        "@network=%"PRIu32" actions=goto_table:bridge", network->vni);
    compile_bridged_host(c, network);
    compile_unknown(c, network);
    if (world_has_pod_in(c->world, network->name)) {
        compile_bridged_flood(c, network);
        compile_endpoints(c, network);
        compile_mtu(c, network, "");
    }
}
