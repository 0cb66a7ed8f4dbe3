/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Endpoint rows -> world: who has which MAC and which addresses in a bridged
 * network.
 *
 * The table's index cannot exclude that two nodes claim one address: a pod
 * that moves, from a dead node too, is claimed by its new node while the old
 * one's row is there.  So each row has a sequence number, and of two rows that
 * share a MAC or an address the one with the higher number counts, on all
 * nodes; the other is shown as refused.  A row with the number 0 asks whether
 * the address is free (cluster-members.c) and counts nowhere.
 * This node's own rows are written by cluster-members.c. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/shash.h"
#include "packets.h"
#include "util.h"

/* How many multicast groups of a row count.  A node gives each of its pods
 * half of that. */
#define MAX_GROUPS 64

/* A row that may count. */
struct draft {
    const struct lodenrec_endpoint *row; /* The row. */
    struct eth_addr mac;                 /* Its MAC, parsed. */
};

/* Returns what 'row' is called in a refusal. */
static char *
row_what(const struct lodenrec_endpoint *row)
{
    char network[TEXT_SHOWN];
    char node[TEXT_SHOWN];
    char mac[TEXT_SHOWN];

    return xasprintf("Endpoint %s of node %s in network %s",
                     text_show(row->mac, mac), text_show(row->node, node),
                     text_show(row->network, network));
}

/* Returns NULL and the parsed address, or why 'text' is no address of an
 * endpoint in 'network'. */
char *
endpoint_parse_ip(const struct world_network *network, const char *text,
                  struct in6_addr *ret_ip)
{
    char shown[TEXT_SHOWN];
    char *error = addr_parse(text_show(text, shown), ret_ip);

    if (error) {
        return error;
    }
    const struct prefix *subnet = &network->subnet[addr_family(ret_ip)];
    struct in6_addr last = prefix_last(subnet);

    if (!addr_is_set(ret_ip) || !prefix_is_set(subnet)
        || !prefix_has_addr(subnet, ret_ip)) {
        return xasprintf("%s is outside the ranges of network %s", shown,
                         network->name);
    } else if (ipv6_addr_equals(ret_ip, &network->gateway[addr_family(ret_ip)])
               || ipv6_addr_equals(ret_ip, &subnet->addr)
               || (addr_family(ret_ip) == ADDR_V4
                   && ipv6_addr_equals(ret_ip, &last))) {
        return xasprintf("%s is no member's address", shown);
    }
    return NULL;
}

/* Returns NULL and the parsed MAC, or why 'row' does not count. */
static char *
check_row(const struct world *world, const struct lodenrec_endpoint *row,
          struct eth_addr *ret_mac)
{
    const struct world_network *network
        = world_find_network(world, row->network);
    char *error = text_check_name(row->node);
    char canonical[ETH_ADDR_STRLEN + 1];

    if (error) {
        char *of_node = xasprintf("of its node, %s", error);
        free(error);
        return of_node;
    } else if (!network || network->mode != WORLD_BRIDGED) {
        return xstrdup("there is no usable bridged network of that name");
    } else if (strcmp(row->node, world->node)
               && !world_find_peer(world, row->node)) {
        return xstrdup("there is no usable Node row of that name");
    } else if (!eth_addr_from_string(row->mac, ret_mac)
               || eth_addr_is_multicast(*ret_mac)
               || eth_addr_is_zero(*ret_mac)
               || eth_addr_equals(*ret_mac, network->gateway_mac)) {
        return xstrdup("it is no MAC of one member");
    }
    snprintf(canonical, sizeof canonical, ETH_ADDR_FMT,
             ETH_ADDR_ARGS(*ret_mac));
    if (strcmp(row->mac, canonical)) {
        return xasprintf("its MAC must be written %s", canonical);
    }
    for (size_t i = 0; i < row->n_addresses && !error; i++) {
        struct in6_addr ip;
        error = endpoint_parse_ip(network, row->addresses[i], &ip);
    }
    return error;
}

/* Those that count first. */
static int
compare_drafts(const void *a_, const void *b_)
{
    const struct lodenrec_endpoint *a = ((const struct draft *) a_)->row;
    const struct lodenrec_endpoint *b = ((const struct draft *) b_)->row;

    if (a->sequence != b->sequence) {
        return a->sequence > b->sequence ? -1 : 1;
    }
    int cmp = strcmp(a->node, b->node);
    cmp = cmp ? cmp : strcmp(a->network, b->network);
    cmp = cmp ? cmp : strcmp(a->mac, b->mac);
    return cmp ? cmp : uuid_compare_3way(&a->header_.uuid, &b->header_.uuid);
}

