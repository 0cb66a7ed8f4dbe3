/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include "test/unit/cnitest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
assert_error(const struct cni_error *err, enum cni_error_code code,
             const char *msg, const char *details)
{
    assert_string_equal(err->msg, msg);
    assert_string_equal(err->details, details);
    assert_int_equal(err->code, code);
}

struct ip
ip_of(const char *text)
{
    struct ip ip;

    assert_true(ip_parse(text, &ip));
    return ip;
}

struct ip_prefix
prefix_of(const char *text)
{
    struct ip_prefix prefix;

    assert_true(ip_parse_prefix(text, &prefix));
    return prefix;
}

void
assert_ip(struct ip ip, const char *want)
{
    char text[IP_STRLEN];

    ip_format(ip, text);
    assert_string_equal(text, want);
}

void
assert_prefix(struct ip_prefix prefix, const char *want)
{
    char text[IP_PREFIX_STRLEN];

    ip_format_prefix(prefix, text);
    assert_string_equal(text, want);
}

json_t *
json(const char *text)
{
    char *copy = strdup(text);
    json_error_t error;
    json_t *value;

    assert_non_null(copy);
    for (char *p = copy; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }
    value = json_loads(copy, JSON_DECODE_ANY, &error);
    if (!value) {
        fail_msg("%s: %s", error.text, copy);
    }
    free(copy);
    return value;
}

void
assert_json(json_t *got, const char *text)
{
    json_t *want = json(text);

    if (!json_equal(got, want)) {
        char *got_text = json_dumps(got, JSON_ENCODE_ANY | JSON_SORT_KEYS);
        char *want_text = json_dumps(want, JSON_ENCODE_ANY | JSON_SORT_KEYS);

        fail_msg("not as it should be:\n got %s\nwant %s", got_text,
                 want_text);
    }
    json_decref(want);
    json_decref(got);
}

struct config
config_of(const char *text)
{
    struct config config;
    struct cni_error err;
    char *whole;

    assert_true(asprintf(&whole,
                         "{\"cniVersion\":\"1.0.0\",\"name\":\"cbr0\""
                         "%s%s}",
                         *text ? "," : "", text)
                > 0);
    for (char *p = whole; *p; p++) {
        if (*p == '\'') {
            *p = '"';
        }
    }
    if (config_parse(whole, strlen(whole), ENV_ADD, &config, &err)) {
        fail_msg("%s: %s", err.msg, text);
    }
    return config;
}
