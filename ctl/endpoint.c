/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The command about the members of bridged networks.  Nodes enter and take
 * out their own pods; a person can see who has what, and which of two that
 * claim one address the nodes go by. */

#include <config.h>
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
#include "flows/world.h"
#include "ovsdb-idl.h"
#include "ovsdb/cluster-check.h"
#include "ovsdb/loden-idl.h"
#include "packets.h"
#include "util.h"

static int
compare_endpoints(const void *a_, const void *b_)
{
    const struct lodenrec_endpoint *const *a = a_;
    const struct lodenrec_endpoint *const *b = b_;
    int cmp = strcmp((*a)->network, (*b)->network);

    cmp = cmp ? cmp : strcmp((*a)->node, (*b)->node);
    return cmp ? cmp : strcmp((*a)->mac, (*b)->mac);
}

/* Returns whether nodes go by 'row', which 'world' has been read from. */
static const char *
state_of(const struct world *world, const struct lodenrec_endpoint *row)
{
    struct eth_addr mac;

    if (!row->sequence) {
        return "asks";
    } else if (eth_addr_from_string(row->mac, &mac)) {
        const struct world_endpoint *endpoint
            = world_find_endpoint(world, row->network, mac);
        if (endpoint && !strcmp(endpoint->node, row->node)) {
            return "counts";
        }
    }
    return "refused";
}

/* endpoints */
char *
endpoint_list(struct invocation *invocation)
{
    const char *network = smap_get(&invocation->options, "network");
    const struct ovsdb_idl_column *columns[] = {
        &lodenrec_endpoint_col_network,
        &lodenrec_endpoint_col_node,
        &lodenrec_endpoint_col_mac,
        &lodenrec_endpoint_col_addresses,
        &lodenrec_endpoint_col_groups,
        &lodenrec_endpoint_col_sequence,
    };
    struct table table;
    struct world world;
    size_t n;
    const struct ovsdb_idl_row **rows
        = output_sort_rows(invocation->idl, &lodenrec_table_endpoint,
                           compare_endpoints, &n);

    world_init(&world, "");
    cluster_check(invocation->idl, &world);
    world_sort(&world);
    output_columns(&table, "network node mac addresses groups sequence "
                   "state");
    for (size_t i = 0; i < n; i++) {
        const struct lodenrec_endpoint *row
            = (const struct lodenrec_endpoint *) rows[i];

        if (network && strcmp(row->network, network)) {
            continue;
        }
        table_add_row(&table);
        for (size_t j = 0; j < ARRAY_SIZE(columns); j++) {
            output_column(&table, rows[i], columns[j]);
        }
        output_text(&table, state_of(&world, row));
    }
    output_table(&table, &invocation->style, &invocation->out);
    world_destroy(&world);
    free(rows);
    return NULL;
}
