/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Addresses of both families, in text and as values. */

#include <string.h>

#include "cni/ip.h"
#include "test/unit/cnitest.h"

static void
prefixes_come_back_as_they_were(void **state)
{
    static const char *const texts[] = {
        "0.0.0.0/0", "10.210.3.1/24", "255.255.255.255/32",
        "::/0",      "fd00::1/64",    "2001:db8::/128",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char buf[IP_PREFIX_STRLEN];
        struct ip_prefix prefix;

        assert_true(ip_parse_prefix(texts[i], &prefix));
        ip_format_prefix(prefix, buf);
        assert_string_equal(buf, texts[i]);
    }
}

static void
what_is_no_prefix_is_refused(void **state)
{
    static const char *const texts[] = {
        "",           "10.0.0.1",     "10.0.0.1/",     "10.0.0.1/33",
        "10.0.0/24",  "10.0.0.1/-1",  "10.0.0.1/+8",   "10.0.0.1/ 8",
        "/24",        "10.0.0.1/8x",  "10.0.0.1/024",  "10.0.0.256/24",
        "fd00::1",    "010.0.0.1/24", "10.0.0.1/24/8", "10.0.0.1 /24",
        "fd00::/129", "fd00::g/64",   "fd00::/064",    "::ffff:10.0.0.1/120",
        "fe80::1%eth0/64",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct ip_prefix prefix;

        if (ip_parse_prefix(texts[i], &prefix)) {
            fail_msg("%s was taken", texts[i]);
        }
    }
}

static void
a_prefix_has_a_first_and_a_last_address(void **state)
{
    static const struct {
        const char *prefix;
        const char *first;
        const char *last;
    } cases[] = {
        { "10.0.0.1/0", "0.0.0.0", "255.255.255.255" },
        { "10.0.1.5/24", "10.0.1.0", "10.0.1.255" },
        { "10.0.0.1/32", "10.0.0.1", "10.0.0.1" },
        { "10.0.0.9/29", "10.0.0.8", "10.0.0.15" },
        { "fd00::1:5/112", "fd00::1:0", "fd00::1:ffff" },
        { "fd00::5/126", "fd00::4", "fd00::7" },
        { "fd00::5/128", "fd00::5", "fd00::5" },
        { "fd00::5/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" },
    };
    const struct ip_prefix subnet = prefix_of("10.0.1.5/24");

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct ip_prefix prefix = prefix_of(cases[i].prefix);

        assert_ip(ip_first(prefix), cases[i].first);
        assert_ip(ip_last(prefix), cases[i].last);
    }
    assert_true(ip_same_network(subnet, prefix_of("10.0.1.1/24")));
    assert_false(ip_same_network(subnet, prefix_of("10.0.1.1/25")));
    assert_false(ip_same_network(subnet, prefix_of("10.0.2.1/24")));
    assert_false(ip_same_network(prefix_of("0.0.0.0/0"), prefix_of("::/0")));
    assert_false(ip_contains(prefix_of("::/0"), ip_of("10.0.0.1")));
    assert_ip(ip_plus(ip_of("10.0.0.255"), 2), "10.0.1.1");
    assert_ip(ip_plus(ip_of("fd00::ffff"), 2), "fd00::1:1");
}

static void
a_pods_mac_follows_from_its_address(void **state)
{
    char mac[IP_MAC_STRLEN];

    ip_format_mac(ip_pod_mac(ip_of("172.18.6.5")), mac);
    assert_string_equal(mac, "0a:58:ac:12:06:05");
    ip_format_mac(ip_pod_mac(ip_of("fd00:18:0:6::1:5")), mac);
    assert_string_equal(mac, "0a:59:00:01:00:05");
}

static void
an_ethernet_address_has_six_bytes(void **state)
{
    static const char *const bad[] = { "",
                                       "0a",
                                       "0a:58:ac:12:06",
                                       "0a:58:ac:12:06:05:07",
                                       "0a:58:ac:12:06:5",
                                       "0a58ac120605",
                                       "0a:58:ac:12:06:0g",
                                       "0a.58.ac.12.06.05",
                                       " 0a:58:ac:12:06:05" };
    struct ip_mac mac;
    char text[IP_MAC_STRLEN];

    assert_true(ip_parse_mac("0A-58-ac-12-06-05", &mac));
    ip_format_mac(mac, text);
    assert_string_equal(text, "0a:58:ac:12:06:05");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (ip_parse_mac(bad[i], &mac)) {
            fail_msg("%s was taken", bad[i]);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes_come_back_as_they_were),
        cmocka_unit_test(what_is_no_prefix_is_refused),
        cmocka_unit_test(a_prefix_has_a_first_and_a_last_address),
        cmocka_unit_test(a_pods_mac_follows_from_its_address),
        cmocka_unit_test(an_ethernet_address_has_six_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
