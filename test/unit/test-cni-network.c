/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What others write and the plugin reads as text: addresses, the words that
 * the controller publishes, and the subnet file. */

#include <string.h>

#include "cni/ip.h"
#include "cni/network.h"
#include "cni/subnetfile.h"
#include "test/unit/cnitest.h"

/* ---- Addresses ---------------------------------------------------------- */

static void
prefixes_come_back_as_they_were(void **state)
{
    static const char *const texts[] = { "0.0.0.0/0", "10.210.3.1/24",
                                         "255.255.255.255/32" };

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
        "fd00::1/64", "010.0.0.1/24", "10.0.0.1/24/8", "10.0.0.1 /24",
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
    static const struct ip_prefix all = { 0x0a000001, 0 };
    static const struct ip_prefix subnet = { 0x0a000105, 24 };
    static const struct ip_prefix one = { 0x0a000001, 32 };

    assert_int_equal(ip_first(all), 0);
    assert_int_equal(ip_last(all), UINT32_MAX);
    assert_int_equal(ip_first(subnet), 0x0a000100);
    assert_int_equal(ip_last(subnet), 0x0a0001ff);
    assert_int_equal(ip_first(one), ip_last(one));
    assert_true(ip_same_network(subnet, (struct ip_prefix){ 0x0a000101, 24 }));
    assert_false(
        ip_same_network(subnet, (struct ip_prefix){ 0x0a000101, 25 }));
    assert_false(
        ip_same_network(subnet, (struct ip_prefix){ 0x0a000201, 24 }));
}

