/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The first and the last subnet of a network: what counts as one, what is
 * refused, and that claims stay between them. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "test/unit/awaited.h"
#include "test/unit/rows.h"
#include "util.h"

#include "test/unit/unit.h"

#define SET_OPTIONS(PAIRS) \
    "{'op':'update','table':'Network','where':[]," \
    "'row':{'options':['map',[" PAIRS "]]}}"

#define W_BOUNDED(BOUNDS, SUBNET)                             \
    "network default vni=1 mode=routed range=172.18.0.0/16"   \
    SUBNET " mac=0e:a8:45:6a:f7:34 mtu=1450" BOUNDS " port=loden0\n"

static void
assert_with_options(const char *options, const char *expected)
{
    char *ops = xasprintf(THREE ",{'op':'update','table':'Network',"
                          "'where':[],'row':{'options':['map',[%s]]}}",
                          options);
    assert_reads(server, ops, expected);
    free(ops);
}

static void
subnets_before_the_first_do_not_count(void **state OVS_UNUSED)
{
    assert_with_options(
        "['subnet_min','172.18.7.0']",
        W_NODE W_BOUNDED(" first=172.18.7.0", "") W_PEERS
        "refused Subnet 172.18.6.0/24 of node n1 in network default: it is "
        "before the first subnet of network default, which begins at "
        "172.18.7.0\n");
}

static void
subnets_after_the_last_do_not_count(void **state OVS_UNUSED)
{
    assert_with_options(
        "['subnet_min','172.18.6.0'],['subnet_max','172.18.7.0']",
        W_NODE W_BOUNDED(" first=172.18.6.0 last=172.18.7.0",
                         " subnet=172.18.6.0/24")
        W_N2 " default=172.18.7.0/24\n" W_N3 "\n"
        "refused Subnet 172.18.8.0/24 of node n3 in network default: it is "
        "after the last subnet of network default, which begins at "
        "172.18.7.0\n");
}

/* A test that options refused with 'WHY' change nothing but that no more
 * subnets are claimed. */
#define REFUSED(NAME, OPTIONS, WHAT, WHY)                                  \
    static void                                                            \
    NAME(void **state OVS_UNUSED)                                          \
    {                                                                      \
        assert_with_options(                                               \
            OPTIONS, W_NODE W_BOUNDED(" closed", " subnet=172.18.6.0/24")  \
            W_PEERS "refused Network default, option " WHAT ": " WHY       \
            "; no more subnets are claimed until it is right\n");          \
    }

REFUSED(refuses_what_is_no_address, "['subnet_min','ten\\n']",
        "subnet_min=ten?", "'ten?' is not an IPv4 or IPv6 address")
REFUSED(refuses_a_prefix, "['subnet_min','172.18.4.0/24']",
        "subnet_min=172.18.4.0/24",
        "'172.18.4.0/24' is not an IPv4 or IPv6 address")
REFUSED(refuses_another_family, "['subnet_min','fd00::']",
        "subnet_min=fd00::", "it is not an IPv4 address")
REFUSED(refuses_an_address_outside_the_ranges, "['subnet_max','10.0.0.0']",
        "subnet_max=10.0.0.0", "it is outside the ranges of network default")
REFUSED(refuses_an_address_inside_a_subnet, "['subnet_max','172.18.9.7']",
        "subnet_max=172.18.9.7", "no /24 begins there: write 172.18.9.0")
REFUSED(refuses_an_ipv6_bound_without_ipv6, "['subnet_min6','fd00::']",
        "subnet_min6=fd00::", "it is outside the ranges of network default")
REFUSED(refuses_a_first_subnet_after_the_last,
        "['subnet_min','172.18.9.0'],['subnet_max','172.18.8.0']",
        "subnet_min=172.18.9.0", "it is after subnet_max")

/* Are there 'n' Subnet rows? */
static bool
has_subnets(void *n)
{
    char *text = dbserver_dump(server, "Subnet", "cidr");
    size_t lines = 0;

    for (char *p = text; *p; p++) {
        lines += *p == '\n';
    }
    free(text);
    return lines == *(size_t *) n;
}

static void
claims_stay_between_the_bounds_of_all_ranges(void **state OVS_UNUSED)
{
    struct member members[4];
    size_t n = ARRAY_SIZE(members);

    dbserver_do(server, "%s," SET_OPTIONS("['subnet_min','172.18.255.0'],"
                                          "['subnet_max','172.20.1.0']"),
                NETWORK("default", "1", "['set',['172.18.0.0/16',"
                        "'172.20.0.0/16','172.19.3.0/24','10.0.0.0/8']]"));
    for (size_t i = 0; i < n; i++) {
        char *name = xasprintf("n%"PRIuSIZE, i + 1);
        char *ip = xasprintf("192.0.2.%"PRIuSIZE, i + 1);
        member_open(&members[i], server, name, ip);
        free(ip);
        free(name);
    }
    members_run(members, n, has_subnets, &n, "there are four subnets");
    char *cidrs = dbserver_dump(server, "Subnet", "cidr");
    assert_string_equal(cidrs, "172.18.255.0/24\n172.19.3.0/24\n"
                        "172.20.0.0/24\n172.20.1.0/24\n");
    free(cidrs);
    for (size_t i = 0; i < n; i++) {
        member_close(&members[i]);
    }
}

static void
nothing_is_claimed_between_bounds_that_cannot_be_right(void **state OVS_UNUSED)
{
    size_t one = 1;
    struct member n1;

    dbserver_do(server, "%s," SET_OPTIONS("['subnet_min','x']"),
                NETWORK("default", "1", "'172.18.0.0/16'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    members_settle(&n1, 1, server);
    assert_false(has_subnets(&one));
    dbserver_do(server, SET_OPTIONS(""));
    members_run(&n1, 1, has_subnets, &one, "there is a subnet");
    member_close(&n1);
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(subnets_before_the_first_do_not_count),
        TEST(subnets_after_the_last_do_not_count),
        TEST(refuses_what_is_no_address),
        TEST(refuses_a_prefix),
        TEST(refuses_another_family),
        TEST(refuses_an_address_outside_the_ranges),
        TEST(refuses_an_address_inside_a_subnet),
        TEST(refuses_an_ipv6_bound_without_ipv6),
        TEST(refuses_a_first_subnet_after_the_last),
        TEST(claims_stay_between_the_bounds_of_all_ranges),
        TEST(nothing_is_claimed_between_bounds_that_cannot_be_right),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_STRICT, tests);
}
