/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* All that there is to say about one network. */

#include <config.h>
#include "ctl/network.h"

#include <string.h>

#include "ctl/command.h"
#include "ctl/node.h"
#include "ctl/output.h"
#include "openvswitch/json.h"
#include "ovsdb-idl.h"
#include "ovsdb/loden-idl.h"
#include "util.h"

static const struct ovsdb_idl_column *const columns[] = {
    &lodenrec_network_col_name,
    &lodenrec_network_col_vni,
    &lodenrec_network_col_mode,
    &lodenrec_network_col_ranges,
    &lodenrec_network_col_node_prefix_v4,
    &lodenrec_network_col_node_prefix_v6,
    &lodenrec_network_col_mtu,
    &lodenrec_network_col_internal,
    &lodenrec_network_col_masquerade,
    &lodenrec_network_col_unknown_unicast,
    &lodenrec_network_col_multicast,
    &lodenrec_network_col_options,
};

static void
add_count(struct table *table, long long int n)
{
    table_add_cell(table)->json = json_integer_create(n);
}

/* Adds how much of the network 'name' is in use. */
static void
add_usage(struct table *table, struct ovsdb_idl *idl, const char *name)
{
    const struct lodenrec_subnet *subnet;
    const struct lodenrec_reservation *reservation;
    const struct lodenrec_node_status *status;
    long long int n_subnets = 0;
    long long int n_reservations = 0;
    long long int n_pods = 0;

    LODENREC_SUBNET_FOR_EACH (subnet, idl) {
        n_subnets += !strcmp(subnet->network, name);
    }
    LODENREC_RESERVATION_FOR_EACH (reservation, idl) {
        n_reservations += !strcmp(reservation->network, name);
    }
    LODENREC_NODE_STATUS_FOR_EACH (status, idl) {
        n_pods += node_count_pods(status, name);
    }
    add_count(table, n_subnets);
    add_count(table, n_reservations);
    add_count(table, n_pods);
}

/* network show NAME */
char *
network_show(struct invocation *invocation)
{
    const char *name = invocation->args[0];
    const struct lodenrec_network *row = network_find(invocation->idl, name);
    struct table_style style = invocation->style;
    struct table table;

    if (!row) {
        return network_unknown(invocation->idl, name);
    }
    output_columns(&table, "name vni mode ranges node_prefix_v4 "
                   "node_prefix_v6 mtu internal masquerade unknown_unicast "
                   "multicast options subnets reservations pods");
    table_add_row(&table);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        output_column(&table, &row->header_, columns[i]);
    }
    add_usage(&table, invocation->idl, name);
    /* One row with many columns is better read downwards. */
    style.format = style.format == TF_TABLE ? TF_LIST : style.format;
    output_table(&table, &style, &invocation->out);
    return NULL;
}
