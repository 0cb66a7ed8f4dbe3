/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What IPAM plugins answer, of any version. */

#include <stdlib.h>

#include "cni/ipam.h"
#include "cni/route.h"
#include "test/unit/cnitest.h"

static char *
quoted(const char *text)
{
    json_t *value = json(text);
    char *quoted = json_dumps(value, 0);

    json_decref(value);
    return quoted;
}

static struct ipam_result
result_of(const char *text, const char *version)
{
    char *quoted_text = quoted(text);
    struct ipam_result result;
    struct cni_error err;

    if (ipam_parse_result(quoted_text, version_find(version), &result, &err)) {
        fail_msg("%s: %s", err.msg, text);
    }
    free(quoted_text);
    return result;
}

static void
assert_refused(const char *text, enum cni_error_code code, const char *msg)
{
    char *quoted_text = quoted(text);
    struct ipam_result result;
    struct cni_error err;

    assert_int_equal(
        ipam_parse_result(quoted_text, version_newest(), &result, &err), -1);
    assert_error(&err, code, msg, "");
    free(quoted_text);
}

/* Routes as JSON, those without a gateway by way of 10.0.0.1 or fd00::1. */
static void
assert_routes(const struct ipam_result *result, const char *want)
{
    const struct ip gateways[] = { ip_of("10.0.0.1"), ip_of("fd00::1") };
    struct routes routes = { .n = 0 };
    struct cni_error err;

    for (size_t i = 0; i < IP_N_FAMILIES; i++) {
        assert_int_equal(
            routes_parse(&routes, result->routes[i], gateways, &err), 0);
    }
    assert_json(routes_format(&routes), want);
}

static void
a_list_of_one_address_is_taken(void **state)
{
    struct ipam_result result = result_of(
        "{'cniVersion': '1.1.0', 'interfaces': [], 'ips': [{'address':"
        "'10.0.0.7/24', 'gateway': '10.0.0.9', 'interface': 5}], 'routes':"
        "[{'dst': '0.0.0.0/0', 'priority': 5}, {'dst': '10.9.1.2/16', 'gw':"
        "'10.0.0.8', 'mtu': 1300}], 'dns': {'domain': 'x'}}",
        "0.4.0");

    assert_prefix(result.addresses[IP_V4], "10.0.0.7/24");
    assert_ip(result.gateways[IP_V4], "10.0.0.9");
    assert_false(ip_is_set(result.addresses[IP_V6].address));
    assert_routes(&result, "[{'dst': '0.0.0.0/0', 'gw': '10.0.0.1',"
                           "  'priority': 5},"
                           " {'dst': '10.9.0.0/16', 'gw': '10.0.0.8',"
                           "  'mtu': 1300}]");
    assert_non_null(result.dns);
    ipam_result_destroy(&result);
}

static void
an_old_result_is_converted(void **state)
{
    struct ipam_result result =
        result_of("{'cniVersion': '0.2.0', 'ip4': {'ip': '10.0.0.7/24',"
                  "'gateway': '10.0.0.1', 'routes': [{'dst': '10.8.0.0/16'}]},"
                  "'dns': {}}",
                  "1.1.0");

    assert_prefix(result.addresses[IP_V4], "10.0.0.7/24");
    assert_ip(result.gateways[IP_V4], "10.0.0.1");
    assert_null(result.dns);
    assert_routes(&result, "[{'dst': '10.8.0.0/16', 'gw': '10.0.0.1'}]");
    ipam_result_destroy(&result);
}

static void
without_a_version_it_is_the_configurations(void **state)
{
    struct ipam_result result =
        result_of("{'ip4': {'ip': '10.0.0.7/24'}}", "0.1.0");

    assert_false(ip_is_set(result.gateways[IP_V4]));
    assert_null(result.routes[0]);
    ipam_result_destroy(&result);
    result = result_of("{'ips': [{'address': '10.0.0.7/32'}]}", "1.0.0");
    assert_prefix(result.addresses[IP_V4], "10.0.0.7/32");
    ipam_result_destroy(&result);
}

