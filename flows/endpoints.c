/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The world's endpoints, and finding whom they belong to.  There may be ten
 * thousands of them, so they are kept in order and found by halving. */

#include <config.h>
#include "flows/endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "flows/world.h"
#include "packets.h"
#include "util.h"

void
world_add_block(struct world_network *network, const struct prefix *block)
{
    struct world_bridged *bridged = &network->bridged;

    bridged->blocks = xrealloc(bridged->blocks, (bridged->n_blocks + 1)
                               * sizeof *bridged->blocks);
    bridged->blocks[bridged->n_blocks++] = *block;
}

/* Adds an endpoint without addresses to a 'world' whose endpoints all came
 * this way, none by copying.  The pointer is good until the next one is added.
 */
struct world_endpoint *
world_add_endpoint(struct world *world, const char *network,
                   struct eth_addr mac, const char *node)
{
    size_t n = world->n_endpoints;

    /* Room for a power of two: growing by one would copy all each time. */
    if (!(n & (n - 1))) {
        world->endpoints = xrealloc(world->endpoints, (n ? 2 * n : 1)
                                    * sizeof *world->endpoints);
    }
    struct world_endpoint *endpoint = &world->endpoints[world->n_endpoints++];
    *endpoint = (struct world_endpoint) {
        .network = xstrdup(network),
        .mac = mac,
        .node = xstrdup(node),
    };
    return endpoint;
}

void
world_endpoint_add_ip(struct world_endpoint *endpoint,
                      const struct in6_addr *ip)
{
    endpoint->ips = xrealloc(endpoint->ips, (endpoint->n_ips + 1)
                             * sizeof *endpoint->ips);
    endpoint->ips[endpoint->n_ips++] = *ip;
}

/* Frees what 'world' has of endpoints. */
void
world_destroy_endpoints(struct world *world)
{
    for (size_t i = 0; i < world->n_endpoints; i++) {
        free(world->endpoints[i].network);
        free(world->endpoints[i].node);
        free(world->endpoints[i].ips);
        free(world->endpoints[i].groups);
    }
    free(world->endpoints);
}

static int
compare_endpoints(const void *a_, const void *b_)
{
    const struct world_endpoint *a = a_, *b = b_;
    int cmp = strcmp(a->network, b->network);
    return cmp ? cmp : eth_addr_compare_3way(a->mac, b->mac);
}

static int
compare_ips(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct in6_addr));
}

void
world_sort_endpoints(struct world *world)
{
    if (world->n_endpoints) {
        qsort(world->endpoints, world->n_endpoints, sizeof *world->endpoints,
              compare_endpoints);
    }
    for (size_t i = 0; i < world->n_endpoints; i++) {
        struct world_endpoint *endpoint = &world->endpoints[i];
        if (endpoint->n_ips > 1) {
            qsort(endpoint->ips, endpoint->n_ips, sizeof *endpoint->ips,
                  compare_ips);
        }
    }
}

/* Returns the endpoint that has 'mac' in 'network', or NULL.  The world must
 * be sorted. */
const struct world_endpoint *
world_find_endpoint(const struct world *world, const char *network,
                    struct eth_addr mac)
{
    const struct world_endpoint key = {
        .network = CONST_CAST(char *, network), .mac = mac,
    };
    return (world->n_endpoints
            ? bsearch(&key, world->endpoints, world->n_endpoints,
                      sizeof *world->endpoints, compare_endpoints) : NULL);
}

bool
world_endpoint_has_ip(const struct world_endpoint *endpoint,
                      const struct in6_addr *ip)
{
    for (size_t i = 0; i < endpoint->n_ips; i++) {
        if (ipv6_addr_equals(&endpoint->ips[i], ip)) {
            return true;
        }
    }
    return false;
}

/* Returns the family of the blocks of 'network': with IPv4 a pod's IPv6
 * address follows from its IPv4 one. */
enum addr_family
world_block_family(const struct world_network *network)
{
    return prefix_is_set(&network->subnet[ADDR_V4]) ? ADDR_V4 : ADDR_V6;
}

/* Returns where the blocks of 'network' can be. */
struct prefix
world_block_range(const struct world_network *network)
{
    struct prefix range = network->subnet[world_block_family(network)];

    if (prefix_is_set(&range) && prefix_family(&range) == ADDR_V6) {
        range.plen = MAX(range.plen, WORLD_BLOCKS_PLEN_V6);
    }
    return range;
}

/* Returns how many addresses a block of 'network' has. */
static size_t
block_size(const struct world_network *network)
{
    enum addr_family family = world_block_family(network);

    return (size_t) 1 << ((family == ADDR_V4 ? 32 : 128)
                          - network->node_plen[family]);
}

