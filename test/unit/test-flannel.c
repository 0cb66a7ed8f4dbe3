/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* flannel's network configuration, as lodenctl takes it. */

#include <config.h>

#include "ctl/flannel.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

#include "test/unit/unit.h"

/* Returns what 'text', JSON with ' for ", comes to, or the error. */
static char *
parsed(const char *text)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    char *json = xstrdup(text);
    struct flannel flannel;

    for (char *p = json; *p; p++) {
        *p = *p == '\'' ? '"' : *p;
    }
    char *error = flannel_parse(json, strlen(json), &flannel);
    free(json);
    if (error) {
        return error;
    }
    for (int i = 0; i < ADDR_N_FAMILIES; i++) {
        const struct flannel_family *f = &flannel.families[i];
        char range[ADDR_STRLEN], first[ADDR_STRLEN], last[ADDR_STRLEN];

        if (prefix_is_set(&f->range)) {
            ds_put_format(&s, "%s /%u from %s", prefix_format(&f->range,
                                                              range),
                          f->node_plen, addr_format(&f->first, first));
            if (addr_is_set(&f->last)) {
                ds_put_format(&s, " to %s", addr_format(&f->last, last));
            }
            ds_put_char(&s, '\n');
        }
    }
    if (flannel.vni || flannel.port || flannel.mtu) {
        ds_put_format(&s, "vni=%u port=%u mtu=%u\n", flannel.vni,
                      flannel.port, flannel.mtu);
    }
    for (size_t i = 0; i < flannel.notes.n; i++) {
        ds_put_format(&s, "note: %s\n", flannel.notes.names[i]);
    }
    flannel_destroy(&flannel);
    return ds_steal_cstr(&s);
}

/* Asserts what texts come to. */
static void
assert_parsed(const char *const (*cases)[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *text = parsed(cases[i][0]);
        if (strcmp(text, cases[i][1])) {
            fail_msg("%s:\n%s\n instead of:\n%s", cases[i][0], text,
                     cases[i][1]);
        }
        free(text);
    }
}
#define ASSERT_PARSED(CASES) assert_parsed(CASES, ARRAY_SIZE(CASES))

static void
the_usual_file_is_understood(void **state OVS_UNUSED)
{
    static const char *const cases[][2] = {
        { "{'Network': '10.244.0.0/16', 'EnableNFTables': false,"
          " 'Backend': {'Type': 'vxlan'}}",
          "10.244.0.0/16 /24 from 10.244.1.0\n" },
        { "{'Network':'10.0.0.0/8','SubnetLen':20,'SubnetMin':'10.10.0.0',"
          " 'SubnetMax':'10.99.0.0','Backend':{'Type':'vxlan','VNI':7,"
          " 'Port':8472,'MTU':9000}}",
          "10.0.0.0/8 /20 from 10.10.0.0 to 10.99.0.0\n"
          "vni=7 port=8472 mtu=8950\n" },
        { "{'EnableIPv6':true,'Network':'10.244.0.0/16',"
          " 'IPv6Network':'2001:cafe:42::/56'}",
          "10.244.0.0/16 /24 from 10.244.1.0\n"
          "2001:cafe:42::/56 /64 from 2001:cafe:42:1::\n" },
        { "{'EnableIPv4':false,'EnableIPv6':true,'IPv6Network':'fd00::/48',"
          " 'IPv6SubnetLen':80,'IPv6SubnetMin':'fd00:0:0:1::',"
          " 'IPv6SubnetMax':'fd00:0:0:2::'}",
          "fd00::/48 /80 from fd00:0:0:1:: to fd00:0:0:2::\n" },
    };
    ASSERT_PARSED(cases);
}

