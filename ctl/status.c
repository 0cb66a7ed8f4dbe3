/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What the daemon on this machine says about itself.
 *
 * Its answer is JSON; this prints whatever it holds, so that the daemon can
 * say more without a change here: single values as lines, lists of objects as
 * tables. */

#include <config.h>
#include "ctl/status.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ask.h"
#include "ctl/command.h"
#include "ctl/output.h"
#include "openvswitch/json.h"
#include "sset.h"
#include "svec.h"
#include "util.h"

/* What people look for first, in this order; the rest follows by name. */
static const char *const first_members[] = {
    "node", "name", "id", "what", "why", "network", "bridge", "datapath",
    "vni", "mode", "ranges", "subnet", "subnet6", "gateway", "gateway6", "ip",
    "ip6", "mac", "tunnel_ip", "tunnel_ip6", "subnets", "subnets6", "mtu",
    "underlay_mtu", "port", "ofport", "tunnels", "cluster",
    "openflow", "host", "local", "problems", "networks", "peers", "pods",
};

/* Adds the names of the members of 'object' to 'names'.  A null is no news to
 * a person. */
static void
add_members(struct sset *names, const struct json *object)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, json_object(object)) {
        const struct json *member = node->data;

        if (member->type != JSON_NULL) {
            sset_add(names, node->name);
        }
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

/* Appends 'json' as words for a person, on one line. */
static void
format_value(const struct json *json, struct ds *out)
{
    if (json->type == JSON_STRING) {
        ds_put_cstr(out, json_string(json));
    } else if (json->type == JSON_ARRAY) {
        for (size_t i = 0; i < json_array(json)->n; i++) {
            ds_put_cstr(out, i ? ", " : "");
            format_value(json_array(json)->elems[i], out);
        }
    } else if (json->type == JSON_OBJECT) {
        const struct shash_node **nodes = shash_sort(json_object(json));
        size_t n = shash_count(json_object(json));

        for (size_t i = 0; i < n; i++) {
            ds_put_format(out, "%s%s=", i ? " " : "", nodes[i]->name);
            format_value(nodes[i]->data, out);
        }
        free(nodes);
    } else if (json->type != JSON_NULL) {
        json_to_ds(json, 0, out);
    }
}

static void
add_cell(struct table *table, const struct json *json)
{
    struct ds text = DS_EMPTY_INITIALIZER;

    if (json) {
        format_value(json, &text);
    }
    output_text(table, ds_cstr(&text));
    ds_destroy(&text);
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
            add_cell(&table, shash_find_data(json_object(array->elems[i]),
                                             columns.names[j]));
        }
    }
    table_format_reset();
    output_table(&table, style, out);
    svec_destroy(&columns);
    sset_destroy(&names);
}

/* Appends the member 'name' of an object that stands after 'indent' spaces. */
static void
format_member(const char *name, const struct json *member, int indent,
              struct ds *out)
{
    ds_put_char_multiple(out, ' ', indent);
    if (member->type == JSON_OBJECT && shash_count(json_object(member))) {
        struct sset names = SSET_INITIALIZER(&names);
        struct svec members = SVEC_EMPTY_INITIALIZER;

        ds_put_format(out, "%s:\n", name);
        add_members(&names, member);
        order_members(&names, &members);
        for (size_t i = 0; i < members.n; i++) {
            format_member(members.names[i],
                          shash_find_data(json_object(member),
                                          members.names[i]),
                          indent + 4, out);
        }
        svec_destroy(&members);
        sset_destroy(&names);
    } else {
        size_t start = out->length;

        ds_put_format(out, "%s: ", name);
        format_value(member, out);
        if (out->length == start + strlen(name) + 2) {
            ds_put_cstr(out, "none");
        }
        ds_put_char(out, '\n');
    }
}

/* Appends the daemon's 'status', a JSON object, for people: first what is
 * said in a line, then the tables. */
void
status_format(const struct json *status, const struct table_style *style,
              struct ds *out)
{
    struct sset names = SSET_INITIALIZER(&names);
    struct svec members = SVEC_EMPTY_INITIALIZER;

    add_members(&names, status);
    order_members(&names, &members);
    for (int tables = 0; tables < 2; tables++) {
        for (size_t i = 0; i < members.n; i++) {
            const char *name = members.names[i];
            const struct json *member
                = shash_find_data(json_object(status), name);

            if (is_table(member) != tables) {
                continue;
            } else if (tables) {
                ds_put_format(out, "\n%s:\n", name);
                format_rows(member, style, out);
            } else {
                format_member(name, member, 0, out);
            }
        }
    }
    svec_destroy(&members);
    sset_destroy(&names);
}

/* status */
char *
daemon_status(struct invocation *invocation)
{
    char *answer = NULL;
    char *error = ask_daemon(invocation, "status", &answer);

    if (error) {
        return error;
    }
    struct json *json = json_from_string(answer);
    if (json->type != JSON_OBJECT) {
        error = xasprintf(DAEMON_NAME"'s status is not a JSON object");
    } else if (invocation->style.format == TF_JSON) {
        json_to_ds(json, invocation->style.json_flags, &invocation->out);
        ds_put_char(&invocation->out, '\n');
    } else {
        status_format(json, &invocation->style, &invocation->out);
    }
    json_destroy(json);
    free(answer);
    return error;
}
