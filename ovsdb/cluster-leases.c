/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Subnet and Reservation rows -> this node's subnet and its peers' leases.
 *
 * The index on network and cidr excludes a subnet's second owner only if one
 * subnet has one spelling and all subnets one length; so a row that is not
 * canonical, has another length or lies outside the ranges does not count.
 * A Reservation, which administrators write, wins over another node's Subnet.
 * What becomes of a subnet whose row has vanished is cluster-keep.c's
 * business, and which one this node should claim cluster-claim.c's. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

/* A Subnet or Reservation row that may count. */
struct share {
    const char *network;      /* Borrowed from the row. */
    const char *node;         /* Borrowed from the row. */
    struct prefix prefix;     /* Of the network's length, in its ranges. */
    char *text;               /* "NETWORK CIDR". */
    bool reserved;            /* A subnet reserved for 'node' itself? */
    const struct uuid *uuid;  /* The row's, to order equal rows. */
};

struct shares {
    struct share *array; /* Sorted. */
    size_t n;            /* Number of elements in 'array'. */
    size_t allocated;    /* Room in 'array'. */
};

/* Orders reserved subnets first, so that they count if a node has more than
 * one. */
static int
compare_shares(const void *a_, const void *b_)
{
    const struct share *a = a_;
    const struct share *b = b_;
    int cmp = (int) b->reserved - (int) a->reserved;

    cmp = cmp ? cmp : strcmp(a->network, b->network);
    cmp = cmp ? cmp : prefix_compare(&a->prefix, &b->prefix);
    cmp = cmp ? cmp : strcmp(a->node, b->node);
    return cmp ? cmp : uuid_compare_3way(a->uuid, b->uuid);
}

/* Returns NULL if the prefix can be a subnet of 'network', else why not. */
char *
leases_check(const struct world_network *network, const struct prefix *prefix)
{
    enum addr_family family = prefix_family(prefix);
    unsigned int plen = network->node_plen[family];

    if (!plen) {
        return xasprintf("network %s gives nodes no %s subnets", network->name,
                         family == ADDR_V4 ? "IPv4" : "IPv6");
    } else if (prefix->plen != plen) {
        return xasprintf("its length is %u, but network %s gives each node a "
                         "/%u", prefix->plen, network->name, plen);
    }
    if (network->mode == WORLD_BRIDGED) {
        return bridged_check_block(network, prefix);
    }
    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_has_prefix(&network->ranges[i], prefix)) {
            return bounds_check(network, prefix);
        }
    }
    return xasprintf("it is outside the ranges of network %s", network->name);
}

/* Returns NULL and the parsed 'cidr', or why a row that says so does not
 * count. */
static char *
check_share(const struct world *world, const struct share *share,
            const char *cidr, struct prefix *ret_prefix)
{
    char shown[TEXT_SHOWN];
    char *error = text_check_name(share->node);

    if (error) {
        char *of_node = xasprintf("of its node, %s", error);
        free(error);
        return of_node;
    }
    const struct world_network *network
        = world_find_network(world, share->network);
    if (!network) {
        return xasprintf("there is no usable network '%s'",
                         text_show(share->network, shown));
    }
    struct prefix prefix;
    error = prefix_parse(text_show(cidr, shown), &prefix);
    if (!error) {
        error = leases_check(network, &prefix);
    }
    if (!error) {
        *ret_prefix = prefix;
    }
    return error;
}

static char *
share_what(const char *table, const struct share *share, const char *cidr)
{
    char network[TEXT_SHOWN];
    char node[TEXT_SHOWN];
    char shown[TEXT_SHOWN];

    return xasprintf("%s %s of node %s in network %s", table,
                     text_show(cidr, shown), text_show(share->node, node),
                     text_show(share->network, network));
}

static void
refuse_share(struct leases *leases, const struct share *share,
             const char *why_format, const char *detail)
{
    char buf[ADDR_STRLEN];
    char *what = share_what("Subnet", share,
                            prefix_format(&share->prefix, buf));
    world_refuse(leases->world, what, "%s%s", why_format, detail);
}

/* Adds the row that 'share' and 'cidr' come from to 'shares', or refuses it.
 * 'table' is the row's. */
static void
add_share(struct leases *leases, const char *table, struct share *share,
          const char *cidr, struct shares *shares)
{
    char *error = check_share(leases->world, share, cidr, &share->prefix);

    if (error) {
        world_refuse(leases->world, share_what(table, share, cidr), "%s",
                     error);
        free(error);
        return;
    }
    if (shares->n >= shares->allocated) {
        shares->array = x2nrealloc(shares->array, &shares->allocated,
                                   sizeof *shares->array);
    }
    /* A 'cidr' that counts is canonical. */
    share->text = claim_text(share->network, cidr);
    shares->array[shares->n++] = *share;
}