static void
keys_are_found_without_regard_to_case(void **state OVS_UNUSED)
{
    static const char *const cases[][2] = {
        { "{'network':'10.244.0.0/16','SUBNETLEN':25,'enableipv4':true,"
          " 'backend':{'type':'vxlan','vni':3}}",
          "10.244.0.0/16 /25 from 10.244.0.128\n"
          "vni=3 port=0 mtu=0\n" },
        { "{'network':'10.244.0.0/16','Network':'10.1.0.0/16'}",
          "it has both 'Network' and 'network'" },
        { "{'Network':'10.244.0.0/16','SubnetLen':null,'Backend':null}",
          "10.244.0.0/16 /24 from 10.244.1.0\n" },
    };
    ASSERT_PARSED(cases);
}

static void
lengths_default_as_in_flannel(void **state OVS_UNUSED)
{
    static const char *const cases[][2] = {
        { "{'Network':'10.1.0.0/22'}", "10.1.0.0/22 /24 from 10.1.1.0\n" },
        { "{'Network':'10.1.0.0/23'}", "10.1.0.0/23 /25 from 10.1.0.128\n" },
        { "{'Network':'10.1.0.0/28'}", "10.1.0.0/28 /30 from 10.1.0.4\n" },
        { "{'Network':'10.1.0.0/29'}",
          "Network: its length 29 leaves no room for four subnets: 28 would "
          "be the most" },
        { "{'EnableIPv4':false,'EnableIPv6':true,'IPv6Network':'fd00::/63'}",
          "fd00::/63 /65 from fd00::8000:0:0:0\n" },
        { "{'EnableIPv4':false,'EnableIPv6':true,'IPv6Network':'fd00::/125'}",
          "IPv6Network: its length 125 leaves no room for four subnets: 124 "
          "would be the most" },
    };
    ASSERT_PARSED(cases);
}

static void
what_flannel_would_refuse_is_refused(void **state OVS_UNUSED)
{
    static const char *const cases[][2] = {
        { "{}", "Network is missing" },
        { "{'Network':'0.0.0.0/0'}", "Network is missing" },
        { "{'EnableIPv4':false}",
          "EnableIPv4 and EnableIPv6: both are false" },
        { "{'EnableIPv6':true,'Network':'10.1.0.0/16'}",
          "IPv6Network is missing" },
        { "{'Network':'fd00::/48'}",
          "Network: 'fd00::/48' is not a range of IPv4 addresses" },
        { "{'Network':'10.1.0.0'}",
          "Network: '10.1.0.0' is not of the form ADDRESS/LENGTH" },
        { "{'Network':'10.1.0.0/33'}",
          "Network: '10.1.0.0/33' is not a range of IPv4 addresses" },
        { "{'Network':16}", "Network: it is not a string" },
        { "{'Network':'10.1.0.0/16','SubnetLen':'24'}",
          "SubnetLen: it is not a number from 0 to 128" },
        { "{'Network':'10.1.0.0/16','SubnetLen':24.5}",
          "SubnetLen: it is not a number from 0 to 128" },
        { "{'Network':'10.1.0.0/16','SubnetLen':31}",
          "SubnetLen: 31 is more than 30" },
        { "{'Network':'10.1.0.0/16','SubnetLen':17}",
          "SubnetLen: a range of length 16 has no four subnets of length 17: "
          "18 would be the least" },
        { "{'Network':'10.1.0.0/16','SubnetMin':'10.2.0.0'}",
          "SubnetMin: 10.2.0.0 is not in 10.1.0.0/16" },
        { "{'Network':'10.1.0.0/16','SubnetMax':'10.1.3.7'}",
          "SubnetMax: no subnet of length 24 begins at 10.1.3.7" },
        { "{'Network':'10.1.0.0/16','SubnetMin':'fd00::'}",
          "SubnetMin: 'fd00::' is not an address of that family" },
        { "{'Network':'10.1.0.0/16','EnableIPv4':1}",
          "EnableIPv4: it is neither true nor false" },
        { "{'Network':'10.1.0.0/16','Backend':'vxlan'}",
          "Backend: it is not an object" },
        { "{'Network':'10.1.0.0/16','Backend':{'Type':7}}",
          "Type: it is not a string" },
        { "{'Network':'10.1.0.0/16','Backend':{'VNI':0}}",
          "Backend.VNI: 0 is none: 1 to 16777215 are" },
        { "{'Network':'10.1.0.0/16','Backend':{'VNI':16777216}}",
          "Backend.VNI: it is not a number from 0 to 16777215" },
        { "{'Network':'10.1.0.0/16','Backend':{'Port':65536}}",
          "Backend.Port: it is not a number from 0 to 65535" },
        { "{'Network':'10.1.0.0/16','Backend':{'MTU':600}}",
          "Backend.MTU: 600 leaves pods less than 576 bytes" },
        { "[]", "it is not a JSON object" },
        { "7", "it is not a JSON object (line 0, column 1, byte 1: syntax "
          "error at beginning of input)" },
        { "{'Network':", "it is not a JSON object (line 0, column 11, byte "
          "11: unexpected end of input)" },
    };
    ASSERT_PARSED(cases);
}

