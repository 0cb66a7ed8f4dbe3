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

/* A claim that is being made. */
struct claim {
    struct cluster *cluster;             /* Where. */
    const char *node;                    /* For whom. */
    const struct world_network *network; /* In which network. */
    enum addr_family family;             /* Of which family. */
    struct sset taken;                   /* Cidrs that are somebody's. */
    const struct lodenrec_subnet *own;   /* Our row there, or NULL. */
    bool give_up_own;                    /* Is it reserved for another? */
};

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

/* Returns our Subnet row for 'cidr' in 'network', or NULL. */
static const struct lodenrec_subnet *
find_own_row(const struct claim *claim, const char *cidr)
{
    const struct lodenrec_subnet *row;

    LODENREC_SUBNET_FOR_EACH (row, claim->cluster->idl) {
        if (!strcmp(row->cidr, cidr) && !strcmp(row->node, claim->node)
            && !strcmp(row->network, claim->network->name)) {
            return row;
        }
    }
    return NULL;
}

/* Is 'cidr' nobody's, as far as we know? */
static bool
is_free(const struct claim *claim, const char *cidr)
{
    char *text = claim_text(claim->network->name, cidr);
    bool lost = sset_contains(&claim->cluster->lost, text);

    free(text);
    return !lost && !sset_contains(&claim->taken, cidr);
}

/* Could 'cidr' be a subnet of the claim's network and family? */
static bool
fits(const struct claim *claim, const char *cidr)
{
    struct prefix prefix;
    char *error = prefix_parse(cidr, &prefix);
    bool ok = (!error && prefix_family(&prefix) == claim->family
               && prefix.plen == claim->network->node_plen[claim->family]);

    free(error);
    for (size_t i = 0; ok && i < claim->network->n_ranges; i++) {
        if (prefix_has_prefix(&claim->network->ranges[i], &prefix)) {
            return true;
        }
    }
    return false;
}

/* Collects the subnets that are out of the question, and our own. */
static void
find_taken(struct claim *claim)
{
    const char *network = claim->network->name;
    const struct lodenrec_reservation *reservation;
    const struct lodenrec_subnet *subnet;

    LODENREC_SUBNET_FOR_EACH (subnet, claim->cluster->idl) {
        if (!strcmp(subnet->network, network)) {
            sset_add(&claim->taken, subnet->cidr);
            if (!strcmp(subnet->node, claim->node)
                && fits(claim, subnet->cidr)) {
                claim->own = subnet;
            }
        }
    }
    LODENREC_RESERVATION_FOR_EACH (reservation, claim->cluster->idl) {
        if (strcmp(reservation->network, network)
            || !strcmp(reservation->node, claim->node)) {
            continue;
        }
        sset_add(&claim->taken, reservation->cidr);
        if (claim->own && !strcmp(claim->own->cidr, reservation->cidr)) {
            claim->give_up_own = true;
        }
    }
}

/* Returns the first subnet that is reserved for this node, or NULL.  It may
 * still be another's, who will give it up. */
static const char *
find_reserved(const struct claim *claim)
{
    const struct lodenrec_reservation *row;
    const char *best = NULL;

    LODENREC_RESERVATION_FOR_EACH (row, claim->cluster->idl) {
        if (!strcmp(row->node, claim->node)
            && !strcmp(row->network, claim->network->name)
            && fits(claim, row->cidr)
            && (!best || strcmp(row->cidr, best) < 0)) {
            best = row->cidr;
        }
    }
    return best;
}

/* Counts the subnets of the claim's family in all ranges. */
static size_t
count_subnets(const struct claim *claim)
{
    const struct world_network *network = claim->network;
    size_t n = 0;

    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_family(&network->ranges[i]) == claim->family) {
            n += prefix_n_subnets(&network->ranges[i],
                                  network->node_plen[claim->family]);
        }
    }
    return n;
}

/* Writes subnet number 'i' of all ranges into 'cidr'. */
static void
format_subnet(const struct claim *claim, size_t i, char cidr[ADDR_STRLEN])
{
    const struct world_network *network = claim->network;
    unsigned int plen = network->node_plen[claim->family];

    for (size_t j = 0; j < network->n_ranges; j++) {
        const struct prefix *range = &network->ranges[j];
        size_t n = (prefix_family(range) == claim->family
                    ? prefix_n_subnets(range, plen) : 0);
        if (i < n) {
            struct prefix subnet = prefix_subnet(range, plen, i);
            prefix_format(&subnet, cidr);
            return;
        }
        i -= n;
    }
    OVS_NOT_REACHED();
}

/* Says once why there is nothing to claim.  Takes 'problem'. */
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

/* Chooses a subnet and returns true, or says why there is none. */
static bool
choose(struct claim *claim, char cidr[ADDR_STRLEN])
{
    const struct world_network *network = claim->network;
    const char *reserved = find_reserved(claim);
    size_t n = count_subnets(claim);

    if (reserved) {
        if (is_free(claim, reserved)) {
            ovs_strlcpy(cidr, reserved, ADDR_STRLEN);
            return true;
        }
        tell_problem(claim, xasprintf(
            "network %s: subnet %s is reserved for node %s, but another node "
            "has not given it up yet", network->name, reserved, claim->node));
        return false;
    }

    size_t first = n ? world_name_hash("node", claim->node) % n : 0;
    for (size_t i = 0; i < n; i++) {
        format_subnet(claim, (first + i) % n, cidr);
        if (is_free(claim, cidr)) {
            return true;
        }
    }
    char buf[ADDR_STRLEN];
    tell_problem(claim, xasprintf(
        "network %s: no subnet left in %s%s: %"PRIuSIZE" of %"PRIuSIZE
        " taken", network->name, prefix_format(&network->ranges[0], buf),
        network->n_ranges > 1 ? " and its other ranges" : "", n, n));
    return false;
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
        sset_init(&claim->taken);
        find_taken(claim);
        if (claim->own && !claim->give_up_own) {
            /* The world is older than the row. */
        } else if (choose(claim, cidr)) {
            insert_row(claim, cidr, "");
        } else {
            /* Who was faster may have given up what it got since then. */
            sset_clear(&cluster->lost);
            simap_put(&cluster->exhausted, key, seqno);
        }
        sset_destroy(&claim->taken);
    }
    free(key);
}

/* Remembers the subnet that this node has, and puts its row back if somebody
 * deleted it. */
static void
claim_keep(struct claim *claim, const struct prefix *subnet)
{
    char *key = claim_key(claim->network->name, claim->family);
    char cidr[ADDR_STRLEN];

    prefix_format(subnet, cidr);
    smap_remove(&claim->cluster->problems, key);
    if (find_own_row(claim, cidr)) {
        smap_replace(&claim->cluster->held, key, cidr);
    } else {
        insert_row(claim, cidr, ", which somebody took out of the database");
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
            } else if (prefix_is_set(&network->subnet[family])) {
                claim_keep(&claim, &network->subnet[family]);
            } else if (network->mode == WORLD_ROUTED
                       && network->node_plen[family] && network->n_ranges) {
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
    cluster->claiming = NULL;
    if (status == TXN_SUCCESS) {
        sset_clear(&cluster->lost);
    } else if (writer_lost_race(&cluster->writer, status)) {
        VLOG_INFO("subnet %s: another node was faster; taking the next one",
                  claiming);
        sset_add(&cluster->lost, claiming);
        smap_clear(&cluster->held);
        cluster->seqno++;
        writer_retry_now(&cluster->writer);
    }
    free(claiming);
}
