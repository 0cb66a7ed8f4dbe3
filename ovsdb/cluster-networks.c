/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Network rows -> world.
 *
 * Every node must take the same rows and refuse the same rows.  Of two that
 * contradict each other, the one that nodes have subnets of counts, so that a
 * newcomer disturbs nobody, else the first by name.  A value that has a safe
 * substitute (an MTU, one range of several) is refused alone; else the row
 * is. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "flows/sizes.h"
#include "util.h"

#define MAX_MTU 65535

/* A node's subnet needs its own, the gateway's, a pod's and the broadcast
 * address. */
#define MAX_NODE_PLEN_V4 30
#define MAX_NODE_PLEN_V6 126

static int
compare_rows(const void *a_, const void *b_)
{
    const struct lodenrec_network *const *a = a_;
    const struct lodenrec_network *const *b = b_;
    int cmp = strcmp((*a)->name, (*b)->name);

    cmp = cmp ? cmp : (*a)->vni < (*b)->vni ? -1 : (*a)->vni > (*b)->vni;
    return cmp ? cmp : uuid_compare_3way(&(*a)->header_.uuid,
                                         &(*b)->header_.uuid);
}

static char *
row_what(const struct lodenrec_network *row)
{
    char buf[TEXT_SHOWN];
    return xasprintf("Network %s", text_show(row->name, buf));
}

/* Returns NULL if 'row' can be a network of this version, else why not. */
static char *
check_row(const struct world *world, const struct lodenrec_network *row)
{
    char buf[TEXT_SHOWN];
    char *error = text_check_name(row->name);

    if (error) {
        return error;
    } else if (world_find_network(world, row->name)) {
        return xstrdup("another Network row has the same name");
    } else if (row->vni < 1 || row->vni > 0xffffff) {
        return xasprintf("its VNI %"PRId64" is outside 1 to 16777215",
                         row->vni);
    } else if (strcmp(row->mode, "routed") && strcmp(row->mode, "bridged")) {
        return xasprintf("its mode '%s' is neither routed nor bridged",
                         text_show(row->mode, buf));
    } else if (row->n_node_prefix_v4
               && (*row->node_prefix_v4 < 1
                   || *row->node_prefix_v4 > MAX_NODE_PLEN_V4)) {
        return xasprintf("its node_prefix_v4 %"PRId64" is outside 1 to %d",
                         *row->node_prefix_v4, MAX_NODE_PLEN_V4);
    } else if (row->n_node_prefix_v6
               && (*row->node_prefix_v6 < 1
                   || *row->node_prefix_v6 > MAX_NODE_PLEN_V6)) {
        return xasprintf("its node_prefix_v6 %"PRId64" is outside 1 to %d",
                         *row->node_prefix_v6, MAX_NODE_PLEN_V6);
    }
    for (size_t i = 0; i < world->n_networks; i++) {
        if (world->networks[i].vni == row->vni) {
            return xasprintf("its VNI %"PRId64" is that of network %s",
                             row->vni, world->networks[i].name);
        }
    }
    return NULL;
}

/* Returns NULL, or why 'range' cannot be one: it has addresses that are no
 * host's (RFC 6890, sections 2.2.2 and 2.2.3; RFC 5771, RFC 4291). */
static char *
check_reserved(const struct prefix *range)
{
    static const char *const reserved[] = {
        "0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4",
        "::/8", "fe80::/10", "ff00::/8"
    };

    for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
        struct prefix prefix;
        char *error = prefix_parse(reserved[i], &prefix);
        ovs_assert(!error);
        if (prefix_overlaps(range, &prefix)) {
            return xasprintf("it overlaps %s, which no host can have",
                             reserved[i]);
        }
    }
    return NULL;
}

/* Returns NULL, or why 'range' contradicts a range that 'world' has. */
static char *
check_overlap(const struct world *world, const struct world_network *network,
              const struct prefix *range)
{
    char buf[ADDR_STRLEN];

    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *other = &world->networks[i];
        if (other != network && (other->internal || network->internal)) {
            continue;
        }
        for (size_t j = 0; j < other->n_ranges; j++) {
            if (prefix_overlaps(range, &other->ranges[j])) {
                return xasprintf("it overlaps %s of network %s%s",
                                 prefix_format(&other->ranges[j], buf),
                                 other->name, other == network ? ""
                                 : ", and neither network is internal");
            }
        }
    }
    return NULL;
}

/* Returns NULL, or why 'range' would take the way from the tunnels: the host
 * would look for its peers behind its own host port. */
static char *
check_tunnel_ip(const struct world *world,
                const struct world_network *network,
                const struct prefix *range)
{
    const struct in6_addr *ip = &world->tunnel_ip[prefix_family(range)];
    char buf[ADDR_STRLEN];

    if (network->internal || !addr_is_set(ip)
        || !prefix_has_addr(range, ip)) {
        return NULL;
    }
    return xasprintf("it has this node's tunnel address %s",
                     addr_format(ip, buf));
}

/* Returns NULL and the parsed range, or why 'text' cannot be a range of
 * 'network', which is in 'world'. */
static char *
check_range(const struct world *world, const struct world_network *network,
            const char *text, struct prefix *ret_range)
{
    enum addr_family family;
    struct prefix range;
    char shown[TEXT_SHOWN];
    char *error = prefix_parse(text_show(text, shown), &range);

    if (error) {
        return error;
    }
    family = prefix_family(&range);
    if (network->mode == WORLD_BRIDGED) {
        error = bridged_check_range(&range);
        if (error) {
            return error;
        }
    }
    if (network->node_plen[family]
        && !prefix_n_subnets(&range, network->node_plen[family])) {
        return xasprintf("it is smaller than one node's subnet: "
                         "node_prefix_%s is %u",
                         family == ADDR_V4 ? "v4" : "v6",
                         network->node_plen[family]);
    }
    error = check_reserved(&range);
    if (!error) {
        error = check_overlap(world, network, &range);
    }
    if (!error) {
        error = check_tunnel_ip(world, network, &range);
    }
    if (!error) {
        *ret_range = range;
    }
    return error;
}

