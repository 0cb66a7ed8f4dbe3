/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Claiming a subnet of each routed network: inserting a Subnet row.
 *
 * The database's index lets only one of several nodes have a subnet; the
 * others are told "constraint violation" and take their next choice.  So that
 * this is rare, every node starts at a place that depends on its name.  A
 * claim is a transaction of its own, since a lost one takes everything else
 * in it down. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

VLOG_DEFINE_THIS_MODULE(cluster_claim);

/* Returns the key of 'network' and 'family' in struct cluster's maps. */
char *
claim_key(const char *network, enum addr_family family)
{
    return xasprintf("%s %d", network, family);
}

/* Returns the text that stands for subnet 'cidr' of 'network'. */
char *
claim_text(const char *network, const char *cidr)
{
    return xasprintf("%s %s", network, cidr);
}

/* Adds to 'map', by claim_key(), the 'leases'. */
static void
remember_leases(struct smap *map, const struct sset *leases)
{
    const char *text;

    SSET_FOR_EACH (text, leases) {
        size_t len = strcspn(text, " ");
        const char *cidr = text + len + (text[len] != '\0');
        char *network = xmemdup0(text, len);

        smap_add_nocopy(map, claim_key(network, (strchr(cidr, ':')
                                                 ? ADDR_V6 : ADDR_V4)),
                        xstrdup(cidr));
        free(network);
    }
}

void
cluster_remember(struct cluster *cluster, const struct sset *used,
                 const struct sset *unused)
{
    remember_leases(&cluster->held, used);
    remember_leases(&cluster->preferred, unused);
}

/* Returns the Subnet row for 'cidr' in the claim's network, or NULL. */
static const struct lodenrec_subnet *
find_row(const struct claim *claim, const char *cidr)
{
    const struct lodenrec_subnet *row;

    LODENREC_SUBNET_FOR_EACH (row, claim->cluster->idl) {
        if (!strcmp(row->cidr, cidr)
            && !strcmp(row->network, claim->network->name)) {
            return row;
        }
    }
    return NULL;
}

/* Says once why nothing is claimed.  Takes 'problem'. */
static void
tell_problem(const struct claim *claim, char *problem)
{
    char *key = claim_key(claim->network->name, claim->family);
    const char *old = smap_get(&claim->cluster->problems, key);

    if (!nullable_string_is_equal(old, problem)) {
        VLOG_WARN("%s", problem);
        smap_replace(&claim->cluster->problems, key, problem);
    }
    free(problem);
    free(key);
}

/* Composes the insertion of a row for 'cidr'. */
static void
insert_row(struct claim *claim, const char *cidr, const char *why)
{
    struct cluster *cluster = claim->cluster;
    struct writer *writer = &cluster->writer;

    writer_note(writer, VLL_INFO, "network %s: claiming subnet %s for node "
                "%s%s", claim->network->name, cidr, claim->node, why);
    if (claim->own) {
        writer_note(writer, VLL_WARN, "network %s: giving up subnet %s, which "
                    "is reserved for another node now", claim->network->name,
                    claim->own->cidr);
        lodenrec_subnet_delete(claim->own);
    }
    const struct lodenrec_subnet *row = lodenrec_subnet_insert(writer->txn);
    lodenrec_subnet_set_network(row, claim->network->name);
    lodenrec_subnet_set_cidr(row, cidr);
    lodenrec_subnet_set_node(row, claim->node);
    cluster->claiming = claim_text(claim->network->name, cidr);
}

/* Composes a claim of a subnet that this node does not have. */
static void
claim_new(struct claim *claim)
{
    struct cluster *cluster = claim->cluster;
    char *key = claim_key(claim->network->name, claim->family);
    unsigned int seqno = ovsdb_idl_get_seqno(cluster->idl);
    char cidr[ADDR_STRLEN];

    smap_remove(&cluster->held, key);
    if (!simap_contains(&cluster->exhausted, key)
        || simap_get(&cluster->exhausted, key) != seqno) {
        choose_init(claim);
        /* Else the world is older than the row. */
        if (!claim->own || claim->give_up_own) {
            char *problem = choose_subnet(claim, cidr);
            if (!problem) {
                insert_row(claim, cidr, "");
            } else {
                tell_problem(claim, problem);
                /* Who was faster may have given up what it got since. */
                sset_clear(&cluster->lost);
                simap_put(&cluster->exhausted, key, seqno);
            }
        }
        choose_destroy(claim);
    }
    free(key);
}

/* Remembers the subnet that this node has, and puts its row back if somebody
 * deleted it, and no other node has a row for it. */
static void
claim_keep(struct claim *claim, const struct prefix *subnet)
{
    char *key = claim_key(claim->network->name, claim->family);
    const struct lodenrec_subnet *row;
    char cidr[ADDR_STRLEN];

    prefix_format(subnet, cidr);
    row = find_row(claim, cidr);
    if (!row) {
        insert_row(claim, cidr, ", which somebody took out of the database");
        claim->cluster->reclaiming = true;
    } else if (!strcmp(row->node, claim->node)) {
        smap_replace(&claim->cluster->held, key, cidr);
        smap_remove(&claim->cluster->problems, key);
    } else if (!claim->network->lost_to) {
        char buf[TEXT_SHOWN];
        tell_problem(claim, xasprintf(
            "network %s: the row of this node's subnet %s is gone, and node "
            "%s has one for it", claim->network->name, cidr,
            text_show(row->node, buf)));
    }
    free(key);
}

