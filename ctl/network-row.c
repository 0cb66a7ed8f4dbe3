/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A network's row.  The commands are in 'ctl/network.c'. */

#include <config.h>
#include "ctl/network.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/output.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb-idl.h"
#include "ovsdb/keys.h"
#include "ovsdb/loden-idl.h"
#include "util.h"

/* A node's share of a network unless it is said: 2^8 and 2^64 addresses. */
#define DEFAULT_NODE_PLEN_V4 24
#define DEFAULT_NODE_PLEN_V6 64

/* The same in a bridged network, where a node takes as many of these as its
 * pods need. */
#define DEFAULT_BLOCK_PLEN_V4 28
#define DEFAULT_BLOCK_PLEN_V6 124

/* Options of a network's row. */
static const char *const bound_keys[ADDR_N_FAMILIES][NETWORK_N_BOUNDS] = {
    [ADDR_V4] = { OPTION_SUBNET_MIN, OPTION_SUBNET_MAX },
    [ADDR_V6] = { OPTION_SUBNET_MIN6, OPTION_SUBNET_MAX6 },
};

/* Returns the row of the network 'name', or NULL. */
const struct lodenrec_network *
network_find(struct ovsdb_idl *idl, const char *name)
{
    const struct lodenrec_network *row;

    LODENREC_NETWORK_FOR_EACH (row, idl) {
        if (!strcmp(row->name, name)) {
            return row;
        }
    }
    return NULL;
}

static int
compare_rows(const void *a_, const void *b_)
{
    const struct lodenrec_network *const *a = a_;
    const struct lodenrec_network *const *b = b_;

    return strcmp((*a)->name, (*b)->name);
}

/* Returns all networks by name, 'n' of them; the caller frees the array. */
const struct ovsdb_idl_row **
network_rows(struct ovsdb_idl *idl, size_t *n)
{
    return output_sort_rows(idl, &lodenrec_table_network, compare_rows, n);
}

char *
network_unknown(struct ovsdb_idl *idl, const char *name)
{
    struct ds error = DS_EMPTY_INITIALIZER;
    size_t n;
    const struct ovsdb_idl_row **rows = network_rows(idl, &n);

    ds_put_format(&error, "there is no network '%s': there %s", name,
                  n == 0 ? "is none at all" : n == 1 ? "is " : "are ");
    for (size_t i = 0; i < n; i++) {
        const struct lodenrec_network *row
            = (const struct lodenrec_network *) rows[i];

        ds_put_format(&error, "%s'%s'", i ? ", " : "", row->name);
    }
    free(rows);
    return ds_steal_cstr(&error);
}

/* Returns the other VNI that the network of 'row' takes; 0: none. */
static unsigned int
also_vni(const struct lodenrec_network *row)
{
    return smap_get_uint(&row->options, OPTION_ALSO_VNI, 0);
}

/* Returns the lowest VNI that no network has; 0 if there is none. */
static uint32_t
free_vni(struct ovsdb_idl *idl)
{
    const struct lodenrec_network *row;
    uint32_t vni = 1;

again:
    LODENREC_NETWORK_FOR_EACH (row, idl) {
        if (row->vni == vni || also_vni(row) == vni) {
            vni++;
            goto again;
        }
    }
    return vni <= NETWORK_MAX_VNI ? vni : 0;
}

/* Writes the share that each node gets of ranges of either family, where
 * there are any.  It stands in the row even if nobody said it, so that a later
 * version with another idea of it agrees with today's leases. */
static void
set_node_prefixes(const struct lodenrec_network *row,
                  const struct network_wish *wish)
{
    for (size_t i = 0; i < wish->ranges.n; i++) {
        bool v6 = strchr(wish->ranges.names[i], ':') != NULL;
        int64_t plen = wish->node_plen[v6 ? ADDR_V6 : ADDR_V4];

        if (!plen) {
            bool bridged = !strcmp(wish->mode, "bridged");
            plen = (v6 && bridged ? DEFAULT_BLOCK_PLEN_V6
                    : v6 ? DEFAULT_NODE_PLEN_V6
                    : bridged ? DEFAULT_BLOCK_PLEN_V4
                    : DEFAULT_NODE_PLEN_V4);
        }

        if (v6) {
            lodenrec_network_set_node_prefix_v6(row, &plen, 1);
        } else {
            lodenrec_network_set_node_prefix_v4(row, &plen, 1);
        }
    }
}

/* Initializes 'wish' as a routed network with what holds unless others say
 * otherwise; it has no name, VNI or ranges. */
void
network_wish_init(struct network_wish *wish)
{
    *wish = (struct network_wish) {
        .mode = "routed",
        .ranges = SVEC_EMPTY_INITIALIZER,
        .masquerade = true,
        .unknown_unicast = "drop",
        .multicast = "flood",
    };
}

/* Initializes 'wish' as the network of 'row' is. */
void
network_wish_read(struct network_wish *wish,
                  const struct lodenrec_network *row)
{
    network_wish_init(wish);
    wish->name = row->name;
    wish->mode = row->mode;
    wish->vni = row->vni;
    wish->also_vni = also_vni(row);
    wish->mtu = row->n_mtu ? *row->mtu : 0;
    wish->internal = row->internal;
    wish->masquerade = row->masquerade;
    wish->unknown_unicast = row->unknown_unicast;
    wish->multicast = row->multicast;
    wish->storm_rate = smap_get(&row->options, OPTION_STORM_RATE);
    wish->block_rest = smap_get(&row->options, OPTION_BLOCK_REST);
    for (size_t i = 0; i < row->n_ranges; i++) {
        svec_add(&wish->ranges, row->ranges[i]);
    }
    if (row->n_node_prefix_v4) {
        wish->node_plen[ADDR_V4] = *row->node_prefix_v4;
    }
    if (row->n_node_prefix_v6) {
        wish->node_plen[ADDR_V6] = *row->node_prefix_v6;
    }
    for (int i = 0; i < ADDR_N_FAMILIES; i++) {
        for (int j = 0; j < NETWORK_N_BOUNDS; j++) {
            network_wish_bound(wish, i, j,
                               smap_get(&row->options, bound_keys[i][j]));
        }
    }
}