/* Returns how many addresses of 'block' of 'network' nobody has. */
static size_t
count_free(const struct world *world, const struct world_network *network,
           const struct prefix *block)
{
    enum addr_family family = prefix_family(block);
    const struct prefix *subnet = &network->subnet[family];
    struct in6_addr last = prefix_last(subnet);
    size_t n = block_size(network);
    size_t used = 0;

    used += prefix_has_addr(block, &subnet->addr);
    used += prefix_has_addr(block, &network->gateway[family]);
    used += family == ADDR_V4 && prefix_has_addr(block, &last);
    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        used += (!strcmp(pod->network, network->name)
                 && addr_is_set(&pod->ip[family])
                 && prefix_has_addr(block, &pod->ip[family]));
    }
    for (size_t i = 0; i < world->n_endpoints; i++) {
        const struct world_endpoint *endpoint = &world->endpoints[i];
        for (size_t j = 0; j < endpoint->n_ips
             && strcmp(endpoint->node, world->node)
             && !strcmp(endpoint->network, network->name); j++) {
            used += prefix_has_addr(block, &endpoint->ips[j]);
        }
    }
    return n > used ? n - used : 0;
}

/* Returns whether pods of this node shall have addresses of 'network' at all.
 */
static bool
needs_addresses(const struct world *world,
                const struct world_network *network)
{
    return (prefix_is_set(&network->subnet[world_block_family(network)])
            && (network->bridged.wants_block
                || world_has_pod_in(world, network->name)));
}

/* Returns how many addresses this node has to give in 'network', those of
 * 'without' (NULL: none) not counted. */
static size_t
count_reserve(const struct world *world, const struct world_network *network,
              const struct prefix *without)
{
    const struct world_bridged *bridged = &network->bridged;
    size_t n_free = 0;

    for (size_t i = 0; i < bridged->n_blocks; i++) {
        if (!without || prefix_compare(&bridged->blocks[i], without)) {
            n_free += count_free(world, network, &bridged->blocks[i]);
        }
    }
    return n_free;
}

/* Should this node have another block of 'network', to give addresses from?
 * It keeps a quarter of one in reserve while it has pods. */
bool
world_needs_block(const struct world *world,
                  const struct world_network *network)
{
    return (needs_addresses(world, network)
            && count_reserve(world, network, NULL)
               < MAX(block_size(network) / 4, 1));
}

/* Has this node enough without 'block', one of its own in 'network'?  Half of
 * one, so that it does not need another at once. */
bool
world_spares_block(const struct world *world,
                   const struct world_network *network,
                   const struct prefix *block)
{
    return (!needs_addresses(world, network)
            || count_reserve(world, network, block)
               >= MAX(block_size(network) / 2, 1));
}

/* Returns to how many peers and pods a pod here floods in 'network'. */
static size_t
count_flood(const struct world *world, const struct world_network *network)
{
    bool *counted = xcalloc(world->n_peers + 1, sizeof *counted);
    size_t n = 0;

    for (size_t i = 0; i < world->n_endpoints; i++) {
        const struct world_endpoint *endpoint = &world->endpoints[i];
        const struct world_peer *peer
            = (!strcmp(endpoint->network, network->name)
               ? world_find_peer(world, endpoint->node) : NULL);
        if (peer && !counted[peer - world->peers]) {
            counted[peer - world->peers] = true;
            n++;
        }
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        n += !strcmp(world->pods[i].network, network->name);
    }
    free(counted);
    return n;
}

/* Returns NULL, or which network has nearly too many members, or too many, to
 * flood to.  The world must be sorted; the caller frees the text. */
char *
world_check_floods(const struct world *world)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];

        if (network->mode == WORLD_BRIDGED
            && world_has_pod_in(world, network->name)) {
            size_t n = count_flood(world, network);
            if (n >= WORLD_FLOOD_WARNING) {
                return xasprintf("network %s: what a pod here floods goes to "
                                 "%"PRIuSIZE" peers and pods: Open vSwitch "
                                 "copies a packet %d times at most, and the "
                                 "rest would get nothing", network->name, n,
                                 WORLD_FLOOD_MAX);
            }
        }
    }
    return NULL;
}

static int
compare_peer_name(const void *name_, const void *peer_)
{
    const char *name = name_;
    const struct world_peer *peer = peer_;
    return strcmp(name, peer->name);
}

/* Returns the peer called 'name', or NULL.  The world must be sorted. */
struct world_peer *
world_find_peer(const struct world *world, const char *name)
{
    return (world->n_peers
            ? bsearch(name, world->peers, world->n_peers,
                      sizeof *world->peers, compare_peer_name) : NULL);
}

/* Has this node a pod in 'network' with an address of 'prefix'? */
bool
world_has_pod_at(const struct world *world,
                 const struct world_network *network,
                 const struct prefix *prefix)
{
    enum addr_family family = prefix_family(prefix);

    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        if (!strcmp(pod->network, network->name)
            && addr_is_set(&pod->ip[family])
            && prefix_has_addr(prefix, &pod->ip[family])) {
            return true;
        }
    }
    return false;
}

/* Has this node a pod in 'network'? */
bool
world_has_pod_in(const struct world *world, const char *network)
{
    for (size_t i = 0; i < world->n_pods; i++) {
        if (!strcmp(world->pods[i].network, network)) {
            return true;
        }
    }
    return false;
}
