/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The plugin's own keys, flannel's, and the bridge plugin's: what is taken,
 * what makes no difference, and what is refused by name. */

#include <string.h>

#include "cni/options.h"
#include "test/unit/cnitest.h"

/* Valid until the next call. */
static struct options
options_of(const char *text)
{
    static struct config config;
    struct options options;
    struct cni_error err;

    config_destroy(&config);
    config = config_of(text);
    if (options_parse(&config, &options, &err)) {
        fail_msg("%s: %s", err.msg, text);
    }
    return options;
}

static void
assert_refused(const char *text, enum cni_error_code code, const char *msg)
{
    struct config config = config_of(text);
    struct options options;
    struct cni_error err;

    if (!options_parse(&config, &options, &err)) {
        fail_msg("taken: %s", text);
    }
    assert_string_equal(err.msg, msg);
    assert_int_equal(err.code, code);
    config_destroy(&config);
}

/* The same, and what a person is told to do. */
static void
assert_advice(const char *text, const char *details)
{
    struct config config = config_of(text);
    struct options options;
    struct cni_error err;

    assert_int_equal(options_parse(&config, &options, &err), -1);
    assert_string_equal(err.details, details);
    config_destroy(&config);
}

static void
nothing_need_be_told(void **state)
{
    struct options options = options_of("");

    assert_string_equal(options.network, "default");
    assert_null(options.subnet_file);
    assert_null(options.dns);
    assert_null(options.routes);
    assert_null(options.ipam);
    assert_int_equal(options.mtu, 0);
    assert_true(options.default_route);
    assert_true(options.mac_check);
    assert_false(options.isolated);
}

static void
a_subnet_file_finds_the_network(void **state)
{
    assert_null(options_of("'subnetFile': '/run/s.env'").network);
    assert_string_equal(options_of("'subnetFile': '/run/s.env'").subnet_file,
                        "/run/s.env");
    assert_string_equal(
        options_of("'subnetFile': '/s', 'network': 'blue'").network, "blue");
}

static void
what_the_bridge_plugin_is_told_is_understood(void **state)
{
    struct options options = options_of(
        "'bridge': 'cni0', 'isGateway': true, 'isDefaultGateway': false,"
        "'forceAddress': false, 'ipMasq': false, 'ipMasqBackend': 'nftables',"
        "'mtu': 1400, 'hairpinMode': true, 'promiscMode': false, 'vlan': 0,"
        "'vlanTrunk': [], 'preserveDefaultVlan': true, 'enabledad': true,"
        "'macspoofchk': false, 'portIsolation': true,"
        "'disableContainerInterface': false, 'x': {'vlan': 5},"
        "'dns': {'nameservers': ['10.0.0.1']}, 'routes': [],"
        "'capabilities': {'portMappings': true},"
        "'ipam': {'type': 'host-local', 'subnet': '10.0.0.0/24'}");

    assert_int_equal(options.mtu, 1400);
    assert_false(options.default_route);
    assert_false(options.mac_check);
    assert_true(options.isolated);
    assert_string_equal(options.ipam, "host-local");
    assert_non_null(options.dns);
    assert_non_null(options.routes);
}

static void
null_is_as_good_as_nothing(void **state)
{
    struct options options =
        options_of("'network': null, 'dns': null, 'ipam': null, 'mtu': null,"
                   "'isGateway': null, 'routes': null, 'delegate': null,"
                   "'vlan': null, 'macspoofchk': null");

    assert_string_equal(options.network, "default");
    assert_null(options.dns);
    assert_null(options.ipam);
    assert_true(options.mac_check);
}

