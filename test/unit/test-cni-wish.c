/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Wished addresses: who is listened to, and what is granted. */

#include <string.h>

#include "cni/wish.h"
#include "test/unit/cnitest.h"

static const struct env_args no_args;

static struct wish
wish_of(const char *text, const struct env_args *args)
{
    struct config config = config_of(text);
    struct cni_error err;
    struct wish wish;

    if (wish_parse(&config, args, &wish, &err)) {
        fail_msg("%s: %s", err.msg, text);
    }
    config_destroy(&config);
    return wish;
}

static void
assert_refused(const char *text, enum cni_error_code code, const char *msg)
{
    struct config config = config_of(text);
    struct cni_error err;
    struct wish wish;

    if (!wish_parse(&config, &no_args, &wish, &err)) {
        fail_msg("taken: %s", text);
    }
    assert_string_equal(err.msg, msg);
    assert_int_equal(err.code, code);
    config_destroy(&config);
}

#define RUNTIME                                                               \
    "'runtimeConfig': {'ips': ['10.0.0.1/24'], 'mac': '02:01:00:00:00:01'}"
#define ARGS                                                                  \
    "'args': {'cni': {'ips': ['10.0.0.2'], 'MAC': '02:01:00:00:00:02'}}"

static void
the_runtime_goes_before_the_configuration_and_that_before_args(void **state)
{
    static const struct env_args args = { .ip = "10.0.0.3",
                                          .mac = "02:01:00:00:00:03" };
    static const struct {
        const char *text;
        int want;
    } cases[] = {
        { RUNTIME "," ARGS, 1 },
        { ARGS, 2 },
        { "", 3 },
        { "'runtimeConfig': {'ips': [], 'mac': ''}," ARGS, 2 },
        { "'runtimeConfig': {'ips': null}", 3 },
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wish wish = wish_of(cases[i].text, &args);

        assert_prefix(wish.ip[IP_V4], cases[i].want == 1   ? "10.0.0.1/24"
                                      : cases[i].want == 2 ? "10.0.0.2/32"
                                                           : "10.0.0.3/32");
        assert_false(ip_is_set(wish.ip[IP_V6].address));
        assert_true(wish.has_mac);
        assert_int_equal(wish.mac.bytes[5], cases[i].want);
    }
}

static void
nobody_need_wish(void **state)
{
    assert_false(ip_is_set(wish_of("", &no_args).ip[IP_V4].address));
    assert_false(ip_is_set(wish_of("", &no_args).ip[IP_V6].address));
    assert_false(wish_of("", &no_args).has_mac);
}

static void
wishes_without_sense_are_refused(void **state)
{
    assert_refused("'runtimeConfig': {'ips': '10.0.0.1'}", ERROR_CONFIG,
                   "\"ips\" must be a list");
    assert_refused("'args': [{}]", ERROR_CONFIG,
                   "\"args\" must be an object");
    assert_refused("'args': {'cni': 'ips'}", ERROR_CONFIG,
                   "\"args.cni\" must be an object");
    assert_refused("'runtimeConfig': {'ips': ['10.0.0.1', '10.0.0.2']}",
                   ERROR_UNSUPPORTED,
                   "10.0.0.2 is wished as well, but a pod has one IPv4 "
                   "address");
    assert_refused("'runtimeConfig': {'ips': ['fd00::5', '10.0.0.1', "
                   "'fd00::5/64']}",
                   ERROR_UNSUPPORTED,
                   "fd00::5/64 is wished as well, but a pod has one IPv6 "
                   "address");
    assert_refused("'runtimeConfig': {'ips': ['::/64']}", ERROR_CONFIG,
                   "the wished address \"::/64\" makes no sense");
    assert_refused("'runtimeConfig': {'ips': ['10.0.0']}", ERROR_CONFIG,
                   "the wished address \"10.0.0\" makes no sense");
    assert_refused("'runtimeConfig': {'ips': ['0.0.0.0']}", ERROR_CONFIG,
                   "the wished address \"0.0.0.0\" makes no sense");
    assert_refused("'runtimeConfig': {'mac': '03:00:00:00:00:01'}",
                   ERROR_CONFIG,
                   "the wished Ethernet address \"03:00:00:00:00:01\" is not "
                   "one interface's");
    assert_refused("'runtimeConfig': {'mac': '00:00:00:00:00:00'}",
                   ERROR_CONFIG,
                   "the wished Ethernet address \"00:00:00:00:00:00\" is not "
                   "one interface's");
    assert_refused("'runtimeConfig': {'mac': 7}", ERROR_CONFIG,
                   "\"mac\" must be a string");
}

