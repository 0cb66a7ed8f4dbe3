/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_PEERS_H
#define LODEN_FLOWS_PEERS_H 1

/* The other nodes of a world (flows/world.h). */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "flows/addr.h"
#include "flows/tunnels.h"

struct world;

/* A peer's share of a routed network. */
struct world_lease {
    char *network;        /* Name of a network in the same world. */
    struct prefix subnet; /* Inside that network's ranges. */
};

/* Another node. */
struct world_peer {
    char *name;                 /* Unique. */
    struct in6_addr tunnel_ip;  /* Where its tunnel ends; never "::". */
    enum tunnels_encap speaks;  /* What its row says that it does. */
    unsigned int pod_mtu;       /* What its row says that its ways leave for
                                 * pods, in bytes; 0: nothing. */
    char *port_names[TUNNELS_N_ENCAPS]; /* Of its own tunnel ports: "lt-" or
                                         * "lg-" and 8 hex. */
    struct world_tunnel tunnels[TUNNELS_N_ENCAPS]; /* Those ports. */
    unsigned int path_mtu;      /* Of the underlay's route there, in bytes;
                                 * 0: not known. */
    struct world_lease *leases; /* Its subnets. */
    size_t n_leases;            /* Number of 'leases'. */
};

struct world_peer *world_add_peer(struct world *, const char *name,
                                  const struct in6_addr *tunnel_ip);
void world_peer_add_lease(struct world_peer *, const char *network,
                          const struct prefix *subnet);
void world_peer_derive(struct world_peer *);

#endif /* flows/peers.h */
