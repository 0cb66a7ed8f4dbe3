/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The commands about networks.  A network's row is written in
 * 'ctl/network-row.c'. */

#include <config.h>
#include "ctl/network.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/node.h"
#include "ctl/output.h"
#include "ctl/steps.h"
#include "ovsdb-idl.h"
#include "ovsdb/loden-idl.h"
#include "svec.h"
#include "util.h"

/* network add NAME */
char *
network_add(struct invocation *invocation)
{
    struct network_wish wish;

    if (!lodenrec_loden_global_first(invocation->idl)) {
        return xstrdup("the cluster database is empty: say 'lodenctl init'");
    }
    network_wish_init(&wish);
    wish.name = invocation->args[0];
    char *error = network_wish_flannel(&wish, invocation);
    error = error ? error : network_wish_options(&wish, invocation);
    if (!error && !wish.ranges.n) {
        error = xstrdup("a network needs addresses: say e.g. "
                        "--range=10.210.0.0/16");
    }
    if (!error) {
        error = network_insert(invocation, &wish);
    }
    network_wish_destroy(&wish);
    return error;
}

/* network set NAME */
char *
network_set(struct invocation *invocation)
{
    const char *name = invocation->args[0];
    const struct lodenrec_network *row = network_find(invocation->idl, name);
    struct network_wish was, wish;

    if (!row) {
        return network_unknown(invocation->idl, name);
    } else if (smap_count(&invocation->options)
               == (smap_get(&invocation->options, "force") != NULL)) {
        return xasprintf("what of network '%s' shall change? Say e.g. "
                         "--mtu=1400; 'lodenctl network show %s' shows what "
                         "there is", name, name);
    }
    network_wish_read(&was, row);
    network_wish_read(&wish, row);
    char *error = network_wish_options(&wish, invocation);
    if (!error && strcmp(wish.mode, was.mode)) {
        error = xasprintf("--mode=%s: network '%s' is %s, and stays so: nodes "
                          "hold whole subnets of a routed network and blocks "
                          "of a bridged one, and pods have their routes and "
                          "neighbours from that; make another network",
                          wish.mode, name, was.mode);
    }
    if (!error) {
        error = network_check_vni(invocation->idl, &wish);
    }
    if (!error) {
        network_tell(invocation, &was, &wish);
    }
    if (!error && smap_get(&invocation->options, "vni")) {
        error = steps_vni(invocation, &was, &wish);
    }
    if (!error) {
        network_write(row, &wish);
        invocation->keeps_subnets = true;
    }
    network_wish_destroy(&wish);
    network_wish_destroy(&was);
    return error;
}

/* network list */
char *
network_list(struct invocation *invocation)
{
    const struct ovsdb_idl_column *columns[] = {
        &lodenrec_network_col_name,
        &lodenrec_network_col_vni,
        &lodenrec_network_col_mode,
        &lodenrec_network_col_ranges,
        &lodenrec_network_col_node_prefix_v4,
        &lodenrec_network_col_node_prefix_v6,
        &lodenrec_network_col_mtu,
        &lodenrec_network_col_internal,
        &lodenrec_network_col_masquerade,
    };
    struct table table;
    size_t n;
    const struct ovsdb_idl_row **rows = network_rows(invocation->idl, &n);

    output_columns(&table, "name vni mode ranges node_prefix_v4 "
                   "node_prefix_v6 mtu internal masquerade");
    for (size_t i = 0; i < n; i++) {
        table_add_row(&table);
        for (size_t j = 0; j < ARRAY_SIZE(columns); j++) {
            output_column(&table, rows[i], columns[j]);
        }
    }
    output_table(&table, &invocation->style, &invocation->out);
    free(rows);
    return NULL;
}

/* Adds to 'users' the pods that nodes have in the network 'name', as they said
 * last.  Of a node that holds a subnet and has said nothing yet, anything must
 * be expected. */
