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

static const struct {
    const char *name;   /* In options, and Open vSwitch's type of port. */
    const char *shared; /* Name of the port that all peers share, on the
                         * usual UDP port. */
} encaps[] = {
    [TUNNELS_VXLAN] = { "vxlan", "lt-shared" },
    [TUNNELS_GENEVE] = { "geneve", "lg-shared" },
    [TUNNELS_ALSO] = { "vxlan", "lt-shared" },
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

/* Returns true and the encapsulation called 'text', or false. */
bool
tunnels_parse_encap(const char *text, enum tunnels_encap *encap)
{
    for (size_t i = 0; i < TUNNELS_N_ENCAPS; i++) {
        if (!strcmp(text, encaps[i].name)) {
            *encap = i;
            return true;
        }
    }
    return false;
}

const char *
tunnels_encap_name(enum tunnels_encap encap)
{
    return encaps[encap].name;
}

/* On an unusual UDP port the name tells it: while that changes, there is a
 * port for each, and which of them packets leave by is no change of ports. */
const char *
tunnels_shared_name(const struct world_tunnels *tunnels,
                    enum tunnels_encap encap, char name[TUNNELS_NAME_SIZE])
{
    uint16_t udp_port = tunnels_udp_port(tunnels, encap);
    bool usual = encap == TUNNELS_GENEVE || udp_port == TUNNELS_VXLAN_PORT;

    snprintf(name, TUNNELS_NAME_SIZE, usual ? "%s" : "%s-%"PRIu16,
             encaps[encap].shared, udp_port);
    return name;
}

/* Has any peer a port of its own? */
static bool
has_own_ports(const struct world *world)
{
    for (size_t i = 0; i < world->n_peers; i++) {
        for (int encap = 0; encap < TUNNELS_N_ENCAPS; encap++) {
            if (world->peers[i].tunnels[encap].port != OFPP_NONE) {
                return true;
            }
        }
    }
    return false;
}

/* Would a shared port keep packets from the kernel's datapath?  Rules tell
 * peers by 'tun_src' and by 'tun_ipv6_src', so that what Open vSwitch finds
 * out about a packet rests on both, and the kernel takes no flow whose mask
 * has addresses of both families (ip_tun_from_nlattr() in its
 * flow_netlink.c): each packet of one of them would go by ovs-vswitchd. */
static bool
is_mixed(const struct world *world)
{
    size_t n[ADDR_N_FAMILIES] = { 0 };

    for (size_t i = 0; i < world->n_peers; i++) {
        n[addr_family(&world->peers[i].tunnel_ip)]++;
    }
    return !world->userspace && n[ADDR_V4] && n[ADDR_V6];
}

/* Decides the mode of 'world', which has all its peers and knows their ports
 * and whether it has the shared one. */
void
tunnels_choose(struct world *world)
{
    struct world_tunnels *tunnels = &world->tunnels;
    size_t limit = TUNNELS_SHARED_ABOVE;

    if (tunnels->also_dst_port) {
        tunnels->mode = TUNNELS_SHARED;
        return;
    }
    if (is_mixed(world)) {
        tunnels->mode = TUNNELS_PER_PEER;
        return;
    }
    if (tunnels->asked != TUNNELS_AUTO) {
        tunnels->mode = tunnels->asked;
        return;
    }
    if (tunnels->shared[TUNNELS_VXLAN].port != OFPP_NONE
        && !has_own_ports(world)) {
        /* One node that comes and goes must not change the mode. */
        limit -= limit / 4;
    }
    tunnels->mode = (world->n_peers > limit
                     ? TUNNELS_SHARED : TUNNELS_PER_PEER);
}

uint16_t
tunnels_udp_port(const struct world_tunnels *tunnels,
                 enum tunnels_encap encap)
{
    return (encap == TUNNELS_GENEVE ? TUNNELS_GENEVE_PORT
            : encap == TUNNELS_ALSO ? tunnels->also_dst_port
            : tunnels->dst_port);
}

/* Does any peer speak Geneve? */
static bool
is_geneve_about(const struct world *world)
{
    for (size_t i = 0; i < world->n_peers; i++) {
        if (world->peers[i].speaks == TUNNELS_GENEVE) {
            return true;
        }
    }
    return false;
}

bool
tunnels_want_shared(const struct world *world, enum tunnels_encap encap)
{
    const struct world_tunnels *tunnels = &world->tunnels;

    if (encap == TUNNELS_ALSO) {
        return tunnels->also_dst_port != 0;
    } else if (tunnels->wish == TUNNELS_GENEVE
               || tunnels->speaks == TUNNELS_GENEVE) {
        return true;
    } else if (encap == TUNNELS_GENEVE) {
        return (tunnels->shared[encap].port != OFPP_NONE
                && is_geneve_about(world));
    }
    return tunnels->mode == TUNNELS_SHARED;
}

/* Returns how packets between this node and 'peer' shall look.  Both decide by
 * the same two rows. */
static enum tunnels_encap
choose_encap(const struct world *world, const struct world_peer *peer)
{
    const struct world_tunnels *tunnels = &world->tunnels;

    return (tunnels->wish == TUNNELS_GENEVE
            && tunnels->speaks == TUNNELS_GENEVE
            && peer->speaks == TUNNELS_GENEVE
            ? TUNNELS_GENEVE : TUNNELS_VXLAN);
}

bool
tunnels_want_own(const struct world *world, const struct world_peer *peer,
                 enum tunnels_encap encap)
{
    return (world->tunnels.mode == TUNNELS_PER_PEER
            && choose_encap(world, peer) == encap);
}

/* Returns the port that the switch has, or if it has none the one that it will
 * have: of those that there are the one that is wanted, else the other kind of
 * port, else VXLAN, which every peer takes. */
struct tunnels_way
tunnels_find_way(const struct world *world, const struct world_peer *peer)
{
    bool wants_shared = world->tunnels.mode == TUNNELS_SHARED;
    enum tunnels_encap best = choose_encap(world, peer);

    for (int future = 0; future < 2; future++) {
        for (int encap = best; encap >= TUNNELS_VXLAN; encap--) {
            for (int other = 0; other < 2; other++) {
                bool shared = wants_shared != other;
                const struct world_tunnel *tunnel
                    = (shared ? &world->tunnels.shared[encap]
                       : &peer->tunnels[encap]);
                if (future ? tunnel->port != OFPP_NONE : tunnel->there) {
                    return (struct tunnels_way) {
                        .encap = encap, .shared = shared,
                        .port = tunnel->port };
                }
            }
        }
    }
    return (struct tunnels_way) { .encap = best, .port = OFPP_NONE };
}

const char *
tunnels_port_name(const struct world *world, const struct world_peer *peer,
                  char name[TUNNELS_NAME_SIZE])
{
    const struct tunnels_way way = tunnels_find_way(world, peer);

    return (way.shared
            ? tunnels_shared_name(&world->tunnels, way.encap, name)
            : peer->port_names[way.encap]);
}

bool
tunnels_have_changed(const struct world *world)
{
    bool wants_shared = world->tunnels.mode == TUNNELS_SHARED;

    for (size_t i = 0; i < world->n_peers; i++) {
        const struct world_peer *peer = &world->peers[i];
        const struct tunnels_way way = tunnels_find_way(world, peer);
        if (way.shared != wants_shared
            || way.encap != choose_encap(world, peer)) {
            return false;
        }
    }
    return !wants_shared || world->tunnels.shared[TUNNELS_VXLAN].there;
}

enum tunnels_encap
tunnels_can_speak(const struct world *world)
{
    const struct world_tunnels *tunnels = &world->tunnels;

    if (tunnels->wish == TUNNELS_GENEVE) {
        return (tunnels->speaks == TUNNELS_GENEVE
                || (tunnels->shared[TUNNELS_VXLAN].there
                    && tunnels->shared[TUNNELS_GENEVE].there)
                ? TUNNELS_GENEVE : TUNNELS_VXLAN);
    }
    for (size_t i = 0; i < world->n_peers; i++) {
        if (tunnels_find_way(world, &world->peers[i]).encap
            == TUNNELS_GENEVE) {
            return TUNNELS_GENEVE;
        }
    }
    return TUNNELS_VXLAN;
}

/* A port of a peer's own would take what comes to one of them.  Where our
 * tunnels end nowhere nobody sends to us. */
bool
tunnels_take_both(const struct world *world)
{
    const struct world_tunnels *tunnels = &world->tunnels;

    return (!tunnels->also_dst_port || !tunnels_have_ends(world)
            || (tunnels->shared[TUNNELS_VXLAN].there
                && tunnels->shared[TUNNELS_ALSO].there
                && !has_own_ports(world)));
}

/* Does 'world' know where any of our tunnels end? */
bool
tunnels_have_ends(const struct world *world)
{
    return (addr_is_set(&world->tunnel_ip[ADDR_V4])
            || addr_is_set(&world->tunnel_ip[ADDR_V6]));
}
