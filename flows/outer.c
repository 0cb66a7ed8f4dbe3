/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The outer header's options: values as people write them, and as a tunnel
 * port wants them.  Who has chosen them is ovsdb/cluster-global.c's and
 * ovsdb/local-own.c's to find out.
 *
 * Open vSwitch takes anything for a TTL, atoi() of it, and copies ECN's bits
 * (RFC 6040) from the inner packet by itself; so values are judged here. */

#include <config.h>
#include "flows/outer.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "ovsdb/keys.h"
#include "smap.h"
#include "util.h"

/* The bits of the TOS that are ECN's (RFC 3168, 5). */
#define TOS_ECN 3

static bool
parse_bool(const char *value, bool *ret_on)
{
    bool on = !strcmp(value, "true");

    if (on || !strcmp(value, "false")) {
        *ret_on = on;
        return true;
    }
    return false;
}

/* Stores a number from 'min' to 255, or what "inherit" is. */
static bool
parse_byte(const char *value, unsigned int min, uint16_t *ret_byte)
{
    unsigned int byte = OUTER_INHERIT;

    if (strcmp(value, "inherit")
        && (value[0] < '0' || value[0] > '9'
            || !str_to_uint(value, 10, &byte) || byte < min
            || byte > UINT8_MAX)) {
        return false;
    }
    *ret_byte = byte;
    return true;
}

static bool
parse_df_default(const char *value, struct outer *outer)
{
    bool df;

    if (!parse_bool(value, &df)) {
        return false;
    }
    outer->fragments = !df;
    return true;
}

static bool
parse_csum(const char *value, struct outer *outer)
{
    return parse_bool(value, &outer->csum);
}

static bool
parse_ttl(const char *value, struct outer *outer)
{
    return parse_byte(value, 1, &outer->ttl);
}

static bool
parse_tos(const char *value, struct outer *outer)
{
    uint16_t tos;

    if (!parse_byte(value, 0, &tos) || tos & TOS_ECN) {
        return false;
    }
    outer->tos = tos;
    return true;
}

const struct outer_option outer_options[OUTER_N_OPTIONS] = {
    { OPTION_CSUM, KEY_CSUM, "false", "true or false", parse_csum },
    { OPTION_DF_DEFAULT, KEY_DF_DEFAULT, "true", "true or false",
      parse_df_default },
    { OPTION_TOS, KEY_TOS, "0", "inherit or 0 to 252, a multiple of 4",
      parse_tos },
    { OPTION_TTL, KEY_TTL, "64", "inherit or 1 to 255", parse_ttl },
};

static void
put_byte(struct smap *options, const char *name, unsigned int byte)
{
    if (byte == OUTER_INHERIT) {
        smap_add(options, name, "inherit");
    } else if (byte) {
        smap_add_format(options, name, "%u", byte);
    }
}

void
outer_put_options(const struct outer *outer, struct smap *options)
{
    if (outer->fragments) {
        smap_add(options, OPTION_DF_DEFAULT, "false");
    }
    if (outer->csum) {
        smap_add(options, OPTION_CSUM, "true");
    }
    put_byte(options, OPTION_TTL, outer->ttl);
    put_byte(options, OPTION_TOS, outer->tos);
}

void
outer_format(const struct outer *outer, struct ds *s)
{
    struct smap options = SMAP_INITIALIZER(&options);

    outer_put_options(outer, &options);
    for (size_t i = 0; i < OUTER_N_OPTIONS; i++) {
        const char *value = smap_get(&options, outer_options[i].name);
        if (value) {
            ds_put_format(s, " %s=%s", outer_options[i].name, value);
        }
    }
    smap_destroy(&options);
}
