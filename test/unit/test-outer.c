/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The outer header's options: which values there are, and what they become. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flows/outer.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

#include "test/unit/unit.h"

/* Returns what tunnel ports get if the option 'name' is 'value', as a text
 * that the caller frees, or "refused". */
static char *
put(const char *name, const char *value)
{
    struct outer outer = { .ttl = 0 };
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < OUTER_N_OPTIONS; i++) {
        const struct outer_option *option = &outer_options[i];
        if (!strcmp(option->name, name)) {
            if (option->parse(value, &outer)) {
                outer_format(&outer, &s);
            } else {
                const struct outer untouched = { .ttl = 0 };
                assert_memory_equal(&outer, &untouched, sizeof outer);
                ds_put_cstr(&s, "refused");
            }
        }
    }
    return ds_steal_cstr(&s);
}

static void
assert_puts(const char *name, const char *value, const char *expected)
{
    char *text = put(name, value);
    assert_string_equal(text, expected);
    free(text);
}

static void
what_ports_get(void **state OVS_UNUSED)
{
    assert_puts("df_default", "true", "");
    assert_puts("df_default", "false", " df_default=false");
    assert_puts("csum", "true", " csum=true");
    assert_puts("csum", "false", "");
    assert_puts("ttl", "1", " ttl=1");
    assert_puts("ttl", "255", " ttl=255");
    assert_puts("ttl", "inherit", " ttl=inherit");
    assert_puts("tos", "0", "");
    assert_puts("tos", "252", " tos=252");
    assert_puts("tos", "inherit", " tos=inherit");
}

/* What is the default need not be said to Open vSwitch. */
static void
what_is_absent_changes_nothing(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < OUTER_N_OPTIONS; i++) {
        struct outer outer = { .ttl = 0 };
        assert_true(outer_options[i].parse(outer_options[i].absent, &outer));
        assert_true(!outer.fragments && !outer.csum && !outer.tos);
        assert_true(outer.ttl == 0 || outer.ttl == 64);
    }
}

static void
what_is_none(void **state OVS_UNUSED)
{
    static const char *const numbers[] = {
        "", "-1", "+8", " 8", "8 ", "0x8", "256", "4294967304", "inherits",
        "8\n", "Inherit", "1e1",
    };
    static const char *const words[] = {
        "", "1", "TRUE", "true ", "yes", "inherit",
    };

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        assert_puts("ttl", numbers[i], "refused");
        assert_puts("tos", numbers[i], "refused");
    }
    assert_puts("ttl", "0", "refused");
    assert_puts("tos", "1", "refused");
    assert_puts("tos", "2", "refused");
    assert_puts("tos", "255", "refused");
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        assert_puts("csum", words[i], "refused");
        assert_puts("df_default", words[i], "refused");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ports_get),
        cmocka_unit_test(what_is_absent_changes_nothing),
        cmocka_unit_test(what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
