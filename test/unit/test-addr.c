/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Addresses and prefixes: one spelling each, and arithmetic at the edges. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flows/addr.h"
#include "util.h"

#include "test/unit/unit.h"
#include "test/unit/values.h"

static void
assert_addr(struct in6_addr got, const char *text)
{
    char buf[ADDR_STRLEN];
    assert_string_equal(addr_format(&got, buf), text);
}

static void
assert_prefix(struct prefix got, const char *text)
{
    char buf[ADDR_STRLEN];
    assert_string_equal(prefix_format(&got, buf), text);
}

static void
canonical_addresses_come_back_as_they_were(void **state)
{
    static const char *const texts[] = {
        "0.0.0.0", "172.18.6.1", "255.255.255.255", "::1", "fd00::1",
        "2001:db8:1:2:3:4:5:6",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        assert_addr(addr(texts[i]), texts[i]);
    }
    assert_int_equal(addr_family(&(struct in6_addr[]) { addr("1.2.3.4") }[0]),
                     ADDR_V4);
    assert_int_equal(addr_family(&(struct in6_addr[]) { addr("fd00::") }[0]),
                     ADDR_V6);
}

static void
each_bad_address_is_refused_with_what_would_be_right(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "'' is not an IPv4 or IPv6 address"},
        {"1.2.3", "'1.2.3' is not an IPv4 or IPv6 address"},
        {"1.2.3.4.5", "'1.2.3.4.5' is not an IPv4 or IPv6 address"},
        {"172.18.006.1", "'172.18.006.1' is not an IPv4 or IPv6 address"},
        {"1.2.3.256", "'1.2.3.256' is not an IPv4 or IPv6 address"},
        {"fd00:0::1", "'fd00:0::1' is not canonical: write 'fd00::1'"},
        {"FD00::1", "'FD00::1' is not canonical: write 'fd00::1'"},
        {"::ffff:1.2.3.4",
         "'::ffff:1.2.3.4' is an IPv4 address in IPv6 form"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct in6_addr a;
        char *error = addr_parse(cases[i].text, &a);
        assert_non_null(error);
        assert_string_equal(error, cases[i].error);
        free(error);
    }
}

static void
each_bad_prefix_is_refused_with_what_would_be_right(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"172.18.6.0", "'172.18.6.0' is not of the form ADDRESS/LENGTH"},
        {"172.18.6.1/24",
         "'172.18.6.1/24' is not canonical: write '172.18.6.0/24'"},
        {"172.18.6.0/024",
         "'172.18.6.0/024' is not canonical: write '172.18.6.0/24'"},
        {"172.18.6.0/33",
         "'172.18.6.0/33' has no length from 0 to 32 after the slash"},
        {"172.18.6.0/", "'172.18.6.0/' has no length from 0 to 32 after the "
         "slash"},
        {"172.18.6.0/-1", "'172.18.6.0/-1' has no length from 0 to 32 after "
         "the slash"},
        {"fd00::/129",
         "'fd00::/129' has no length from 0 to 128 after the slash"},
        {"fd00::1/64", "'fd00::1/64' is not canonical: write 'fd00::/64'"},
        {"/24", "'' is not an IPv4 or IPv6 address"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct prefix p;
        char *error = prefix_parse(cases[i].text, &p);
        assert_non_null(error);
        assert_string_equal(error, cases[i].error);
        free(error);
    }
}

static void
a_prefix_knows_what_it_holds(void **state)
{
    struct prefix outer = prefix("172.18.0.0/16");
    struct prefix inner = prefix("172.18.6.0/24");
    struct prefix other = prefix("172.19.0.0/16");
    struct prefix all6 = prefix("::/0");
    struct in6_addr inside = addr("172.18.255.255");
    struct in6_addr outside = addr("172.19.0.0");

    assert_true(prefix_has_addr(&outer, &inside));
    assert_false(prefix_has_addr(&outer, &outside));
    assert_true(prefix_has_prefix(&outer, &inner));
    assert_true(prefix_has_prefix(&outer, &outer));
    assert_false(prefix_has_prefix(&inner, &outer));
    assert_true(prefix_overlaps(&inner, &outer));
    assert_false(prefix_overlaps(&outer, &other));
    assert_false(prefix_has_addr(&all6, &inside));
    assert_true(prefix_is_set(&outer));
    assert_false(prefix_is_set(&all6));
}

static void
gateway_and_last_address_are_at_the_ends(void **state)
{
    struct prefix v4 = prefix("172.18.6.0/24");
    struct prefix v6 = prefix("fd00:1::/64");
    struct prefix pair = prefix("10.0.0.2/31");

    assert_addr(prefix_gateway(&v4), "172.18.6.1");
    assert_addr(prefix_last(&v4), "172.18.6.255");
    assert_addr(prefix_gateway(&v6), "fd00:1::1");
    assert_addr(prefix_last(&v6), "fd00:1::ffff:ffff:ffff:ffff");
    assert_addr(prefix_gateway(&pair), "10.0.0.3");
}

