/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The desired world as text, for 'world/show' and for tests. */

#include <config.h>
#include "flows/world.h"

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"

static void
put_prefixes(struct ds *s, const char *word, const struct prefix *prefixes,
             size_t n)
{
    char buf[ADDR_STRLEN];

    for (size_t i = 0; i < n; i++) {
        if (prefix_is_set(&prefixes[i])) {
            ds_put_format(s, " %s=%s", word, prefix_format(&prefixes[i], buf));
        }
    }
}

static void
put_port(struct ds *s, const char *name, ofp_port_t port)
{
    ds_put_format(s, " port=%s", name);
    if (port != OFPP_NONE) {
        ds_put_format(s, "(%"PRIu32")", ofp_to_u16(port));
    }
}

static void
put_bounds(struct ds *s, const struct world_network *network)
{
    char buf[ADDR_STRLEN];

    for (int i = 0; i < ADDR_N_FAMILIES; i++) {
        if (addr_is_set(&network->first[i])) {
            ds_put_format(s, " first=%s",
                          addr_format(&network->first[i], buf));
        }
        if (addr_is_set(&network->last[i])) {
            ds_put_format(s, " last=%s", addr_format(&network->last[i], buf));
        }
    }
    if (network->closed) {
        ds_put_cstr(s, " closed");
    }
    if (network->closing) {
        ds_put_cstr(s, " closing");
    }
    if (network->lost_to) {
        ds_put_format(s, " lost-to=%s", network->lost_to);
    }
}

static void
put_network(struct ds *s, const struct world_network *network)
{
    ds_put_format(s, "network %s vni=%"PRIu32, network->name, network->vni);
    if (network->also_vni) {
        ds_put_format(s, " also-vni=%"PRIu32, network->also_vni);
    }
    ds_put_format(s, " mode=%s",
                  network->mode == WORLD_ROUTED ? "routed" : "bridged");
    put_prefixes(s, "range", network->ranges, network->n_ranges);
    put_prefixes(s, "subnet", network->subnet, ADDR_N_FAMILIES);
    put_prefixes(s, "block", network->bridged.blocks,
                 network->bridged.n_blocks);
    ds_put_cstr(s, network->bridged.snoop ? " snoop" : "");
    ds_put_format(s, " mac="ETH_ADDR_FMT" mtu=%u%s%s",
                  ETH_ADDR_ARGS(network->gateway_mac), network->mtu,
                  network->masquerade ? " masquerade" : "",
                  network->internal ? " internal" : "");
    put_bounds(s, network);
    if (!network->internal) {
        put_port(s, network->host_name, network->host_port);
    }
    ds_put_char(s, '\n');
}

static void
put_tunnels(struct ds *s, const struct world_tunnels *tunnels)
{
    char name[TUNNELS_NAME_SIZE];

    ds_put_format(s, "tunnels mode=%s asked=%s dst_port=%"PRIu16,
                  tunnels_mode_name(tunnels->mode),
                  tunnels_mode_name(tunnels->asked), tunnels->dst_port);
    if (tunnels->also_dst_port) {
        ds_put_format(s, " also_dst_port=%"PRIu16, tunnels->also_dst_port);
    }
    outer_format(&tunnels->outer, s);
    if (tunnels->wish != TUNNELS_VXLAN || tunnels->speaks != TUNNELS_VXLAN) {
        ds_put_format(s, " encap=%s speaks=%s",
                      tunnels_encap_name(tunnels->wish),
                      tunnels_encap_name(tunnels->speaks));
    }
    for (int i = 0; i < TUNNELS_N_SHARED; i++) {
        if (tunnels->shared[i].port != OFPP_NONE) {
            put_port(s, tunnels_shared_name(tunnels, i, name),
                     tunnels->shared[i].port);
        }
    }
    ds_put_char(s, '\n');
}