static void
a_pods_mac_follows_from_its_address(void **state)
{
    char mac[IP_MAC_STRLEN];

    ip_format_mac(ip_pod_mac(0xac120605), mac);
    assert_string_equal(mac, "0a:58:ac:12:06:05");
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

/* ---- Published words ---------------------------------------------------- */

#define WORDS                                                                 \
    "mode=routed vni=1 range=172.18.0.0/16 subnet=172.18.6.0/24 "             \
    "gateway=172.18.6.1 mac=0e:11:22:33:44:55 mtu=1450"

static struct network
published(const char *words)
{
    struct network network;
    struct cni_error err;

    if (network_parse("blue", words, &network, &err)) {
        fail_msg("%s: %s", err.msg, words);
    }
    return network;
}

static void
a_published_network_is_understood(void **state)
{
    struct network network = published("later=1 " WORDS " host=loden0 new");

    assert_string_equal(network.name, "blue");
    assert_string_equal(network.words, "later=1 " WORDS " host=loden0 new");
    assert_int_equal(network.subnet.address, 0xac120600);
    assert_int_equal(network.subnet.length, 24);
    assert_int_equal(network.gateway, 0xac120601);
    assert_int_equal(network.mtu, 1450);
    assert_false(network.internal);
    network_destroy(&network);
}

/* The pod's routes, "DST DST ...". */
static void
assert_routes(const char *words, enum network_routes wanted, const char *want)
{
    struct network network = published(words);
    struct routes routes = { .n = 0 };
    struct cni_error err;
    char got[200] = "";

    assert_int_equal(network_add_routes(&network, wanted, &routes, &err), 0);
    for (size_t i = 0; i < routes.n; i++) {
        char dst[IP_PREFIX_STRLEN];

        assert_int_equal(routes.list[i].gateway, network.gateway);
        ip_format_prefix(routes.list[i].dst, dst);
        strcat(strcat(got, *got ? " " : ""), dst);
    }
    assert_string_equal(got, want);
    network_destroy(&network);
}

static void
a_network_leads_everywhere_unless_its_ranges_will_do(void **state)
{
    assert_routes(WORDS " host=loden0", NETWORK_DEFAULT,
                  "0.0.0.0/0 172.18.0.0/16");
    assert_routes(WORDS " host=loden0", NETWORK_RANGES, "172.18.0.0/16");
}

static void
an_internal_network_leads_to_its_ranges_only(void **state)
{
    static const char words[] =
        "mode=routed range=10.9.0.0/16,10.8.0.0/24,10.9.1.0/24 "
        "subnet=10.9.1.0/24 gateway=10.9.1.1 mtu=1450";

    assert_routes(words, NETWORK_DEFAULT, "10.9.0.0/16 10.8.0.0/24");
    assert_routes(words, NETWORK_RANGES, "10.9.0.0/16 10.8.0.0/24");
}

/* The words of a good network, with one more that overrides. */
#define BUT(WORD) WORDS " host=loden0 " WORD

static void
words_without_sense_are_named(void **state)
{
    static const struct {
        const char *words;
        enum cni_error_code code;
        const char *msg;
    } bad[] = {
        { "", ERROR_UNSUPPORTED, "mode \"\" is not supported" },
        { BUT("mode=bridged"), ERROR_UNSUPPORTED,
          "mode \"bridged\" is not supported" },
        { BUT("subnet="), ERROR_DATABASE, "subnet= makes no sense" },
        { BUT("subnet=172.18.6.1/24"), ERROR_DATABASE,
          "subnet=172.18.6.1/24 makes no sense" },
        { BUT("subnet=172.18.6.0/31"), ERROR_DATABASE,
          "subnet=172.18.6.0/31 makes no sense" },
        { BUT("subnet=0.0.0.0/0"), ERROR_DATABASE,
          "subnet=0.0.0.0/0 makes no sense" },
        { BUT("gateway=172.18.7.1"), ERROR_DATABASE,
          "gateway=172.18.7.1 makes no sense" },
        { BUT("gateway=172.18.6.0"), ERROR_DATABASE,
          "gateway=172.18.6.0 makes no sense" },
        { BUT("gateway=172.18.6.255"), ERROR_DATABASE,
          "gateway=172.18.6.255 makes no sense" },
        { BUT("mtu=67"), ERROR_DATABASE, "mtu=67 makes no sense" },
        { BUT("mtu=65536"), ERROR_DATABASE, "mtu=65536 makes no sense" },
        { BUT("mtu=1e3"), ERROR_DATABASE, "mtu=1e3 makes no sense" },
        { BUT("mac=0e:11"), ERROR_DATABASE, "mac=0e:11 makes no sense" },
        { WORDS " range=172.18.0.1/16", ERROR_DATABASE,
          "range=172.18.0.1/16 makes no sense" },
        { WORDS " range=172.18.0.0/16,x", ERROR_DATABASE,
          "range=172.18.0.0/16,x makes no sense" },
        { "mode=routed subnet=10.9.1.0/24 gateway=10.9.1.1 mtu=1450",
          ERROR_DATABASE, "range= makes no sense" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct network network;
        struct cni_error err;
        char msg[200];

        assert_int_equal(network_parse("blue", bad[i].words, &network, &err),
                         -1);
        snprintf(msg, sizeof msg, "network \"blue\": %s", bad[i].msg);
        assert_error(&err, bad[i].code, msg, "");
    }
}

/* ---- The subnet file ---------------------------------------------------- */

static void
a_subnet_file_of_flannels_is_understood(void **state)
{
    char text[] = "FLANNEL_NETWORK=10.244.0.0/16\n"
                  "FLANNEL_SUBNET=10.244.3.1/24\n"
                  "FLANNEL_IPV6_NETWORK=fd00:10:244::/56\n"
                  "\n"
                  "FLANNEL_MTU=1400\r\n"
                  "FLANNEL_IPMASQ=true";
    struct subnetfile file;
    struct cni_error err;

    assert_int_equal(subnetfile_parse(text, &file, &err), 0);
    assert_int_equal(file.subnet.address, 0x0af40301);
    assert_int_equal(file.subnet.length, 24);
    assert_int_equal(file.mtu, 1400);
}

static void
a_subnet_file_without_sense_is_refused(void **state)
{
    static const struct {
        const char *text;
        const char *msg;
    } bad[] = {
        { "", "FLANNEL_SUBNET is missing" },
        { "FLANNEL_MTU=1450\n", "FLANNEL_SUBNET is missing" },
        { "FLANNEL_SUBNET\nFLANNEL_MTU=1450\n", "FLANNEL_SUBNET is missing" },
        { "FLANNEL_SUBNET=10.244.3.1/24\n", "FLANNEL_MTU is missing" },
        { "FLANNEL_SUBNET=10.244.3.1\nFLANNEL_MTU=1450",
          "FLANNEL_SUBNET=10.244.3.1 is no IPv4 prefix" },
        { "FLANNEL_SUBNET=10.244.3.1/24\nFLANNEL_MTU=\"1450\"",
          "FLANNEL_MTU=\"1450\" is no MTU" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct subnetfile file;
        struct cni_error err;
        char text[200];

        strcpy(text, bad[i].text);
        assert_int_equal(subnetfile_parse(text, &file, &err), -1);
        assert_error(&err, ERROR_CONFIG, bad[i].msg, "");
    }
}

static void
a_subnet_file_that_is_not_there_may_come(void **state)
{
    struct subnetfile file;
    struct cni_error err;

    assert_int_equal(subnetfile_read("/nowhere/subnet.env", &file, &err), -1);
    assert_error(&err, ERROR_TRY_AGAIN,
                 "cannot read /nowhere/subnet.env: No such file or directory",
                 "loden-controller writes it as soon as this node holds a "
                 "subnet");
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
        cmocka_unit_test(a_published_network_is_understood),
        cmocka_unit_test(a_network_leads_everywhere_unless_its_ranges_will_do),
        cmocka_unit_test(an_internal_network_leads_to_its_ranges_only),
        cmocka_unit_test(words_without_sense_are_named),
        cmocka_unit_test(a_subnet_file_of_flannels_is_understood),
        cmocka_unit_test(a_subnet_file_without_sense_is_refused),
        cmocka_unit_test(a_subnet_file_that_is_not_there_may_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
