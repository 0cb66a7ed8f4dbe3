/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The documents for the runtime, whole, in each version of CNI. */

#include <stdlib.h>

#include "cni/result.h"
#include "test/unit/cnitest.h"

/* 10.0.0.0 and the like, as constants. */
#define V4(A, B, C, D) { { [10] = 0xff, [11] = 0xff, A, B, C, D } }
#define GATEWAY V4(172, 18, 6, 1)
#define GATEWAY6                                                              \
    { { 0xfd, 0, 0, 0x18, [7] = 6, [15] = 1 } }

static const struct routes default_route = {
    .n = 1,
    .list = { { .dst = { V4(0, 0, 0, 0), 0 }, .gateway = GATEWAY } },
};
static const struct ip_prefix addresses[IP_N_FAMILIES] = {
    { V4(172, 18, 6, 5), 24 },
};
static const struct ip gateways[IP_N_FAMILIES] = { GATEWAY };

/* A pod with all of IPv4. */
static struct result
some_result(void)
{
    return (struct result){
        .bridge = "br-int",
        .host_name = "ldn0123abcd",
        .host_mac = { { 0x0e, 1, 2, 3, 4, 5 } },
        .pod_name = "eth0",
        .pod_mac = { { 0x0a, 0x58, 0xac, 0x12, 0x06, 0x05 } },
        .netns = "/run/netns/p1",
        .mtu = 1450,
        .addresses = addresses,
        .gateways = gateways,
        .routes = &default_route,
    };
}

static void
assert_result(const struct result *result, const char *version,
              const char *golden)
{
    char *text = result_format(result, version_find(version));

    assert_non_null(text);
    assert_golden(golden, text);
    free(text);
}

static void
versions_before_1_0_name_the_address_family(void **state)
{
    struct result result = some_result();

    assert_result(&result, "0.3.0", "result-0.3.0.json");
    assert_result(&result, "0.3.1", "result-0.3.1.json");
    assert_result(&result, "0.4.0", "result-0.4.0.json");
}

/* Compares with JSON; a route says all that CNI knows. */
static void
versions_before_0_3_have_one_object(void **state)
{
    static const struct routes routes = {
        .n = 2,
        .list = { { .dst = { V4(0, 0, 0, 0), 0 },
                    .gateway = GATEWAY,
                    .mtu = 1400 },
                  { .dst = { V4(10, 9, 0, 0), 16 } } },
    };
    struct result result = some_result();
    char *text;

    result.routes = &routes;
    for (size_t i = 0; i < 2; i++) {
        text = result_format(&result, &versions[i]);
        json_t *got = json_loads(text, 0, NULL);

        assert_string_equal(
            json_string_value(json_object_get(got, "cniVersion")),
            i ? "0.2.0" : "0.1.0");
        json_object_del(got, "cniVersion");
        assert_json(got, "{'ip4': {'ip': '172.18.6.5/24', 'gateway':"
                         " '172.18.6.1', 'routes': [{'dst': '0.0.0.0/0',"
                         " 'gw': '172.18.6.1'}, {'dst': '10.9.0.0/16'}]}}");
        free(text);
    }
}

static void
what_earlier_plugins_made_goes_before(void **state)
{
    struct result result = some_result();
    json_t *prev = json("{'interfaces': [{'name': 'x'}], 'ips': [{'address':"
                        " '10.1.1.1/24', 'interface': 0}], 'routes': [{'dst':"
                        " '10.1.0.0/16'}]}");
    static const struct routes routes = {
        .n = 1,
        .list = { { .dst = { V4(10, 0, 0, 0), 8 },
                    .gateway = GATEWAY,
                    .mtu = 1400,
                    .advmss = 1300,
                    .priority = 7,
                    .table = 100,
                    .scope = 1 } },
    };
    char *text;

    result.prev = prev;
    result.routes = &routes;
    text = result_format(&result, version_find("1.0.0"));
    assert_json(
        json_loads(text, 0, NULL),
        "{'cniVersion': '1.0.0', 'interfaces': [{'name': 'x'}, {'name':"
        " 'br-int'}, {'name': 'ldn0123abcd', 'mac': '0e:01:02:03:04:05'},"
        " {'name': 'eth0', 'mac': '0a:58:ac:12:06:05', 'sandbox':"
        " '/run/netns/p1'}], 'ips': [{'address': '10.1.1.1/24', 'interface':"
        " 0}, {'address': '172.18.6.5/24', 'gateway': '172.18.6.1',"
        " 'interface': 3}], 'routes': [{'dst': '10.1.0.0/16'}, {'dst':"
        " '10.0.0.0/8', 'gw': '172.18.6.1', 'mtu': 1400, 'advmss': 1300,"
        " 'priority': 7, 'table': 100, 'scope': 1}]}");
    free(text);
    json_decref(prev);
}

