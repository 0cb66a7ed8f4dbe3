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

/* Adds an endpoint without addresses.  The pointer is good until the next one
 * is added. */
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