/* Forgets the problems of networks that are not in 'world'. */
static void
forget_problems(struct cluster *cluster, const struct world *world)
{
    struct smap_node *node;

    SMAP_FOR_EACH_SAFE (node, &cluster->problems) {
        char *name = xmemdup0(node->key, strcspn(node->key, " "));
        if (!world_find_network(world, name)) {
            smap_remove_node(&cluster->problems, node);
        }
        free(name);
    }
}

/* Is there a Network row called 'name', whether it is followed or not? */
static bool
network_exists(const struct cluster *cluster, const char *name)
{
    const struct lodenrec_network *row;

    LODENREC_NETWORK_FOR_EACH (row, cluster->idl) {
        if (!strcmp(row->name, name)) {
            return true;
        }
    }
    return false;
}

/* Composes the withdrawal of this node's Subnet rows of networks that are not
 * there: a claim that was under way while somebody deleted its network has
 * left one that nobody else would delete. */
static void
withdraw_orphans(struct cluster *cluster, const struct cluster_self *self)
{
    const struct lodenrec_subnet *row;

    LODENREC_SUBNET_FOR_EACH_SAFE (row, cluster->own) {
        if (!strcmp(row->node, self->node)
            && !network_exists(cluster, row->network)) {
            char network[TEXT_SHOWN];
            char cidr[TEXT_SHOWN];

            writer_note(&cluster->writer, VLL_INFO,
                        "network %s: withdrawing subnet %s, as there is no "
                        "such network", text_show(row->network, network),
                        text_show(row->cidr, cidr));
            lodenrec_subnet_delete(row);
        }
    }
}

static bool
has_pods(const struct world *world, const char *network)
{
    for (size_t i = 0; i < world->n_pods; i++) {
        if (!strcmp(world->pods[i].network, network)) {
            return true;
        }
    }
    return false;
}

/* Lets go the subnets of networks that are not there and that no pod of
 * 'world' has addresses of: another network of that name is another one.  If
 * they are free then, they are the first choice. */
static void
let_go(struct cluster *cluster, const struct world *world)
{
    struct smap_node *node;

    SMAP_FOR_EACH_SAFE (node, &cluster->held) {
        char *name = xmemdup0(node->key, strcspn(node->key, " "));
        if (!network_exists(cluster, name) && !has_pods(world, name)) {
            smap_replace(&cluster->preferred, node->key, node->value);
            smap_remove_node(&cluster->held, node);
        }
        free(name);
    }
}

/* Ends what this node has of networks that are not there. */
void
claim_clean(struct cluster *cluster, const struct cluster_self *self,
            const struct world *world)
{
    withdraw_orphans(cluster, self);
    let_go(cluster, world);
}

static bool
has_range(const struct world_network *network, enum addr_family family)
{
    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_family(&network->ranges[i]) == family) {
            return true;
        }
    }
    return false;
}

/* Composes one claim that is missing, if any.  'world' is what the same
 * rows gave. */
void
claim_put(struct cluster *cluster, const struct cluster_self *self,
          const struct world *world)
{
    forget_problems(cluster, world);
    for (size_t i = 0; i < world->n_networks; i++) {
        for (int family = 0; family < ADDR_N_FAMILIES; family++) {
            const struct world_network *network = &world->networks[i];
            struct claim claim = { .cluster = cluster, .node = self->node,
                                   .network = network, .family = family };
            if (writer_is_open(&cluster->writer)) {
                return;
            } else if (network->mode == WORLD_BRIDGED) {
                if (family == (int) world_block_family(network)
                    && prefix_is_set(&network->subnet[family])
                    && !network->closing) {
                    blocks_put(cluster, world, network);
                }
            } else if (prefix_is_set(&network->subnet[family])) {
                claim_keep(&claim, &network->subnet[family]);
            } else if (network->node_plen[family] && !network->closing
                       && has_range(network, family)) {
                claim_new(&claim);
            }
        }
    }
}

/* Notes how the transaction ended that claimed a subnet, if it was one. */
void
claim_finished(struct cluster *cluster, enum ovsdb_idl_txn_status status)
{
    char *claiming = cluster->claiming;

    if (!claiming) {
        return;
    }
    bool again = cluster->reclaiming;
    cluster->claiming = NULL;
    cluster->reclaiming = false;
    if (status == TXN_SUCCESS) {
        sset_clear(&cluster->lost);
    } else if (writer_lost_race(&cluster->writer, status)) {
        VLOG_INFO("subnet %s: another node was faster", claiming);
        sset_add(&cluster->lost, claiming);
        cluster->seqno++;
        /* The same again only once the other's row is in sight or gone. */
        if (!again) {
            writer_retry_now(&cluster->writer);
        }
    }
    free(claiming);
}
