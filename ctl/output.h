/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_OUTPUT_H
#define LODEN_CTL_OUTPUT_H 1

/* Rows for people and, from the same cells, for programs. */

#include <stdbool.h>
#include <stddef.h>

struct ds;
struct ovsdb_idl;
struct ovsdb_idl_column;
struct ovsdb_idl_row;
struct ovsdb_idl_table_class;
struct table;
struct table_style;

void output_columns(struct table *, const char *headings);
void output_column(struct table *, const struct ovsdb_idl_row *,
                   const struct ovsdb_idl_column *);
void output_text(struct table *, const char *text);
const struct ovsdb_idl_row **output_sort_rows(
    struct ovsdb_idl *, const struct ovsdb_idl_table_class *,
    int (*compare)(const void *, const void *), size_t *n);
int output_compare_cidrs(const char *, const char *);
void output_table(struct table *, const struct table_style *, struct ds *);

#endif /* ctl/output.h */
