/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Which tunnel ports there shall be, and which of those that there are
 * packets leave by.  The ports are made by ovsdb/local-tunnels.c, their rules
 * by flows/compile-peer.c. */

#include <config.h>
#include "flows/tunnels.h"

#include <string.h>

#include "flow.h"
#include "flows/world.h"
#include "util.h"

static const char *const mode_names[] = {
    [TUNNELS_PER_PEER] = "per-peer",
    [TUNNELS_SHARED] = "shared",
    [TUNNELS_AUTO] = "auto",
};

/* Returns true and the mode called 'text', or false. */
bool
tunnels_parse_mode(const char *text, enum tunnels_mode *mode)
{
    for (size_t i = 0; i < ARRAY_SIZE(mode_names); i++) {
        if (!strcmp(text, mode_names[i])) {
            *mode = i;
            return true;
        }
    }
    return false;
}

const char *
tunnels_mode_name(enum tunnels_mode mode)
{
    return mode_names[mode];
}

/* Decides the mode of 'world', which has all its peers and knows whether it
 * has the shared port. */
void
tunnels_choose(struct world *world)
{
    struct world_tunnels *tunnels = &world->tunnels;
    size_t limit = TUNNELS_SHARED_ABOVE;

    if (tunnels->asked != TUNNELS_AUTO) {
        tunnels->mode = tunnels->asked;
        return;
    }
    if (tunnels->shared != OFPP_NONE) {
        /* One node that comes and goes must not change the mode. */
        limit -= limit / 4;
    }
    tunnels->mode = (world->n_peers > limit
                     ? TUNNELS_SHARED : TUNNELS_PER_PEER);
}

bool
tunnels_sends_shared(const struct world *world, const struct world_peer *peer)
{
    const struct world_tunnels *tunnels = &world->tunnels;
    bool wants_shared = tunnels->mode == TUNNELS_SHARED;

    if (tunnels->shared_there != peer->port_there) {
        return tunnels->shared_there;
    } else if (tunnels->shared == OFPP_NONE) {
        return false;
    }
    return wants_shared || peer->port == OFPP_NONE;
}

bool
tunnels_have_changed(const struct world *world)
{
    bool wants_shared = world->tunnels.mode == TUNNELS_SHARED;

    for (size_t i = 0; i < world->n_peers; i++) {
        if (tunnels_sends_shared(world, &world->peers[i]) != wants_shared) {
            return false;
        }
    }
    return !wants_shared || world->tunnels.shared_there;
}

/* Does 'world' know where any of our tunnels end? */
bool
tunnels_have_ends(const struct world *world)
{
    return (addr_is_set(&world->tunnel_ip[ADDR_V4])
            || addr_is_set(&world->tunnel_ip[ADDR_V6]));
}
