/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The documents for the runtime, whole, in each version of CNI. */

#include <stdlib.h>

#include "cni/result.h"
#include "test/unit/cnitest.h"

static const struct ip_prefix default_route[] = { { 0, 0 } };

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
        .routes = default_route,
        .n_routes = 1,
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
    static const struct ip_prefix ranges[] = { { 0x0a090000, 16 },
                                               { 0x0a0a0000, 20 } };
    struct result result = some_result();

    result.routes = ranges;
    result.n_routes = 2;
    result.dns =
        json("{'nameservers': ['10.0.0.1'], 'search': ['a.example']}");
    assert_result(&result, "1.0.0", "result-internal.json");
    json_decref(result.dns);
}

static void
the_versions_are_told(void **state)
{
    char *text = result_format_versions();

    assert_json(json_loads(text, 0, NULL),
                "{'cniVersion': '1.1.0', 'supportedVersions':"
                " ['0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0']}");
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_before_1_0_name_the_address_family),
        cmocka_unit_test(version_1_0_does_not),
        cmocka_unit_test(version_1_1_has_the_mtu),
        cmocka_unit_test(
            an_internal_network_has_its_ranges_as_routes_and_dns_passes),
        cmocka_unit_test(the_versions_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