static void
a_range_is_cut_into_subnets(void **state)
{
    struct prefix v4 = prefix("172.18.0.0/16");
    struct prefix v6 = prefix("fd00::/48");
    struct prefix all = prefix("0.0.0.0/0");

    assert_int_equal(prefix_n_subnets(&v4, 24), 256);
    assert_prefix(prefix_subnet(&v4, 24, 0), "172.18.0.0/24");
    assert_prefix(prefix_subnet(&v4, 24, 6), "172.18.6.0/24");
    assert_prefix(prefix_subnet(&v4, 24, 255), "172.18.255.0/24");
    assert_int_equal(prefix_n_subnets(&v6, 64), 65536);
    assert_prefix(prefix_subnet(&v6, 64, 0x1234), "fd00:0:0:1234::/64");
    assert_int_equal(prefix_n_subnets(&v4, 16), 1);
    assert_prefix(prefix_subnet(&v4, 16, 0), "172.18.0.0/16");
    assert_int_equal(prefix_n_subnets(&v4, 8), 0);
    assert_int_equal(prefix_n_subnets(&v4, 33), 0);
    assert_int_equal(prefix_n_subnets(&all, 32), 1 << 24);
}

static size_t
n_before(const char *range_text, unsigned int plen, const char *addr_text)
{
    struct prefix range = prefix(range_text);
    struct in6_addr addr;

    assert_null(addr_parse(addr_text, &addr));
    return prefix_n_before(&range, plen, &addr);
}

static void
subnets_before_an_address_are_counted(void **state OVS_UNUSED)
{
    assert_int_equal(n_before("172.18.0.0/16", 24, "10.0.0.0"), 0);
    assert_int_equal(n_before("172.18.0.0/16", 24, "172.18.0.0"), 0);
    assert_int_equal(n_before("172.18.0.0/16", 24, "172.18.0.1"), 1);
    assert_int_equal(n_before("172.18.0.0/16", 24, "172.18.6.0"), 6);
    assert_int_equal(n_before("172.18.0.0/16", 24, "172.18.6.255"), 7);
    assert_int_equal(n_before("172.18.0.0/16", 24, "172.18.255.255"), 256);
    assert_int_equal(n_before("172.18.0.0/16", 24, "172.19.0.0"), 256);
    assert_int_equal(n_before("172.18.6.0/24", 24, "172.18.6.9"), 1);
    assert_int_equal(n_before("fd00::/48", 64, "fd00:0:0:1234::"), 0x1234);
    assert_int_equal(n_before("fd00::/16", 64, "fd00:0:0:1234::"), 0x1234);
    assert_int_equal(n_before("fd00::/16", 64, "fd00:0:5600::"), 1 << 24);
}

static void
prefixes_have_one_order(void **state)
{
    static const char *const sorted[] = {
        "10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "192.0.2.0/24",
        "fd00::/48", "fd00::/64",
    };
    for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(sorted); j++) {
            struct prefix a = prefix(sorted[i]), b = prefix(sorted[j]);
            int cmp = prefix_compare(&a, &b);
            assert_int_equal(cmp < 0, i < j);
            assert_int_equal(cmp > 0, i > j);
        }
    }
}

static void
one_address_of_each_family_may_be_told(void **state)
{
    struct in6_addr ips[ADDR_N_FAMILIES];
    char *error;

    assert_null(addr_parse_families("192.0.2.1", ips));
    assert_true(addr_is_set(&ips[ADDR_V4]));
    assert_false(addr_is_set(&ips[ADDR_V6]));
    assert_null(addr_parse_families("2001:db8::1,192.0.2.1", ips));
    assert_true(addr_is_set(&ips[ADDR_V4]));
    assert_true(addr_is_set(&ips[ADDR_V6]));

    error = addr_parse_families("192.0.2.1,192.0.2.2", ips);
    assert_string_equal(error, "'192.0.2.1,192.0.2.2' has two addresses of "
                        "one family");
    free(error);
    error = addr_parse_families("192.0.2.1,", ips);
    assert_string_equal(error, "'' is not an IPv4 or IPv6 address");
    free(error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_addresses_come_back_as_they_were),
        cmocka_unit_test(each_bad_address_is_refused_with_what_would_be_right),
        cmocka_unit_test(each_bad_prefix_is_refused_with_what_would_be_right),
        cmocka_unit_test(a_prefix_knows_what_it_holds),
        cmocka_unit_test(gateway_and_last_address_are_at_the_ends),
        cmocka_unit_test(a_range_is_cut_into_subnets),
        cmocka_unit_test(subnets_before_an_address_are_counted),
        cmocka_unit_test(prefixes_have_one_order),
        cmocka_unit_test(one_address_of_each_family_may_be_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
