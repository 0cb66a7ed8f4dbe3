/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The commands about reservations: which node shall have which subnet. */

#include <config.h>
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/check.h"
#include "ctl/network.h"
#include "ctl/output.h"
#include "ovsdb-idl.h"
#include "ovsdb/loden-idl.h"
#include "util.h"

/* Returns an error if 'subnet' of 'network' cannot be reserved for 'node'
 * beside what is reserved already. */
static char * OVS_WARN_UNUSED_RESULT
check_others(struct ovsdb_idl *idl, const struct world_network *network,
             const struct prefix *subnet, const char *node)
{
    const struct lodenrec_reservation *row;

    LODENREC_RESERVATION_FOR_EACH (row, idl) {
        struct prefix taken;

        if (strcmp(row->network, network->name)) {
            continue;
        }
        char *error = prefix_parse(row->cidr, &taken);
        if (error) {
            free(error);
            continue;
        }
        if (prefix_overlaps(&taken, subnet)) {
            return xasprintf("'%s' is reserved for node '%s' already: delete "
                             "that first", row->cidr, row->node);
        }
        /* A node has one subnet of a routed network for each family, so that
         * a second reservation could never be had. */
        if (network->mode == WORLD_ROUTED && !strcmp(row->node, node)
            && prefix_family(&taken) == prefix_family(subnet)) {
            return xasprintf("node '%s' has '%s' reserved already: delete "
                             "that first", node, row->cidr);
        }
    }
    return NULL;
}

/* Says if somebody must give 'cidr' up. */
static void
note_holder(struct invocation *invocation, const char *network,
            const char *cidr, const char *node)
{
    const struct lodenrec_subnet *row;

    LODENREC_SUBNET_FOR_EACH (row, invocation->idl) {
        if (!strcmp(row->network, network) && !strcmp(row->cidr, cidr)
            && strcmp(row->node, node)) {
            invocation_note(invocation, "node '%s' holds %s of network '%s' "
                            "and has to give it up", row->node, cidr,
                            network);
        }
    }
}

/* reservation add NETWORK CIDR NODE */
char *
reservation_add(struct invocation *invocation)
{
    const char *name = invocation->args[0];
    const char *cidr = invocation->args[1];
    const char *node = invocation->args[2];
    const struct lodenrec_network *row = network_find(invocation->idl, name);
    struct prefix subnet;
    struct world world;

    if (!row) {
        return network_unknown(invocation->idl, name);
    }
    world_init(&world, "");
    const struct world_network *network = network_from_row(row, &world);
    char *error = prefix_parse(cidr, &subnet);
    if (!error) {
        error = check_name("node", node);
    }
    if (!error) {
        error = check_subnet(network, &subnet);
    }
    if (!error) {
        error = check_others(invocation->idl, network, &subnet, node);
    }
    if (!error) {
        const struct lodenrec_reservation *new
            = lodenrec_reservation_insert(invocation->txn);

        lodenrec_reservation_set_network(new, name);
        lodenrec_reservation_set_cidr(new, cidr);
        lodenrec_reservation_set_node(new, node);
        note_holder(invocation, name, cidr, node);
    }
    world_destroy(&world);
    return error;
}

static int
compare_reservations(const void *a_, const void *b_)
{
    const struct lodenrec_reservation *const *a = a_;
    const struct lodenrec_reservation *const *b = b_;
    int cmp = strcmp((*a)->network, (*b)->network);

    return cmp ? cmp : output_compare_cidrs((*a)->cidr, (*b)->cidr);
}

/* reservation list */
char *
reservation_list(struct invocation *invocation)
{
    struct table table;
    size_t n;
    const struct ovsdb_idl_row **rows
        = output_sort_rows(invocation->idl, &lodenrec_table_reservation,
                           compare_reservations, &n);

    output_columns(&table, "network cidr node");
    for (size_t i = 0; i < n; i++) {
        const struct lodenrec_reservation *row
            = (const struct lodenrec_reservation *) rows[i];

        table_add_row(&table);
        output_column(&table, &row->header_,
                      &lodenrec_reservation_col_network);
        output_column(&table, &row->header_, &lodenrec_reservation_col_cidr);
        output_column(&table, &row->header_, &lodenrec_reservation_col_node);
    }
    output_table(&table, &invocation->style, &invocation->out);
    free(rows);
    return NULL;
}

/* reservation delete NETWORK CIDR */
char *
reservation_delete(struct invocation *invocation)
{
    const char *network = invocation->args[0];
    const char *cidr = invocation->args[1];
    const struct lodenrec_reservation *row;

    LODENREC_RESERVATION_FOR_EACH (row, invocation->idl) {
        if (!strcmp(row->network, network) && !strcmp(row->cidr, cidr)) {
            lodenrec_reservation_delete(row);
            return NULL;
        }
    }
    return xasprintf("'%s' of network '%s' is not reserved: see 'lodenctl "
                     "reservation list'", cidr, network);
}
