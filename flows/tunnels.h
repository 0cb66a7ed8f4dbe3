/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_TUNNELS_H
#define LODEN_FLOWS_TUNNELS_H 1

/* The tunnels of a world (flows/world.h): one port for each peer, or one that
 * all share.
 *
 * The change from one to the other loses nothing: first the new ports are
 * made beside the old and packets are taken from both, then they are sent by
 * the new, and when the switch has confirmed that, the old ports go.  There
 * is no step to remember: which ports the switch has says how far it is. */

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

/* The port that peers share. */
#define TUNNELS_SHARED_NAME "lt-shared"
#define TUNNELS_SHARED_OBJECT "shared"

enum tunnels_mode {
    TUNNELS_PER_PEER, /* A port for each peer. */
    TUNNELS_SHARED,   /* One port for all. */
    TUNNELS_AUTO      /* One of them, by how many peers there are. */
};

struct world_tunnels {
    enum tunnels_mode asked; /* What people say. */
    enum tunnels_mode mode;  /* What is wanted now; never TUNNELS_AUTO. */
    uint16_t dst_port;       /* UDP port of VXLAN. */
    struct outer outer;      /* What they put around a packet. */
    ofp_port_t shared;       /* The shared port's number; OFPP_NONE while
                              * unknown, or while there is none. */
    bool shared_there;       /* Has the switch that port? */
};

bool tunnels_parse_mode(const char *text, enum tunnels_mode *);
const char *tunnels_mode_name(enum tunnels_mode);
void tunnels_choose(struct world *);

/* Is what is for 'peer' sent by the shared port? */
bool tunnels_sends_shared(const struct world *, const struct world_peer *);

/* Does nothing leave by ports that the mode does not want? */
bool tunnels_have_changed(const struct world *);

bool tunnels_have_ends(const struct world *);

#endif /* flows/tunnels.h */