static void
one_address_of_each_family_may_be_wished(void **state)
{
    static const struct env_args args = { .ip = "fd00::5" };
    struct wish wish =
        wish_of("'runtimeConfig': {'ips': ['fd00::6/64', '10.0.0.1']}", &args);

    assert_prefix(wish.ip[IP_V4], "10.0.0.1/32");
    assert_prefix(wish.ip[IP_V6], "fd00::6/64");
    wish = wish_of("", &args);
    assert_prefix(wish.ip[IP_V6], "fd00::5/128");
}

/* ---- Granting ----------------------------------------------------------- */

static struct view
some_view(void)
{
    struct cni_error err;
    struct view view;

    if (view_parse(
            json("[{'rows': [{'external_ids': ['map', []]}]},"
                 " {'rows': [{'_uuid': ['uuid', 'b'], 'name': 'br-int',"
                 "   'datapath_type': '', 'external_ids': ['map',"
                 "   [['loden-owner', 'n1']]]}]},"
                 " {'rows': [{'_uuid': ['uuid', 'i'], 'name': 'ldn1',"
                 "   'external_ids': ['map', [['loden-id', 'cbr0/c1/eth0'],"
                 "   ['loden-network', 'blue'],"
                 "   ['loden-ip', 'blue/10.9.1.5'],"
                 "   ['loden-ip6', 'blue/fd00:9:0:1::5'],"
                 "   ['loden-mac', '02:00:00:00:00:05']]]}]}]"),
            &view, &err)) {
        fail_msg("%s", err.msg);
    }
    return view;
}

static struct network
some_network(const char *name)
{
    struct network network;
    struct cni_error err;

    if (network_parse(name,
                      "mode=routed range=10.9.0.0/16 subnet=10.9.1.0/24 "
                      "gateway=10.9.1.1 mac=0e:00:00:00:00:01 mtu=1450 "
                      "subnet6=fd00:9:0:1::/64 gateway6=fd00:9:0:1::1 "
                      "range6=fd00:9::/48",
                      &network, &err)) {
        fail_msg("%s", err.msg);
    }
    return network;
}

/* 'msg' is NULL for what is granted. */
static void
assert_answer(int retval, const struct cni_error *err,
              enum cni_error_code code, const char *msg)
{
    assert_string_equal(err->msg, msg ? msg : "");
    assert_int_equal(retval, msg ? -1 : 0);
    if (msg) {
        assert_int_equal(err->code, code);
    }
}

/* 'text' is an address, with a prefix length or without. */
static void
assert_wish(const char *network_name, const char *text,
            enum cni_error_code code, const char *msg)
{
    struct network network = some_network(network_name);
    struct view view = some_view();
    struct cni_error err = { .msg = "" };
    struct ip_prefix wish;

    if (!ip_parse_prefix(text, &wish)) {
        wish.address = ip_of(text);
        wish.length = ip_max(wish.address);
    }
    assert_answer(wish_check_ip(wish, &view, &network, &err), &err, code, msg);
    network_destroy(&network);
    view_destroy(&view);
}

static void
an_address_must_be_free_and_in_the_subnet(void **state)
{
    assert_wish("blue", "10.9.1.6", 0, NULL);
    assert_wish("blue", "10.9.1.5", ERROR_TRY_AGAIN,
                "10.9.1.5 is the address of cbr0/c1/eth0");
    assert_wish("red", "10.9.1.5", 0, NULL);
    assert_wish("blue", "10.9.2.5", ERROR_CONFIG,
                "10.9.2.5 is not in 10.9.1.0/24, this node's subnet of "
                "network \"blue\"");
    assert_wish("blue", "10.9.1.1", ERROR_CONFIG,
                "10.9.1.1 is the gateway's address");
    assert_wish("blue", "10.9.1.0", ERROR_CONFIG,
                "10.9.1.0 is no pod's address in 10.9.1.0/24");
    assert_wish("blue", "10.9.1.255", ERROR_CONFIG,
                "10.9.1.255 is no pod's address in 10.9.1.0/24");
    assert_wish("blue", "10.9.1.6/24", 0, NULL);
    assert_wish("blue", "10.9.1.6/16", ERROR_CONFIG,
                "10.9.1.6/16 is wished, but the subnet is 10.9.1.0/24");
}

