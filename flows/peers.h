/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_PEERS_H
#define LODEN_FLOWS_PEERS_H 1

/* The other nodes of a world (flows/world.h). */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "flows/addr.h"
#include "openvswitch/ofp-port.h"

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
    char *port_name;            /* Of the tunnel port, "lt-" and 8 hex. */
    ofp_port_t port;            /* Its number; OFPP_NONE while unknown, or
                                 * while there is no such port. */
    bool port_there;            /* Has the switch that port? */
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
