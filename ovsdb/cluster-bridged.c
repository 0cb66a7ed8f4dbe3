/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What a Network row says of a bridged network that it does not say of a
 * routed one. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <string.h>

#include "util.h"

/* One segment of more than a million addresses is a mistake, and the plugin
 * looks at all of them. */
#define MIN_PLEN_V4 12
#define MAX_PLEN_V4 30

/* A pod's IPv6 address has its IPv4 address at its end (RFC 4291, 2.5.5). */
#define MAX_PLEN_V6 96

/* The length of a bridged network's blocks unless its row says it. */
#define DEFAULT_BLOCK_PLEN_V4 28

/* What the pods of a node may flood into a network unless its row says it, in
 * bits/s: a storm is slower than one port, and applications' multicast is
 * not. */
#define DEFAULT_STORM_RATE 100000000

/* Prepares 'network', which has no ranges yet: of which length its blocks are.
 */
void
bridged_prepare(struct world_network *network)
{
    if (!network->node_plen[ADDR_V4]) {
        network->node_plen[ADDR_V4] = DEFAULT_BLOCK_PLEN_V4;
    }
    /* Of IPv6 nobody claims anything. */
    network->node_plen[ADDR_V6] = 0;
}

/* Returns NULL, or why a bridged network cannot have 'range'. */
char *
bridged_check_range(const struct prefix *range)
{
    bool v4 = prefix_family(range) == ADDR_V4;
    unsigned int min = v4 ? MIN_PLEN_V4 : 1;
    unsigned int max = v4 ? MAX_PLEN_V4 : MAX_PLEN_V6;

    return (range->plen < min || range->plen > max
            ? xasprintf("its length is %u: that of one segment is %u to %u",
                        range->plen, min, max)
            : NULL);
}

/* Reads what only a bridged network has into 'network', which has its ranges:
 * one of a family, which is every node's subnet. */
void
bridged_add(const struct lodenrec_network *row, struct world *world,
            struct world_network *network)
{
    struct world_bridged *bridged = &network->bridged;
    const char *rate = smap_get(&row->options, "storm_rate");
    unsigned long long int bits;
    char shown[TEXT_SHOWN];
    char buf[ADDR_STRLEN];

    for (size_t i = 0; i < network->n_ranges; i++) {
        const struct prefix *range = &network->ranges[i];
        enum addr_family family = prefix_family(range);

        if (prefix_is_set(&network->subnet[family])) {
            world_refuse(world, xasprintf("Network %s, range %s", row->name,
                                          prefix_format(range, buf)),
                         "a bridged network has one range of a family");
        } else {
            world_network_set_subnet(network, range);
        }
    }
    bridged->flood_unknown = !strcmp(row->unknown_unicast, "flood");
    bridged->drop_multicast = !strcmp(row->multicast, "drop");
    if (!strcmp(row->multicast, "snoop")) {
        world_refuse(world, xasprintf("Network %s, multicast snoop",
                                      row->name),
                     "it is not supported by this version: flood is used "
                     "instead");
    }
    bridged->storm_rate = DEFAULT_STORM_RATE;
    if (rate && str_to_ullong(rate, 10, &bits)
        && bits <= UINT32_MAX * UINT64_C(1000)) {
        bridged->storm_rate = bits;
    } else if (rate) {
        world_refuse(world, xasprintf("Network %s, options:storm_rate %s",
                                      row->name, text_show(rate, shown)),
                     "it is no number of bits per second: %d is used instead",
                     DEFAULT_STORM_RATE);
    }
}
