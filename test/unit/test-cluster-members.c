/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Pods of bridged networks claim addresses in the cluster: stories of several
 * nodes at one real server. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "test/unit/awaited.h"
#include "test/unit/rows.h"
#include "util.h"

#include "test/unit/unit.h"

#define BLUE \
    INSERT("Network", "'name':'blue','vni':5,'mode':'bridged'," CHOICES \
           ",'node_prefix_v4':28,'ranges':'10.5.0.0/16'")

/* Lets 'member' have a pod that wishes 'ip' and the MAC that ends with 'mac'.
 */
static void
wish(struct member *member, const char *ip, uint8_t mac, bool moves)
{
    member->blue.ip = ip;
    member->blue.mac = (struct eth_addr) ETH_ADDR_C(0a,00,00,00,00,00);
    member->blue.mac.ea[5] = mac;
    member->blue.moves = moves;
    member->blue.state = WORLD_CLAIM_NONE;
}

static void
run_until_endpoints(struct member *members, size_t n, const char *endpoints)
{
    struct awaited awaited = {
        "Endpoint", "node,mac,sequence", endpoints, 0
    };

    members_run(members, n, awaited_is_there, &awaited, endpoints);
}

static void
open_two(struct member members[2])
{
    dbserver_do(server, "%s", BLUE);
    member_open(&members[0], server, "n1", "192.0.2.1");
    member_open(&members[1], server, "n2", "192.0.2.2");
    members_settle(members, 2, server);
}

static void
close_two(struct member members[2])
{
    member_close(&members[0]);
    member_close(&members[1]);
}

static void
a_free_address_is_granted(void **state OVS_UNUSED)
{
    struct member members[2];

    open_two(members);
    wish(&members[0], "10.5.0.9", 1, false);
    run_until_endpoints(members, 2, "n1 0a:00:00:00:00:01 1\n");
    members_settle(members, 2, server);
    assert_int_equal(members[0].blue.state, WORLD_CLAIM_GRANTED);
    close_two(members);
}

static void
anothers_address_and_mac_are_refused(void **state OVS_UNUSED)
{
    struct member members[2];

    open_two(members);
    wish(&members[0], "10.5.0.9", 1, false);
    run_until_endpoints(members, 2, "n1 0a:00:00:00:00:01 1\n");
    members_settle(members, 2, server);
    const struct {
        const char *ip;
        uint8_t mac;
        bool moves;
    } wishes[] = {
        { "10.5.0.9", 2, false }, { "10.5.0.8", 1, false },
        { "10.5.0.9", 1, false }, { "10.5.0.9", 2, true },
        { "10.5.0.8", 1, true },
    };
    for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
        wish(&members[1], wishes[i].ip, wishes[i].mac, wishes[i].moves);
        members_settle(members, 2, server);
        assert_int_equal(members[1].blue.state, WORLD_CLAIM_REFUSED);
        run_until_endpoints(members, 2, "n1 0a:00:00:00:00:01 1\n");
    }
    close_two(members);
}

static void
who_moves_counts_and_the_old_node_withdraws(void **state OVS_UNUSED)
{
    struct member members[2];

    open_two(members);
    wish(&members[0], "10.5.0.9", 1, true);
    run_until_endpoints(members, 2, "n1 0a:00:00:00:00:01 1\n");
    members_settle(members, 2, server);
    wish(&members[1], "10.5.0.9", 1, true);
    run_until_endpoints(members, 2, "n2 0a:00:00:00:00:01 2\n");
    members_settle(members, 2, server);
    assert_int_equal(members[1].blue.state, WORLD_CLAIM_GRANTED);
    /* And back. */
    wish(&members[0], "10.5.0.9", 1, true);
    run_until_endpoints(members, 2, "n1 0a:00:00:00:00:01 3\n");
    close_two(members);
}

static void
of_two_who_ask_at_once_not_both_get_it(void **state OVS_UNUSED)
{
    int n_granted = 0;

    for (int round = 0; round < 30; round++) {
        struct member members[2];

        rows_clear(server);
        open_two(members);
        wish(&members[0], "10.5.0.9", 1, false);
        wish(&members[1], "10.5.0.9", 2, false);
        /* Sometimes one of them has a start. */
        for (int i = 0; i < round / 5; i++) {
            member_step(&members[round % 2]);
        }
        members_settle(members, 2, server);
        members_settle(members, 2, server);
        int n = 0;
        for (size_t i = 0; i < 2; i++) {
            assert_int_not_equal(members[i].blue.state, WORLD_CLAIM_PENDING);
            n += members[i].blue.state == WORLD_CLAIM_GRANTED;
        }
        assert_in_range(n, 0, 1);
        n_granted += n;
        close_two(members);
    }
    /* Mostly one of them does. */
    assert_in_range(n_granted, 1, 30);
}

static bool
has_groups(void *expected)
{
    char *text = dbserver_dump(server, "Endpoint", "mac,groups");
    bool ok = !strcmp(text, expected);

    free(text);
    return ok;
}

static bool
knows_no_group(void *member_)
{
    const struct member *member = member_;

    return (member->world.n_endpoints == 1
            && !member->world.endpoints[0].n_groups);
}

static void
others_know_what_a_pod_listens_to(void **state OVS_UNUSED)
{
    struct member members[2];

    dbserver_do(server, "%s", INSERT("Network",
        "'name':'blue','vni':5,'mode':'bridged','unknown_unicast':'drop',"
        "'multicast':'snoop','node_prefix_v4':28,'ranges':'10.5.0.0/16'"));
    member_open(&members[0], server, "n1", "192.0.2.1");
    member_open(&members[1], server, "n2", "192.0.2.2");
    members_settle(members, 2, server);
    wish(&members[0], "10.5.0.9", 1, false);
    members[0].blue.group = "239.1.2.3";
    members_run(members, 2, has_groups,
                CONST_CAST(char *, "0a:00:00:00:00:01 239.1.2.3\n"),
                "the group is published");
    members_settle(members, 2, server);
    const struct world_endpoint *endpoint = world_find_endpoint(
        &members[1].world, "blue", members[0].blue.mac);
    struct in6_addr group = in6_addr_mapped_ipv4(htonl(0xef010203));
    assert_int_equal(endpoint->n_groups, 1);
    assert_memory_equal(endpoint->groups, &group, sizeof group);

    members[0].blue.group = NULL;
    members_run(members, 2, knows_no_group, &members[1],
                "the group is withdrawn");
    close_two(members);
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(a_free_address_is_granted),
        TEST(anothers_address_and_mac_are_refused),
        TEST(who_moves_counts_and_the_old_node_withdraws),
        TEST(of_two_who_ask_at_once_not_both_get_it),
        TEST(others_know_what_a_pod_listens_to),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_STRICT, tests);
}
