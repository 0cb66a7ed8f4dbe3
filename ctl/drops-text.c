/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The daemon's answer to "drops/show" is two lists of objects, "reasons" and
 * "sources", each with "packets", and the time, "at".  A report is the same
 * with "rate", packets a second between two answers, in each. */

#include <config.h>
#include "ctl/drops-text.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/ask.h"
#include "ctl/output.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "table.h"
#include "util.h"

static const char *const lists[] = { "reasons", "sources" };

/* Returns the number 'name' of 'object', or 0. */
static long long int
number(const struct json *object, const char *name)
{
    const struct json *json = shash_find_data(json_object(object), name);
    return json && json->type == JSON_INTEGER ? json_integer(json) : 0;
}

/* Returns the string 'name' of 'object', or "". */
static const char *
text(const struct json *object, const char *name)
{
    const struct json *json = shash_find_data(json_object(object), name);
    return json && json->type == JSON_STRING ? json_string(json) : "";
}

static const struct json_array *
list(const struct json *answer, const char *name)
{
    return json_array(shash_find_data(json_object(answer), name));
}

/* Returns an error unless 'answer' is what "drops/show" should answer. */
char *
drops_check(const struct json *answer)
{
    bool good = answer->type == JSON_OBJECT;

    for (size_t i = 0; good && i < ARRAY_SIZE(lists); i++) {
        const struct json *json =
            shash_find_data(json_object(answer), lists[i]);

        good = json && json->type == JSON_ARRAY;
        for (size_t j = 0; good && j < json_array(json)->n; j++) {
            good = json_array(json)->elems[j]->type == JSON_OBJECT;
        }
    }
    return good ? NULL
                : xstrdup("the answer of " DAEMON_NAME " has no reasons "
                          "and sources: is it another version?");
}

/* Returns how many packets what 'row' is about had in 'before', one of the
 * lists.  The rule that counts may be a new one. */
static long long int
packets_before(const struct json *row, const struct json_array *before)
{
    for (size_t i = 0; i < before->n; i++) {
        const struct json *old = before->elems[i];

        if (!strcmp(text(old, "reason"), text(row, "reason"))
            && !strcmp(text(old, "from"), text(row, "from"))
            && !strcmp(text(old, "name"), text(row, "name"))) {
            long long int packets = number(old, "packets");
            return packets <= number(row, "packets") ? packets : 0;
        }
    }
    return 0;
}

/* Returns the report on what was counted until 'now' and, if 'before' is not
 * NULL, how fast since then. */
struct json *
drops_report(const struct json *before, const struct json *now,
             enum drops_which which)
{
    struct json *report = json_object_create();
    double ms = before ? number(now, "at") - number(before, "at") : 0;

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        const struct json_array *rows = list(now, lists[i]);
        struct json *array = json_array_create_empty();

        for (size_t j = 0; j < rows->n; j++) {
            long long int packets = number(rows->elems[j], "packets");
            struct json *row;

            if (!packets && which == DROPS_SEEN) {
                continue;
            }
            row = json_deep_clone(rows->elems[j]);
            if (ms > 0) {
                packets -= packets_before(row, list(before, lists[i]));
                json_object_put(row, "rate",
                                json_real_create(packets * 1000 / ms));
            }
            json_array_add(array, row);
        }
        json_object_put(report, lists[i], array);
    }
    return report;
}

static void
add_number(struct table *table, const struct json *row, const char *name)
{
    const struct json *json = shash_find_data(json_object(row), name);
    char *cell =
        (!json                     ? xstrdup("")
         : json->type == JSON_REAL ? xasprintf("%.1f", json_real(json))
                                   : xasprintf("%lld", number(row, name)));
    output_text(table, cell);
    free(cell);
}

/* Adds how often for which reason. */
static void
add_reasons(struct table *table, const struct json *row)
{
    const struct json *json = shash_find_data(json_object(row), "reasons");
    struct ds cell = DS_EMPTY_INITIALIZER;

    if (json && json->type == JSON_OBJECT) {
        const struct shash_node **nodes = shash_sort(json_object(json));

        for (size_t i = 0; i < shash_count(json_object(json)); i++) {
            ds_put_format(&cell, "%s%s %lld", i ? ", " : "", nodes[i]->name,
                          number(json, nodes[i]->name));
        }
        free(nodes);
    }
    output_text(table, ds_cstr(&cell));
    ds_destroy(&cell);
}

/* Appends 'report' for people. */
void
drops_format(const struct json *report, const struct table_style *style,
             struct ds *out)
{
    const struct json_array *reasons = list(report, "reasons");
    const struct json_array *sources = list(report, "sources");
    struct table table;

    if (!reasons->n) {
        ds_put_cstr(out, "nothing was dropped\n");
        return;
    }
    output_columns(&table, "reason packets rate meaning");
    for (size_t i = 0; i < reasons->n; i++) {
        const struct json *row = reasons->elems[i];

        table_add_row(&table);
        output_text(&table, text(row, "reason"));
        add_number(&table, row, "packets");
        add_number(&table, row, "rate");
        output_text(&table, text(row, "meaning"));
    }
    output_table(&table, style, out);
    if (!sources->n) {
        return;
    }
    ds_put_char(out, '\n');
    table_format_reset();
    output_columns(&table, "from name port packets rate reasons");
    for (size_t i = 0; i < sources->n; i++) {
        const struct json *row = sources->elems[i];

        table_add_row(&table);
        output_text(&table, text(row, "from"));
        output_text(&table, text(row, "name"));
        output_text(&table, text(row, "port"));
        add_number(&table, row, "packets");
        add_number(&table, row, "rate");
        add_reasons(&table, row);
    }
    output_table(&table, style, out);
}