static void
flannels_delegate_is_read_too(void **state)
{
    struct options options =
        options_of("'subnetFile': '/s', 'delegate': {'isDefaultGateway': true,"
                   "'hairpinMode': true, 'mtu': 1300, 'type': 'bridge'}");

    assert_int_equal(options.mtu, 1300);
    options = options_of("'mtu': 1200, 'delegate': {'mtu': 1300}");
    assert_int_equal(options.mtu, 1200);
    assert_refused("'delegate': {'type': 'macvlan'}", ERROR_UNSUPPORTED,
                   "\"delegate\": type \"macvlan\" is not supported");
    assert_refused("'delegate': {'vlan': 7}", ERROR_UNSUPPORTED,
                   "\"vlan\" is not supported");
    assert_refused("'delegate': {'ipam': {}}", ERROR_CONFIG,
                   "\"delegate\" must not have \"ipam\"");
    assert_refused("'delegate': {'name': 'x'}", ERROR_CONFIG,
                   "\"delegate\" must not have \"name\"");
    assert_refused("'delegate': []", ERROR_CONFIG,
                   "\"delegate\" must be an object");
}

static void
what_a_routed_network_cannot_do_is_refused_by_name(void **state)
{
    assert_refused("'vlan': 7", ERROR_UNSUPPORTED,
                   "\"vlan\" is not supported");
    assert_refused("'vlanTrunk': [{'id': 5}]", ERROR_UNSUPPORTED,
                   "\"vlanTrunk\" is not supported");
    assert_refused("'trunk': [{'id': 5}]", ERROR_UNSUPPORTED,
                   "\"trunk\" is not supported");
    assert_refused("'disableContainerInterface': true", ERROR_UNSUPPORTED,
                   "\"disableContainerInterface\" is not supported");
}

static void
who_wants_vlans_is_told_what_to_do_instead(void **state)
{
#define WHY                                                                   \
    "networks are kept apart by numbers of their own (VNIs), and a frame "    \
    "with a VLAN's tag passes from no pod: make a network for each VLAN, "
    assert_advice("'vlan': 7", WHY "and say \"network\"");
    assert_advice("'vlanTrunk': [{'id': 5}]",
                  WHY "and attach the pod to each");
    assert_advice("'trunk': [{'id': 5}]", WHY "and attach the pod to each");
#undef WHY
}

static void
what_makes_no_sense_is_refused(void **state)
{
    char too_long[300];

    snprintf(too_long, sizeof too_long, "'network': '%0256d'", 0);
    assert_refused(too_long, ERROR_CONFIG, "\"network\" is too long");
    assert_refused("'network': 7", ERROR_CONFIG,
                   "\"network\" must be a string");
    assert_refused("'subnetFile': []", ERROR_CONFIG,
                   "\"subnetFile\" must be a string");
    assert_refused("'dns': '10.0.0.1'", ERROR_CONFIG,
                   "\"dns\" must be an object");
    assert_refused("'dns': {'nameservers': '10.0.0.1'}", ERROR_CONFIG,
                   "\"dns.nameservers\" must be a list of strings");
    assert_refused("'dns': {'search': [5]}", ERROR_CONFIG,
                   "\"dns.search\" must be a list of strings");
    assert_refused("'dns': {'options': {}}", ERROR_CONFIG,
                   "\"dns.options\" must be a list of strings");
    assert_refused("'dns': {'domain': 5}", ERROR_CONFIG,
                   "\"dns.domain\" must be a string");
    assert_refused("'routes': {}", ERROR_CONFIG, "\"routes\" must be a list");
    assert_refused("'routes': [{'dst': 'x'}]", ERROR_CONFIG,
                   "route: \"dst\": \"x\" makes no sense");
    assert_refused("'mtu': 67", ERROR_CONFIG, "\"mtu\": 67 is no MTU");
    assert_refused("'mtu': 65536", ERROR_CONFIG, "\"mtu\": 65536 is no MTU");
    assert_refused("'mtu': 1400.5", ERROR_CONFIG, "\"mtu\" must be whole");
    assert_refused("'mtu': -1", ERROR_CONFIG,
                   "\"mtu\" must be a number, not negative");
    assert_refused("'ipMasq': 'yes'", ERROR_CONFIG,
                   "\"ipMasq\" must be true or false");
    assert_refused("'hairpinMode': true, 'promiscMode': true", ERROR_CONFIG,
                   "cannot set hairpin mode and promiscuous mode at the same "
                   "time");
    assert_refused("'ipam': []", ERROR_CONFIG, "\"ipam\" must be an object");
    assert_refused("'ipam': {'ranges': []}", ERROR_CONFIG,
                   "\"ipam\": type \"\" is no plugin's name");
    assert_refused("'ipam': {'type': '../x'}", ERROR_CONFIG,
                   "\"ipam\": type \"../x\" is no plugin's name");
    assert_refused("'ipam': {'type': 'loden'}", ERROR_CONFIG,
                   "\"ipam\": type \"loden\" is no plugin for addresses");
}

