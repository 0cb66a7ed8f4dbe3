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

/* Open vSwitch makes at most so many copies of a packet, which 64 KiB of
 * actions hold: the rest of the members of a larger flood get nothing, without
 * a word.  Tried on the userspace datapath with VXLAN over IPv4. */
#define WORLD_FLOOD_MAX 780

/* From how many on people are told. */
#define WORLD_FLOOD_WARNING 700

/* Of an IPv6 subnet blocks are in the first 2^16 addresses: that is as many as
 * the plugin looks at. */
#define WORLD_BLOCKS_PLEN_V6 112

/* A block does not rest longer than a year, in seconds. */
#define WORLD_BLOCK_REST_MAX (365 * 24 * 3600)

struct world;
struct world_network;
struct world_peer;

/* What only a bridged network has.  Its subnets are its ranges, whole: the
 * same on all nodes, and so are its gateways. */
struct world_bridged {
    struct prefix *blocks; /* What this node gives pods addresses from. */
    size_t n_blocks;       /* Number of 'blocks'. */
    bool flood_unknown;    /* Does unicast for an unknown MAC go to all? */
    bool drop_multicast;   /* Does multicast go to nobody? */
    bool snoop;            /* Does it go to those who listen only? */
    uint64_t storm_rate;   /* Of what a node's pods flood; 0: no limit. */
    unsigned int block_rest; /* How long a block's addresses are free before
                              * it is given back, in seconds. */
    bool wants_block;      /* Has the plugin run out of addresses? */
    char *offered;         /* The blocks that the plugin is told of by now, by
                            * commas; NULL: none. */
};

/* Whether a pod of a bridged network can have its addresses, if they are not
 * this node's to give. */
enum world_claim_state {
    WORLD_CLAIM_NONE,    /* They are this node's. */
    WORLD_CLAIM_PENDING, /* The cluster has not said. */
    WORLD_CLAIM_GRANTED, /* It has, and the plugin has not been told. */
    WORLD_CLAIM_REFUSED  /* The same, but somebody else has them. */
};

struct world_claim {
    enum world_claim_state state;
    bool moves;       /* May it be a member that has come from elsewhere? */
    int64_t sequence; /* What this node's Endpoint row has to say. */
    char *why;        /* WORLD_CLAIM_REFUSED: why; owned. */
};

/* Who has a MAC in a bridged network, as the cluster knows it. */
struct world_endpoint {
    char *network;        /* Name of a bridged network in the same world. */
    struct eth_addr mac;  /* Unique in the network. */
    char *node;           /* Where: a peer, or this node. */
    struct in6_addr *ips; /* Its addresses; none if it tells none. */
    size_t n_ips;         /* Number of 'ips'. */
    struct in6_addr *groups; /* What it listens to, if that matters. */
    size_t n_groups;      /* Number of 'groups'. */
    int64_t sequence;     /* Of two claims the higher one counts. */
};

void world_add_block(struct world_network *, const struct prefix *);
struct world_endpoint *world_add_endpoint(struct world *, const char *network,
                                          struct eth_addr mac,
                                          const char *node);
void world_endpoint_add_ip(struct world_endpoint *, const struct in6_addr *);
void world_sort_endpoints(struct world *);
void world_destroy_endpoints(struct world *);
const struct world_endpoint *world_find_endpoint(const struct world *,
                                                 const char *network,
                                                 struct eth_addr mac);
bool world_endpoint_has_ip(const struct world_endpoint *,
                           const struct in6_addr *);
enum addr_family world_block_family(const struct world_network *);
struct prefix world_block_range(const struct world_network *);
bool world_needs_block(const struct world *, const struct world_network *);
bool world_spares_block(const struct world *, const struct world_network *,
                        const struct prefix *block);
bool world_has_pod_at(const struct world *, const struct world_network *,
                      const struct prefix *);
char *world_check_floods(const struct world *);
bool world_has_pod_in(const struct world *, const char *network);

/* For the peers the world must be sorted. */
struct world_network *world_find_network(const struct world *,
                                         const char *name);
struct world_peer *world_find_peer(const struct world *, const char *name);

#endif /* flows/endpoints.h */
