/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_TUNNELS_H
#define LODEN_FLOWS_TUNNELS_H 1

/* The tunnels of a world (flows/world.h): one port for each peer, or one that
 * all share; VXLAN, or Geneve between two nodes that both speak it.
 *
 * The change from one to the other loses nothing: first the new ports are
 * made beside the old and packets are taken from both, then they are sent by
 * the new, and when the switch has confirmed that, the old ports go.  There
 * is no step to remember: which ports the switch has says how far it is.
 *
 * So it is with VXLAN and Geneve.  A node says in its row that it speaks
 * Geneve when it takes both from everybody, by a shared port for each; it says
 * so no longer when it sends no Geneve.  Whoever spoke Geneve goes on taking
 * it while any peer may not have heard.
 *
 * While VXLAN's UDP port changes, all nodes have shared ports, one for each of
 * the two UDP ports: they take from both and send by one (ctl/steps.c). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/outer.h"
#include "openvswitch/ofp-port.h"

struct world;
struct world_peer;

/* With more peers than this, TUNNELS_AUTO is TUNNELS_SHARED; see
 * test/bench/tunnel-ports.  Once shared, it goes back below three quarters. */
#define TUNNELS_SHARED_ABOVE 200

/* Whose is a port that peers share. */
#define TUNNELS_SHARED_OBJECT "shared"

/* UDP ports: VXLAN's (RFC 7348) unless the cluster says otherwise, and
 * Geneve's (RFC 8926). */
#define TUNNELS_VXLAN_PORT 4789
#define TUNNELS_GENEVE_PORT 6081

/* Room for the name of a shared port. */
#define TUNNELS_NAME_SIZE 16

/* How packets look between two nodes. */
enum tunnels_encap {
    TUNNELS_VXLAN,    /* What everybody speaks. */
    TUNNELS_GENEVE,   /* Without options: as large as VXLAN. */
    TUNNELS_N_ENCAPS,

    /* Of shared ports only, to receive: VXLAN on another UDP port. */
    TUNNELS_ALSO = TUNNELS_N_ENCAPS,
    TUNNELS_N_SHARED
};

enum tunnels_mode {
    TUNNELS_PER_PEER, /* A port for each peer. */
    TUNNELS_SHARED,   /* One port for all. */
    TUNNELS_AUTO      /* One of them, by how many peers there are. */
};

/* A tunnel port. */
struct world_tunnel {
    ofp_port_t port; /* Its number; OFPP_NONE while unknown, or while there is
                      * no such port. */
    bool there;      /* Has the switch that port? */
};

struct world_tunnels {
    enum tunnels_mode asked;    /* What people say. */
    enum tunnels_mode mode;     /* What is wanted now; never TUNNELS_AUTO. */
    enum tunnels_encap wish;    /* What people say that this node speaks. */
    enum tunnels_encap speaks;  /* What its row says that it does. */
    uint16_t dst_port;          /* UDP port of VXLAN. */
    uint16_t also_dst_port;     /* Another one, taken from peers, too, while
                                 * it changes; 0: none. */
    struct outer outer;         /* What they put around a packet. */
    struct world_tunnel shared[TUNNELS_N_SHARED]; /* Those of all peers. */
};

/* By which of its ports the switch sends to a peer. */
struct tunnels_way {
    enum tunnels_encap encap; /* How. */
    bool shared;              /* By the shared port, not the peer's own? */
    ofp_port_t port;          /* Its number; OFPP_NONE: there is no way. */
};

bool tunnels_parse_mode(const char *text, enum tunnels_mode *);
const char *tunnels_mode_name(enum tunnels_mode);
bool tunnels_parse_encap(const char *text, enum tunnels_encap *);
const char *tunnels_encap_name(enum tunnels_encap);
void tunnels_choose(struct world *);

/* The UDP port of packets of a kind; 0: there are none. */
uint16_t tunnels_udp_port(const struct world_tunnels *, enum tunnels_encap);

/* Stores the name of the port of a kind that peers share, which goes with its
 * UDP port; returns it. */
const char *tunnels_shared_name(const struct world_tunnels *,
                                enum tunnels_encap,
                                char name[TUNNELS_NAME_SIZE]);

/* Shall there be a shared port? */
bool tunnels_want_shared(const struct world *, enum tunnels_encap);

/* Shall 'peer' have a port of its own? */
bool tunnels_want_own(const struct world *, const struct world_peer *,
                      enum tunnels_encap);

struct tunnels_way tunnels_find_way(const struct world *,
                                    const struct world_peer *);

/* Returns the name of that port, which may be stored in 'name'. */
const char *tunnels_port_name(const struct world *, const struct world_peer *,
                              char name[TUNNELS_NAME_SIZE]);

/* Does nothing leave by ports that are not wanted? */
bool tunnels_have_changed(const struct world *);

/* What this node's row is to say that it speaks, once the switch has confirmed
 * the rules of the world. */
enum tunnels_encap tunnels_can_speak(const struct world *);

/* Does this node take from both UDP ports, if they change? */
bool tunnels_take_both(const struct world *);

bool tunnels_have_ends(const struct world *);

#endif /* flows/tunnels.h */
