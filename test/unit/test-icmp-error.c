/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What is read out of a router's words, and what is not one of its. */

#include <config.h>

#include <string.h>

#include "controller/icmp-error.h"
#include "openvswitch/types.h"
#include "util.h"

#include "test/unit/unit.h"
#include "test/unit/values.h"

/* "Fragmentation needed" with an MTU of 1400 from 192.0.2.100, about UDP from
 * 192.0.2.11 to port 4789 of 192.0.2.12. */
static const uint8_t v4[] = {
    0x45, 0, 0, 56, 0, 1, 0, 0, 64, 1, 0, 0, 192, 0, 2, 100, 192, 0, 2, 11,
    3, 4, 0, 0, 0, 0, 5, 120,
    0x45, 0, 5, 220, 0, 1, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 11, 192, 0, 2, 12,
    195, 80, 18, 181, 5, 200, 0, 0,
};

/* "Packet too big" with an MTU of 1400, about UDP from 2001:db8::11 to port
 * 4789 of 2001:db8::12. */
static const uint8_t v6[] = {
    2, 0, 0, 0, 0, 0, 5, 120,
    0x60, 0, 0, 0, 5, 180, 17, 64,
    0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11,
    0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12,
    195, 80, 18, 181, 5, 180, 0, 0,
};

static void
assert_error(const struct icmp_error *error, const char *src, const char *dst)
{
    const struct in6_addr from = addr(src);
    const struct in6_addr to = addr(dst);

    assert_memory_equal(&error->src, &from, sizeof from);
    assert_memory_equal(&error->dst, &to, sizeof to);
    assert_int_equal(error->dst_port, 4789);
    assert_int_equal(error->mtu, 1400);
}

static void
what_a_router_says(void **state OVS_UNUSED)
{
    struct icmp_error error;

    assert_true(icmp_error_parse_v4(v4, sizeof v4, &error));
    assert_error(&error, "192.0.2.11", "192.0.2.12");
    assert_true(icmp_error_parse_v6(v6, sizeof v6, &error));
    assert_error(&error, "2001:db8::11", "2001:db8::12");
}

static void
what_is_cut_short_is_none(void **state OVS_UNUSED)
{
    struct icmp_error error;

    for (size_t n = 0; n < sizeof v4; n++) {
        assert_false(icmp_error_parse_v4(v4, n, &error));
    }
    for (size_t n = 0; n < sizeof v6; n++) {
        assert_false(icmp_error_parse_v6(v6, n, &error));
    }
}

static void
what_says_something_else_is_none(void **state OVS_UNUSED)
{
    /* Version and header, protocol, type, code, MTU, and the packet's. */
    static const struct {
        size_t place;
        uint8_t byte;
    } changes4[] = {
        { 0, 0x44 }, { 0, 0x65 }, { 0, 0x4f }, { 7, 1 }, { 9, 17 }, { 20, 11 },
        { 21, 3 }, { 28, 0x44 }, { 28, 0x65 }, { 28, 0x47 }, { 35, 1 },
        { 37, 6 },
    }, changes6[] = {
        { 0, 1 }, { 1, 1 }, { 8, 0x40 }, { 14, 6 },
    };
    struct icmp_error error;
    uint8_t copy[sizeof v6];

    for (size_t i = 0; i < ARRAY_SIZE(changes4); i++) {
        memcpy(copy, v4, sizeof v4);
        copy[changes4[i].place] = changes4[i].byte;
        assert_false(icmp_error_parse_v4(copy, sizeof v4, &error));
    }
    for (size_t i = 0; i < ARRAY_SIZE(changes6); i++) {
        memcpy(copy, v6, sizeof v6);
        copy[changes6[i].place] = changes6[i].byte;
        assert_false(icmp_error_parse_v6(copy, sizeof v6, &error));
    }
}

/* Routers older than RFC 1191 say 0. */
static void
an_mtu_of_nothing_says_nothing(void **state OVS_UNUSED)
{
    struct icmp_error error;
    uint8_t copy[sizeof v6];

    memcpy(copy, v4, sizeof v4);
    copy[26] = copy[27] = 0;
    assert_false(icmp_error_parse_v4(copy, sizeof v4, &error));
    memcpy(copy, v6, sizeof v6);
    copy[6] = copy[7] = 0;
    assert_false(icmp_error_parse_v6(copy, sizeof v6, &error));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_router_says),
        cmocka_unit_test(what_is_cut_short_is_none),
        cmocka_unit_test(what_says_something_else_is_none),
        cmocka_unit_test(an_mtu_of_nothing_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
