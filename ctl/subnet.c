/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The command about subnets.  Nodes take and give them back by themselves;
 * what a person can decide about them is a reservation. */

#include <config.h>
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/network.h"
#include "ctl/node.h"
#include "ctl/output.h"
#include "ovsdb-idl.h"
#include "ovsdb/loden-idl.h"
#include "util.h"

static int
compare_subnets(const void *a_, const void *b_)
{
    const struct lodenrec_subnet *const *a = a_;
    const struct lodenrec_subnet *const *b = b_;
    int cmp = strcmp((*a)->network, (*b)->network);

    return cmp ? cmp : output_compare_cidrs((*a)->cidr, (*b)->cidr);
}

/* Returns for whom 'subnet' is reserved, "" if it is not. */
static const char *
reserved_for(struct ovsdb_idl *idl, const struct lodenrec_subnet *subnet)
{
    const struct lodenrec_reservation *row;

    LODENREC_RESERVATION_FOR_EACH (row, idl) {
        if (!strcmp(row->network, subnet->network)
            && !strcmp(row->cidr, subnet->cidr)) {
            return row->node;
        }
    }
    return "";
}

/* Returns why nobody uses 'subnet', "" if that is not so: its node withdraws
 * it as soon as it can, or a person has to. */
static const char *
problem_of(struct ovsdb_idl *idl, const struct lodenrec_subnet *subnet)
{
    return (!network_find(idl, subnet->network) ? "no such network"
            : !node_exists(idl, subnet->node) ? "no such node"
            : "");
}

/* subnet list */
char *
subnet_list(struct invocation *invocation)
{
    struct table table;
    size_t n;
    const struct ovsdb_idl_row **rows
        = output_sort_rows(invocation->idl, &lodenrec_table_subnet,
                           compare_subnets, &n);

    output_columns(&table, "network cidr node reserved_for problem");
    for (size_t i = 0; i < n; i++) {
        const struct lodenrec_subnet *row
            = (const struct lodenrec_subnet *) rows[i];

        table_add_row(&table);
        output_column(&table, &row->header_, &lodenrec_subnet_col_network);
        output_column(&table, &row->header_, &lodenrec_subnet_col_cidr);
        output_column(&table, &row->header_, &lodenrec_subnet_col_node);
        output_text(&table, reserved_for(invocation->idl, row));
        output_text(&table, problem_of(invocation->idl, row));
    }
    output_table(&table, &invocation->style, &invocation->out);
    free(rows);
    return NULL;
}