/* ---- Both families, and IPv6 alone -------------------------------------- */

static const struct routes both_routes = {
    .n = 2,
    .list = { { .dst = { V4(0, 0, 0, 0), 0 }, .gateway = GATEWAY },
              { .dst = { { { 0 } }, 0 }, .gateway = GATEWAY6 } },
};
static const struct routes v6_routes = {
    .n = 1,
    .list = { { .dst = { { { 0 } }, 0 }, .gateway = GATEWAY6 } },
};
static const struct ip_prefix both_addresses[IP_N_FAMILIES] = {
    { V4(172, 18, 6, 5), 24 },
    { { { 0xfd, 0, 0, 0x18, [7] = 6, [15] = 5 } }, 64 },
};
static const struct ip_prefix v6_addresses[IP_N_FAMILIES] = {
    [IP_V6] = { { { 0xfd, 0, 0, 0x18, [7] = 6, [15] = 5 } }, 64 },
};
static const struct ip both_gateways[IP_N_FAMILIES] = { GATEWAY, GATEWAY6 };

static void
both_families_are_told_in_every_version(void **state)
{
    struct result result = some_result();

    result.addresses = both_addresses;
    result.gateways = both_gateways;
    result.routes = &both_routes;
    assert_result(&result, "0.2.0", "result-dual-0.2.0.json");
    assert_result(&result, "0.4.0", "result-dual-0.4.0.json");
    assert_result(&result, "1.1.0", "result-dual-1.1.0.json");
}

static void
ipv6_alone_is_told_in_every_version(void **state)
{
    struct result result = some_result();

    result.addresses = v6_addresses;
    result.gateways = both_gateways;
    result.routes = &v6_routes;
    assert_result(&result, "0.2.0", "result-v6-0.2.0.json");
    assert_result(&result, "1.0.0", "result-v6-1.0.0.json");
}

static void
version_1_0_does_not(void **state)
{
    struct result result = some_result();

    assert_result(&result, "1.0.0", "result-1.0.0.json");
}

static void
version_1_1_has_the_mtu(void **state)
{
    struct result result = some_result();

    assert_result(&result, "1.1.0", "result-1.1.0.json");
}

static void
an_internal_network_has_its_ranges_as_routes_and_dns_passes(void **state)
{
    static const struct routes ranges = {
        .n = 2,
        .list = { { .dst = { V4(10, 9, 0, 0), 16 }, .gateway = GATEWAY },
                  { .dst = { V4(10, 10, 0, 0), 20 }, .gateway = GATEWAY } },
    };
    struct result result = some_result();
    json_t *dns =
        json("{'nameservers': ['10.0.0.1'], 'search': ['a.example']}");

    result.routes = &ranges;
    result.dns = dns;
    assert_result(&result, "1.0.0", "result-internal.json");
    json_decref(dns);
}

/* NULL for what can be passed on. */
static void
assert_prev(const char *text, const char *msg)
{
    json_t *prev = json(text);
    struct cni_error err;

    if (!msg) {
        assert_int_equal(result_check_prev(prev, &err), 0);
    } else {
        assert_int_equal(result_check_prev(prev, &err), -1);
        assert_error(&err, ERROR_CONFIG, msg, "");
    }
    json_decref(prev);
}

static void
what_cannot_be_passed_on_is_refused(void **state)
{
    assert_prev("{}", NULL);
    assert_prev("{'interfaces': [{}], 'ips': null, 'routes': [], 'dns': {}}",
                NULL);
    assert_prev("[]", "\"prevResult\" must be an object");
    assert_prev("{'interfaces': {}}",
                "prevResult: \"interfaces\" must be a list of objects");
    assert_prev("{'ips': ['10.0.0.1/24']}",
                "prevResult: \"ips\" must be a list of objects");
    assert_prev("{'routes': [[]]}",
                "prevResult: \"routes\" must be a list of objects");
    assert_prev("{'dns': 'x'}", "prevResult: \"dns\" must be an object");
}

static void
the_versions_are_told(void **state)
{
    char *text = result_format_versions();

    assert_json(
        json_loads(text, 0, NULL),
        "{'cniVersion': '1.1.0', 'supportedVersions':"
        " ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0']}");
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_before_1_0_name_the_address_family),
        cmocka_unit_test(versions_before_0_3_have_one_object),
        cmocka_unit_test(what_earlier_plugins_made_goes_before),
        cmocka_unit_test(version_1_0_does_not),
        cmocka_unit_test(version_1_1_has_the_mtu),
        cmocka_unit_test(both_families_are_told_in_every_version),
        cmocka_unit_test(ipv6_alone_is_told_in_every_version),
        cmocka_unit_test(
            an_internal_network_has_its_ranges_as_routes_and_dns_passes),
        cmocka_unit_test(what_cannot_be_passed_on_is_refused),
        cmocka_unit_test(the_versions_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
