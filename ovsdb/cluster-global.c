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

/* Reads what all tunnels of the cluster have in common. */
void
global_read(const struct cluster *cluster, struct world *world)
{
    const struct lodenrec_loden_global *row
        = lodenrec_loden_global_first(cluster->idl);
    const char *ports = smap_get(&row->options, OPTION_TUNNEL_PORTS);
    const char *dst_port = smap_get(&row->options, OPTION_DST_PORT);
    char buf[TEXT_SHOWN];

    if (ports && !tunnels_parse_mode(ports, &world->tunnels.asked)) {
        world_refuse(world, xstrdup("Loden_Global, option "
                                    OPTION_TUNNEL_PORTS),
                     "'%s' is neither per-peer, shared nor auto: it is auto",
                     text_show(ports, buf));
    }
    if (dst_port
        && !parse_dst_port(dst_port, &world->tunnels.dst_port)) {
        world_refuse(world, xstrdup("Loden_Global, option "OPTION_DST_PORT),
                     "'%s' is no UDP port, 1 to 65535: it is %d",
                     text_show(dst_port, buf), WORLD_VXLAN_PORT);
    }
}
