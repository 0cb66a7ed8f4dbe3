/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The documents for the runtime, whole, in each version of CNI. */

#include <stdlib.h>

#include "cni/result.h"
#include "test/unit/cnitest.h"

static const struct routes default_route = {
    .n = 1,
    .list = { { .dst = { 0, 0 }, .gateway = 0xac120601 } },
};

/* A pod with everything. */
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
        .address = { 0xac120605, 24 },
        .gateway = 0xac120601,
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
        .list = { { .dst = { 0, 0 }, .gateway = 0xac120601, .mtu = 1400 },
                  { .dst = { 0x0a090000, 16 } } },
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
        .list = { { .dst = { 0x0a000000, 8 },
                    .gateway = 0xac120601,
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
        .list = { { .dst = { 0x0a090000, 16 }, .gateway = 0xac120601 },
                  { .dst = { 0x0a0a0000, 20 }, .gateway = 0xac120601 } },
    };
    struct result result = some_result();
    json_t *dns =
        json("{'nameservers': ['10.0.0.1'], 'search': ['a.example']}");

    result.routes = &ranges;
    result.dns = dns;
    assert_result(&result, "1.0.0", "result-internal.json");
    json_decref(dns);
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
        cmocka_unit_test(
            an_internal_network_has_its_ranges_as_routes_and_dns_passes),
        cmocka_unit_test(the_versions_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