static void
an_ipv6_address_likewise(void **state)
{
    assert_wish("blue", "fd00:9:0:1::6", 0, NULL);
    assert_wish("blue", "fd00:9:0:1:ffff:ffff:ffff:ffff", 0, NULL);
    assert_wish("blue", "fd00:9:0:1:a:b:c:d/64", 0, NULL);
    assert_wish("blue", "fd00:9:0:1::5", ERROR_TRY_AGAIN,
                "fd00:9:0:1::5 is the address of cbr0/c1/eth0");
    assert_wish("blue", "fd00:9:0:2::5", ERROR_CONFIG,
                "fd00:9:0:2::5 is not in fd00:9:0:1::/64, this node's subnet "
                "of network \"blue\"");
    assert_wish("blue", "fd00:9:0:1::1", ERROR_CONFIG,
                "fd00:9:0:1::1 is the gateway's address");
    assert_wish("blue", "fd00:9:0:1::", ERROR_CONFIG,
                "fd00:9:0:1:: is no pod's address in fd00:9:0:1::/64");
    assert_wish("blue", "fd00:9:0:1::6/48", ERROR_CONFIG,
                "fd00:9:0:1::6/48 is wished, but the subnet is "
                "fd00:9:0:1::/64");
}

static void
assert_mac(const char *text, enum cni_error_code code, const char *msg)
{
    struct wish wish = { .has_mac = true,
                         .ip = { prefix_of("10.9.1.6/32") } };
    struct network network = some_network("blue");
    struct view view = some_view();
    struct cni_error err = { .msg = "" };

    assert_true(ip_parse_mac(text, &wish.mac));
    assert_answer(wish_check_mac(&wish, &view, &network, &err), &err, code,
                  msg);
    network_destroy(&network);
    view_destroy(&view);
}

static void
without_ipv4_it_may_go_with_an_ipv6_address(void **state)
{
    struct wish wish = { .has_mac = true };
    struct network network = some_network("blue");
    struct view view = some_view();
    struct cni_error err = { .msg = "" };

    network.subnet[IP_V4].length = 0;
    assert_true(ip_parse_mac("0a:59:00:02:00:07", &wish.mac));
    assert_answer(wish_check_mac(&wish, &view, &network, &err), &err,
                  ERROR_CONFIG,
                  "0a:59:00:02:00:07 goes with the address "
                  "fd00:9:0:1::2:7 and no other");
    err = (struct cni_error){ .msg = "" };
    wish.ip[IP_V6] = prefix_of("fd00:9:0:1::2:7/128");
    assert_answer(wish_check_mac(&wish, &view, &network, &err), &err, 0, NULL);
    network_destroy(&network);
    view_destroy(&view);
}

static void
an_ethernet_address_must_be_nobodys(void **state)
{
    assert_mac("02:00:00:00:00:06", 0, NULL);
    assert_mac("02:00:00:00:00:05", ERROR_TRY_AGAIN,
               "02:00:00:00:00:05 is the address of cbr0/c1/eth0");
    assert_mac("0e:00:00:00:00:01", ERROR_CONFIG,
               "0e:00:00:00:00:01 is the gateway's address");
    assert_mac("0a:58:0a:09:01:06", 0, NULL);
    assert_mac("0a:58:0a:09:01:07", ERROR_CONFIG,
               "0a:58:0a:09:01:07 goes with the address 10.9.1.7 and no "
               "other");
    assert_mac("0a:58:0a:09:02:07", 0, NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            the_runtime_goes_before_the_configuration_and_that_before_args),
        cmocka_unit_test(nobody_need_wish),
        cmocka_unit_test(wishes_without_sense_are_refused),
        cmocka_unit_test(one_address_of_each_family_may_be_wished),
        cmocka_unit_test(an_address_must_be_free_and_in_the_subnet),
        cmocka_unit_test(an_ipv6_address_likewise),
        cmocka_unit_test(an_ethernet_address_must_be_nobodys),
        cmocka_unit_test(without_ipv4_it_may_go_with_an_ipv6_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
