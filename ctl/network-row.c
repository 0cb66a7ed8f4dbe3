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
#include "ovsdb/loden-idl.h"
#include "util.h"

/* A node's share of a network unless it is said: 2^8 and 2^64 addresses. */
#define DEFAULT_NODE_PLEN_V4 24
#define DEFAULT_NODE_PLEN_V6 64

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

/* Returns the lowest VNI that no network has; 0 if there is none. */
static uint32_t
free_vni(struct ovsdb_idl *idl)
{
    const struct lodenrec_network *row;
    uint32_t vni = 1;

again:
    LODENREC_NETWORK_FOR_EACH (row, idl) {
        if (row->vni == vni) {
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
        .node_plen = { [ADDR_V4] = DEFAULT_NODE_PLEN_V4,
                       [ADDR_V6] = DEFAULT_NODE_PLEN_V6 },
        .masquerade = true,
    };
}

void
network_wish_destroy(struct network_wish *wish)
{
    svec_destroy(&wish->ranges);
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

/* Inserts a row for 'wish'.  A VNI of 0 becomes the lowest free one.  Checks
 * only what the database's indexes refuse; the rest is the judge's. */
char *
network_insert(struct invocation *invocation, const struct network_wish *wish)
{
    const struct lodenrec_network *other;
    int64_t vni = wish->vni ? wish->vni : free_vni(invocation->idl);
    int64_t mtu = wish->mtu;

    if (!vni) {
        return xasprintf("all %d VNIs are taken", NETWORK_MAX_VNI);
    }
    LODENREC_NETWORK_FOR_EACH (other, invocation->idl) {
        if (!strcmp(other->name, wish->name)) {
            return xasprintf("there is a network '%s' already", wish->name);
        } else if (other->vni == vni) {
            return xasprintf("VNI %"PRId64" is taken by network '%s': leave "
                             "--vni out for the lowest free one", vni,
                             other->name);
        }
    }

    const struct lodenrec_network *row
        = lodenrec_network_insert(invocation->txn);
    lodenrec_network_set_name(row, wish->name);
    lodenrec_network_set_vni(row, vni);
    lodenrec_network_set_mode(row, wish->mode);
    lodenrec_network_set_ranges(
        row, (const char **) wish->ranges.names, wish->ranges.n);
    set_node_prefixes(row, wish);
    lodenrec_network_set_mtu(row, &mtu, mtu ? 1 : 0);
    lodenrec_network_set_masquerade(row, wish->masquerade);
    lodenrec_network_set_internal(row, wish->internal);
    lodenrec_network_set_unknown_unicast(row, "drop");
    lodenrec_network_set_multicast(row, "flood");
    return NULL;
}
