/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What others write and the plugin reads as text: the words that the
 * controller publishes, and the subnet file. */

#include <string.h>

#include "cni/network.h"
#include "cni/subnetfile.h"
#include "test/unit/cnitest.h"

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
    assert_prefix(network.subnet[IP_V4], "172.18.6.0/24");
    assert_ip(network.gateway[IP_V4], "172.18.6.1");
    assert_true(network_has(&network, IP_V4));
    assert_false(network_has(&network, IP_V6));
    assert_int_equal(network.mtu, 1450);
    assert_false(network.internal);
    network_destroy(&network);
}

#define WORDS6                                                                \
    "range6=fd00:18::/48 subnet6=fd00:18:0:6::/64 gateway6=fd00:18:0:6::1"

static void
ipv6_may_be_beside_ipv4_or_alone(void **state)
{
    char subnets[NETWORK_SUBNETS_STRLEN];
    struct network network = published(WORDS " " WORDS6);

    assert_prefix(network.subnet[IP_V6], "fd00:18:0:6::/64");
    assert_ip(network.gateway[IP_V6], "fd00:18:0:6::1");
    network_format_subnets(&network, subnets);
    assert_string_equal(subnets, "172.18.6.0/24 and fd00:18:0:6::/64");
    network_destroy(&network);

    network = published("mode=routed mtu=1450 " WORDS6);
    assert_false(network_has(&network, IP_V4));
    assert_true(network_has(&network, IP_V6));
    network_format_subnets(&network, subnets);
    assert_string_equal(subnets, "fd00:18:0:6::/64");
    network_destroy(&network);
}

/* The routes, "DST DST ...", of a pod that has all families of the network. */
static void
assert_routes(const char *words, enum network_routes wanted, const char *want)
{
    struct network network = published(words);
    struct routes routes = { .n = 0 };
    struct cni_error err;
    char got[200] = "";

    assert_int_equal(network_add_routes(&network, wanted, network.subnet,
                                        &routes, &err),
                     0);
    for (size_t i = 0; i < routes.n; i++) {
        const struct route *route = &routes.list[i];
        char dst[IP_PREFIX_STRLEN];

        assert_true(
            ip_equal(route->gateway,
                     network.gateway[ip_family(route->dst.address)]));
        ip_format_prefix(route->dst, dst);
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
    assert_routes(WORDS " host=loden0 " WORDS6, NETWORK_DEFAULT,
                  "0.0.0.0/0 ::/0 172.18.0.0/16 fd00:18::/48");
    assert_routes("mode=routed mtu=1450 host=loden0 " WORDS6, NETWORK_DEFAULT,
                  "::/0 fd00:18::/48");
    assert_routes(WORDS " host=loden0 " WORDS6, NETWORK_RANGES,
                  "172.18.0.0/16 fd00:18::/48");
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
assert_word_refused(const char *words, enum cni_error_code code,
                    const char *want)
{
    struct network network;
    struct cni_error err;
    char msg[200];

    assert_int_equal(network_parse("blue", words, &network, &err), -1);
    snprintf(msg, sizeof msg, "network \"blue\": %s", want);
    assert_error(&err, code, msg, "");
}

static void
words_without_sense_are_named(void **state)
{
    static const struct {
        const char *words;
        enum cni_error_code code;
        const char *msg;
    } bad[] = {
        { "", ERROR_UNSUPPORTED, "mode \"\" is not supported" },
        { BUT("mode=flat"), ERROR_UNSUPPORTED,
          "mode \"flat\" is not supported" },
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
        assert_word_refused(bad[i].words, bad[i].code, bad[i].msg);
    }
}

static void
ipv6_words_without_sense_are_named(void **state)
{
    static const struct {
        const char *words;
        const char *msg;
    } bad[] = {
        { BUT("subnet6=fd00::/7"), "subnet6=fd00::/7 makes no sense" },
        { BUT("subnet6=10.0.0.0/24 gateway6=10.0.0.1"),
          "subnet6=10.0.0.0/24 makes no sense" },
        { BUT("subnet6=fd00::/127 gateway6=fd00::1"),
          "subnet6=fd00::/127 makes no sense" },
        { BUT("subnet6=fd00::/64"), "gateway6= makes no sense" },
        { BUT("subnet6=fd00::/64 gateway6=fd00::"),
          "gateway6=fd00:: makes no sense" },
        { BUT("range6=10.0.0.0/8"), "range6=10.0.0.0/8 makes no sense" },
        { WORDS " subnet6=fd00::/64 gateway6=fd00::1",
          "range6= makes no sense" },
        { "mode=routed mtu=1450", "subnet= makes no sense" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_word_refused(bad[i].words, ERROR_DATABASE, bad[i].msg);
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
    assert_prefix(file.subnet[IP_V4], "10.244.3.1/24");
    assert_int_equal(file.subnet[IP_V6].length, 0);
    assert_int_equal(file.mtu, 1400);
}

static void
a_subnet_file_may_tell_ipv6(void **state)
{
    char both[] = "FLANNEL_SUBNET=10.244.3.1/24\n"
                  "FLANNEL_IPV6_SUBNET=fd00:10:244:3::1/64\n"
                  "FLANNEL_MTU=1400";
    char alone[] = "FLANNEL_MTU=1400\nFLANNEL_IPV6_SUBNET=fd00::1/64\n";
    struct subnetfile file;
    struct cni_error err;

    assert_int_equal(subnetfile_parse(both, &file, &err), 0);
    assert_prefix(file.subnet[IP_V4], "10.244.3.1/24");
    assert_prefix(file.subnet[IP_V6], "fd00:10:244:3::1/64");
    assert_int_equal(subnetfile_parse(alone, &file, &err), 0);
    assert_int_equal(file.subnet[IP_V4].length, 0);
    assert_prefix(file.subnet[IP_V6], "fd00::1/64");
}

static void
a_subnet_file_without_sense_is_refused(void **state)
{
    static const struct {
        const char *text;
        const char *msg;
    } bad[] = {
        { "", "FLANNEL_MTU is missing" },
        { "FLANNEL_IPV6_SUBNET=10.244.3.1/24\nFLANNEL_MTU=1450",
          "FLANNEL_IPV6_SUBNET=10.244.3.1/24 is no IPv6 prefix" },
        { "FLANNEL_SUBNET=fd00::1/64\nFLANNEL_MTU=1450",
          "FLANNEL_SUBNET=fd00::1/64 is no IPv4 prefix" },
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
        cmocka_unit_test(a_published_network_is_understood),
        cmocka_unit_test(ipv6_may_be_beside_ipv4_or_alone),
        cmocka_unit_test(a_network_leads_everywhere_unless_its_ranges_will_do),
        cmocka_unit_test(an_internal_network_leads_to_its_ranges_only),
        cmocka_unit_test(words_without_sense_are_named),
        cmocka_unit_test(ipv6_words_without_sense_are_named),
        cmocka_unit_test(a_subnet_file_of_flannels_is_understood),
        cmocka_unit_test(a_subnet_file_may_tell_ipv6),
        cmocka_unit_test(a_subnet_file_without_sense_is_refused),
        cmocka_unit_test(a_subnet_file_that_is_not_there_may_come),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