static void
list_pods(struct ovsdb_idl *idl, const char *name, struct svec *users)
{
    const struct lodenrec_node_status *status;
    const struct lodenrec_subnet *subnet;
    const struct lodenrec_endpoint *endpoint;

    LODENREC_NODE_STATUS_FOR_EACH (status, idl) {
        unsigned long long int n = node_count_pods(status, name);

        /* The first pod may come between our look and the change. */
        lodenrec_node_status_verify_external_ids(status);
        if (n) {
            char *seen = node_last_seen(status);
            bool alive = node_is_alive(status);

            svec_add_nocopy(users, xasprintf(
                "%llu pod%s on node '%s'%s%s%s", n, n == 1 ? "" : "s",
                status->node, alive ? "" : " (last heard of: ",
                alive ? "" : seen, alive ? "" : ")"));
            free(seen);
        }
    }
    LODENREC_SUBNET_FOR_EACH (subnet, idl) {
        if (!strcmp(subnet->network, name)
            && !node_find_status(idl, subnet->node)) {
            svec_add_nocopy(users, xasprintf(
                "subnet %s of node '%s', of which nothing was ever heard",
                subnet->cidr, subnet->node));
        }
    }
    LODENREC_ENDPOINT_FOR_EACH (endpoint, idl) {
        if (!strcmp(endpoint->network, name)) {
            svec_add_nocopy(users, xasprintf("pod %s on node '%s'",
                                             endpoint->mac, endpoint->node));
        }
    }
}

/* Adds to 'users' what would be lost with the network 'name'.  Subnets are
 * not: nodes hold them whether or not they have pods. */
static void
list_users(struct ovsdb_idl *idl, const char *name, struct svec *users)
{
    const struct lodenrec_reservation *reservation;

    list_pods(idl, name, users);
    LODENREC_RESERVATION_FOR_EACH (reservation, idl) {
        if (!strcmp(reservation->network, name)) {
            svec_add_nocopy(users, xasprintf("reservation %s for node '%s'",
                                             reservation->cidr,
                                             reservation->node));
        }
    }
}

/* Deletes every row of other tables that names the network 'name'. */
static void
delete_users(struct ovsdb_idl *idl, const char *name)
{
    const struct lodenrec_subnet *subnet;
    const struct lodenrec_endpoint *endpoint;
    const struct lodenrec_reservation *reservation;

    LODENREC_SUBNET_FOR_EACH_SAFE (subnet, idl) {
        if (!strcmp(subnet->network, name)) {
            lodenrec_subnet_delete(subnet);
        }
    }
    LODENREC_ENDPOINT_FOR_EACH_SAFE (endpoint, idl) {
        if (!strcmp(endpoint->network, name)) {
            lodenrec_endpoint_delete(endpoint);
        }
    }
    LODENREC_RESERVATION_FOR_EACH_SAFE (reservation, idl) {
        if (!strcmp(reservation->network, name)) {
            lodenrec_reservation_delete(reservation);
        }
    }
}

/* Returns why the network 'name', which 'users' use, cannot be deleted; NULL
 * if it can. */
static char *
explain_refusal(const struct invocation *invocation, const char *name,
                struct svec *users)
{
    if (smap_get(&invocation->options, "force")) {
        return NULL;
    } else if (invocation->late) {
        return xasprintf("network '%s' is not deleted, and takes pods as "
                         "before: %s; --force deletes it at once", name,
                         invocation->late);
    } else if (users->n) {
        char *list = invocation_join(users);
        char *error = xasprintf("network '%s' is in use: %s; --force deletes "
                                "all that with it", name, list);

        free(list);
        return error;
    }
    return NULL;
}

/* network delete NAME */
char *
network_delete(struct invocation *invocation)
{
    const char *name = invocation->args[0];
    const struct lodenrec_network *row = network_find(invocation->idl, name);
    struct svec users = SVEC_EMPTY_INITIALIZER;
    char *error = NULL;

    if (!row) {
        return network_unknown(invocation->idl, name);
    }
    list_users(invocation->idl, name, &users);
    char *why = explain_refusal(invocation, name, &users);
    if (why) {
        error = steps_reopen(invocation, row, why);
    } else if (smap_get(&invocation->options, "force")
               || steps_close(invocation, row)) {
        delete_users(invocation->idl, name);
        lodenrec_network_delete(row);
    }
    svec_destroy(&users);
    return error;
}
