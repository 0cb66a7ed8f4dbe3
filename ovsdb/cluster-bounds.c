/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The first and the last subnet that nodes may have of a network: options of
 * its row.
 *
 * One that cannot be right is refused and bounds nothing, so that nodes keep
 * what they have; but as nobody knows what it was to keep free, no more
 * subnets are claimed until it is right. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "ovsdb/keys.h"
#include "util.h"

/* Returns the range of 'network' that 'addr' is in, or NULL. */
static const struct prefix *
find_range(const struct world_network *network, const struct in6_addr *addr)
{
    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_has_addr(&network->ranges[i], addr)) {
            return &network->ranges[i];
        }
    }
    return NULL;
}

/* Returns NULL and the address that 'text' says, or why no subnet of 'family'
 * in 'network' begins there. */
static char *
check_bound(const struct world_network *network, enum addr_family family,
            const char *text, struct in6_addr *ret_addr)
{
    char shown[TEXT_SHOWN];
    struct in6_addr addr;
    char *error = addr_parse(text_show(text, shown), &addr);

    if (error) {
        return error;
    } else if (!addr_is_set(&addr) || addr_family(&addr) != family) {
        return xasprintf("it is not an %s address",
                         family == ADDR_V4 ? "IPv4" : "IPv6");
    }
    const struct prefix *range = find_range(network, &addr);
    unsigned int plen = network->node_plen[family];
    if (!range || !plen) {
        return xasprintf("it is outside the ranges of network %s",
                         network->name);
    }
    size_t i = prefix_n_before(range, plen, &addr);
    struct prefix subnet = prefix_subnet(range, plen, i);
    if (memcmp(&subnet.addr, &addr, sizeof addr)) {
        char buf[ADDR_STRLEN];
        subnet = prefix_subnet(range, plen, i - 1);
        return xasprintf("no /%u begins there: write %s", plen,
                         addr_format(&subnet.addr, buf));
    }
    *ret_addr = addr;
    return NULL;
}

/* Reads the option 'key' of 'row' into '*addr', or refuses it. */
static void
read_bound(const struct lodenrec_network *row, const char *key,
           enum addr_family family, struct world *world,
           struct in6_addr *addr)
{
    struct world_network *network = world_find_network(world, row->name);
    const char *text = smap_get(&row->options, key);
    char buf[TEXT_SHOWN];

    if (!text) {
        return;
    }
    char *error = check_bound(network, family, text, addr);
    if (error) {
        world_refuse(world, xasprintf("Network %s, option %s=%s", row->name,
                                      key, text_show(text, buf)),
                     "%s; no more subnets are claimed until it is right",
                     error);
        free(error);
        network->closed = true;
    }
}

/* Reads the bounds of 'row', whose network is in 'world' with its ranges. */
void
bounds_read(const struct lodenrec_network *row, struct world *world)
{
    static const char *const keys[ADDR_N_FAMILIES][2] = {
        [ADDR_V4] = { OPTION_SUBNET_MIN, OPTION_SUBNET_MAX },
        [ADDR_V6] = { OPTION_SUBNET_MIN6, OPTION_SUBNET_MAX6 },
    };

    for (int i = 0; i < ADDR_N_FAMILIES; i++) {
        struct world_network *network = world_find_network(world, row->name);
        struct in6_addr *first = &network->first[i];
        struct in6_addr *last = &network->last[i];
        char buf[ADDR_STRLEN];

        read_bound(row, keys[i][0], i, world, first);
        read_bound(row, keys[i][1], i, world, last);
        if (addr_is_set(first) && addr_is_set(last)
            && memcmp(first, last, sizeof *first) > 0) {
            world_refuse(world, xasprintf("Network %s, option %s=%s",
                                          row->name, keys[i][0],
                                          addr_format(first, buf)),
                         "it is after %s; no more subnets are claimed until "
                         "it is right", keys[i][1]);
            *first = *last = in6addr_any;
            network->closed = true;
        }
    }
}

/* Returns NULL if 'prefix', a possible subnet of 'network', is between its
 * bounds, else why not. */
char *
bounds_check(const struct world_network *network, const struct prefix *prefix)
{
    enum addr_family family = prefix_family(prefix);
    const struct in6_addr *first = &network->first[family];
    const struct in6_addr *last = &network->last[family];
    char buf[ADDR_STRLEN];

    if (addr_is_set(first)
        && memcmp(&prefix->addr, first, sizeof *first) < 0) {
        return xasprintf("it is before the first subnet of network %s, which "
                         "begins at %s", network->name,
                         addr_format(first, buf));
    } else if (addr_is_set(last)
               && memcmp(&prefix->addr, last, sizeof *last) > 0) {
        return xasprintf("it is after the last subnet of network %s, which "
                         "begins at %s", network->name,
                         addr_format(last, buf));
    }
    return NULL;
}

/* Returns how many subnets of 'range' are between the bounds of 'network',
 * and stores the number of the first of them, as prefix_subnet() counts, into
 * 'ret_first'. */
size_t
bounds_count(const struct world_network *network, const struct prefix *range,
             size_t *ret_first)
{
    enum addr_family family = prefix_family(range);
    unsigned int plen = network->node_plen[family];
    const struct in6_addr *first = &network->first[family];
    const struct in6_addr *last = &network->last[family];
    size_t low = 0;
    size_t high = prefix_n_subnets(range, plen);

    if (addr_is_set(first)) {
        low = prefix_n_before(range, plen, first);
    }
    if (addr_is_set(last)) {
        high = MIN(prefix_n_before(range, plen, last)
                   + prefix_has_addr(range, last), high);
    }
    *ret_first = low;
    return high > low ? high - low : 0;
}
