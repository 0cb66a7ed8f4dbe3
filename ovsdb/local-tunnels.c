/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Tunnel ports: one for each peer, or one that all share, or both: while one
 * kind takes the place of the other, and on nodes that speak Geneve, which
 * take both VXLAN and Geneve from everybody.
 *
 * Which port takes a packet is Open vSwitch's to say: a peer's own before the
 * shared one.  A port that comes or goes while packets arrive would have some
 * of them found nowhere, and a number without rules drops what it gets.  So a
 * peer's port that stands beside the shared one is made deaf: it takes a VNI
 * that no network has.  It is given ears, in one step, when the switch has it
 * and the rules for it, and loses them before it is deleted; that needs the
 * time in which ovs-vswitchd follows.  How far the change is can be read from
 * the ports, so that a restart goes on with it.
 *
 * VXLAN and Geneve have ports of their own, with other UDP ports, and so do
 * not stand in each other's way; nor do the two shared ports that there are
 * while VXLAN's UDP port changes. */

#include <config.h>
#include "ovsdb/local-private.h"

#include "openvswitch/poll-loop.h"
#include "ovsdb/keys.h"
#include "timeval.h"

/* In which ovs-vswitchd follows a change of options, in ms. */
#define FOLLOW_MS 1000

/* Makes 'options' those of a tunnel to 'remote_ip', or to whatever flows say
 * if it is NULL: then they also say from which of two addresses. */
static void
put_options(struct smap *options, const struct world *world,
            enum tunnels_encap encap, const struct in6_addr *remote_ip,
            bool deaf)
{
    const struct in6_addr *own = world->tunnel_ip;
    enum addr_family family = (remote_ip ? addr_family(remote_ip)
                               : addr_is_set(&own[ADDR_V4]) ? ADDR_V4
                               : ADDR_V6);
    bool both = addr_is_set(&own[ADDR_V4]) && addr_is_set(&own[ADDR_V6]);
    char buf[ADDR_STRLEN];

    smap_add(options, "remote_ip",
             remote_ip ? addr_format(remote_ip, buf) : "flow");
    if (!remote_ip && both) {
        smap_add(options, "local_ip", "flow");
    } else if (addr_is_set(&own[family])) {
        smap_add(options, "local_ip", addr_format(&own[family], buf));
    }
    if (deaf) {
        smap_add(options, "in_key", "0");
        smap_add(options, "out_key", "flow");
    } else {
        smap_add(options, "key", "flow");
    }
    smap_add_format(options, "dst_port", "%"PRIu16,
                    tunnels_udp_port(&world->tunnels, encap));
    outer_put_options(&world->tunnels.outer, options);
}

/* What all tunnels depend on, while they are put. */
struct tunnels {
    struct port_rows *rows;    /* All rows. */
    const struct world *world; /* What to make true. */
    bool flows;                /* Are its rules in the switch? */
    bool shared[TUNNELS_N_SHARED]; /* Is there such a shared port, or to be
                                    * one? */
    bool deaf;                 /* Is or was a peer's port just now deaf? */
};

static const struct ovsrec_interface *
find_iface(const struct tunnels *t, const char *name)
{
    const struct ovsrec_port *port = shash_find_data(&t->rows->own, name);
    return port ? port->interfaces[0] : NULL;
}

static bool
has_followed(const struct tunnels *t)
{
    return time_msec() >= t->rows->local->tunnels_at + FOLLOW_MS;
}

/* Puts the port of 'peer' for 'encap', if it shall stay or come. */
static void
put_peer(struct tunnels *t, const struct world_peer *peer,
         enum tunnels_encap encap)
{
    struct port_want want = { .name = peer->port_names[encap],
                              .type = tunnels_encap_name(encap),
                              .key = KEY_PEER, .object = peer->name };
    const struct ovsrec_interface *iface = find_iface(t, want.name);
    bool was_deaf = (iface ? smap_get(&iface->options, "in_key") != NULL
                     : t->shared[encap]);
    bool deaf = was_deaf;

