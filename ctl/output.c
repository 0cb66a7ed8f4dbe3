/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Rows for people and for programs, on Open vSwitch's tables, so that
 * --format, --data and the JSON are those of ovs-vsctl(8).  Cells are database
 * columns wherever they can be: then numbers and sets stay numbers and sets in
 * JSON without a word here about any of them. */

#include <config.h>
#include "ctl/output.h"

#include <stdlib.h>
#include <string.h>

#include "flows/addr.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "ovsdb-data.h"
#include "ovsdb-idl.h"
#include "ovsdb-idl-provider.h"
#include "table.h"
#include "util.h"

/* Initializes 'table' with the 'headings', which spaces separate. */
void
output_columns(struct table *table, const char *headings)
{
    char *copy = xstrdup(headings);
    char *save_ptr = NULL;

    table_init(table);
    for (char *word = strtok_r(copy, " ", &save_ptr); word;
         word = strtok_r(NULL, " ", &save_ptr)) {
        table_add_column(table, "%s", word);
    }
    free(copy);
}

/* Adds a cell with the value of 'column' in 'row'. */
void
output_column(struct table *table, const struct ovsdb_idl_row *row,
              const struct ovsdb_idl_column *column)
{
    struct cell *cell = table_add_cell(table);

    cell->json = ovsdb_datum_to_json(ovsdb_idl_read(row, column),
                                     &column->type);
    cell->type = &column->type;
}

void
output_text(struct table *table, const char *text)
{
    table_add_cell(table)->text = xstrdup(text);
}

/* Returns all '*n' rows of 'class' in the order of 'compare', a function for
 * qsort() over pointers to rows.  The caller frees the array. */
const struct ovsdb_idl_row **
output_sort_rows(struct ovsdb_idl *idl,
                 const struct ovsdb_idl_table_class *class,
                 int (*compare)(const void *, const void *), size_t *n)
{
    const struct ovsdb_idl_row **rows = NULL;
    size_t allocated = 0;

    *n = 0;
    for (const struct ovsdb_idl_row *row = ovsdb_idl_first_row(idl, class);
         row; row = ovsdb_idl_next_row(row)) {
        if (*n >= allocated) {
            rows = x2nrealloc(rows, &allocated, sizeof *rows);
        }
        rows[(*n)++] = row;
    }
    if (*n) {
        qsort(rows, *n, sizeof *rows, compare);
    }
    return rows;
}

/* Orders prefixes as text by their value, for sorting rows: 10.9.0.0/16 before
 * 10.10.0.0/16.  What is no prefix comes last. */
int
output_compare_cidrs(const char *a, const char *b)
{
    struct prefix pa, pb;
    char *error_a = prefix_parse(a, &pa);
    char *error_b = prefix_parse(b, &pb);
    int cmp;

    if (!error_a && !error_b) {
        cmp = prefix_compare(&pa, &pb);
    } else if (error_a && error_b) {
        cmp = strcmp(a, b);
    } else {
        cmp = error_a ? 1 : -1;
    }
    free(error_a);
    free(error_b);
    return cmp;
}

/* Appends 'table' to 'out' in 'style' and destroys it. */
void
output_table(struct table *table, const struct table_style *style,
             struct ds *out)
{
    table_format(table, style, out);
    table_destroy(table);
}