static void
what_flannel_would_not_refuse_but_should_is_refused(void **state OVS_UNUSED)
{
    static const char *const cases[][2] = {
        { "{'Network':'10.1.0.0/16','SubnetMin':'10.1.9.0',"
          " 'SubnetMax':'10.1.8.0'}",
          "SubnetMax: it is before SubnetMin" },
        { "{'Network':'10.1.0.0/16','SubnetMax':'10.1.0.0'}",
          "SubnetMax: it is before SubnetMin" },
        { "{'Network':'10.1.0.0/16','Backend':{'Type':'wireguard'}}",
          "Backend: packets of 'wireguard' are encrypted, and Loden's are "
          "not: give it another type if that is meant" },
    };
    ASSERT_PARSED(cases);
}

static void
what_is_not_followed_is_noted(void **state OVS_UNUSED)
{
    static const char *const cases[][2] = {
        { "{'Network':'10.1.2.3/16','IPv6Network':'fd00::/48','Foo\\n':1,"
          " 'Backend':{'Type':'vxlan','DirectRouting':true,'GBP':true,"
          " 'Learning':false,'MacPrefix':'0E-2A'}}",
          "10.1.0.0/16 /24 from 10.1.1.0\n"
          "note: 'Backend.MacPrefix' is not known and not followed\n"
          "note: 'Foo?' is not known and not followed\n"
          "note: Backend.DirectRouting is not followed: all packets between "
          "nodes go through tunnels\n"
          "note: Backend.GBP is not followed: no group policy is carried\n"
          "note: IPv6Network is not followed, as IPv6 is not enabled\n"
          "note: Network 10.1.2.3/16 is taken as 10.1.0.0/16\n" },
        { "{'Network':'10.1.0.0/16','Backend':{'Type':'host-gw','X':1}}",
          "10.1.0.0/16 /24 from 10.1.1.0\n"
          "note: Backend 'host-gw' is not followed: packets between nodes go "
          "through VXLAN tunnels\n" },
    };
    ASSERT_PARSED(cases);
}

static void
a_text_has_an_end(void **state OVS_UNUSED)
{
    static char large[FLANNEL_MAX_TEXT + 1];
    struct flannel flannel;

    memset(large, ' ', sizeof large);
    char *error = flannel_parse(large, sizeof large, &flannel);
    assert_string_equal(error, "it is not a text of at most 65536 bytes");
    free(error);
    error = flannel_parse("{}\0", 3, &flannel);
    assert_string_equal(error, "it is not a text of at most 65536 bytes");
    free(error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_file_is_understood),
        cmocka_unit_test(keys_are_found_without_regard_to_case),
        cmocka_unit_test(lengths_default_as_in_flannel),
        cmocka_unit_test(what_flannel_would_refuse_is_refused),
        cmocka_unit_test(what_flannel_would_not_refuse_but_should_is_refused),
        cmocka_unit_test(what_is_not_followed_is_noted),
        cmocka_unit_test(a_text_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
