/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_FIELD_H
#define LODEN_CTL_FIELD_H 1

/* Fields of a JSON object as Go reads them into a structure: names without
 * regard to case, null as good as nothing.  Each returns NULL or a malloc'd
 * error that names the field. */

#include <stdbool.h>

#include "openvswitch/compiler.h"

struct json;

/* Stores the field's value, borrowed, or NULL if there is none. */
char *field_find(const struct json *object, const char *name,
                 const struct json **ret_value) OVS_WARN_UNUSED_RESULT;
char *field_string(const struct json *object, const char *name,
                   const char **ret_text) OVS_WARN_UNUSED_RESULT;

/* Store the field's value, a number from 0 to 'max' or true or false, and
 * leave what is there alone if there is none. */
char *field_number(const struct json *object, const char *name,
                   unsigned int max, unsigned int *ret_n)
    OVS_WARN_UNUSED_RESULT;
char *field_bool(const struct json *object, const char *name, bool *ret_bool)
    OVS_WARN_UNUSED_RESULT;

#endif /* ctl/field.h */
