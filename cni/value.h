/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_VALUE_H
#define CNI_VALUE_H 1

/* Values in the documents of runtimes and of other plugins, with their types
 * checked.  A key that is absent or null is no error: it stores nothing. */

#include <jansson.h>
#include <stdbool.h>

#include "cni/error.h"

/* The largest integer that passes through a double unharmed. */
#define VALUE_INTEGER_MAX (1LL << 53)

/* The value of 'key', or NULL if it is absent or null.  Keys of capabilities
 * are matched without regard to case, since some runtimes write HostPort where
 * others write hostPort. */
json_t *value_find(const json_t *object, const char *key);
json_t *value_find_any_case(const json_t *object, const char *key);

/* Each takes 'value', borrowed, which is called 'what' in errors.  A number
 * beyond VALUE_INTEGER_MAX is taken for that; a negative one or a fraction is
 * an error.  "" is as good as no string. */
int value_to_string(const json_t *value, const char *what,
                    const char **ret_string, struct cni_error *);
int value_to_integer(const json_t *value, const char *what,
                     long long *ret_integer, struct cni_error *);
int value_to_bool(const json_t *value, const char *what, bool *ret_bool,
                  struct cni_error *);

/* Can 'text' stand in a document? */
bool value_is_utf8(const char *text);

/* Fails unless 'value', a list that is called 'what', has only elements of
 * 'type', JSON_STRING or JSON_OBJECT. */
int value_check_list(const json_t *value, const char *what, json_type type,
                     struct cni_error *);

/* Fails unless 'value', which is called 'what', is an object. */
int value_check_object(const json_t *value, const char *what,
                       struct cni_error *);

/* A copy of 'value', in which whole numbers are integers again: for a document
 * that passes through.  New reference, NULL for NULL. */
json_t *value_restore_integers(const json_t *value);

#endif /* cni/value.h */
