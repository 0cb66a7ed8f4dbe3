/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The cluster's options, in its Loden_Global row -> world.  One that cannot
 * be right is refused by name and counts as not set. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>

#include "ovsdb/keys.h"
#include "util.h"

/* Returns true and the UDP port that 'text' says, or false. */
static bool
parse_dst_port(const char *text, uint16_t *ret_port)
{
    int port;

    if (!str_to_int(text, 10, &port) || port < 1 || port > UINT16_MAX) {
        return false;
    }
    *ret_port = port;
    return true;
}

/* Reads what is put around packets. */
static void
read_outer(const struct smap *options, struct world *world)
{
    for (size_t i = 0; i < OUTER_N_OPTIONS; i++) {
        const struct outer_option *option = &outer_options[i];
        const char *value = smap_get(options, option->name);
        char buf[TEXT_SHOWN];

        if (value && !option->parse(value, &world->tunnels.outer)) {
            world_refuse(world, xasprintf("Loden_Global, option %s",
                                          option->name),
                         "'%s' is not %s: it is %s", text_show(value, buf),
                         option->wanted, option->absent);
        }
    }
}

/* Reads which UDP port the tunnels have, and which other one while it
 * changes. */
static void
read_dst_ports(const struct smap *options, struct world *world)
{
    struct world_tunnels *tunnels = &world->tunnels;
    const char *text = smap_get(options, OPTION_DST_PORT);
    const char *also = smap_get(options, OPTION_ALSO_DST_PORT);
    char buf[TEXT_SHOWN];

    if (text && !parse_dst_port(text, &tunnels->dst_port)) {
        world_refuse(world, xstrdup("Loden_Global, option "OPTION_DST_PORT),
                     "'%s' is no UDP port, 1 to 65535: it is %d",
                     text_show(text, buf), TUNNELS_VXLAN_PORT);
    }
    if (also && !parse_dst_port(also, &tunnels->also_dst_port)) {
        world_refuse(world, xstrdup("Loden_Global, option "
                                    OPTION_ALSO_DST_PORT),
                     "'%s' is no UDP port, 1 to 65535: there is none",
                     text_show(also, buf));
    }
    if (tunnels->also_dst_port == tunnels->dst_port) {
        tunnels->also_dst_port = 0;
    }
}

/* Reads what all tunnels of the cluster have in common. */
void
global_read(const struct cluster *cluster, struct world *world)
{
    const struct lodenrec_loden_global *row
        = lodenrec_loden_global_first(cluster->idl);
    const char *ports = smap_get(&row->options, OPTION_TUNNEL_PORTS);
    const char *encap = smap_get(&row->options, OPTION_ENCAP);
    char buf[TEXT_SHOWN];

    world->config_seq = row->config_seq;
    if (ports && !tunnels_parse_mode(ports, &world->tunnels.asked)) {
        world_refuse(world, xstrdup("Loden_Global, option "
                                    OPTION_TUNNEL_PORTS),
                     "'%s' is neither per-peer, shared nor auto: it is auto",
                     text_show(ports, buf));
    }
    read_dst_ports(&row->options, world);
    if (encap && !tunnels_parse_encap(encap, &world->tunnels.wish)) {
        world_refuse(world, xstrdup("Loden_Global, option "OPTION_ENCAP),
                     "'%s' is neither vxlan nor geneve: it is vxlan",
                     text_show(encap, buf));
    }
    read_outer(&row->options, world);
}
