/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Subnets whose Subnet row somebody deleted.
 *
 * Pods run with their addresses, so they stay: a peer's with the peer until
 * its node has another one, or goes, or somebody else has the subnet; and this
 * node's own, too.  Only while another node has it
 * by now, two nodes must not both give out its addresses: this one, whose
 * claim is gone, stops.  It takes no other subnet by itself either, which
 * would cut its pods off. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Has a person reserved a subnet of 'family' in 'network' for this node, or
 * 'text' ("NETWORK CIDR") for another one? */
static bool
person_has_decided(const struct leases *leases,
                   const struct world_network *network,
                   enum addr_family family, const char *text)
{
    const char *for_whom = smap_get(&leases->reserved, text);
    size_t len = strlen(network->name);
    const struct smap_node *node;

    if (for_whom) {
        return strcmp(for_whom, leases->self->node);
    }
    SMAP_FOR_EACH (node, &leases->reserved) {
        bool v6 = strchr(node->key, ':') != NULL;
        if (!strcmp(node->value, leases->self->node)
            && !strncmp(node->key, network->name, len)
            && node->key[len] == ' ' && v6 == (family == ADDR_V6)) {
            return true;
        }
    }
    return false;
}

/* Takes the subnet 'prefix' of 'network' away from the peer 'name', as far as
 * this node's switch is concerned. */
static void
overlook_lease(struct leases *leases, const char *name, const char *network,
               const struct prefix *prefix)
{
    struct world_peer *peer = leases_find_peer(leases->world, name);

    for (size_t i = 0; peer && i < peer->n_leases; i++) {
        struct world_lease *lease = &peer->leases[i];
        if (!strcmp(lease->network, network)
            && !prefix_compare(&lease->subnet, prefix)) {
            free(lease->network);
            *lease = peer->leases[--peer->n_leases];
            return;
        }
    }
}

/* Says that 'holder' has the subnet 'prefix' of 'network', which this node's
 * pods use.  They go on as far as they can; there are to be no more. */
static void
mark_lost(struct leases *leases, struct world_network *network,
          const struct prefix *prefix, const char *holder)
{
    const char *node = leases->self->node;
    char cidr[ADDR_STRLEN];

    overlook_lease(leases, holder, network->name, prefix);
    free(network->lost_to);
    network->lost_to = xstrdup(holder);
    prefix_format(prefix, cidr);
    world_refuse(leases->world,
                 xasprintf("Subnet %s of node %s in network %s", cidr, holder,
                           network->name),
                 "it was node %s's until its row was deleted; %s's pods keep "
                 "their addresses, and no more are given out there until a "
                 "person decides: 'lodenctl reservation add %s %s %s' takes "
                 "it from %s, and the reservation of another subnet for %s "
                 "takes it from %s", node, node, network->name, cidr, node,
                 holder, node, node);
}

/* Lets this node keep the subnet of 'family' in 'network' whose row somebody
 * deleted: cluster-claim.c puts the row back, and pods need not notice.  If
 * the subnet is another node's by now, a person has to decide. */
static void
keep_held(const struct cluster *cluster, struct leases *leases,
          struct world_network *network, enum addr_family family)
{
    char *key = claim_key(network->name, family);
    const char *cidr = smap_get(&cluster->held, key);
    struct prefix prefix;

    free(key);
    if (!cidr || prefix_is_set(&network->subnet[family])) {
        return;
    }
    char *text = claim_text(network->name, cidr);
    char *error = prefix_parse(cidr, &prefix);
    if (!error) {
        error = leases_check(network, &prefix);
    }
    if (!error && !person_has_decided(leases, network, family, text)) {
        const char *holder = smap_get(&leases->holder, text);
        world_network_set_subnet(network, &prefix);
        if (holder) {
            mark_lost(leases, network, &prefix, holder);
        }
    }
    free(error);
    free(text);
}

/* Lets the peer 'node' keep the subnet 'cidr' of 'network' whose row somebody
 * deleted.  Its controller is about to put the row back. */
static void
keep_peer(struct leases *leases, const char *node, const char *network_name,
          const char *cidr)
{
    const struct world_network *network
        = world_find_network(leases->world, network_name);
    struct world_peer *peer = leases_find_peer(leases->world, node);
    struct prefix prefix;

    if (!network || !peer) {
        return;
    }
    char *text = claim_text(network_name, cidr);
    const char *for_whom = smap_get(&leases->reserved, text);
    char *error = prefix_parse(cidr, &prefix);
    if (!error) {
        error = leases_check(network, &prefix);
    }
    if (!error && !smap_get(&leases->holder, text)
        && (!for_whom || !strcmp(for_whom, node))) {
        char *key = xasprintf("%s %d %s", network_name,
                              prefix_family(&prefix), node);
        if (!smap_get(&leases->has, key)) {
            smap_add(&leases->holder, text, node);
            smap_add(&leases->has, key, cidr);
            world_peer_add_lease(peer, network_name, &prefix);
        }
        free(key);
    }
    free(error);
    free(text);
}

/* Lets the peers keep what 'cluster' remembers of them. */
static void
keep_peers(const struct cluster *cluster, struct leases *leases)
{
    const struct smap_node *node;

    SMAP_FOR_EACH (node, &cluster->peers_had) {
        size_t len = strcspn(node->key, " ");
        char *network = xmemdup0(node->key, len);
        if (!smap_get(&leases->holder, node->key)) {
            keep_peer(leases, node->value, network, node->key + len + 1);
        }
        free(network);
    }
}

/* Remembers which subnets the peers have in 'world'. */
void
leases_remember(struct cluster *cluster, const struct world *world)
{
    if (cluster->had_seqno == cluster->seqno) {
        return;
    }
    cluster->had_seqno = cluster->seqno;
    smap_clear(&cluster->peers_had);
    for (size_t i = 0; i < world->n_peers; i++) {
        const struct world_peer *peer = &world->peers[i];
        for (size_t j = 0; j < peer->n_leases; j++) {
            char cidr[ADDR_STRLEN];
            prefix_format(&peer->leases[j].subnet, cidr);
            smap_add_nocopy(&cluster->peers_had,
                            claim_text(peer->leases[j].network, cidr),
                            xstrdup(peer->name));
        }
    }
}

/* Gives the networks of 'leases', where this node has no subnet, the one that
 * it had, and the peers theirs. */
void
leases_keep(const struct cluster *cluster, struct leases *leases)
{
    keep_peers(cluster, leases);
    for (size_t i = 0; i < leases->world->n_networks; i++) {
        for (int family = 0; family < ADDR_N_FAMILIES; family++) {
            keep_held(cluster, leases, &leases->world->networks[i], family);
        }
    }
}
