/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The commands about nodes. */

#include <config.h>
#include "ctl/node.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/output.h"
#include "openvswitch/json.h"
#include "ovsdb-idl.h"
#include "ovsdb/keys.h"
#include "ovsdb/loden-idl.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

const struct lodenrec_node_status *
node_find_status(struct ovsdb_idl *idl, const char *node)
{
    const struct lodenrec_node_status *status;

    LODENREC_NODE_STATUS_FOR_EACH (status, idl) {
        if (!strcmp(status->node, node)) {
            return status;
        }
    }
    return NULL;
}

/* Returns how many seconds ago the node of 'status' was heard of. */
static int64_t
silent_for(const struct lodenrec_node_status *status)
{
    return MAX(time_wall() - status->last_seen, 0);
}

bool
node_is_alive(const struct lodenrec_node_status *status)
{
    return status && silent_for(status) < NODE_ALIVE_S;
}

char *
node_last_seen(const struct lodenrec_node_status *status)
{
    return (status
            ? xastrftime_msec("%Y-%m-%dT%H:%M:%SZ", status->last_seen * 1000,
                              true)
            : xstrdup("never"));
}

unsigned long long int
node_count_pods(const struct lodenrec_node_status *status,
                const char *network)
{
    const size_t prefix_len = strlen(STATUS_PODS_PREFIX);
    unsigned long long int sum = 0;
    const struct smap_node *node;

    if (status) {
        SMAP_FOR_EACH (node, &status->external_ids) {
            unsigned int n;

            if (!strncmp(node->key, STATUS_PODS_PREFIX, prefix_len)
                && (!network || !strcmp(node->key + prefix_len, network))
                && str_to_uint(node->value, 10, &n)) {
                sum += n;
            }
        }
    }
    return sum;
}

/* Returns the key of the option that asks node 'name' to take no new pods. */
static char *
drain_key(const char *name)
{
    return xasprintf(OPTION_DRAIN_PREFIX"%s", name);
}

/* Returns how far the draining of node 'name' has come. */
static const char *
draining_text(struct ovsdb_idl *idl, const char *name,
              const struct lodenrec_node_status *status)
{
    const struct lodenrec_loden_global *global
        = lodenrec_loden_global_first(idl);
    char *key = drain_key(name);
    bool wish = global && smap_get(&global->options, key);

    free(key);
    if (status && status->draining) {
        return wish ? "yes" : "ending";
    }
    return wish ? "asked" : "no";
}

static int
compare_nodes(const void *a_, const void *b_)
{
    const struct lodenrec_node *const *a = a_;
    const struct lodenrec_node *const *b = b_;

    return strcmp((*a)->name, (*b)->name);
}

static void
add_node(struct invocation *invocation, struct table *table,
         const struct lodenrec_node *node)
{
    const struct lodenrec_node_status *status
        = node_find_status(invocation->idl, node->name);

    table_add_row(table);
    output_column(table, &node->header_, &lodenrec_node_col_name);
    output_column(table, &node->header_, &lodenrec_node_col_tunnel_ips);
    table_add_cell(table)->json = json_boolean_create(node_is_alive(status));
    char *seen = node_last_seen(status);
    output_text(table, seen);
    free(seen);
    output_text(table, draining_text(invocation->idl, node->name, status));
    table_add_cell(table)->json
        = json_integer_create(node_count_pods(status, NULL));
    if (status) {
        output_column(table, &status->header_,
                      &lodenrec_node_status_col_version);
    } else {
        output_text(table, "");
    }
    output_column(table, &node->header_, &lodenrec_node_col_system_id);
}

/* node list */
char *
node_list(struct invocation *invocation)
{
    struct table table;
    size_t n;
    const struct ovsdb_idl_row **nodes
        = output_sort_rows(invocation->idl, &lodenrec_table_node,
                           compare_nodes, &n);

    output_columns(&table, "name tunnel_ips alive last_seen draining pods "
                   "version system_id");
    for (size_t i = 0; i < n; i++) {
        const struct lodenrec_node *node
            = (const struct lodenrec_node *) nodes[i];

        add_node(invocation, &table, node);
    }
    output_table(&table, &invocation->style, &invocation->out);
    free(nodes);
    return NULL;
}

