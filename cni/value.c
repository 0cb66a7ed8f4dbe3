/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* All numbers come as reals (config.c says why). */

#include "cni/value.h"

#include <strings.h>

static json_t *
without_null(json_t *value)
{
    return json_is_null(value) ? NULL : value;
}

json_t *
value_find(const json_t *object, const char *key)
{
    return without_null(json_object_get(object, key));
}

json_t *
value_find_any_case(const json_t *object, const char *key)
{
    json_t *value = value_find(object, key);
    const char *k;
    json_t *v;

    if (value) {
        return value;
    }
    json_object_foreach((json_t *) object, k, v)
    {
        if (!strcasecmp(k, key) && !json_is_null(v)) {
            return v;
        }
    }
    return NULL;
}

int
value_to_string(const json_t *value, const char *what, const char **ret_string,
                struct cni_error *err)
{
    if (value && !json_is_string(value)) {
        return error_set(err, ERROR_CONFIG, "\"%s\" must be a string", what);
    } else if (json_string_length(value)) {
        *ret_string = json_string_value(value);
    }
    return 0;
}

int
value_to_integer(const json_t *value, const char *what, long long *ret_integer,
                 struct cni_error *err)
{
    double real = json_number_value(value);

    if (!value) {
        return 0;
    } else if (!json_is_number(value) || real < 0) {
        return error_set(err, ERROR_CONFIG,
                         "\"%s\" must be a number, not negative", what);
    } else if (real >= VALUE_INTEGER_MAX) {
        *ret_integer = VALUE_INTEGER_MAX;
        return 0;
    } else if (real != (double) (long long) real) {
        return error_set(err, ERROR_CONFIG, "\"%s\" must be whole", what);
    }
    *ret_integer = real;
    return 0;
}

int
value_to_bool(const json_t *value, const char *what, bool *ret_bool,
              struct cni_error *err)
{
    if (value && !json_is_boolean(value)) {
        return error_set(err, ERROR_CONFIG, "\"%s\" must be true or false",
                         what);
    } else if (value) {
        *ret_bool = json_is_true(value);
    }
    return 0;
}

bool
value_is_utf8(const char *text)
{
    json_t *string = json_string(text);
    const bool is = string;

    json_decref(string);
    return is;
}

int
value_check_list(const json_t *value, const char *what, json_type type,
                 struct cni_error *err)
{
    bool ok = !value || json_is_array(value);
    const json_t *element;
    size_t i;

    json_array_foreach (value, i, element) {
        ok = ok && json_typeof(element) == type;
    }
    return ok ? 0
              : error_set(err, ERROR_CONFIG, "\"%s\" must be a list of %s",
                          what, type == JSON_STRING ? "strings" : "objects");
}

int
value_check_object(const json_t *value, const char *what,
                   struct cni_error *err)
{
    return !value || json_is_object(value)
               ? 0
               : error_set(err, ERROR_CONFIG, "\"%s\" must be an object",
                           what);
}

/* jansson bounds the depth of what it parses (JSON_PARSER_MAX_DEPTH), and so
 * of this. */
json_t *
value_restore_integers(const json_t *value)
{
    double real = json_real_value(value);
    json_t *copy, *element;
    const char *key;
    size_t i;

    if (json_is_object(value)) {
        copy = json_object();
        json_object_foreach((json_t *) value, key, element)
        {
            json_object_set_new(copy, key, value_restore_integers(element));
        }
        return copy;
    } else if (json_is_array(value)) {
        copy = json_array();
        json_array_foreach (value, i, element) {
            json_array_append_new(copy, value_restore_integers(element));
        }
        return copy;
    } else if (json_is_real(value) && real > -VALUE_INTEGER_MAX
               && real < VALUE_INTEGER_MAX
               && real == (double) (long long) real) {
        return json_integer(real);
    }
    return json_incref((json_t *) value);
}