    if (!tunnels_want_own(t->world, peer, encap)) {
        bool done = t->flows && tunnels_have_changed(t->world);

        if (!iface || (done && was_deaf && has_followed(t))) {
            return;
        }
        deaf = deaf || done;
    } else if (!t->shared[encap] || (t->flows && peer->tunnels[encap].there)) {
        deaf = false;
    }
    if (iface && deaf != was_deaf) {
        t->rows->local->tunnels_at = time_msec();
    }
    t->deaf = t->deaf || deaf || was_deaf;

    smap_init(&want.options);
    put_options(&want.options, t->world, encap, &peer->tunnel_ip, deaf);
    ports_put_one(t->rows, &want);
    smap_destroy(&want.options);
}

/* Puts the shared port for 'encap', if it shall stay or come.  Peers' are put
 * before. */
static void
put_shared(struct tunnels *t, enum tunnels_encap encap)
{
    char name[TUNNELS_NAME_SIZE];
    struct port_want want = { .name = tunnels_shared_name(&t->world->tunnels,
                                                          encap, name),
                              .type = tunnels_encap_name(encap),
                              .key = KEY_TUNNELS,
                              .object = TUNNELS_SHARED_OBJECT };

    if (!t->shared[encap]
        || (!tunnels_want_shared(t->world, encap) && t->flows
            && tunnels_have_changed(t->world) && !t->deaf
            && has_followed(t))) {
        return;
    }
    smap_init(&want.options);
    put_options(&want.options, t->world, encap, NULL, false);
    ports_put_one(t->rows, &want);
    smap_destroy(&want.options);
}

/* Makes the tunnels that the mode of 'world' wants, and those that it does
 * not want as they may be now; the rest of them stay in rows->own. */
void
tunnels_put(struct port_rows *rows, const struct world *world,
            const struct local_confirmed *confirmed)
{
    struct tunnels t = { .rows = rows, .world = world,
                         .flows = confirmed->flows };

    for (int encap = 0; encap < TUNNELS_N_SHARED; encap++) {
        char name[TUNNELS_NAME_SIZE];

        tunnels_shared_name(&world->tunnels, encap, name);
        t.shared[encap] = (tunnels_want_shared(world, encap)
                           || find_iface(&t, name));
    }
    for (int encap = 0; encap < TUNNELS_N_ENCAPS; encap++) {
        for (size_t i = 0; i < world->n_peers; i++) {
            put_peer(&t, &world->peers[i], encap);
        }
    }
    for (int encap = 0; encap < TUNNELS_N_SHARED; encap++) {
        put_shared(&t, encap);
    }
    rows->local->tunnels_wait = !has_followed(&t);
}

static void
describe_ports(const struct world_tunnel *tunnels, int n, struct ds *s)
{
    for (int encap = 0; encap < n; encap++) {
        ds_put_format(s, " %d", tunnels[encap].there);
    }
}

/* Appends everything of 'world' that tunnels_put() looks at, besides where our
 * tunnels end, to 's'. */
void
tunnels_describe(const struct world *world, struct ds *s)
{
    const struct world_tunnels *tunnels = &world->tunnels;

    ds_put_format(s, "%d %d %d %"PRIu16" %"PRIu16, tunnels->mode,
                  tunnels->wish, tunnels->speaks, tunnels->dst_port,
                  tunnels->also_dst_port);
    outer_format(&tunnels->outer, s);
    describe_ports(tunnels->shared, TUNNELS_N_SHARED, s);
    for (size_t i = 0; i < world->n_peers; i++) {
        const struct world_peer *peer = &world->peers[i];

        ds_put_format(s, "\n%s %d", peer->name, peer->speaks);
        describe_ports(peer->tunnels, TUNNELS_N_ENCAPS, s);
        ds_put_buffer(s, (const char *) &peer->tunnel_ip,
                      sizeof peer->tunnel_ip);
    }
}

/* Has ports put again when ovs-vswitchd has had the time to follow. */
void
tunnels_run(struct local *local)
{
    if (local->tunnels_wait && time_msec() >= local->tunnels_at + FOLLOW_MS) {
        local->tunnels_wait = false;
        local->seqno++;
    }
}

void
tunnels_wait(const struct local *local)
{
    if (local->tunnels_wait) {
        poll_timer_wait_until(local->tunnels_at + FOLLOW_MS);
    }
}
