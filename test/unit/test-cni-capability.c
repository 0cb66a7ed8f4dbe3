/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What runtimes send for a pod's port, as each of them spells it, and the
 * words that the controller gets. */

#include "cni/capability.h"
#include "test/unit/cnitest.h"

#define RUNTIME(TEXT) "'runtimeConfig': {" TEXT "}"

static void
assert_words(const char *text, const char *in, const char *out,
             const char *ports)
{
    struct config config = config_of(text);
    struct capability capability;
    struct cni_error err;

    if (capability_parse(&config, &capability, &err)) {
        fail_msg("%s: %s", err.msg, text);
    }
    assert_string_equal(capability.rate_in, in);
    assert_string_equal(capability.rate_out, out);
    assert_string_equal(capability.ports, ports);
    capability_destroy(&capability);
    config_destroy(&config);
}

static void
assert_refused(const char *text, enum cni_error_code code, const char *msg)
{
    struct config config = config_of(text);
    struct capability capability;
    struct cni_error err;

    if (!capability_parse(&config, &capability, &err)) {
        fail_msg("taken: %s", text);
    }
    assert_string_equal(err.msg, msg);
    assert_int_equal(err.code, code);
    config_destroy(&config);
}

static void
nothing_is_asked_for(void **state)
{
    assert_words("", "", "", "");
    assert_words(RUNTIME(""), "", "", "");
    assert_words("'runtimeConfig': null", "", "", "");
    assert_words(RUNTIME("'bandwidth': {}, 'portMappings': []"), "", "", "");
    assert_words(RUNTIME("'bandwidth': null, 'portMappings': null,"
                         "'aliases': {'n': ['web']}, 'cgroupPath': '/x',"
                         "'dns': {'Servers': ['10.0.0.1']}"),
                 "", "", "");
}

/* As containerd and CRI-O send it, with bursts that mean "any". */
static void
bandwidth_is_in_bits_and_named_from_the_pods_side(void **state)
{
    assert_words(RUNTIME("'bandwidth': {'IngressRate': 1000000,"
                         "'IngressBurst': 4294967295, 'EgressRate': 0,"
                         "'EgressBurst': 0}"),
                 "1000000 4294967295", "", "");
    assert_words(RUNTIME("'bandwidth': {'ingressRate': 1,"
                         "'ingressBurst': 34359738359, 'egressRate': 5e9,"
                         "'egressBurst': 1}"),
                 "1 34359738359", "5000000000 1", "");
    assert_words(RUNTIME("'bandwidth': {'egressRate': 18446744073709551615,"
                         "'egressBurst': 1e300}"),
                 "", "9007199254740992 9007199254740992", "");
}

static void
bandwidth_that_makes_no_sense_is_refused(void **state)
{
    assert_refused(RUNTIME("'bandwidth': {'ingressRate': 5}"), ERROR_CONFIG,
                   "bandwidth: if ingressRate is set, ingressBurst must also "
                   "be set");
    assert_refused(RUNTIME("'bandwidth': {'egressBurst': 5}"), ERROR_CONFIG,
                   "bandwidth: if egressBurst is set, egressRate must also be "
                   "set");
    assert_refused(RUNTIME("'bandwidth': {'egressRate': -5}"), ERROR_CONFIG,
                   "bandwidth: \"egressRate\" must be a number, not negative");
    assert_refused(RUNTIME("'bandwidth': {'egressRate': '5M'}"), ERROR_CONFIG,
                   "bandwidth: \"egressRate\" must be a number, not negative");
    assert_refused(RUNTIME("'bandwidth': 5"), ERROR_CONFIG,
                   "\"bandwidth\" must be an object");
}

static void
ports_are_spelt_in_many_ways(void **state)
{
    assert_words(RUNTIME("'portMappings': [{'hostPort': 8080,"
                         "'containerPort': 80, 'protocol': 'tcp'},"
                         "{'HostPort': 53, 'ContainerPort': 5353,"
                         "'Protocol': 'UDP', 'HostIP': '10.0.0.1'},"
                         "{'hostport': 65535, 'containerport': 1, 'hostIP':"
                         "'0.0.0.0', 'protocol': 'sctp'},"
                         "{'hostPort': 1, 'containerPort': 2, 'hostIP': ''}]"),
                 "", "",
                 "tcp/8080/80 udp/53/5353/10.0.0.1 sctp/65535/1 tcp/1/2");
    assert_words(RUNTIME("'PortMappings': [{'HostPort': 1,"
                         "'ContainerPort': 2}]"),
                 "", "", "tcp/1/2");
    assert_words(RUNTIME("'portMappings': [{'hostPort': 1,"
                         "'containerPort': 2, 'hostIP': 'FD00:0::1'},"
                         "{'hostPort': 3, 'containerPort': 4, 'hostIP':"
                         "'::'}]"),
                 "", "", "tcp/1/2/fd00::1 tcp/3/4");
}

static void
ports_that_make_no_sense_are_refused(void **state)
{
#define PORT(TEXT) RUNTIME("'portMappings': [{" TEXT "}]")
    assert_refused(RUNTIME("'portMappings': {}"), ERROR_CONFIG,
                   "\"portMappings\" must be a list");
    assert_refused(PORT("'containerPort': 80"), ERROR_CONFIG,
                   "portMappings: invalid host port number: 0");
    assert_refused(PORT("'hostPort': 80"), ERROR_CONFIG,
                   "portMappings: invalid container port number: 0");
    assert_refused(PORT("'hostPort': 65536, 'containerPort': 1"), ERROR_CONFIG,
                   "portMappings: invalid host port number: 65536");
    assert_refused(PORT("'hostPort': -1, 'containerPort': 1"), ERROR_CONFIG,
                   "portMappings: \"hostPort\" must be a number, not "
                   "negative");
    assert_refused(PORT("'hostPort': 1, 'containerPort': 1,"
                        "'protocol': 'icmp'"),
                   ERROR_CONFIG,
                   "portMappings: protocol \"icmp\" is none of tcp, udp and "
                   "sctp");
    assert_refused(PORT("'hostPort': 1, 'containerPort': 1,"
                        "'hostIP': 'localhost'"),
                   ERROR_CONFIG,
                   "portMappings: the host's address \"localhost\" makes no "
                   "sense");
    assert_refused(PORT("'hostPort': 1, 'containerPort': 1, 'hostIP':"
                        "'fd00::1%eth0'"),
                   ERROR_CONFIG,
                   "portMappings: the host's address \"fd00::1%eth0\" makes "
                   "no sense");
    assert_refused(RUNTIME("'portMappings': [7]"), ERROR_CONFIG,
                   "portMappings: invalid container port number: 0");
    assert_refused(RUNTIME("'deviceID': '0000:00:1f.6'"), ERROR_UNSUPPORTED,
                   "deviceID: \"0000:00:1f.6\" is not supported");
    assert_refused("'runtimeConfig': []", ERROR_CONFIG,
                   "\"runtimeConfig\" must be an object");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_asked_for),
        cmocka_unit_test(bandwidth_is_in_bits_and_named_from_the_pods_side),
        cmocka_unit_test(bandwidth_that_makes_no_sense_is_refused),
        cmocka_unit_test(ports_are_spelt_in_many_ways),
        cmocka_unit_test(ports_that_make_no_sense_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