static int
compare_texts(const void *a_, const void *b_)
{
    const char *const *a = a_;
    const char *const *b = b_;
    return strcmp(*a, *b);
}

static void
add_ranges(const struct lodenrec_network *row, struct world *world)
{
    struct world_network *network = world_find_network(world, row->name);
    const char **texts;

    if (!row->n_ranges) {
        return;
    }
    texts = xmemdup(row->ranges, row->n_ranges * sizeof *row->ranges);
    qsort(texts, row->n_ranges, sizeof *texts, compare_texts);
    network->ranges = xcalloc(row->n_ranges, sizeof *network->ranges);
    for (size_t i = 0; i < row->n_ranges; i++) {
        struct prefix range;
        char *error = check_range(world, network, texts[i], &range);
        if (error) {
            char buf[TEXT_SHOWN];
            world_refuse(world, xasprintf("Network %s, range %s", row->name,
                                          text_show(texts[i], buf)),
                         "%s", error);
            free(error);
        } else {
            network->ranges[network->n_ranges++] = range;
        }
    }
    free(texts);
}

/* Gives 'network' the MTU of 'row', or has it follow the underlay. */
static void
read_mtu(const struct lodenrec_network *row, struct world *world,
         struct world_network *network)
{
    unsigned int largest = MAX_MTU - world->overhead;

    if (row->n_mtu && *row->mtu >= WORLD_MTU_MIN && *row->mtu <= largest) {
        network->mtu = *row->mtu;
        sizes_check_v6(world, network);
        return;
    }
    network->mtu = sizes_pods(world);
    network->mtu_follows = true;
    if (row->n_mtu) {
        world_refuse(world, xasprintf("Network %s, mtu %"PRId64, row->name,
                                      *row->mtu),
                     "it is outside %d to %u: what the tunnels leave is used "
                     "instead", WORLD_MTU_MIN, largest);
    }
}

static void
add_network(const struct lodenrec_network *row, struct world *world)
{
    struct world_network *network = world_add_network(world, row->name,
                                                      row->vni);

    network->masquerade = row->masquerade;
    network->internal = row->internal;
    network->mode = (strcmp(row->mode, "bridged") ? WORLD_ROUTED
                     : WORLD_BRIDGED);
    if (row->n_node_prefix_v4) {
        network->node_plen[ADDR_V4] = *row->node_prefix_v4;
    }
    if (row->n_node_prefix_v6) {
        network->node_plen[ADDR_V6] = *row->node_prefix_v6;
    }
    if (network->mode == WORLD_BRIDGED) {
        bridged_prepare(network);
    }
    add_ranges(row, world);
    if (network->mode == WORLD_BRIDGED) {
        bridged_add(row, world, network);
    }
    bounds_read(row, world);
    steps_read(row, world);
    read_mtu(row, world, network);
}

/* Takes away from the network 'name' of 'world', which no node has a subnet
 * of, the ranges that would take the way from the tunnels of 'nodes'. */
static void
spare_tunnels(const struct cluster *cluster, const struct sset *nodes,
              const char *name, struct world *world)
{
    struct world_network *network = world_find_network(world, name);
    size_t n = 0;

    if (!network || network->internal) {
        return;
    }
    for (size_t i = 0; i < network->n_ranges; i++) {
        const struct prefix *range = &network->ranges[i];
        const char *node = peers_find_tunnel(cluster, nodes, range);
        if (node) {
            char buf[ADDR_STRLEN];
            world_refuse(world, xasprintf("Network %s, range %s", name,
                                          prefix_format(range, buf)),
                         "tunnels of node %s end in it", node);
        } else {
            network->ranges[n++] = *range;
        }
    }
    network->n_ranges = n;
}

/* Adds the network of 'row' to 'world', or refuses it. */
static void
read_row(const struct lodenrec_network *row, struct world *world)
{
    char *error = check_row(world, row);

    if (error) {
        world_refuse(world, row_what(row), "%s", error);
        free(error);
    } else {
        add_network(row, world);
    }
}

/* Adds every network of the cluster to 'world'. */
void
networks_read(const struct cluster *cluster, const struct cluster_self *self,
              struct world *world)
{
    const struct lodenrec_network **rows = NULL;
    const struct lodenrec_network *row;
    size_t n = 0;
    size_t allocated = 0;

    world->overhead = peers_overhead(cluster, self);
    LODENREC_NETWORK_FOR_EACH (row, cluster->idl) {
        if (n >= allocated) {
            rows = x2nrealloc(rows, &allocated, sizeof *rows);
        }
        rows[n++] = row;
    }
    if (n) {
        qsort(rows, n, sizeof *rows, compare_rows);
    }
    struct sset used = SSET_INITIALIZER(&used);
    struct sset nodes = SSET_INITIALIZER(&nodes);
    leases_list_used(cluster, &used, &nodes);
    for (size_t i = 0; i < n; i++) {
        if (sset_contains(&used, rows[i]->name)) {
            read_row(rows[i], world);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!sset_contains(&used, rows[i]->name)) {
            read_row(rows[i], world);
            spare_tunnels(cluster, &nodes, rows[i]->name, world);
        }
    }
    steps_check(world);
    sset_destroy(&nodes);
    sset_destroy(&used);
    free(rows);
}