static void
shares_sort(struct shares *shares)
{
    if (shares->n) {
        qsort(shares->array, shares->n, sizeof *shares->array,
              compare_shares);
    }
}

static void
shares_destroy(struct shares *shares)
{
    for (size_t i = 0; i < shares->n; i++) {
        free(shares->array[i].text);
    }
    free(shares->array);
}

static void
read_reservations(const struct cluster *cluster, struct leases *leases)
{
    const struct lodenrec_reservation *row;
    struct shares shares = { .n = 0 };

    LODENREC_RESERVATION_FOR_EACH (row, cluster->idl) {
        struct share share = { .network = row->network, .node = row->node,
                               .uuid = &row->header_.uuid };
        add_share(leases, "Reservation", &share, row->cidr, &shares);
    }
    shares_sort(&shares);
    for (size_t i = 0; i < shares.n; i++) {
        const struct share *share = &shares.array[i];
        if (!smap_get(&leases->reserved, share->text)) {
            smap_add(&leases->reserved, share->text, share->node);
        }
    }
    shares_destroy(&shares);
}

/* Returns the peer 'name' of 'world', or NULL. */
struct world_peer *
leases_find_peer(const struct world *world, const char *name)
{
    size_t low = 0;
    size_t high = world->n_peers;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int cmp = strcmp(world->peers[middle].name, name);
        if (!cmp) {
            return &world->peers[middle];
        } else if (cmp < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* Gives the subnet to the node in the world, unless somebody else's right to
 * it is better or the node has one already. */
static void
follow_share(struct leases *leases, const struct share *share)
{
    enum addr_family family = prefix_family(&share->prefix);
    bool ours = !strcmp(share->node, leases->self->node);
    struct world_peer *peer = leases_find_peer(leases->world, share->node);
    struct world_network *network
        = world_find_network(leases->world, share->network);
    const char *text = share->text;
    char *key = xasprintf("%s %d %s", share->network, family, share->node);
    const char *reserved = smap_get(&leases->reserved, text);
    const char *holder = smap_get(&leases->holder, text);
    const char *has = smap_get(&leases->has, key);

    if (reserved && strcmp(reserved, share->node)) {
        refuse_share(leases, share, "it is reserved for node ", reserved);
    } else if (holder) {
        refuse_share(leases, share, "it is held already by node ", holder);
    } else if (!ours && !peer) {
        refuse_share(leases, share, "there is no usable Node row of that "
                     "name", "");
    } else if (network->mode == WORLD_BRIDGED) {
        smap_add(&leases->holder, text, share->node);
        if (ours) {
            world_add_block(network, &share->prefix);
        }
    } else if (has) {
        refuse_share(leases, share, "the node has another subnet there: ",
                     has);
    } else {
        char buf[ADDR_STRLEN];
        smap_add(&leases->holder, text, share->node);
        smap_add(&leases->has, key, prefix_format(&share->prefix, buf));
        if (ours) {
            world_network_set_subnet(network, &share->prefix);
        } else {
            world_peer_add_lease(peer, share->network, &share->prefix);
        }
    }
    free(key);
}

static void
read_subnets(const struct cluster *cluster, struct leases *leases)
{
    const struct lodenrec_subnet *row;
    struct shares shares = { .n = 0 };

    LODENREC_SUBNET_FOR_EACH (row, cluster->idl) {
        struct share share = { .network = row->network, .node = row->node,
                               .uuid = &row->header_.uuid };
        add_share(leases, "Subnet", &share, row->cidr, &shares);
    }
    for (size_t i = 0; i < shares.n; i++) {
        struct share *share = &shares.array[i];
        const char *node = smap_get(&leases->reserved, share->text);
        share->reserved = node && !strcmp(node, share->node);
    }
    shares_sort(&shares);
    for (size_t i = 0; i < shares.n; i++) {
        follow_share(leases, &shares.array[i]);
    }
    shares_destroy(&shares);
}

/* Adds the names of networks and nodes that stand in Subnet rows. */
void
leases_list_used(const struct cluster *cluster, struct sset *networks,
                 struct sset *nodes)
{
    const struct lodenrec_subnet *row;

    LODENREC_SUBNET_FOR_EACH (row, cluster->idl) {
        if (networks) {
            sset_add(networks, row->network);
        }
        sset_add(nodes, row->node);
    }
}

/* Gives the networks in 'world' this node's subnets and the peers theirs.
 * Expects the peers sorted by name. */
void
leases_read(const struct cluster *cluster, const struct cluster_self *self,
            struct world *world)
{
    struct leases leases = { .self = self, .world = world };

    smap_init(&leases.reserved);
    smap_init(&leases.holder);
    smap_init(&leases.has);
    read_reservations(cluster, &leases);
    read_subnets(cluster, &leases);
    leases_keep(cluster, &leases);
    smap_destroy(&leases.has);
    smap_destroy(&leases.holder);
    smap_destroy(&leases.reserved);
}
