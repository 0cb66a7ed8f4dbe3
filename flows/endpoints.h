/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_ENDPOINTS_H
#define LODEN_FLOWS_ENDPOINTS_H 1

/* What bridged networks add to the world (flows/world.h). */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/addr.h"
#include "openvswitch/types.h"

struct world;
struct world_peer;

/* What only a bridged network has.  Its subnets are its ranges, whole: the
 * same on all nodes, and so are its gateways. */
struct world_bridged {
    struct prefix *blocks; /* What this node gives pods addresses from. */
    size_t n_blocks;       /* Number of 'blocks'. */
    bool flood_unknown;    /* Does unicast for an unknown MAC go to all? */
    bool drop_multicast;   /* Does multicast go to nobody? */
    uint64_t storm_rate;   /* Of what a node's pods flood; 0: no limit. */
};

/* Who has a MAC in a bridged network, as the cluster knows it. */
struct world_endpoint {
    char *network;        /* Name of a bridged network in the same world. */
    struct eth_addr mac;  /* Unique in the network. */
    char *node;           /* Where: a peer, or this node. */
    struct in6_addr *ips; /* Its addresses; none if it tells none. */
    size_t n_ips;         /* Number of 'ips'. */
    int64_t sequence;     /* Of two claims the higher one counts. */
};

struct world_endpoint *world_add_endpoint(struct world *, const char *network,
                                          struct eth_addr mac,
                                          const char *node);
void world_endpoint_add_ip(struct world_endpoint *, const struct in6_addr *);
void world_sort_endpoints(struct world *);
void world_destroy_endpoints(struct world *);
const struct world_endpoint *world_find_endpoint(const struct world *,
                                                 const char *network,
                                                 struct eth_addr mac);
bool world_has_pod_in(const struct world *, const char *network);

/* The world must be sorted. */
struct world_peer *world_find_peer(const struct world *, const char *name);

#endif /* flows/endpoints.h */