static void
an_address_of_each_family_is_taken(void **state)
{
    struct ipam_result result = result_of(
        "{'ips': [{'address': 'fd00::7/64', 'gateway': 'fd00::9'}, {'address':"
        "'10.0.0.7/24'}], 'routes': [{'dst': '::/0'}, {'dst': '10.0.0.0/8'}]}",
        "1.0.0");

    assert_prefix(result.addresses[IP_V4], "10.0.0.7/24");
    assert_prefix(result.addresses[IP_V6], "fd00::7/64");
    assert_false(ip_is_set(result.gateways[IP_V4]));
    assert_ip(result.gateways[IP_V6], "fd00::9");
    assert_routes(&result, "[{'dst': '::/0', 'gw': 'fd00::1'},"
                           " {'dst': '10.0.0.0/8', 'gw': '10.0.0.1'}]");
    ipam_result_destroy(&result);

    result = result_of("{'ip4': {'ip': '10.0.0.7/24', 'routes': [{'dst':"
                       "'0.0.0.0/0'}]}, 'ip6': {'ip': 'fd00::7/64', 'gateway':"
                       "'fd00::1', 'routes': [{'dst': '::/0'}]}}",
                       "0.2.0");
    assert_prefix(result.addresses[IP_V6], "fd00::7/64");
    assert_routes(&result, "[{'dst': '0.0.0.0/0', 'gw': '10.0.0.1'},"
                           " {'dst': '::/0', 'gw': 'fd00::1'}]");
    ipam_result_destroy(&result);

    result = result_of("{'ips': [{'address': 'fd00::7/64'}]}", "1.0.0");
    assert_false(ip_is_set(result.addresses[IP_V4].address));
    ipam_result_destroy(&result);
}

static void
what_a_pod_cannot_have_is_refused_by_name(void **state)
{
    assert_refused("{'ips': [{'address': 'fd00::7/64'}, {'address':"
                   "'fd00::8/64'}]}",
                   ERROR_UNSUPPORTED,
                   "the address fd00::8/64 is one more than a pod has here");
    assert_refused("{'ips': [{'address': '10.0.0.7/24'}, {'address':"
                   "'10.0.0.8/24'}]}",
                   ERROR_UNSUPPORTED,
                   "the address 10.0.0.8/24 is one more than a pod has here");
}

static void
nonsense_is_refused(void **state)
{
    assert_refused("{}", ERROR_CONFIG,
                   "IPAM plugin returned missing IP config");
    assert_refused("{'ips': []}", ERROR_CONFIG,
                   "IPAM plugin returned missing IP config");
    assert_refused("[]", ERROR_DECODE, "its result is no object");
    assert_refused("{'cniVersion': '7'}", ERROR_VERSION,
                   "its result is of the unknown version \"7\"");
    assert_refused("{'ips': [{'address': '10.0.0.7'}]}", ERROR_CONFIG,
                   "the address 10.0.0.7 makes no sense");
    assert_refused("{'ips': [{'address': '10.0.0.7/24', 'gateway': 'x'}]}",
                   ERROR_CONFIG, "the gateway x makes no sense");
    assert_refused("{'ips': [{'address': 'fd00::7/64', 'gateway':"
                   "'10.0.0.1'}]}",
                   ERROR_CONFIG, "the gateway 10.0.0.1 makes no sense");
}

static void
errors_are_passed_on(void **state)
{
    struct cni_error err;

    ipam_parse_error("{\"code\": 105, \"msg\": \"no\", \"details\": \"d\"}",
                     "x", &err);
    assert_error(&err, 105, "no", "d");
    ipam_parse_error("{\"msg\": \"no\"}", "x", &err);
    assert_error(&err, ERROR_INTERNAL, "no", "");
    ipam_parse_error("oops", "x", &err);
    assert_error(&err, ERROR_INTERNAL, "plugin \"x\" failed: oops", "");
}

static void
a_route_without_sense_is_named(void **state)
{
    static const struct {
        const char *text;
        const char *msg;
    } bad[] = {
        { "{}", "\"routes\" must be a list" },
        { "[{}]", "route: \"dst\": \"\" makes no sense" },
        { "[{'dst': '10.0.0.0'}]",
          "route: \"dst\": \"10.0.0.0\" makes no sense" },
        { "[{'dst': '10.0.0.0/8', 'gw': 'fd00::1'}]",
          "route: \"gw\": \"fd00::1\" makes no sense" },
        { "[{'dst': '10.0.0.0/8', 'gw': 'x'}]",
          "route: \"gw\": \"x\" makes no sense" },
        { "[{'dst': '10.0.0.0/8', 'table': 4294967296}]",
          "route: \"table\" is too large" },
        { "[{'dst': '10.0.0.0/8', 'scope': 256}]",
          "route: \"scope\" is too large" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        static const struct ip gateways[IP_N_FAMILIES];
        json_t *array = json(bad[i].text);
        struct routes routes = { .n = 0 };
        struct cni_error err;

        assert_int_equal(routes_parse(&routes, array, gateways, &err), -1);
        assert_string_equal(err.msg, bad[i].msg);
        json_decref(array);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_one_address_is_taken),
        cmocka_unit_test(an_old_result_is_converted),
        cmocka_unit_test(without_a_version_it_is_the_configurations),
        cmocka_unit_test(an_address_of_each_family_is_taken),
        cmocka_unit_test(what_a_pod_cannot_have_is_refused_by_name),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(errors_are_passed_on),
        cmocka_unit_test(a_route_without_sense_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
