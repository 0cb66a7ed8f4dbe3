/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The cluster's part of a world <-> JSON, by the tables of
 * flows/world-fields.c.
 *
 * Numbers that are zero, and what is false, unset or empty, are left out.
 * Reading is strict: a member that no table knows
 * may mean something that this version would do wrong without, so a file that
 * has one is not used.  What else is in that file is last-good.c's. */

#include <config.h>
#include "controller/world-json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flows/world-fields.h"
#include "flows/world.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "ovsdb/text.h"
#include "util.h"

static struct json *record_to_json(const struct world_record *, const void *);
static char *record_from_json(const struct world_record *, struct json *,
                              void *dst) OVS_WARN_UNUSED_RESULT;

/* Returns the cluster's part of 'world'; the caller owns it. */
struct json *
world_to_json(const struct world *world)
{
    return record_to_json(&world_record, world);
}

static struct json *
prefix_to_json(const struct prefix *prefix)
{
    char buf[ADDR_STRLEN];
    return json_string_create(prefix_format(prefix, buf));
}

static struct json *
addr_to_json(const struct in6_addr *addr)
{
    char buf[ADDR_STRLEN];
    return json_string_create(addr_format(addr, buf));
}

static struct json *
mac_to_json(const struct eth_addr *mac)
{
    char buf[ETH_ADDR_STRLEN + 1];

    snprintf(buf, sizeof buf, ETH_ADDR_FMT, ETH_ADDR_ARGS(*mac));
    return json_string_create(buf);
}

static struct json *
array_to_json(const struct world_field *field, const char *elements, size_t n)
{
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        const void *element = elements + i * world_field_element_size(field);
        json_array_add(array, field->type == WORLD_PREFIXES
                                  ? prefix_to_json(element)
                              : field->type == WORLD_ADDRS
                                  ? addr_to_json(element)
                                  : record_to_json(field->record, element));
    }
    return array;
}

static struct json *
integer_to_json(int64_t value)
{
    return value ? json_integer_create(value) : NULL;
}

/* Returns the member of 'src' that 'field' describes, or NULL if it is zero.
 */
static struct json *
field_to_json(const struct world_field *field, const char *src)
{
    const char *from = src + field->offset;

    switch (field->type) {
    case WORLD_NAME:
        return (*(char *const *) from
                ? json_string_create(*(char *const *) from) : NULL);

    case WORLD_BOOL:
        return *(const bool *) from ? json_boolean_create(true) : NULL;

    case WORLD_UINT:
        return integer_to_json(*(const unsigned int *) from);

    case WORLD_UINT16:
        return integer_to_json(*(const uint16_t *) from);

    case WORLD_INT64:
        return integer_to_json(*(const int64_t *) from);

    case WORLD_WORD:
        return json_string_create(field->words[*(const unsigned int *) from]);

    case WORLD_MAC:
        return mac_to_json((const struct eth_addr *) from);

    case WORLD_ADDR: {
        const struct in6_addr *addr = (const struct in6_addr *) from;
        return addr_is_set(addr) ? addr_to_json(addr) : NULL;
    }
    case WORLD_PREFIX: {
        const struct prefix *prefix = (const struct prefix *) from;
        return prefix_is_set(prefix) ? prefix_to_json(prefix) : NULL;
    }
    case WORLD_ADDRS:
    case WORLD_PREFIXES:
    case WORLD_RECORDS: {
        size_t n = *(const size_t *) (src + field->n_offset);
        return n ? array_to_json(field, *(char *const *) from, n) : NULL;
    }
    }
    OVS_NOT_REACHED();
}

static struct json *
record_to_json(const struct world_record *record, const void *src)
{
    struct json *object = json_object_create();

    for (size_t i = 0; i < record->n_fields; i++) {
        struct json *member = field_to_json(&record->fields[i], src);
        if (member) {
            json_object_put(object, record->fields[i].name, member);
        }
    }
    return object;
}

/* Stores the value of 'json', a whole number from 'min' to 'max'. */
static char *OVS_WARN_UNUSED_RESULT
parse_integer(const struct json *json, int64_t min, int64_t max,
              int64_t *ret_value)
{
    if (json->type != JSON_INTEGER || json_integer(json) < min
        || json_integer(json) > max) {
        return xasprintf("it is no whole number from %" PRId64 " to %" PRId64,
                         min, max);
    }
    *ret_value = json_integer(json);
    return NULL;
}

/* Stores an integer as wide as 'field' says into 'to'. */
static char *OVS_WARN_UNUSED_RESULT
parse_uint(const struct world_field *field, const struct json *json, void *to)
{
    bool wide = field->type == WORLD_UINT;
    int64_t max = field->max ? field->max : wide ? UINT32_MAX : UINT16_MAX;
    int64_t value;
    char *error = parse_integer(json, field->min, max, &value);

    if (!error && wide) {
        *(unsigned int *) to = value;
    } else if (!error) {
        *(uint16_t *) to = value;
    }
    return error;
}

static char *OVS_WARN_UNUSED_RESULT
parse_mac(const char *text, struct eth_addr *ret_mac)
{
    struct eth_addr mac;

    if (strlen(text) != ETH_ADDR_STRLEN || !eth_addr_from_string(text, &mac)) {
        return xstrdup("it is no Ethernet address");
    }
    *ret_mac = mac;
    return NULL;
}