/* DEL runs the IPAM plugin whatever else makes no sense. */
static void
the_ipam_plugin_is_found_all_the_same(void **state)
{
    struct config config =
        config_of("'vlan': 7, 'ipam': {'type': 'host-local'}");

    assert_string_equal(options_get_ipam(&config), "host-local");
    config_destroy(&config);
    config = config_of("'ipam': {'type': 7}");
    assert_null(options_get_ipam(&config));
    config_destroy(&config);
}

/* The MTU of a pod, or 0 with the reason in 'err'. */
static unsigned int
mtu_in(struct network network, const char *text, unsigned int file_mtu,
       struct cni_error *err)
{
    const struct subnetfile file = { .mtu = file_mtu };
    struct options options = options_of(text);
    unsigned int mtu;

    return options_fit(&options, file_mtu ? &file : NULL, &network, &mtu, err)
               ? 0
               : mtu;
}

static void
a_network_says_what_a_pod_can_have(void **state)
{
    struct network routed = { .name = "blue", .mtu = 1450 };
    struct network internal = { .name = "blue", .mtu = 1450, .bridged = true,
                                .internal = true };
    struct cni_error err;

    assert_int_equal(mtu_in(routed, "", 0, &err), 1450);
    assert_int_equal(mtu_in(routed, "'mtu': 1400", 1300, &err), 1400);
    assert_int_equal(mtu_in(routed, "", 1300, &err), 1300);
    /* A file that is older than the network's MTU. */
    assert_int_equal(mtu_in(routed, "", 1500, &err), 1450);
    /* The network's may be larger one day. */
    assert_int_equal(mtu_in(routed, "'mtu': 1451", 0, &err), 1450);
    assert_int_equal(mtu_in(routed, "'ipam': {}", 0, &err), 0);
    assert_string_equal(err.msg, "\"ipam\": {} is not supported");
    assert_int_equal(mtu_in(internal, "'ipam': {}", 0, &err), 1450);
    assert_int_equal(mtu_in(internal, "'ipam': {'type': 'dhcp'}", 0, &err), 0);
    assert_int_equal(err.code, ERROR_CONFIG);
    routed.subnet[IP_V6] = prefix_of("fd00::/64");
    assert_int_equal(mtu_in(routed, "'mtu': 1279", 0, &err), 0);
    assert_error(&err, ERROR_CONFIG,
                 "an MTU of 1279 is too small for IPv6, which network "
                 "\"blue\" has: 1280 is the least", "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_need_be_told),
        cmocka_unit_test(a_subnet_file_finds_the_network),
        cmocka_unit_test(what_the_bridge_plugin_is_told_is_understood),
        cmocka_unit_test(null_is_as_good_as_nothing),
        cmocka_unit_test(flannels_delegate_is_read_too),
        cmocka_unit_test(what_a_routed_network_cannot_do_is_refused_by_name),
        cmocka_unit_test(who_wants_vlans_is_told_what_to_do_instead),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(a_network_says_what_a_pod_can_have),
        cmocka_unit_test(the_ipam_plugin_is_found_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
