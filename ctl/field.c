/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Fields of a JSON object that was written for a program in Go. */

#include <config.h>
#include "ctl/field.h"

#include <string.h>
#include <strings.h>

#include "openvswitch/json.h"
#include "util.h"

char *
field_find(const struct json *object, const char *name,
           const struct json **ret_value)
{
    struct shash_node *node;
    const char *found = NULL;

    *ret_value = NULL;
    SHASH_FOR_EACH (node, json_object(object)) {
        const struct json *value = node->data;

        if (strcasecmp(node->name, name)) {
            continue;
        } else if (found) {
            bool first = strcmp(found, node->name) < 0;

            return xasprintf("it has both '%s' and '%s'",
                             first ? found : node->name,
                             first ? node->name : found);
        }
        found = node->name;
        *ret_value = value->type == JSON_NULL ? NULL : value;
    }
    return NULL;
}

char *
field_string(const struct json *object, const char *name,
             const char **ret_text)
{
    const struct json *value;
    char *error = field_find(object, name, &value);

    *ret_text = NULL;
    if (!error && value && value->type != JSON_STRING) {
        error = xasprintf("%s: it is not a string", name);
    } else if (!error && value) {
        *ret_text = json_string(value);
    }
    return error;
}

char *
field_number(const struct json *object, const char *name, unsigned int max,
             unsigned int *ret_n)
{
    const struct json *value;
    char *error = field_find(object, name, &value);

    if (error || !value) {
        return error;
    } else if (value->type != JSON_INTEGER || value->integer < 0
               || value->integer > max) {
        return xasprintf("%s: it is not a number from 0 to %u", name, max);
    }
    *ret_n = value->integer;
    return NULL;
}

char *
field_bool(const struct json *object, const char *name, bool *ret_bool)
{
    const struct json *value;
    char *error = field_find(object, name, &value);

    if (error || !value) {
        return error;
    } else if (value->type != JSON_TRUE && value->type != JSON_FALSE) {
        return xasprintf("%s: it is neither true nor false", name);
    }
    *ret_bool = value->type == JSON_TRUE;
    return NULL;
}