/* Returns the row of 'taken' that has 'what' in the network of 'row', or
 * NULL. */
static const struct lodenrec_endpoint *
find_taken(const struct shash *taken, const struct lodenrec_endpoint *row,
           const char *what)
{
    char *key = xasprintf("%s %s", row->network, what);
    const struct lodenrec_endpoint *holder = shash_find_data(taken, key);

    free(key);
    return holder;
}

/* Adds the groups of 'row' to 'endpoint'; those that cannot be are refused.
 */
static void
add_groups(const struct lodenrec_endpoint *row, struct world *world,
           struct world_endpoint *endpoint)
{
    size_t n = MIN(row->n_groups, MAX_GROUPS);

    endpoint->groups = n ? xcalloc(n, sizeof *endpoint->groups) : NULL;
    for (size_t i = 0; i < n; i++) {
        struct in6_addr *group = &endpoint->groups[endpoint->n_groups];
        char shown[TEXT_SHOWN];
        char *error = addr_parse(text_show(row->groups[i], shown), group);

        if (error || !addr_is_group(group)) {
            char *what = row_what(row);
            world_refuse(world, xasprintf("%s, group %s", what, shown),
                         "it is no multicast group that one can choose");
            free(what);
            free(error);
        } else {
            endpoint->n_groups++;
        }
    }
}

/* Returns NULL, or why 'row' loses against those in 'taken'. */
static char *
check_taken(const struct shash *taken, const struct lodenrec_endpoint *row)
{
    const char *what = row->mac;
    const struct lodenrec_endpoint *holder = find_taken(taken, row, what);

    for (size_t i = 0; i < row->n_addresses && !holder; i++) {
        what = row->addresses[i];
        holder = find_taken(taken, row, what);
    }
    return (holder
            ? xasprintf("node %s has %s too, with sequence %"PRId64" against "
                        "%"PRId64": it counts there", holder->node, what,
                        holder->sequence, row->sequence)
            : NULL);
}

/* Adds 'draft' to 'world' and what it has to 'taken', or refuses it. */
static void
follow(const struct draft *draft, struct shash *taken, struct world *world)
{
    const struct lodenrec_endpoint *row = draft->row;
    const struct world_network *network
        = world_find_network(world, row->network);
    char *error = check_taken(taken, row);

    if (error) {
        world_refuse(world, row_what(row), "%s", error);
        free(error);
        return;
    }
    struct world_endpoint *endpoint
        = world_add_endpoint(world, row->network, draft->mac, row->node);
    endpoint->sequence = row->sequence;
    if (network->bridged.snoop) {
        add_groups(row, world, endpoint);
    }
    shash_add_nocopy(taken, xasprintf("%s %s", row->network, row->mac), row);
    for (size_t i = 0; i < row->n_addresses; i++) {
        struct in6_addr ip;
        char *bad = endpoint_parse_ip(network, row->addresses[i], &ip);

        ovs_assert(!bad);
        world_endpoint_add_ip(endpoint, &ip);
        shash_add_nocopy(taken, xasprintf("%s %s", row->network,
                                          row->addresses[i]), row);
    }
}

/* Adds the endpoints of all nodes, this one's too, to 'world', which has
 * networks and sorted peers. */
void
endpoints_read(const struct cluster *cluster, struct world *world)
{
    const struct lodenrec_endpoint *row;
    struct shash taken = SHASH_INITIALIZER(&taken);
    struct draft *drafts = NULL;
    size_t n = 0;
    size_t allocated = 0;

    LODENREC_ENDPOINT_FOR_EACH (row, cluster->idl) {
        struct draft draft = { .row = row };
        char *error = check_row(world, row, &draft.mac);

        if (error) {
            world_refuse(world, row_what(row), "%s", error);
            free(error);
        } else if (row->sequence > 0) {
            if (n >= allocated) {
                drafts = x2nrealloc(drafts, &allocated, sizeof *drafts);
            }
            drafts[n++] = draft;
        }
    }
    if (n) {
        qsort(drafts, n, sizeof *drafts, compare_drafts);
    }
    for (size_t i = 0; i < n; i++) {
        follow(&drafts[i], &taken, world);
    }
    free(drafts);
    shash_destroy(&taken);
}
