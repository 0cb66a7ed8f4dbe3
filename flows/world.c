/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Building and ordering the desired world.
 *
 * A reader of databases adds what it found, in any order, and sorts at the
 * end.  What belongs to a network by definition (its gateway's MAC, its host
 * port's name) is derived here, in one place, so that all nodes agree.
 * Whether a row may be in the world at all is decided in 'ovsdb/'; the world
 * as text is world-text.c's, endpoints are endpoints.c's. */

#include <config.h>
#include "flows/world.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "ovsdb/keys.h"
#include "packets.h"
#include "sha1.h"
#include "util.h"

/* Returns the address of a new, zeroed element at the end of 'array'. */
#define ADD_ELEMENT(ARRAY, N)                                           \
    ((ARRAY) = xrealloc(ARRAY, ((N) + 1) * sizeof *(ARRAY)),            \
     memset(&(ARRAY)[N], 0, sizeof *(ARRAY)),                           \
     &(ARRAY)[(N)++])

/* Makes 'world' an empty world of 'node'. */
void
world_init(struct world *world, const char *node)
{
    memset(world, 0, sizeof *world);
    world->node = xstrdup(node);
    world->tunnels = (struct world_tunnels) {
        .asked = TUNNELS_AUTO,
        .mode = TUNNELS_PER_PEER,
        .dst_port = TUNNELS_VXLAN_PORT,
    };
    for (int encap = 0; encap < TUNNELS_N_SHARED; encap++) {
        world->tunnels.shared[encap].port = OFPP_NONE;
    }
}

static void
network_destroy(struct world_network *network)
{
    free(network->name);
    free(network->ranges);
    free(network->bridged.blocks);
    free(network->bridged.offered);
    free(network->lost_to);
    free(network->host_name);
}

static void
peer_destroy(struct world_peer *peer)
{
    for (size_t i = 0; i < peer->n_leases; i++) {
        free(peer->leases[i].network);
    }
    free(peer->leases);
    for (int encap = 0; encap < TUNNELS_N_ENCAPS; encap++) {
        free(peer->port_names[encap]);
    }
    free(peer->name);
}

static void
pod_destroy(struct world_pod *pod)
{
    world_options_destroy(&pod->options);
    free(pod->claim.why);
    free(pod->id);
    free(pod->network);
    free(pod->port_name);
    free(pod->req);
    free(pod->netns);
    free(pod->groups);
}

/* Frees what 'world' holds, not 'world' itself. */
void
world_destroy(struct world *world)
{
    if (!world) {
        return;
    }
    for (size_t i = 0; i < world->n_networks; i++) {
        network_destroy(&world->networks[i]);
    }
    for (size_t i = 0; i < world->n_peers; i++) {
        peer_destroy(&world->peers[i]);
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        pod_destroy(&world->pods[i]);
    }
    for (size_t i = 0; i < world->n_refusals; i++) {
        free(world->refusals[i].what);
        free(world->refusals[i].why);
        free(world->refusals[i].req);
    }
    world_destroy_endpoints(world);
    free(world->networks);
    free(world->peers);
    free(world->pods);
    free(world->refusals);
    free(world->node);
    memset(world, 0, sizeof *world);
}

/* Writes the SHA-1 of 'kind' and 'name' (FIPS 180-4) into 'digest'.  Open
 * vSwitch's own hashes differ from machine to machine; what nodes must agree
 * on, or what is kept in a database, comes from here. */
static void
name_digest(const char *kind, const char *name,
            uint8_t digest[SHA1_DIGEST_SIZE])
{
    char *text = xasprintf("%s:%s", kind, name);
    sha1_bytes(text, strlen(text), digest);
    free(text);
}

/* Returns 32 bits that stand for the 'name' of an object of 'kind', the same
 * on every machine. */
uint32_t
world_name_hash(const char *kind, const char *name)
{
    uint8_t digest[SHA1_DIGEST_SIZE];
    name_digest(kind, name, digest);
    return ((uint32_t) digest[0] << 24 | (uint32_t) digest[1] << 16
            | (uint32_t) digest[2] << 8 | digest[3]);
}

/* The gateway's MAC: locally administered, unicast, from the name alone. */
static struct eth_addr
gateway_mac(const char *name)
{
    uint8_t digest[SHA1_DIGEST_SIZE];
    struct eth_addr mac = { .ea[0] = 0x0e };

    name_digest("gateway", name, digest);
    memcpy(&mac.ea[1], digest, 5);
    return mac;
}

/* Adds a routed network, without ranges and subnet.  The pointer is good
 * until the next one is added. */
struct world_network *
world_add_network(struct world *world, const char *name, uint32_t vni)
{
    struct world_network *network
        = ADD_ELEMENT(world->networks, world->n_networks);

    network->name = xstrdup(name);
    network->vni = vni;
    network->mode = WORLD_ROUTED;
    world_network_derive(network);
    return network;
}

/* Sets what follows from name, VNI and subnets of 'network', none of which
 * is set. */
void
world_network_derive(struct world_network *network)
{
    network->gateway_mac = gateway_mac(network->name);
    network->host_name = (!strcmp(network->name, DEFAULT_NETWORK)
                          ? xstrdup("loden0")
                          : xasprintf("loden-%"PRIu32, network->vni));
    network->host_port = OFPP_NONE;
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (prefix_is_set(&network->subnet[family])) {
            network->gateway[family]
                = prefix_gateway(&network->subnet[family]);
        }
    }
}

