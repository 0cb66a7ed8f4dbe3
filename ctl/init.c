/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Makes an empty cluster database one that nodes can join: the cluster's
 * identity, the network 'default', and the role that a node's certificate
 * has.  On a database that is whole it changes nothing. */

#include <config.h>
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/network.h"
#include "ovsdb-idl.h"
#include "ovsdb/keys.h"
#include "ovsdb/loden-idl.h"
#include "ovsdb/text.h"
#include "svec.h"
#include "util.h"
#include "uuid.h"

#define DEFAULT_RANGE "10.210.0.0/16"

/* What the role of a node may do.  A row is a node's own if the
 * 'authorization' column equals the common name of its certificate; that
 * column is never in 'update', or a node could give rows away.  What is not
 * listed may only be read. */
static const struct permission {
    const char *table;         /* Where. */
    const char *authorization; /* Whose: a column with the node's name. */
    const char *update[6];     /* Columns it may change in its own rows. */
} node_permissions[] = {
    {"Node", "name",
     {"tunnel_ips", "mac", "system_id", "options", "external_ids"}},
    {"Node_Status", "node",
     {"version", "applied_seq", "last_seen", "draining", "external_ids"}},
    {"Subnet", "node", {"external_ids"}},
    {"Endpoint", "node", {"addresses", "groups", "sequence"}},
};

static const struct lodenrec_rbac_role *
find_role(struct ovsdb_idl *idl, const char *name)
{
    const struct lodenrec_rbac_role *role;

    LODENREC_RBAC_ROLE_FOR_EACH (role, idl) {
        if (!strcmp(role->name, name)) {
            return role;
        }
    }
    return NULL;
}

/* Makes 'row' say what 'permission' says. */
static void
write_permission(const struct lodenrec_rbac_permission *row,
                 const struct permission *permission)
{
    const char **update = CONST_CAST(const char **, permission->update);
    size_t n_update = 0;

    while (n_update < ARRAY_SIZE(permission->update) && update[n_update]) {
        n_update++;
    }
    lodenrec_rbac_permission_set_table(row, permission->table);
    lodenrec_rbac_permission_set_authorization(
        row, CONST_CAST(const char **, &permission->authorization), 1);
    lodenrec_rbac_permission_set_insert_delete(row, true);
    lodenrec_rbac_permission_set_update(row, update, n_update);
}

/* Makes the nodes' role exactly what it should be, whatever an older version
 * or a person made of it. */
static void
put_role(const struct invocation *invocation)
{
    const struct lodenrec_rbac_role *role = find_role(invocation->idl,
                                                      NODE_ROLE);
    const char *tables[ARRAY_SIZE(node_permissions)];
    struct lodenrec_rbac_permission *rows[ARRAY_SIZE(node_permissions)];

    for (size_t i = 0; i < ARRAY_SIZE(node_permissions); i++) {
        const struct permission *permission = &node_permissions[i];

        tables[i] = permission->table;
        rows[i] = NULL;
        for (size_t j = 0; role && j < role->n_permissions; j++) {
            if (!strcmp(role->key_permissions[j], permission->table)) {
                rows[i] = role->value_permissions[j];
            }
        }
        if (!rows[i]) {
            rows[i] = lodenrec_rbac_permission_insert(invocation->txn);
        }
        write_permission(rows[i], permission);
    }
    if (!role) {
        role = lodenrec_rbac_role_insert(invocation->txn);
        lodenrec_rbac_role_set_name(role, NODE_ROLE);
    }
    lodenrec_rbac_role_set_permissions(role, tables, rows, ARRAY_SIZE(rows));
}

/* Makes the one row that says which cluster this is. */
static void
put_identity(const struct invocation *invocation, const char *wished_id)
{
    const struct lodenrec_loden_global *global
        = lodenrec_loden_global_insert(invocation->txn);
    char *id = NULL;

    if (!wished_id) {
        struct uuid uuid;

        uuid_generate(&uuid);
        id = xasprintf(UUID_FMT, UUID_ARGS(&uuid));
    }
    lodenrec_loden_global_set_cluster_id(global, id ? id : wished_id);
    lodenrec_loden_global_set_generation(global, 1);
    lodenrec_loden_global_set_config_seq(global, 1);
    free(id);
}

/* Does the network of 'row' have exactly the ranges of 'wish'? */
static bool
has_ranges(const struct lodenrec_network *row,
           const struct network_wish *wish)
{
    struct svec ranges = SVEC_EMPTY_INITIALIZER;
    struct svec wished;

    for (size_t i = 0; i < row->n_ranges; i++) {
        svec_add(&ranges, row->ranges[i]);
    }
    svec_sort(&ranges);
    svec_clone(&wished, &wish->ranges);
    svec_sort_unique(&wished);
    bool same = svec_equal(&ranges, &wished);
    svec_destroy(&wished);
    svec_destroy(&ranges);
    return same;
}

/* Makes the network 'default' with 'ranges' unless it is there. */
static char * OVS_WARN_UNUSED_RESULT
put_default_network(struct invocation *invocation, const char *ranges)
{
    const struct lodenrec_network *row = network_find(invocation->idl,
                                                      DEFAULT_NETWORK);
    struct network_wish wish;

    network_wish_init(&wish);
    wish.name = DEFAULT_NETWORK;
    char *error = network_wish_ranges(&wish, ranges);
    if (!error && !row) {
        error = network_insert(invocation, &wish);
    } else if (!error && !has_ranges(row, &wish)) {
        invocation_note(invocation, "there is a network '%s' already: "
                        "--network-range=%s changes nothing",
                        DEFAULT_NETWORK, ranges);
    }
    network_wish_destroy(&wish);
    return error;
}

/* init
 *
 * A network 'default' that an administrator deleted comes back only if the
 * range is said again. */
char *
cluster_init(struct invocation *invocation)
{
    const struct lodenrec_loden_global *global
        = lodenrec_loden_global_first(invocation->idl);
    const char *ranges = smap_get(&invocation->options, "network-range");
    const char *id = smap_get(&invocation->options, "cluster-id");

    if (id && global && strcmp(id, global->cluster_id)) {
        return xasprintf("--cluster-id=%s: this database is of the cluster "
                         "'%s'", id, global->cluster_id);
    } else if (id) {
        char *error = text_check_name(id);
        if (error) {
            char *sentence = xasprintf("--cluster-id=%s: %s", id, error);
            free(error);
            return sentence;
        }
    }
    if (!global) {
        put_identity(invocation, id);
        ranges = ranges ? ranges : DEFAULT_RANGE;
    }
    put_role(invocation);
    return (ranges && strcmp(ranges, "none")
            ? put_default_network(invocation, ranges) : NULL);
}
