/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The commands about listeners: where the servers of the cluster database
 * take connections, by which keys, and what whoever comes there may do.
 *
 * A role belongs to a listener, not to a certificate.  Through one without a
 * role, every certificate of the cluster's authority may change everything;
 * so one has the nodes' role unless somebody asks for none. */

#include <config.h>
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/output.h"
#include "ovsdb-idl.h"
#include "ovsdb/keys.h"
#include "ovsdb/loden-idl.h"
#include "socket-util.h"
#include "svec.h"
#include "util.h"

/* ovsdb-server takes a shorter time as no probing at all. */
#define MIN_PROBE_MS 1000
#define MAX_PROBE_MS 3600000

/* What a listener is asked to be. */
struct listener {
    const char *target; /* As in ovsdb(7). */
    const char *role;   /* "" for none. */
    bool read_only;     /* May nobody change anything there? */
    unsigned int probe; /* Of idle connections, in ms; 0: the server's own. */
};

static bool
is_network(const char *target)
{
    return strncmp(target, "punix:", 6) != 0;
}

/* Returns an error unless 'target' is a place to listen. */
static char *OVS_WARN_UNUSED_RESULT
check_target(const char *target)
{
    struct sockaddr_storage ss;
    bool ok = false;

    if (!strncmp(target, "punix:/", 7)) {
        ok = true;
    } else if (!strncmp(target, "pssl:", 5) || !strncmp(target, "ptcp:", 5)) {
        /* OVSDB's default port is every other database's, too. */
        ok = (target[5] >= '0' && target[5] <= '9'
              && inet_parse_passive(target + 5, -1, &ss, false, NULL));
    }
    return ok ? NULL
              : xasprintf("'%s' is no place to listen: it is pssl:PORT[:IP], "
                          "ptcp:PORT[:IP] or "
                          "punix:/FILE, e.g. pssl:6642:192.0.2.1",
                          target);
}

/* Reads what is asked for in 'invocation' into '*ret_listener'. */
static char *OVS_WARN_UNUSED_RESULT
parse_listener(const struct invocation *invocation,
               struct listener *ret_listener)
{
    const struct smap *options = &invocation->options;
    const char *target = invocation->args[0];
    const char *role = smap_get(options, "role");
    struct listener listener = {
        .target = target,
        .read_only = smap_get(options, "read-only") != NULL,
    };

    char *error = check_target(target);
    if (!error) {
        error = invocation_uint(invocation, "inactivity-probe", MIN_PROBE_MS,
                                MAX_PROBE_MS, &listener.probe);
    }
    if (error) {
        return error;
    } else if (role && smap_get(options, "no-role")) {
        return xasprintf("--role=%s and --no-role: it is one or the other",
                         role);
    } else if (!strncmp(target, "ptcp:", 5) && !smap_get(options, "plain")) {
        return xasprintf("'%s' would be without encryption, and nobody could "
                         "tell who comes: use pssl:, or say --plain as well",
                         target);
    }
    /* Whom to let open a file is the file system's to say. */
    listener.role =
        (role                                                  ? role
         : smap_get(options, "no-role") || !is_network(target) ? ""
                                                               : NODE_ROLE);
    *ret_listener = listener;
    return NULL;
}

static const struct lodenrec_connection *
find_listener(struct ovsdb_idl *idl, const char *target)
{
    const struct lodenrec_connection *row;

    LODENREC_CONNECTION_FOR_EACH(row, idl)
    {
        if (!strcmp(row->target, target)) {
            return row;
        }
    }
    return NULL;
}

static bool
role_exists(struct ovsdb_idl *idl, const char *role)
{
    const struct lodenrec_rbac_role *row;

    LODENREC_RBAC_ROLE_FOR_EACH(row, idl)
    {
        if (!strcmp(row->name, role)) {
            return true;
        }
    }
    return false;
}

/* Says who may do what through a listener at 'target' with 'role'. */
static const char *
describe(const char *target, const char *role, bool read_only)
{
    bool tls = !strncmp(target, "pssl:", 5);

    if (!is_network(target)) {
        return (read_only ? "who may open the file reads"
                : *role   ? "who may open the file reads"
                          : "who may open the file changes everything");
    } else if (read_only || (!tls && *role)) {
        return tls ? "every certificate reads" : "everybody reads";
    } else if (*role) {
        return "a node changes its own rows";
    }
    return (tls ? "EVERY CERTIFICATE CHANGES EVERYTHING"
                : "EVERYBODY CHANGES EVERYTHING");
}

/* Names the keys where a node has its own, unless somebody did already: a
 * listener for TLS is deaf without. */