/* Gives 'network' the 'subnet' of this node and with it the gateway. */
void
world_network_set_subnet(struct world_network *network,
                         const struct prefix *subnet)
{
    enum addr_family family = prefix_family(subnet);

    network->subnet[family] = *subnet;
    network->gateway[family] = prefix_gateway(subnet);
}

/* Adds a peer without leases.  The pointer is good until the next one is
 * added. */
struct world_peer *
world_add_peer(struct world *world, const char *name,
               const struct in6_addr *tunnel_ip)
{
    struct world_peer *peer = ADD_ELEMENT(world->peers, world->n_peers);

    peer->name = xstrdup(name);
    peer->tunnel_ip = *tunnel_ip;
    world_peer_derive(peer);
    return peer;
}

/* Sets what follows from the name of 'peer', none of which is set. */
void
world_peer_derive(struct world_peer *peer)
{
    uint32_t hash = world_name_hash("peer", peer->name);

    for (int encap = 0; encap < TUNNELS_N_ENCAPS; encap++) {
        peer->port_names[encap] = xasprintf(
            "%s-%08"PRIx32, encap == TUNNELS_GENEVE ? "lg" : "lt", hash);
        peer->tunnels[encap].port = OFPP_NONE;
    }
}

void
world_peer_add_lease(struct world_peer *peer, const char *network,
                     const struct prefix *subnet)
{
    struct world_lease *lease = ADD_ELEMENT(peer->leases, peer->n_leases);

    lease->network = xstrdup(network);
    lease->subnet = *subnet;
}

/* Adds a pod without addresses, whose port is not known.  The pointer is
 * good until the next one is added. */
struct world_pod *
world_add_pod(struct world *world, const char *id, const char *network)
{
    struct world_pod *pod = ADD_ELEMENT(world->pods, world->n_pods);

    pod->id = xstrdup(id);
    pod->network = xstrdup(network);
    pod->port = OFPP_NONE;
    pod->req = xstrdup("");
    return pod;
}

bool
world_pod_has_ip(const struct world_pod *pod)
{
    return addr_is_set(&pod->ip[ADDR_V4]) || addr_is_set(&pod->ip[ADDR_V6]);
}

/* Has 'pod' no address yet, and is nobody to others until it has? */
bool
world_pod_seeks_ip(const struct world_pod *pod)
{
    return pod->options.dhcp && !world_pod_has_ip(pod);
}

/* Notes that the row 'what' is not followed.  Takes 'what'. */
void
world_refuse(struct world *world, char *what, const char *why_format, ...)
{
    struct world_refusal *refusal
        = ADD_ELEMENT(world->refusals, world->n_refusals);
    va_list args;

    refusal->what = what;
    va_start(args, why_format);
    refusal->why = xvasprintf(why_format, args);
    va_end(args);
}

static int
compare_networks(const void *a_, const void *b_)
{
    const struct world_network *a = a_, *b = b_;
    return strcmp(a->name, b->name);
}

static int
compare_peers(const void *a_, const void *b_)
{
    const struct world_peer *a = a_, *b = b_;
    return strcmp(a->name, b->name);
}

static int
compare_pods(const void *a_, const void *b_)
{
    const struct world_pod *a = a_, *b = b_;
    return strcmp(a->id, b->id);
}

static int
compare_leases(const void *a_, const void *b_)
{
    const struct world_lease *a = a_, *b = b_;
    int cmp = strcmp(a->network, b->network);
    return cmp ? cmp : prefix_compare(&a->subnet, &b->subnet);
}

static int
compare_prefixes(const void *a, const void *b)
{
    return prefix_compare(a, b);
}

/* qsort() that accepts an empty array without an address. */
static void
sort(void *array, size_t n, size_t size,
     int (*compare)(const void *, const void *))
{
    if (n) {
        qsort(array, n, size, compare);
    }
}

void
world_sort(struct world *world)
{
    sort(world->networks, world->n_networks, sizeof *world->networks,
         compare_networks);
    for (size_t i = 0; i < world->n_networks; i++) {
        struct world_network *network = &world->networks[i];
        sort(network->ranges, network->n_ranges, sizeof *network->ranges,
             compare_prefixes);
        sort(network->bridged.blocks, network->bridged.n_blocks,
             sizeof *network->bridged.blocks, compare_prefixes);
    }
    sort(world->peers, world->n_peers, sizeof *world->peers, compare_peers);
    for (size_t i = 0; i < world->n_peers; i++) {
        struct world_peer *peer = &world->peers[i];
        sort(peer->leases, peer->n_leases, sizeof *peer->leases,
             compare_leases);
    }
    sort(world->pods, world->n_pods, sizeof *world->pods, compare_pods);
    world_sort_endpoints(world);
}

bool
world_is_changing(const struct world *world)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        if (world->networks[i].also_vni) {
            return true;
        }
    }
    return world->tunnels.also_dst_port != 0;
}

/* Returns the network called 'name', or NULL.  The world need not be
 * sorted: a node has few networks. */
struct world_network *
world_find_network(const struct world *world, const char *name)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        if (!strcmp(world->networks[i].name, name)) {
            return &world->networks[i];
        }
    }
    return NULL;
}
