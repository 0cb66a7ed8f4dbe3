/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What is said to the database in which words; reply.c reads what it says.
 * json_pack() steals its references also when it fails. */

#include "cni/op.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

json_t *
op_list(size_t n, ...)
{
    json_t *list = json_array();
    bool complete = list;
    va_list args;

    va_start(args, n);
    for (size_t i = 0; i < n; i++) {
        json_t *element = va_arg(args, json_t *);

        /* Steals 'element' in any case. */
        if (json_array_append_new(list, element)) {
            complete = false;
        }
    }
    va_end(args);
    if (!complete) {
        json_decref(list);
        return NULL;
    }
    return list;
}

json_t *
op_append(json_t *list, json_t *element)
{
    /* Steals 'element' in any case. */
    if (json_array_append_new(list, element)) {
        json_decref(list);
        return NULL;
    }
    return list;
}

json_t *
op_uuid(const char *uuid)
{
    return json_pack("[s,s]", "uuid", uuid);
}

json_t *
op_new_uuid(const char *name)
{
    return json_pack("[s,s]", "named-uuid", name);
}

json_t *
op_map(const char *key, const char *value)
{
    return json_pack("[s,[[s,s]]]", "map", key, value);
}

json_t *
op_set(const char *element)
{
    return json_pack("[s,[s]]", "set", element);
}

json_t *
op_term(const char *column, const char *verb, json_t *value)
{
    return json_pack("[s,s,o]", column, verb, value);
}

json_t *
op_where_key(const char *key, const char *value)
{
    return op_list(1, op_term("external_ids", "includes", op_map(key, value)));
}

json_t *
op_where_string(const char *column, const char *value)
{
    return op_list(1, op_term(column, "==", json_string(value)));
}

static json_t *
make_columns(const char *columns)
{
    json_t *list = json_array();

    while (*columns) {
        size_t n = strcspn(columns, " ");

        if (json_array_append_new(list, json_stringn(columns, n))) {
            json_decref(list);
            return NULL;
        }
        columns += n + (columns[n] == ' ');
    }
    return list;
}

json_t *
op_select(const char *table, json_t *where, const char *columns)
{
    return json_pack("{s:s, s:s, s:o, s:o}", "op", "select", "table", table,
                     "where", where, "columns", make_columns(columns));
}

json_t *
op_insert(const char *table, const char *new_uuid, json_t *row)
{
    return json_pack("{s:s, s:s, s:s, s:o}", "op", "insert", "table", table,
                     "uuid-name", new_uuid, "row", row);
}

json_t *
op_mutate(const char *table, json_t *where, json_t *mutations)
{
    return json_pack("{s:s, s:s, s:o, s:o}", "op", "mutate", "table", table,
                     "where", where, "mutations", mutations);
}

/* What "ovsdb-tool show-log" tells about the transaction. */
json_t *
op_comment(const char *verb, const char *what)
{
    return json_pack("{s:s, s:o}", "op", "comment", "comment",
                     json_sprintf("loden: %s %s", verb, what));
}

json_t *
op_wait(const struct op_wait *wait)
{
    return json_pack("{s:s, s:s, s:I, s:o, s:o, s:s, s:o}", "op", "wait",
                     "table", wait->table, "timeout", wait->timeout, "where",
                     wait->where, "columns", make_columns(wait->columns),
                     "until", wait->until, "rows", wait->rows);
}