static void
put_default_keys(struct invocation *invocation,
                 const struct lodenrec_loden_global *global)
{
    if (!global->ssl) {
        const struct lodenrec_ssl *ssl = lodenrec_ssl_insert(invocation->txn);

        lodenrec_ssl_set_private_key(ssl, LODEN_SYSCONFDIR "/loden.key");
        lodenrec_ssl_set_certificate(ssl, LODEN_SYSCONFDIR "/loden.crt");
        lodenrec_ssl_set_ca_cert(ssl, LODEN_SYSCONFDIR "/ca.crt");
        lodenrec_loden_global_set_ssl(global, ssl);
        invocation_note(invocation,
                        "the servers' keys are loden.key, "
                        "loden.crt and ca.crt in %s: 'lodenctl ssl set' names "
                        "others",
                        LODEN_SYSCONFDIR);
    }
}

static char *
empty_database(void)
{
    return xstrdup("the cluster database is empty: say 'lodenctl init'");
}

/* listener add TARGET */
char *
listener_add(struct invocation *invocation)
{
    const struct lodenrec_loden_global *global =
        lodenrec_loden_global_first(invocation->idl);
    struct listener listener = { .target = NULL };

    char *error = parse_listener(invocation, &listener);
    if (error) {
        return error;
    } else if (!global) {
        return empty_database();
    } else if (find_listener(invocation->idl, listener.target)) {
        return xasprintf("there is a listener '%s' already: delete that first "
                         "to change it",
                         listener.target);
    } else if (*listener.role
               && !role_exists(invocation->idl, listener.role)) {
        return xasprintf("--role=%s: there is no such role; 'lodenctl init' "
                         "makes '%s'",
                         listener.role, NODE_ROLE);
    }

    const struct lodenrec_connection *row =
        lodenrec_connection_insert(invocation->txn);
    int64_t probe = listener.probe;
    lodenrec_connection_set_target(row, listener.target);
    lodenrec_connection_set_role(row, listener.role);
    lodenrec_connection_set_read_only(row, listener.read_only);
    lodenrec_connection_set_inactivity_probe(row, &probe, probe ? 1 : 0);
    lodenrec_loden_global_update_connections_addvalue(global, row);
    if (!strncmp(listener.target, "pssl:", 5)) {
        put_default_keys(invocation, global);
    }
    if (is_network(listener.target) && !*listener.role
        && !listener.read_only) {
        invocation_note(
            invocation,
            "WARNING: %s has no role: %s there, so that whoever "
            "is root on one node is administrator of the cluster; no node may "
            "be able to reach it",
            listener.target, describe(listener.target, "", false));
    }
    return NULL;
}

static int
compare_listeners(const void *a_, const void *b_)
{
    const struct lodenrec_connection *const *a = a_;
    const struct lodenrec_connection *const *b = b_;

    return strcmp((*a)->target, (*b)->target);
}

/* listener list */
char *
listener_list(struct invocation *invocation)
{
    struct table table;
    size_t n;
    const struct ovsdb_idl_row **rows = output_sort_rows(
        invocation->idl, &lodenrec_table_connection, compare_listeners, &n);

    output_columns(&table, "target role read_only inactivity_probe who");
    for (size_t i = 0; i < n; i++) {
        const struct lodenrec_connection *row =
            (const struct lodenrec_connection *) rows[i];

        table_add_row(&table);
        output_column(&table, &row->header_, &lodenrec_connection_col_target);
        output_column(&table, &row->header_, &lodenrec_connection_col_role);
        output_column(&table, &row->header_,
                      &lodenrec_connection_col_read_only);
        output_column(&table, &row->header_,
                      &lodenrec_connection_col_inactivity_probe);
        output_text(&table, describe(row->target, row->role, row->read_only));
    }
    output_table(&table, &invocation->style, &invocation->out);
    free(rows);
    return NULL;
}

/* listener delete TARGET */
char *
listener_delete(struct invocation *invocation)
{
    const struct lodenrec_loden_global *global =
        lodenrec_loden_global_first(invocation->idl);
    const struct lodenrec_connection *row =
        find_listener(invocation->idl, invocation->args[0]);

    if (!row || !global) {
        return xasprintf("there is no listener '%s': see 'lodenctl listener "
                         "list'",
                         invocation->args[0]);
    }
    lodenrec_loden_global_update_connections_delvalue(global, row);
    lodenrec_connection_delete(row);
    return NULL;
}

/* ssl set KEY CERTIFICATE CA */
char *
ssl_set(struct invocation *invocation)
{
    const struct lodenrec_loden_global *global =
        lodenrec_loden_global_first(invocation->idl);

    if (!global) {
        return empty_database();
    }
    for (int i = 0; i < 3; i++) {
        /* The server's folder is not ours. */
        if (invocation->args[i][0] != '/') {
            return xasprintf("'%s': it is the whole path of a file on the "
                             "servers, from '/' on",
                             invocation->args[i]);
        }
    }

    const struct lodenrec_ssl *ssl = global->ssl;
    if (!ssl) {
        ssl = lodenrec_ssl_insert(invocation->txn);
        lodenrec_loden_global_set_ssl(global, ssl);
    }
    lodenrec_ssl_set_private_key(ssl, invocation->args[0]);
    lodenrec_ssl_set_certificate(ssl, invocation->args[1]);
    lodenrec_ssl_set_ca_cert(ssl, invocation->args[2]);
    return NULL;
}
