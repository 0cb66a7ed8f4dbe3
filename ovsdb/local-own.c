/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Loden's own ports -> numbers of the world's peers and networks, and which
 * tunnel ports there shall be.  The ports are made by local-ports.c. */

#include <config.h>
#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "ovsdb/keys.h"
#include "simap.h"
#include "util.h"

/* Returns the number that the switch has given to the port of 'iface', or
 * OFPP_NONE. */
ofp_port_t
own_ofport(const struct ovsrec_interface *iface, const struct simap *ofports)
{
    const struct simap_node *node
        = ofports ? simap_find(ofports, iface->name) : NULL;

    return (node && node->data && node->data < ofp_to_u16(OFPP_MAX)
            ? u16_to_ofp(node->data) : OFPP_NONE);
}

/* Returns the number of a port of our own: the one that it asks for is as
 * good until Open vSwitch has answered.  Stores into 'ret_there' whether it
 * has. */
static ofp_port_t
read_number(const struct ovsrec_interface *iface, const struct simap *ofports,
            bool *ret_there)
{
    ofp_port_t port = own_ofport(iface, ofports);

    *ret_there = port != OFPP_NONE;
    return (*ret_there || !iface->n_ofport_request
            ? port : u16_to_ofp(*iface->ofport_request));
}

/* Returns the interface called 'name' whose 'key' is 'object', or NULL. */
static const struct ovsrec_interface *
find_own(const struct shash *ifaces, const char *name, const char *key,
         const char *object)
{
    const struct ovsrec_interface *iface = shash_find_data(ifaces, name);
    const char *value = iface ? smap_get(&iface->external_ids, key) : NULL;

    return value && !strcmp(value, object) ? iface : NULL;
}

/* Reads what is put around packets that this node sends. */
static void
read_outer(const struct local *local, struct world *world)
{
    const struct ovsrec_open_vswitch *row = local_row(local);

    for (size_t i = 0; i < OUTER_N_OPTIONS; i++) {
        const struct outer_option *option = &outer_options[i];
        const char *value = smap_get_def(&row->external_ids, option->key, "");
        char buf[TEXT_SHOWN];

        if (value[0] && !option->parse(value, &world->tunnels.outer)) {
            world_refuse(world, xasprintf("Open_vSwitch, external_ids:%s",
                                          option->key),
                         "'%s' is not %s: it is as the cluster says",
                         text_show(value, buf), option->wanted);
        }
    }
}

/* Reads what a person has set for the tunnels of this node alone. */
static void
read_tunnels(const struct local_settings *settings, struct world *world)
{
    struct world_tunnels *tunnels = &world->tunnels;
    char buf[TEXT_SHOWN];

    if (settings->tunnel_ports
        && !tunnels_parse_mode(settings->tunnel_ports, &tunnels->asked)) {
        world_refuse(world, xstrdup("Open_vSwitch, external_ids:"
                                    KEY_TUNNEL_PORTS),
                     "'%s' is neither per-peer, shared nor auto: it is %s, as "
                     "the cluster says",
                     text_show(settings->tunnel_ports, buf),
                     tunnels_mode_name(tunnels->asked));
    }
    if (settings->encap
        && !tunnels_parse_encap(settings->encap, &tunnels->wish)) {
        world_refuse(world, xstrdup("Open_vSwitch, external_ids:"KEY_ENCAP),
                     "'%s' is neither vxlan nor geneve: it is %s, as the "
                     "cluster says", text_show(settings->encap, buf),
                     tunnels_encap_name(tunnels->wish));
    }
    if (tunnels->wish == TUNNELS_GENEVE
        && (tunnels->dst_port == TUNNELS_GENEVE_PORT
            || tunnels->also_dst_port == TUNNELS_GENEVE_PORT)) {
        tunnels->wish = TUNNELS_VXLAN;
        world_refuse(world, xstrdup("Loden_Global, option "OPTION_DST_PORT),
                     "%d is Geneve's UDP port: encap is vxlan while VXLAN has "
                     "it", TUNNELS_GENEVE_PORT);
    }
}

/* Reads what a person has set for this node alone. */
static void
read_settings(const struct local *local, struct world *world)
{
    struct local_settings settings;

    local_get_settings(local, &settings);
    read_tunnels(&settings, world);
    world->manages_forward = (settings.forward
                              && !strcmp(settings.forward, "manage"));
    if (settings.forward && !world->manages_forward
        && strcmp(settings.forward, "leave")) {
        char buf[TEXT_SHOWN];
        world_refuse(world, xstrdup("Open_vSwitch, external_ids:"KEY_FORWARD),
                     "'%s' is neither manage nor leave: it is leave",
                     text_show(settings.forward, buf));
    }
}

/* Returns the tunnel port of 'iface', which may be NULL. */
static struct world_tunnel
read_tunnel(const struct ovsrec_interface *iface, const struct simap *ofports)
{
    struct world_tunnel tunnel = { .port = OFPP_NONE };

    if (iface) {
        tunnel.port = read_number(iface, ofports, &tunnel.there);
    }
    return tunnel;
}

/* Stores the numbers of our own ports among 'ifaces' (name -> row) into
 * 'world', and decides about its tunnels. */
void
own_read(const struct local *local, const struct shash *ifaces,
         const struct simap *ofports, struct world *world)
{
    const struct ovsrec_interface *iface;
    bool there;

    for (int encap = 0; encap < TUNNELS_N_ENCAPS; encap++) {
        for (size_t i = 0; i < world->n_peers; i++) {
            struct world_peer *peer = &world->peers[i];
            peer->tunnels[encap] = read_tunnel(
                find_own(ifaces, peer->port_names[encap], KEY_PEER,
                         peer->name), ofports);
        }
    }
    for (int encap = 0; encap < TUNNELS_N_SHARED; encap++) {
        char name[TUNNELS_NAME_SIZE];

        tunnels_shared_name(&world->tunnels, encap, name);
        world->tunnels.shared[encap] = read_tunnel(
            find_own(ifaces, name, KEY_TUNNELS, TUNNELS_SHARED_OBJECT),
            ofports);
    }
    for (size_t i = 0; i < world->n_networks; i++) {
        struct world_network *network = &world->networks[i];

        iface = find_own(ifaces, network->host_name, KEY_HOST, network->name);
        if (iface) {
            network->host_port = read_number(iface, ofports, &there);
        }
    }
    read_settings(local, world);
    read_outer(local, world);
    tunnels_choose(world);
}
