/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_SIZES_H
#define LODEN_FLOWS_SIZES_H 1

/* How large packets of a world (flows/world.h) are and may be.  All sizes are
 * of IP packets, in bytes. */

struct world;
struct world_network;
struct world_peer;

/* What a node's ways leave for pods, as it says, is not believed if it is less
 * than this: no underlay that IPv6 can use leaves less, and one node must not
 * make all pods slow. */
#define SIZES_SAID_MIN (1280 - WORLD_TUNNEL_OVERHEAD_V6)

/* What this node's tunnels leave for the packets of pods; 0 if nothing is
 * known of its underlay. */
unsigned int sizes_own(const struct world *);

/* What the tunnels of all nodes leave for the packets of pods, wherever they
 * go. */
unsigned int sizes_pods(const struct world *);

/* Gives the networks without an MTU of their own what the tunnels leave. */
void sizes_put_mtu(struct world *);

/* Gives 'network', if it has IPv6, the least MTU that IPv6 needs, and says
 * so among the refusals. */
void sizes_check_v6(struct world *, struct world_network *network);

/* The largest packet that fits into the tunnel to a peer; 0 if that is not
 * known. */
unsigned int sizes_tunnel(const struct world *, const struct world_peer *);

/* The largest packet that any port of the network on this node can send. */
unsigned int sizes_largest(const struct world *, const struct world_network *);

#endif /* flows/sizes.h */
