/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What a Network row says of a bridged network that it does not say of a
 * routed one. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <string.h>

#include "ovsdb/keys.h"
#include "util.h"

/* One segment of more than a million addresses is a mistake, and the plugin
 * looks at all of them. */
#define MIN_PLEN_V4 12
#define MAX_PLEN_V4 30

/* A pod's IPv6 address has its IPv4 address at its end (RFC 4291, 2.5.5). */
#define MAX_PLEN_V6 96

/* The length of a bridged network's blocks unless its row says it. */
#define DEFAULT_BLOCK_PLEN_V4 28
#define DEFAULT_BLOCK_PLEN_V6 124

/* What the pods of a node may flood into a network unless its row says it, in
 * bits/s: a storm is slower than one port, and applications' multicast is
 * not. */
#define DEFAULT_STORM_RATE 100000000

/* How long addresses rest before their block is given back unless its row says
 * it, in seconds: longer than anybody remembers a neighbour. */
#define DEFAULT_BLOCK_REST 300

/* A number among the options of a Network row. */
struct number {
    const char *key;    /* The option's name. */
    uint64_t max;       /* The largest that counts. */
    uint64_t otherwise; /* Unless the row has one that counts. */
    const char *unit;   /* What is counted. */
};

/* Returns what 'row' says for 'number', or refuses what it says. */
static uint64_t
read_number(const struct lodenrec_network *row, const struct number *number,
            struct world *world)
{
    const char *text = smap_get(&row->options, number->key);
    unsigned long long int value;
    char shown[TEXT_SHOWN];

    if (text && str_to_ullong(text, 10, &value) && value <= number->max) {
        return value;
    } else if (text) {
        world_refuse(world, xasprintf("Network %s, options:%s %s", row->name,
                                      number->key, text_show(text, shown)),
                     "it is no number of %s: %"PRIu64" is used instead",
                     number->unit, number->otherwise);
    }
    return number->otherwise;
}

/* Prepares 'network', which has no ranges yet: of which length its blocks are.
 */
void
bridged_prepare(struct world_network *network)
{
    if (!network->node_plen[ADDR_V4]) {
        network->node_plen[ADDR_V4] = DEFAULT_BLOCK_PLEN_V4;
    }
    /* Ranges are not made of blocks. */
    network->node_plen[ADDR_V6] = 0;
}

/* Decides, now that the ranges of 'network' are known, of which length its
 * IPv6 blocks are: it has some only if it has no IPv4. */
static void
choose_block_v6(const struct lodenrec_network *row, struct world *world,
                struct world_network *network)
{
    int64_t plen = (row->n_node_prefix_v6 ? *row->node_prefix_v6
                    : DEFAULT_BLOCK_PLEN_V6);

    if (world_block_family(network) == ADDR_V4) {
        return;
    } else if (plen < WORLD_BLOCKS_PLEN_V6) {
        world_refuse(world, xasprintf("Network %s, node_prefix_v6 %"PRId64,
                                      row->name, plen),
                     "a block of a bridged network is a /%d to a /126: a /%d "
                     "is used instead", WORLD_BLOCKS_PLEN_V6,
                     DEFAULT_BLOCK_PLEN_V6);
        plen = DEFAULT_BLOCK_PLEN_V6;
    }
    network->node_plen[ADDR_V4] = 0;
    network->node_plen[ADDR_V6] = plen;
}

/* Returns NULL, or why 'block', which has the right length, can be none of
 * 'network'. */
char *
bridged_check_block(const struct world_network *network,
                    const struct prefix *block)
{
    const struct prefix range = world_block_range(network);
    char buf[ADDR_STRLEN];

    if (!prefix_is_set(&range) || !prefix_has_prefix(&range, block)) {
        return xasprintf("it is outside of where blocks of network %s are, %s",
                         network->name,
                         prefix_is_set(&range) ? prefix_format(&range, buf)
                         : "nowhere");
    }
    return bounds_check(network, block);
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
    choose_block_v6(row, world, network);
    bridged->flood_unknown = !strcmp(row->unknown_unicast, "flood");
    bridged->drop_multicast = !strcmp(row->multicast, "drop");
    bridged->snoop = !strcmp(row->multicast, "snoop");
    bridged->storm_rate = read_number(
        row, &(struct number) { .key = OPTION_STORM_RATE,
                                .max = UINT32_MAX * UINT64_C(1000),
                                .otherwise = DEFAULT_STORM_RATE,
                                .unit = "bits per second" }, world);
    bridged->block_rest = read_number(
        row, &(struct number) { .key = OPTION_BLOCK_REST,
                                .max = WORLD_BLOCK_REST_MAX,
                                .otherwise = DEFAULT_BLOCK_REST,
                                .unit = "seconds" }, world);
}
