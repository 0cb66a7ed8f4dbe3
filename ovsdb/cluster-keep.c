/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A subnet of this node's whose Subnet row somebody deleted.
 *
 * Pods run with its addresses, so it stays.  Only while another node has it
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

/* Gives the networks of 'leases', where this node has no subnet, the one that
 * it had. */
void
leases_keep(const struct cluster *cluster, struct leases *leases)
{
    for (size_t i = 0; i < leases->world->n_networks; i++) {
        for (int family = 0; family < ADDR_N_FAMILIES; family++) {
            keep_held(cluster, leases, &leases->world->networks[i], family);
        }
    }
}