static char *OVS_WARN_UNUSED_RESULT
parse_name(const char *text, char **ret_name)
{
    char *error = text_check_name(text);

    if (!error) {
        *ret_name = xstrdup(text);
    }
    return error;
}

static char *OVS_WARN_UNUSED_RESULT
parse_word(const struct world_field *field, const char *text,
           unsigned int *ret_value)
{
    for (unsigned int i = 0; field->words[i]; i++) {
        if (!strcmp(field->words[i], text)) {
            *ret_value = i;
            return NULL;
        }
    }
    return xstrdup("it is no word that may stand there");
}

/* Stores what 'json', a string, says into 'to'. */
static char *OVS_WARN_UNUSED_RESULT
parse_text(const struct world_field *field, const struct json *json, void *to)
{
    if (json->type != JSON_STRING) {
        return xstrdup("it is no text");
    }
    const char *text = json_string(json);
    switch (field->type) {
    case WORLD_NAME:
        return parse_name(text, to);
    case WORLD_WORD:
        return parse_word(field, text, to);
    case WORLD_MAC:
        return parse_mac(text, to);
    case WORLD_ADDR:
    case WORLD_ADDRS:
        return addr_parse(text, to);
    case WORLD_PREFIX:
    case WORLD_PREFIXES:
        return prefix_parse(text, to);
    case WORLD_BOOL:
    case WORLD_UINT:
    case WORLD_UINT16:
    case WORLD_INT64:
    case WORLD_RECORDS:
        break;
    }
    OVS_NOT_REACHED();
}

/* Stores the elements of 'json' into the array of 'dst' that 'field'
 * describes; what there is of them also after an error. */
static char *OVS_WARN_UNUSED_RESULT
parse_array(const struct world_field *field, const struct json *json,
            char *dst)
{
    void **elements = (void **) (dst + field->offset);
    size_t *n = (size_t *) (dst + field->n_offset);
    size_t size = world_field_element_size(field);
    char *error = NULL;

    if (json->type != JSON_ARRAY) {
        return xstrdup("it is no list");
    }
    *elements = xcalloc(MAX(json_array(json)->n, 1), size);
    while (!error && *n < json_array(json)->n) {
        struct json *element = json_array(json)->elems[*n];
        void *to = (char *) *elements + size * (*n)++;
        error = (field->type == WORLD_RECORDS
                     ? record_from_json(field->record, element, to)
                     : parse_text(field, element, to));
    }
    return error;
}

static char *OVS_WARN_UNUSED_RESULT
field_from_json(const struct world_field *field, struct json *json, char *dst)
{
    char *to = dst + field->offset;

    switch (field->type) {
    case WORLD_BOOL:
        if (json->type != JSON_TRUE && json->type != JSON_FALSE) {
            return xstrdup("it is neither true nor false");
        }
        *(bool *) to = json->type == JSON_TRUE;
        return NULL;

    case WORLD_UINT:
    case WORLD_UINT16:
        return parse_uint(field, json, to);

    case WORLD_INT64:
        return parse_integer(json, 0, INT64_MAX, (int64_t *) to);

    case WORLD_ADDRS:
    case WORLD_PREFIXES:
    case WORLD_RECORDS:
        return parse_array(field, json, dst);

    case WORLD_NAME:
    case WORLD_WORD:
    case WORLD_MAC:
    case WORLD_ADDR:
    case WORLD_PREFIX:
        return parse_text(field, json, to);
    }
    OVS_NOT_REACHED();
}

/* Takes 'error', which may be NULL, and puts what it is about before it. */
static char *
about(const char *what, const char *name, char *error)
{
    if (!error) {
        return NULL;
    }
    char *longer = xasprintf("%s, %s: %s", what, name, error);
    free(error);
    return longer;
}

/* Is 'member' of 'dst', which must be there, not there or nothing? */
static bool
is_missing(const struct world_field *field, const struct json *member,
           const char *dst)
{
    const char *to = dst + field->offset;

    return (!member
            || (field->type == WORLD_ADDR
                && !addr_is_set((const struct in6_addr *) to))
            || (field->type == WORLD_PREFIX
                && !prefix_is_set((const struct prefix *) to)));
}

/* Stores the members of 'json' into 'dst', which is zero; what there is of
 * them also after an error. */
static char *
record_from_json(const struct world_record *record, struct json *json,
                 void *dst)
{
    size_t n_known = 0;

    if (json->type != JSON_OBJECT) {
        return xasprintf("a %s is no object", record->what);
    }
    for (size_t i = 0; i < record->n_fields; i++) {
        const struct world_field *field = &record->fields[i];
        struct json *member = shash_find_data(json_object(json), field->name);
        char *error = NULL;

        if (member) {
            n_known++;
            error = field_from_json(field, member, dst);
        }
        if (!error && field->required && is_missing(field, member, dst)) {
            error = xstrdup("it is missing");
        }
        if (error) {
            return about(record->what, field->name, error);
        }
    }
    if (shash_count(json_object(json)) > n_known) {
        return xasprintf("a %s has members that this version does not know",
                         record->what);
    }
    if (record->derive) {
        record->derive(dst);
    }
    return NULL;
}

/* Stores the cluster's part of a world into 'world', which has none, or
 * returns a malloc'd error: then 'world' holds what there is of it. */
char *
world_from_json(struct json *json, struct world *world)
{
    return record_from_json(&world_record, json, world);
}