static void
put_peer(struct ds *s, const struct world_peer *peer)
{
    char buf[ADDR_STRLEN];

    ds_put_format(s, "peer %s ip=%s", peer->name,
                  addr_format(&peer->tunnel_ip, buf));
    if (peer->path_mtu) {
        ds_put_format(s, " path_mtu=%u", peer->path_mtu);
    }
    if (peer->pod_mtu) {
        ds_put_format(s, " pod_mtu=%u", peer->pod_mtu);
    }
    if (peer->speaks != TUNNELS_VXLAN) {
        ds_put_format(s, " speaks=%s", tunnels_encap_name(peer->speaks));
    }
    for (int i = 0; i < TUNNELS_N_ENCAPS; i++) {
        if (i == TUNNELS_VXLAN || peer->tunnels[i].port != OFPP_NONE) {
            put_port(s, peer->port_names[i], peer->tunnels[i].port);
        }
    }
    for (size_t i = 0; i < peer->n_leases; i++) {
        const struct world_lease *lease = &peer->leases[i];
        ds_put_format(s, " %s=%s", lease->network,
                      prefix_format(&lease->subnet, buf));
    }
    ds_put_char(s, '\n');
}

static void
put_groups(struct ds *s, const struct in6_addr *groups, size_t n)
{
    char buf[ADDR_STRLEN];

    for (size_t i = 0; i < n; i++) {
        ds_put_format(s, " group=%s", addr_format(&groups[i], buf));
    }
}

static void
put_pod(struct ds *s, const struct world_pod *pod)
{
    char buf[ADDR_STRLEN];

    ds_put_format(s, "pod %s network=%s mac="ETH_ADDR_FMT, pod->id,
                  pod->network, ETH_ADDR_ARGS(pod->mac));
    for (size_t i = 0; i < ADDR_N_FAMILIES; i++) {
        if (addr_is_set(&pod->ip[i])) {
            ds_put_format(s, " ip=%s", addr_format(&pod->ip[i], buf));
        }
    }
    put_port(s, pod->port_name ? pod->port_name : "?", pod->port);
    if (pod->mtu) {
        ds_put_format(s, " mtu=%u", pod->mtu);
    }
    world_options_format(&pod->options, s);
    put_groups(s, pod->groups, pod->n_groups);
    ds_put_char(s, '\n');
}

static void
put_endpoint(struct ds *s, const struct world_endpoint *endpoint)
{
    char buf[ADDR_STRLEN];

    ds_put_format(s, "endpoint "ETH_ADDR_FMT" network=%s node=%s sequence="
                  "%"PRId64, ETH_ADDR_ARGS(endpoint->mac), endpoint->network,
                  endpoint->node, endpoint->sequence);
    for (size_t i = 0; i < endpoint->n_ips; i++) {
        ds_put_format(s, " ip=%s", addr_format(&endpoint->ips[i], buf));
    }
    put_groups(s, endpoint->groups, endpoint->n_groups);
    ds_put_char(s, '\n');
}

/* Returns the world as text, a line for each thing; the caller frees it. */
char *
world_to_string(const struct world *world)
{
    char buf[ADDR_STRLEN];
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "node %s", world->node);
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (addr_is_set(&world->tunnel_ip[family])) {
            ds_put_format(&s, " ip=%s",
                          addr_format(&world->tunnel_ip[family], buf));
        }
    }
    ds_put_format(&s, "%s underlay_mtu=%u datapath=%s%s\n",
                  tunnels_have_ends(world) ? "" : " ip=none",
                  world->underlay_mtu,
                  world->userspace ? "userspace" : "kernel",
                  world->draining ? " draining" : "");
    put_tunnels(&s, &world->tunnels);
    for (size_t i = 0; i < world->n_networks; i++) {
        put_network(&s, &world->networks[i]);
    }
    for (size_t i = 0; i < world->n_peers; i++) {
        put_peer(&s, &world->peers[i]);
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        put_pod(&s, &world->pods[i]);
    }
    for (size_t i = 0; i < world->n_endpoints; i++) {
        put_endpoint(&s, &world->endpoints[i]);
    }
    for (size_t i = 0; i < world->n_refusals; i++) {
        ds_put_format(&s, "refused %s: %s\n", world->refusals[i].what,
                      world->refusals[i].why);
    }
    return ds_steal_cstr(&s);
}