/* Deletes every row that the node 'name' wrote.  Returns their number. */
static size_t
delete_rows(struct ovsdb_idl *idl, const char *name)
{
    const struct lodenrec_node *node;
    const struct lodenrec_node_status *status;
    const struct lodenrec_subnet *subnet;
    const struct lodenrec_endpoint *endpoint;
    size_t n = 0;

    LODENREC_NODE_FOR_EACH_SAFE (node, idl) {
        if (!strcmp(node->name, name)) {
            lodenrec_node_delete(node);
            n++;
        }
    }
    LODENREC_NODE_STATUS_FOR_EACH_SAFE (status, idl) {
        if (!strcmp(status->node, name)) {
            lodenrec_node_status_delete(status);
            n++;
        }
    }
    LODENREC_SUBNET_FOR_EACH_SAFE (subnet, idl) {
        if (!strcmp(subnet->node, name)) {
            lodenrec_subnet_delete(subnet);
            n++;
        }
    }
    LODENREC_ENDPOINT_FOR_EACH_SAFE (endpoint, idl) {
        if (!strcmp(endpoint->node, name)) {
            lodenrec_endpoint_delete(endpoint);
            n++;
        }
    }
    return n;
}

/* Returns an error for a node's name that nobody has. */
static char *
unknown_node(struct ovsdb_idl *idl, const char *name)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    const struct lodenrec_node *node;

    LODENREC_NODE_FOR_EACH (node, idl) {
        svec_add_nocopy(&names, xasprintf("'%s'", node->name));
    }
    char *list = invocation_join(&names);
    char *error = xasprintf("there is no node '%s': there %s %s", name,
                            names.n > 1 ? "are" : "is",
                            names.n ? list : "none at all");
    free(list);
    svec_destroy(&names);
    return error;
}

/* Composes that node 'name' shall take no new pods since 'since', or that it
 * may if that is NULL.  What is so already stays as it is. */
static void
set_drain(struct invocation *invocation, const char *name, const char *since)
{
    const struct lodenrec_loden_global *global
        = lodenrec_loden_global_first(invocation->idl);
    char *key = drain_key(name);
    bool is = global && smap_get(&global->options, key);

    if (global && since && !is) {
        lodenrec_loden_global_update_options_setkey(global, key, since);
    } else if (is && !since) {
        lodenrec_loden_global_update_options_delkey(global, key);
    }
    free(key);
}

bool
node_exists(struct ovsdb_idl *idl, const char *name)
{
    const struct lodenrec_node *node;

    LODENREC_NODE_FOR_EACH (node, idl) {
        if (!strcmp(node->name, name)) {
            return true;
        }
    }
    return false;
}

/* node drain NAME */
char *
node_drain(struct invocation *invocation)
{
    const char *name = invocation->args[0];

    if (!node_exists(invocation->idl, name)) {
        return unknown_node(invocation->idl, name);
    }
    char *now = xastrftime_msec("%Y-%m-%dT%H:%M:%SZ", time_wall_msec(), true);
    set_drain(invocation, name, now);
    free(now);
    return NULL;
}

/* node undrain NAME */
char *
node_undrain(struct invocation *invocation)
{
    const char *name = invocation->args[0];

    if (!node_exists(invocation->idl, name)) {
        return unknown_node(invocation->idl, name);
    }
    set_drain(invocation, name, NULL);
    return NULL;
}

/* node delete NAME
 *
 * Reservations stay: they are an administrator's word about the name, and the
 * next node of that name gets them. */
char *
node_delete(struct invocation *invocation)
{
    const char *name = invocation->args[0];
    const struct lodenrec_node_status *status
        = node_find_status(invocation->idl, name);

    if (node_is_alive(status) && !smap_get(&invocation->options, "force")) {
        return xasprintf("node '%s' was heard of %"PRId64" s ago and would "
                         "come back at once: stop it there first "
                         "(loden-ctl stop) and wait until it has been silent "
                         "for %d s, or say --force", name,
                         silent_for(status), NODE_ALIVE_S);
    }
    if (status) {
        /* It may come to life between our look and the change. */
        lodenrec_node_status_verify_last_seen(status);
    }
    if (!delete_rows(invocation->idl, name)) {
        return unknown_node(invocation->idl, name);
    }
    set_drain(invocation, name, NULL);
    return NULL;
}
