/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Which subnet a node claims: the one reserved for it, else the one that it
 * had before, else the first free one from a place that depends on its name,
 * so that nodes that claim at once seldom meet. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "util.h"

/* How many nodes an explanation names. */
#define MAX_NAMED 10

/* Is 'cidr' nobody's, as far as we know? */
static bool
is_free(const struct claim *claim, const char *cidr)
{
    char *text = claim_text(claim->network->name, cidr);
    bool lost = sset_contains(&claim->cluster->lost, text);

    free(text);
    return !lost && !smap_get(&claim->taken, cidr);
}

/* Could 'cidr' be a subnet of the claim's network and family? */
static bool
fits(const struct claim *claim, const char *cidr)
{
    struct prefix prefix;
    char *error = prefix_parse(cidr, &prefix);

    if (!error && prefix_family(&prefix) == claim->family) {
        error = leases_check(claim->network, &prefix);
        if (!error) {
            return true;
        }
    }
    free(error);
    return false;
}

/* Prepares 'claim', which says where and for whom: collects the subnets that
 * are out of the question, and our own. */
void
choose_init(struct claim *claim)
{
    const char *network = claim->network->name;
    const struct lodenrec_reservation *reservation;
    const struct lodenrec_subnet *subnet;

    smap_init(&claim->taken);
    LODENREC_SUBNET_FOR_EACH (subnet, claim->cluster->idl) {
        if (!strcmp(subnet->network, network)) {
            smap_replace(&claim->taken, subnet->cidr, subnet->node);
        }
    }
    LODENREC_SUBNET_FOR_EACH (subnet, claim->cluster->own) {
        if (!strcmp(subnet->network, network)
            && !strcmp(subnet->node, claim->node)
            && fits(claim, subnet->cidr)) {
            claim->own = subnet;
        }
    }
    LODENREC_RESERVATION_FOR_EACH (reservation, claim->cluster->idl) {
        if (strcmp(reservation->network, network)
            || !strcmp(reservation->node, claim->node)) {
            continue;
        }
        char *whose = xasprintf("%s (reserved)", reservation->node);
        smap_replace(&claim->taken, reservation->cidr, whose);
        free(whose);
        if (claim->own && !strcmp(claim->own->cidr, reservation->cidr)) {
            claim->give_up_own = true;
        }
    }
}

void
choose_destroy(struct claim *claim)
{
    smap_destroy(&claim->taken);
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

/* Returns the subnet that this node had when it was last running, if it is
 * free, or NULL. */
static const char *
find_preferred(const struct claim *claim)
{
    char *key = claim_key(claim->network->name, claim->family);
    const char *cidr = smap_get(&claim->cluster->preferred, key);

    free(key);
    return cidr && fits(claim, cidr) && is_free(claim, cidr) ? cidr : NULL;
}

/* Returns how many subnets of the claim's family 'range' has. */
static size_t
count_in_range(const struct claim *claim, const struct prefix *range,
               size_t *ret_first)
{
    return (prefix_family(range) == claim->family
            ? bounds_count(claim->network, range, ret_first) : 0);
}

/* Counts the subnets of the claim's family in all ranges. */
static size_t
count_subnets(const struct claim *claim)
{
    const struct world_network *network = claim->network;
    size_t first;
    size_t n = 0;

    for (size_t i = 0; i < network->n_ranges; i++) {
        n += count_in_range(claim, &network->ranges[i], &first);
    }
    return n;
}

/* Writes subnet number 'i' of all ranges into 'cidr'. */
static void
format_subnet(const struct claim *claim, size_t i, char cidr[ADDR_STRLEN])
{
    const struct world_network *network = claim->network;

    for (size_t j = 0; j < network->n_ranges; j++) {
        const struct prefix *range = &network->ranges[j];
        size_t first;
        size_t n = count_in_range(claim, range, &first);
        if (i < n) {
            struct prefix subnet = prefix_subnet(
                range, network->node_plen[claim->family], first + i);
            prefix_format(&subnet, cidr);
            return;
        }
        i -= n;
    }
    OVS_NOT_REACHED();
}

/* Appends where subnets can be: the ranges of the claim's family, and their
 * bounds. */
static void
put_ranges(const struct claim *claim, struct ds *s)
{
    const struct world_network *network = claim->network;
    const struct in6_addr *first = &network->first[claim->family];
    const struct in6_addr *last = &network->last[claim->family];
    const char *comma = "";
    char buf[ADDR_STRLEN];

    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_family(&network->ranges[i]) == claim->family) {
            ds_put_format(s, "%s%s", comma,
                          prefix_format(&network->ranges[i], buf));
            comma = ", ";
        }
    }
    if (addr_is_set(first)) {
        ds_put_format(s, " from %s", addr_format(first, buf));
    }
    if (addr_is_set(last)) {
        ds_put_format(s, " up to %s", addr_format(last, buf));
    }
}

/* Returns why there is no subnet among the 'n' that there are: which they
 * are, and whose. */
static char *
explain_exhaustion(const struct claim *claim, size_t n)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct smap_node *node;

    ds_put_format(&s, "network %s: no subnet left in ", claim->network->name);
    put_ranges(claim, &s);
    SMAP_FOR_EACH (node, &claim->taken) {
        char buf[TEXT_SHOWN];
        if (fits(claim, node->key)) {
            svec_add(&names, text_show(node->value, buf));
        }
    }
    svec_sort_unique(&names);
    ds_put_format(&s, ": %"PRIuSIZE" of %"PRIuSIZE" taken, by ", n, n);
    for (size_t i = 0; i < MIN(names.n, MAX_NAMED); i++) {
        ds_put_format(&s, "%s%s", i ? ", " : "", names.names[i]);
    }
    if (names.n > MAX_NAMED) {
        ds_put_format(&s, " and %"PRIuSIZE" more", names.n - MAX_NAMED);
    } else if (!names.n) {
        ds_put_cstr(&s, "nodes that were faster");
    }
    svec_destroy(&names);
    return ds_steal_cstr(&s);
}

/* Chooses a subnet for 'claim' and returns NULL, or returns why there is
 * none. */
char *
choose_subnet(const struct claim *claim, char cidr[ADDR_STRLEN])
{
    const struct world_network *network = claim->network;
    const char *wished = find_reserved(claim);

    if (wished && !is_free(claim, wished)) {
        return xasprintf("network %s: subnet %s is reserved for node %s, but "
                         "another node has not given it up yet",
                         network->name, wished, claim->node);
    }
    wished = wished ? wished : network->closed ? NULL : find_preferred(claim);
    if (wished) {
        ovs_strlcpy(cidr, wished, ADDR_STRLEN);
        return NULL;
    } else if (network->closed) {
        return xasprintf("network %s: its first or last subnet is set to what "
                         "cannot be right, so none is claimed",
                         network->name);
    }

    size_t n = count_subnets(claim);
    size_t first = n ? world_name_hash("node", claim->node) % n : 0;
    for (size_t i = 0; i < n; i++) {
        format_subnet(claim, (first + i) % n, cidr);
        if (is_free(claim, cidr)) {
            return NULL;
        }
    }
    return explain_exhaustion(claim, n);
}
