/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What the daemon on this machine says about itself.
 *
 * Its answer is JSON; this prints whatever it holds, so that the daemon can
 * say more without a change here: single values as lines, lists of objects as
 * tables. */

#include <config.h>
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "ctl/output.h"
#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "sset.h"
#include "svec.h"
#include "unixctl.h"
#include "util.h"

#define DAEMON "loden-controller"

/* What people look for first, in this order; the rest follows by name. */
static const char *const first_members[] = {
    "node", "name", "id", "what", "network", "bridge", "datapath",
    "tunnel_ip", "cluster", "openflow", "networks", "peers", "pods",
};

/* Adds the names of the members of 'object' to 'names'. */
static void
add_members(struct sset *names, const struct json *object)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, json_object(object)) {
        sset_add(names, node->name);
    }
}

/* Moves 'names' into 'ordered', which must be empty. */
static void
order_members(struct sset *names, struct svec *ordered)
{
    for (size_t i = 0; i < ARRAY_SIZE(first_members); i++) {
        if (sset_find_and_delete(names, first_members[i])) {
            svec_add(ordered, first_members[i]);
        }
    }

    const char **rest = sset_sort(names);
    for (size_t i = 0; rest[i]; i++) {
        svec_add(ordered, rest[i]);
    }
    free(rest);
    sset_clear(names);
}

/* Is 'json' an array of objects, at least one? */
static bool
is_table(const struct json *json)
{
    bool yes = json->type == JSON_ARRAY && json_array(json)->n > 0;

    for (size_t i = 0; yes && i < json_array(json)->n; i++) {
        yes = json_array(json)->elems[i]->type == JSON_OBJECT;
    }
    return yes;
}

/* Appends the array of objects 'rows' as a table. */
static void
format_rows(const struct json *rows, const struct table_style *style,
            struct ds *out)
{
    const struct json_array *array = json_array(rows);
    struct sset names = SSET_INITIALIZER(&names);
    struct svec columns = SVEC_EMPTY_INITIALIZER;
    struct table table;

    for (size_t i = 0; i < array->n; i++) {
        add_members(&names, array->elems[i]);
    }
    order_members(&names, &columns);
    output_columns(&table, "");
    for (size_t i = 0; i < columns.n; i++) {
        table_add_column(&table, "%s", columns.names[i]);
    }
    for (size_t i = 0; i < array->n; i++) {
        table_add_row(&table);
        for (size_t j = 0; j < columns.n; j++) {
            output_json(&table, shash_find_data(json_object(array->elems[i]),
                                                columns.names[j]));
        }
    }
    table_format_reset();
    output_table(&table, style, out);
    svec_destroy(&columns);
    sset_destroy(&names);
}

/* Appends 'json' on the line that has been begun. */
static void
format_value(const struct json *json, struct ds *out)
{
    if (json->type == JSON_STRING) {
        ds_put_cstr(out, json_string(json));
    } else if (json->type == JSON_ARRAY && !json_array(json)->n) {
        ds_put_cstr(out, "none");
    } else {
        json_to_ds(json, JSSF_SORT, out);
    }
    ds_put_char(out, '\n');
}

/* Appends the members of 'object', each after 'indent' spaces. */
static void
format_object(const struct json *object, int indent,
              const struct table_style *style, struct ds *out)
{
    struct sset names = SSET_INITIALIZER(&names);
    struct svec members = SVEC_EMPTY_INITIALIZER;

    add_members(&names, object);
    order_members(&names, &members);
    for (size_t i = 0; i < members.n; i++) {
        const struct json *member = shash_find_data(json_object(object),
                                                    members.names[i]);

        if (is_table(member)) {
            ds_put_format(out, "\n%s:\n", members.names[i]);
            format_rows(member, style, out);
        } else if (member->type == JSON_OBJECT) {
            ds_put_char_multiple(out, ' ', indent);
            ds_put_format(out, "%s:\n", members.names[i]);
            format_object(member, indent + 4, style, out);
        } else {
            ds_put_char_multiple(out, ' ', indent);
            ds_put_format(out, "%s: ", members.names[i]);
            format_value(member, out);
        }
    }
    svec_destroy(&members);
    sset_destroy(&names);
}

/* Asks the daemon of this machine and stores what it says into '*ret_answer',
 * malloc'd. */
static char * OVS_WARN_UNUSED_RESULT
ask_daemon(char **ret_answer)
{
    char *pidfile = xasprintf("%s/%s.pid", ovs_rundir(), DAEMON);
    struct jsonrpc *client = NULL;
    char *refusal = NULL;
    char *error = NULL;
    char *path = NULL;

    pid_t pid = read_pidfile(pidfile);
    if (pid < 0) {
        error = xasprintf("%s is not running here (%s: %s): start it with "
                          "'loden-ctl start'", DAEMON, pidfile,
                          ovs_strerror(-pid));
        goto out;
    }

    path = xasprintf("%s/%s.%ld.ctl", ovs_rundir(), DAEMON, (long int) pid);
    int retval = unixctl_client_create(path, &client);
    if (!retval) {
        retval = unixctl_client_transact(client, "status", 0, NULL,
                                         ret_answer, &refusal);
    }
    if (retval) {
        error = xasprintf("%s: %s does not answer (%s)", path, DAEMON,
                          ovs_retval_to_string(retval));
    } else if (refusal) {
        error = xasprintf("%s refuses: %s", DAEMON, refusal);
    }

out:
    jsonrpc_close(client);
    free(refusal);
    free(path);
    free(pidfile);
    return error;
}

/* status */
char *
daemon_status(struct invocation *invocation)
{
    char *answer = NULL;
    char *error = ask_daemon(&answer);

    if (error) {
        return error;
    }
    if (invocation->style.format == TF_JSON) {
        ds_put_cstr(&invocation->out, answer);
        if (!ds_chomp(&invocation->out, '\n')) {
            ds_put_cstr(&invocation->out, "");
        }
        ds_put_char(&invocation->out, '\n');
    } else {
        struct json *json = json_from_string(answer);

        if (json->type == JSON_OBJECT) {
            format_object(json, 0, &invocation->style, &invocation->out);
        } else {
            error = xasprintf("%s's status is not a JSON object", DAEMON);
        }
        json_destroy(json);
    }
    free(answer);
    return error;
}
