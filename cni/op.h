/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_OP_H
#define CNI_OP_H 1

/* Operations of a database transaction, as RFC 7047, section 5, has them.
 *
 * Each function returns a new reference, takes the references it is given, and
 * returns NULL without memory or if it was given NULL: a list that lacks one
 * operation, or an operation that lacks a condition, never comes about. */

#include <jansson.h>

/* An array of the 'n' json_t pointers that follow. */
json_t *op_list(size_t n, ...);

/* 'list' with 'element' at its end. */
json_t *op_append(json_t *list, json_t *element);

/* Values. */
json_t *op_uuid(const char *uuid);     /* A row. */
json_t *op_new_uuid(const char *name); /* A row of this transaction. */
json_t *op_map(const char *key, const char *value); /* With one pair. */
json_t *op_set(const char *element);                /* With one string. */

/* COLUMN VERB VALUE: a condition (==, includes, ...) or a mutation (insert,
 * delete, ...). */
json_t *op_term(const char *column, const char *verb, json_t *value);

/* Where external_ids have 'key' = 'value', and where 'column' is 'value'. */
json_t *op_where_key(const char *key, const char *value);
json_t *op_where_string(const char *column, const char *value);

/* Operations.  'columns' are names with a space between two. */
json_t *op_select(const char *table, json_t *where, const char *columns);
json_t *op_insert(const char *table, const char *new_uuid, json_t *row);
json_t *op_mutate(const char *table, json_t *where, json_t *mutations);
json_t *op_comment(const char *verb, const char *what);

/* Waits until the 'columns' of the rows 'where' are ("==") or are not ("!=")
 * 'rows', at most 'timeout' ms: 0 makes it a condition that holds or not. */
struct op_wait {
    const char *table;
    json_t *where;
    const char *columns;
    const char *until;
    json_t *rows;
    json_int_t timeout;
};
json_t *op_wait(const struct op_wait *);

#endif /* cni/op.h */
