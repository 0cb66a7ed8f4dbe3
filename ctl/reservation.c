/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The commands about reservations: which node shall have which subnet. */

#include <config.h>
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/network.h"
#include "ctl/output.h"
#include "ovsdb-idl.h"
#include "ovsdb/loden-idl.h"
#include "util.h"

/* Returns an error if 'cidr' of 'network' is reserved already, or 'node' has
 * another reservation there: a node has one subnet of a routed network for
 * each family, so that it could never have the second. */
static char * OVS_WARN_UNUSED_RESULT
check_others(struct ovsdb_idl *idl, const struct lodenrec_network *network,
             const char *cidr, const char *node)
{
    const struct lodenrec_reservation *row;

    LODENREC_RESERVATION_FOR_EACH (row, idl) {
        if (strcmp(row->network, network->name)) {
            continue;
        } else if (!strcmp(row->cidr, cidr)) {
            return xasprintf("'%s' is reserved for node '%s' already: delete "
                             "that first", cidr, row->node);
        } else if (!strcmp(network->mode, "routed")
                   && !strcmp(row->node, node)
                   && !strchr(row->cidr, ':') == !strchr(cidr, ':')) {
            return xasprintf("node '%s' has '%s' reserved already: delete "
                             "that first", node, row->cidr);
        }
    }
    return NULL;
}

/* Takes the subnet 'cidr' of 'network' from a node other than 'node' that has
 * it; were it not for that, it would have to be alive to give it up. */
static void
take_subnet(struct invocation *invocation, const char *network,
            const char *cidr, const char *node)
{
    const struct lodenrec_subnet *row;

    LODENREC_SUBNET_FOR_EACH_SAFE (row, invocation->idl) {
        if (!strcmp(row->network, network) && !strcmp(row->cidr, cidr)
            && strcmp(row->node, node)) {
            invocation_note(invocation, "node '%s' had %s of network '%s' "
                            "and loses it", row->node, cidr, network);
            lodenrec_subnet_delete(row);
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
    const struct lodenrec_network *network = network_find(invocation->idl,
                                                          name);
    struct prefix subnet;

    if (!network) {
        return network_unknown(invocation->idl, name);
    }
    char *error = prefix_parse(cidr, &subnet);
    if (!error) {
        error = check_others(invocation->idl, network, cidr, node);
    }
    if (!error) {
        const struct lodenrec_reservation *row
            = lodenrec_reservation_insert(invocation->txn);

        lodenrec_reservation_set_network(row, name);
        lodenrec_reservation_set_cidr(row, cidr);
        lodenrec_reservation_set_node(row, node);
        take_subnet(invocation, name, cidr, node);
    }
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