void
network_wish_destroy(struct network_wish *wish)
{
    for (int i = 0; i < ADDR_N_FAMILIES; i++) {
        for (int j = 0; j < NETWORK_N_BOUNDS; j++) {
            free(wish->bounds[i][j]);
        }
    }
    svec_destroy(&wish->ranges);
}

/* Lets nodes' first or last subnet begin at 'text'; NULL: anywhere. */
void
network_wish_bound(struct network_wish *wish, enum addr_family family,
                   enum network_bound bound, const char *text)
{
    free(wish->bounds[family][bound]);
    wish->bounds[family][bound] = nullable_xstrdup(text);
}

/* Adds 'text', e.g. "10.1.0.0/16,fd01::/48", to the ranges of 'wish'. */
char *
network_wish_ranges(struct network_wish *wish, const char *text)
{
    char *copy = xstrdup(text);
    char *save_ptr = NULL;
    char *error = NULL;

    for (char *word = strtok_r(copy, ",", &save_ptr); word && !error;
         word = strtok_r(NULL, ",", &save_ptr)) {
        struct prefix range;

        error = prefix_parse(word, &range);
        svec_add(&wish->ranges, word);
    }
    free(copy);
    return error;
}

/* Sets the option 'key' to 'text', or takes it away if that is NULL. */
static void
set_option(struct smap *options, const char *key, const char *text)
{
    if (text) {
        smap_replace(options, key, text);
    } else {
        smap_remove(options, key);
    }
}

/* Writes what 'wish' has of them into the options of 'row', all at once: the
 * judge does not see parts of a map that are under way. */
static void
set_options(const struct lodenrec_network *row,
           const struct network_wish *wish)
{
    struct smap options;

    smap_clone(&options, &row->options);
    for (int i = 0; i < ADDR_N_FAMILIES; i++) {
        for (int j = 0; j < NETWORK_N_BOUNDS; j++) {
            set_option(&options, bound_keys[i][j], wish->bounds[i][j]);
        }
    }
    set_option(&options, OPTION_STORM_RATE, wish->storm_rate);
    set_option(&options, OPTION_BLOCK_REST, wish->block_rest);
    smap_remove(&options, OPTION_ALSO_VNI);
    if (wish->also_vni) {
        smap_add_format(&options, OPTION_ALSO_VNI, "%u", wish->also_vni);
    }
    lodenrec_network_set_options(row, &options);
    smap_destroy(&options);
}

/* Makes 'row', whose name is right, say what 'wish' says. */
void
network_write(const struct lodenrec_network *row,
              const struct network_wish *wish)
{
    int64_t mtu = wish->mtu;

    lodenrec_network_set_vni(row, wish->vni);
    lodenrec_network_set_ranges(row, (const char **) wish->ranges.names,
                                wish->ranges.n);
    set_node_prefixes(row, wish);
    set_options(row, wish);
    lodenrec_network_set_mtu(row, &mtu, mtu ? 1 : 0);
    lodenrec_network_set_masquerade(row, wish->masquerade);
    lodenrec_network_set_internal(row, wish->internal);
    lodenrec_network_set_unknown_unicast(row, wish->unknown_unicast);
    lodenrec_network_set_multicast(row, wish->multicast);
}

/* Returns an error if another network has the VNI of 'wish'. */
char *
network_check_vni(struct ovsdb_idl *idl, const struct network_wish *wish)
{
    const struct lodenrec_network *other;

    LODENREC_NETWORK_FOR_EACH (other, idl) {
        if (!strcmp(other->name, wish->name)) {
            continue;
        } else if (other->vni == wish->vni) {
            return xasprintf("VNI %u is taken by network '%s'", wish->vni,
                             other->name);
        } else if (also_vni(other) == wish->vni) {
            return xasprintf("VNI %u is taken by network '%s' until the "
                             "change of its VNI is done: say 'lodenctl "
                             "network set %s --vni=%"PRId64"'", wish->vni,
                             other->name, other->name, other->vni);
        }
    }
    return NULL;
}

/* Inserts a row for 'wish'.  A VNI of 0 becomes the lowest free one.  Checks
 * only what the database's indexes refuse; the rest is the judge's. */
char *
network_insert(struct invocation *invocation, struct network_wish *wish)
{
    if (network_find(invocation->idl, wish->name)) {
        return xasprintf("there is a network '%s' already", wish->name);
    } else if (!wish->vni) {
        wish->vni = free_vni(invocation->idl);
        if (!wish->vni) {
            return xasprintf("all %d VNIs are taken", NETWORK_MAX_VNI);
        }
    }
    char *error = network_check_vni(invocation->idl, wish);
    if (error) {
        char *hint = xasprintf("%s: leave --vni out for the lowest free one",
                               error);
        free(error);
        return hint;
    }

    const struct lodenrec_network *row
        = lodenrec_network_insert(invocation->txn);
    lodenrec_network_set_name(row, wish->name);
    lodenrec_network_set_mode(row, wish->mode);
    network_write(row, wish);
    return NULL;
}
