/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A network's row and the value that the rest of Loden calculates with.
 *
 * What makes a network right is in 'ctl/check.c', the commands are in
 * 'ctl/network.c'. */

#include <config.h>
#include "ctl/network.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/check.h"
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

/* Adds a routed network 'name' with the settings that hold unless others are
 * said, no VNI and no ranges, to 'world'. */
struct world_network *
network_new(struct world *world, const char *name)
{
    struct world_network *network = world_add_network(world, name, 0);

    network->node_plen[ADDR_V4] = DEFAULT_NODE_PLEN_V4;
    network->node_plen[ADDR_V6] = DEFAULT_NODE_PLEN_V6;
    network->masquerade = true;
    return network;
}

/* Adds the network that 'row' describes to 'world'.  A range that cannot be
 * parsed is left out, as every node leaves it out. */
struct world_network *
network_from_row(const struct lodenrec_network *row, struct world *world)
{
    struct world_network *network = network_new(world, row->name);

    network->vni = row->vni;
    network->mode = (!strcmp(row->mode, "bridged")
                     ? WORLD_BRIDGED : WORLD_ROUTED);
    network->internal = row->internal;
    network->masquerade = row->masquerade;
    network->mtu = row->n_mtu ? *row->mtu : 0;
    if (row->n_node_prefix_v4) {
        network->node_plen[ADDR_V4] = *row->node_prefix_v4;
    }
    if (row->n_node_prefix_v6) {
        network->node_plen[ADDR_V6] = *row->node_prefix_v6;
    }
    for (size_t i = 0; i < row->n_ranges; i++) {
        free(check_ranges(row->ranges[i], network));
    }
    return network;
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

/* Returns an error if 'network' is wrong in itself or beside the others. */
static char * OVS_WARN_UNUSED_RESULT
check_all(struct ovsdb_idl *idl, const struct world_network *network)
{
    char *error = check_network(network);
    size_t n;
    const struct ovsdb_idl_row **rows = network_rows(idl, &n);

    for (size_t i = 0; i < n && !error; i++) {
        struct world other;

        world_init(&other, "");
        error = check_beside(network, network_from_row(
            (const struct lodenrec_network *) rows[i], &other));
        world_destroy(&other);
    }
    free(rows);
    return error;
}

static void
write_row(struct ovsdb_idl_txn *txn, const struct world_network *network)
{
    const struct lodenrec_network *row = lodenrec_network_insert(txn);
    const char **ranges = xmalloc(network->n_ranges * sizeof *ranges);
    char (*texts)[ADDR_STRLEN] = xmalloc(network->n_ranges * sizeof *texts);

    for (size_t i = 0; i < network->n_ranges; i++) {
        const struct prefix *range = &network->ranges[i];
        enum addr_family family = prefix_family(range);
        int64_t plen = network->node_plen[family];

        ranges[i] = prefix_format(range, texts[i]);
        if (family == ADDR_V4) {
            lodenrec_network_set_node_prefix_v4(row, &plen, 1);
        } else {
            lodenrec_network_set_node_prefix_v6(row, &plen, 1);
        }
    }
    lodenrec_network_set_name(row, network->name);
    lodenrec_network_set_vni(row, network->vni);
    lodenrec_network_set_mode(row, (network->mode == WORLD_BRIDGED
                                    ? "bridged" : "routed"));
    lodenrec_network_set_ranges(row, ranges, network->n_ranges);
    if (network->mtu) {
        int64_t mtu = network->mtu;
        lodenrec_network_set_mtu(row, &mtu, 1);
    }
    lodenrec_network_set_masquerade(row, network->masquerade);
    lodenrec_network_set_internal(row, network->internal);
    lodenrec_network_set_unknown_unicast(row, "drop");
    lodenrec_network_set_multicast(row, "flood");
    free(texts);
    free(ranges);
}

/* Inserts a row for 'network' if that is right beside the others.  A VNI of 0
 * becomes the lowest free one. */
char *
network_insert(struct invocation *invocation, struct world_network *network)
{
    char *error = check_name("network", network->name);
    if (error) {
        return error;
    }
    if (network_find(invocation->idl, network->name)) {
        return xasprintf("there is a network '%s' already", network->name);
    }
    if (!network->vni) {
        network->vni = free_vni(invocation->idl);
        if (!network->vni) {
            return xasprintf("all %d VNIs are taken", NETWORK_MAX_VNI);
        }
    }
    error = check_all(invocation->idl, network);
    if (error) {
        char *why = error;
        error = xasprintf("network '%s': %s", network->name, why);
        free(why);
        return error;
    }
    write_row(invocation->txn, network);
    return NULL;
}

