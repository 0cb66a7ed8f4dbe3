/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* jansson's getters take NULL and values of the wrong type and then return
 * NULL or 0, which most of the checks below lean on. */

#include "cni/reply.h"

#include <string.h>

enum reply_kind
reply_classify(const json_t *message, json_int_t id)
{
    const char *method = json_string_value(json_object_get(message, "method"));
    const json_t *reply_id = json_object_get(message, "id");

    if (method) {
        return !strcmp(method, "echo") ? REPLY_ECHO : REPLY_OTHER;
    }
    return json_is_integer(reply_id) && json_integer_value(reply_id) == id
               ? REPLY_ANSWER
               : REPLY_OTHER;
}

json_t *
reply_to_echo(const json_t *message)
{
    return json_pack("{s:O?, s:O?, s:n}", "id", json_object_get(message, "id"),
                     "result", json_object_get(message, "params"), "error");
}

/* Sets the error from 'error', an object {"error": TEXT, "details": TEXT} or
 * anything else. */
static void
set_error(const json_t *error, struct cni_error *err)
{
    const char *text = json_string_value(json_object_get(error, "error"));
    const char *details = json_string_value(json_object_get(error, "details"));

    error_set(err, ERROR_DATABASE, "the database answers \"%s\"",
              text ? text : "error");
    if (details) {
        error_details(err, "%s", details);
    }
}

int
reply_get_results(const json_t *message, json_t **ret_results,
                  struct cni_error *err)
{
    const json_t *error = json_object_get(message, "error");
    json_t *results = json_object_get(message, "result");

    if (error && !json_is_null(error)) {
        set_error(error, err);
        return -1;
    }
    if (!json_is_array(results)) {
        return error_set(err, ERROR_DATABASE,
                         "an answer of the database has no results");
    }
    *ret_results = results;
    return 0;
}

int
reply_get_lock(const json_t *message, bool *ret_granted, struct cni_error *err)
{
    const json_t *error = json_object_get(message, "error");
    const json_t *locked =
        json_object_get(json_object_get(message, "result"), "locked");

    if (error && !json_is_null(error)) {
        set_error(error, err);
        return -1;
    } else if (!json_is_boolean(locked)) {
        return error_set(err, ERROR_DATABASE,
                         "an answer of the database tells of no lock");
    }
    *ret_granted = json_is_true(locked);
    return 0;
}

int
reply_failed_operation(const json_t *results, size_t n_operations,
                       struct cni_error *err)
{
    for (size_t i = 0; i < n_operations; i++) {
        const json_t *result = json_array_get(results, i);

        if (!json_is_object(result) || json_object_get(result, "error")) {
            set_error(result, err);
            return i;
        }
    }
    if (json_array_size(results) > n_operations) {
        set_error(json_array_get(results, n_operations), err);
        return n_operations;
    }
    return -1;
}

bool
reply_timed_out(const json_t *results, int operation)
{
    const json_t *result =
        operation < 0 ? NULL : json_array_get(results, operation);
    const char *text = json_string_value(json_object_get(result, "error"));

    return text && !strcmp(text, "timed out");
}

int
reply_get_rows(const json_t *results, size_t operation, json_t **ret_rows,
               struct cni_error *err)
{
    json_t *rows = json_object_get(json_array_get(results, operation), "rows");
    const json_t *row;
    size_t i;

    if (!json_is_array(rows)) {
        return error_set(err, ERROR_DATABASE,
                         "an answer of the database has no rows");
    }
    json_array_foreach (rows, i, row) {
        if (!json_is_object(row)) {
            return error_set(err, ERROR_DATABASE,
                             "an answer of the database has a senseless row");
        }
    }
    *ret_rows = rows;
    return 0;
}

const char *
reply_get_string(const json_t *row, const char *column)
{
    return json_string_value(json_object_get(row, column));
}

/* Returns the array in ["TAG", ARRAY-OR-STRING], or NULL. */
static const json_t *
get_tagged(const json_t *row, const char *column, const char *tag)
{
    const json_t *value = json_object_get(row, column);
    const char *have = json_string_value(json_array_get(value, 0));

    return have && !strcmp(have, tag) && json_array_size(value) == 2
               ? json_array_get(value, 1)
               : NULL;
}

const char *
reply_get_uuid(const json_t *row, const char *column)
{
    return json_string_value(get_tagged(row, column, "uuid"));
}

bool
reply_get_pair(const json_t *row, const char *column, size_t i,
               const char **ret_key, const char **ret_value)
{
    const json_t *map = get_tagged(row, column, "map");
    const json_t *pair = json_array_get(map, i);
    const char *key = json_string_value(json_array_get(pair, 0));
    const char *value = json_string_value(json_array_get(pair, 1));

    if (!key || !value) {
        return false;
    }
    *ret_key = key;
    *ret_value = value;
    return true;
}

const char *
reply_get_key(const json_t *row, const char *column, const char *key)
{
    const char *k, *v;

    for (size_t i = 0; reply_get_pair(row, column, i, &k, &v); i++) {
        if (!strcmp(k, key)) {
            return v;
        }
    }
    return NULL;
}
