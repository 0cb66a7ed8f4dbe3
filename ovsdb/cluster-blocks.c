/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Claiming blocks of a bridged network's addresses, by inserting Subnet rows
 * as cluster-claim.c does for routed ones: the index lets one node have a
 * block, and from then on it gives its addresses without asking.  A node
 * claims one when it needs one, one at a time, and the search begins at a
 * place that depends on its name.  What it does not need any more is given
 * back by cluster-rest.c. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

VLOG_DEFINE_THIS_MODULE(cluster_blocks);

/* Collects the blocks that are somebody's, or another node's to have. */
static void
find_taken(const struct cluster *cluster, const struct world *world,
           const struct world_network *network, struct sset *taken)
{
    const struct lodenrec_reservation *reservation;
    const struct lodenrec_subnet *subnet;

    LODENREC_SUBNET_FOR_EACH (subnet, cluster->idl) {
        if (!strcmp(subnet->network, network->name)) {
            sset_add(taken, subnet->cidr);
        }
    }
    LODENREC_RESERVATION_FOR_EACH (reservation, cluster->idl) {
        if (!strcmp(reservation->network, network->name)
            && strcmp(reservation->node, world->node)) {
            sset_add(taken, reservation->cidr);
        }
    }
}

static bool
is_free(const struct cluster *cluster, const struct world_network *network,
        const struct sset *taken, const char *cidr)
{
    char *text = claim_text(network->name, cidr);
    bool lost = sset_contains(&cluster->lost, text);

    free(text);
    return !lost && !sset_contains(taken, cidr);
}

/* Chooses a block of 'network' that is free: one that is reserved for this
 * node, else any.  Returns false if there is none. */
static bool
choose(const struct cluster *cluster, const struct world *world,
       const struct world_network *network, char cidr[ADDR_STRLEN])
{
    const struct prefix range = world_block_range(network);
    unsigned int plen = network->node_plen[world_block_family(network)];
    size_t lowest = 0;
    size_t n = (network->closed ? 0
                : bounds_count(network, &range, &lowest));
    size_t first = n ? world_name_hash("node", world->node) % n : 0;
    const struct lodenrec_reservation *reservation;
    struct sset taken = SSET_INITIALIZER(&taken);
    bool found = false;

    find_taken(cluster, world, network, &taken);
    LODENREC_RESERVATION_FOR_EACH (reservation, cluster->idl) {
        if (!found && !strcmp(reservation->network, network->name)
            && !strcmp(reservation->node, world->node)
            && strlen(reservation->cidr) < ADDR_STRLEN
            && is_free(cluster, network, &taken, reservation->cidr)) {
            struct prefix prefix;
            char *error = prefix_parse(reservation->cidr, &prefix);

            found = (!error && prefix.plen == plen
                     && prefix_has_prefix(&range, &prefix));
            free(error);
            ovs_strlcpy(cidr, reservation->cidr, ADDR_STRLEN);
        }
    }
    for (size_t i = 0; i < n && !found; i++) {
        struct prefix block = prefix_subnet(&range, plen,
                                            lowest + (first + i) % n);

        prefix_format(&block, cidr);
        found = is_free(cluster, network, &taken, cidr);
    }
    sset_destroy(&taken);
    return found;
}

/* Says once that there is no block left. */
static void
tell_exhausted(struct cluster *cluster, const struct world_network *network,
               const char *key)
{
    const struct prefix range = world_block_range(network);
    char buf[ADDR_STRLEN];
    char *problem = xasprintf("network %s: no block of /%u left in %s",
                              network->name,
                              network->node_plen[prefix_family(&range)],
                              prefix_format(&range, buf));

    if (!nullable_string_is_equal(smap_get(&cluster->problems, key),
                                  problem)) {
        VLOG_WARN("%s", problem);
        smap_replace(&cluster->problems, key, problem);
    }
    free(problem);
}

/* Composes the claim of another block of 'network', if 'world', which has
 * this node's pods, needs one, or the giving back of one that it does not. */
void
blocks_put(struct cluster *cluster, const struct world *world,
           const struct world_network *network)
{
    char *key = claim_key(network->name, world_block_family(network));
    unsigned int seqno = ovsdb_idl_get_seqno(cluster->idl);
    struct writer *writer = &cluster->writer;
    char cidr[ADDR_STRLEN];

    if (!world_needs_block(world, network)) {
        smap_remove(&cluster->problems, key);
        rest_put(cluster, world, network);
    } else if (rest_keep(cluster, network)) {
        /* The next world has them. */
    } else if (simap_contains(&cluster->exhausted, key)
               && simap_get(&cluster->exhausted, key) == seqno) {
        /* Nothing has changed since there was none. */
    } else if (choose(cluster, world, network, cidr)) {
        writer_note(writer, VLL_INFO, "network %s: claiming block %s for node "
                    "%s", network->name, cidr, world->node);
        const struct lodenrec_subnet *row
            = lodenrec_subnet_insert(writer->txn);
        lodenrec_subnet_set_network(row, network->name);
        lodenrec_subnet_set_cidr(row, cidr);
        lodenrec_subnet_set_node(row, world->node);
        cluster->claiming = claim_text(network->name, cidr);
    } else {
        /* That there is none to keep in reserve is no news. */
        if (network->bridged.wants_block) {
            tell_exhausted(cluster, network, key);
        }
        sset_clear(&cluster->lost);
        simap_put(&cluster->exhausted, key, seqno);
    }
    free(key);
}
