/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Who listens to which multicast groups: what reports say, what queries are,
 * and when a membership ends. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "controller/mcast-parse.h"
#include "controller/mcast.h"
#include "csum.h"
#include "dp-packet.h"
#include "flow.h"
#include "flows/world.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

#include "test/unit/logged.h"
#include "test/unit/member.h"
#include "test/unit/unit.h"
#include "test/unit/values.h"

/* Reads a file of test/fuzz/seeds/mcast into 'frame'; returns its length. */
static size_t
read_seed(const char *name, uint8_t frame[512])
{
    char *path = xasprintf("%s/test/fuzz/seeds/mcast/%s", getenv("srcdir"),
                           name);
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    size_t size = fread(frame, 1, 512, file);
    fclose(file);
    free(path);
    return size;
}

/* ---- Reports ------------------------------------------------------------ */

static char *
changes_to_string(const struct mcast_report *report)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < report->n; i++) {
        char buf[ADDR_STRLEN];
        ds_put_format(&s, "%s%c%s", i ? " " : "",
                      report->changes[i].leaves ? '-' : '+',
                      addr_format(&report->changes[i].group, buf));
    }
    return ds_steal_cstr(&s);
}

static void
assert_says(const uint8_t *frame, size_t size, const char *expected)
{
    struct mcast_report report;

    mcast_parse(&report, frame, size);
    char *text = changes_to_string(&report);
    assert_string_equal(text, expected);
    free(text);
}

static const struct {
    const char *name;
    const char *says;
} seeds[] = {
    { "igmp2", "+239.1.2.3" },
    { "igmp3", "+239.1.2.3 -239.1.2.4" },
    { "mld1", "+ff05::1234" },
    { "mld2", "+ff05::1234" },
};

static void
reports_of_all_versions_are_read(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        uint8_t frame[512];
        size_t size = read_seed(seeds[i].name, frame);

        assert_says(frame, size, seeds[i].says);
    }
}

static void
what_is_cut_short_or_damaged_says_nothing(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        uint8_t frame[512];
        size_t size = read_seed(seeds[i].name, frame);

        for (size_t n = 0; n < size; n++) {
            assert_says(frame, n, "");
        }
        frame[size - 1] ^= 1;
        assert_says(frame, size, "");
    }
}

/* ---- Queries ------------------------------------------------------------ */

static void
assert_query(const struct mcast_querier *querier, const char *group,
             const char *to, const char *mac)
{
    uint8_t frame[MCAST_QUERY_MAX];
    struct in6_addr about = addr(group ? group : "::");
    size_t size = mcast_query(frame, querier, group ? &about : NULL);
    struct dp_packet packet;
    struct flow flow;
    struct eth_addr dst;

    dp_packet_use_const(&packet, frame, size);
    flow_extract(&packet, &flow);
    assert_true(eth_addr_from_string(mac, &dst));
    assert_true(eth_addr_equals(flow.dl_dst, dst));
    assert_int_equal(flow.nw_ttl, 1);
    if (querier->v6) {
        struct in6_addr dst6 = addr(to);

        assert_true(is_mld(&flow, NULL));
        assert_int_equal(ntohs(flow.tp_src), 130);
        assert_memory_equal(&flow.ipv6_dst, &dst6, sizeof dst6);
        assert_int_equal(packet_csum_upperlayer6(
                             dp_packet_l3(&packet), dp_packet_l4(&packet),
                             IPPROTO_ICMPV6, 28), 0);
        assert_memory_equal((uint8_t *) dp_packet_l4(&packet) + 8, &about, 16);
    } else {
        const struct ip_header *ip = dp_packet_l3(&packet);
        char text[ADDR_STRLEN];
        struct in6_addr dst4 = in6_addr_mapped_ipv4(flow.nw_dst);

        assert_true(is_igmp(&flow, NULL));
        assert_int_equal(ntohs(flow.tp_src), 0x11);
        assert_string_equal(addr_format(&dst4, text), to);
        assert_int_equal(csum(ip, IP_IHL(ip->ip_ihl_ver) * 4), 0);
        assert_int_equal(csum(dp_packet_l4(&packet), 12), 0);
    }
}

static void
queries_are_what_hosts_take(void **state OVS_UNUSED)
{
    const struct mcast_querier v4 = {
        .mac = { 0x0e, 0, 0, 0, 0, 1 }, .source = addr("10.5.0.1"),
    };
    const struct mcast_querier v6 = {
        .mac = { 0x0e, 0, 0, 0, 0, 1 }, .source = addr("fe80::1"), .v6 = true,
    };

    assert_query(&v4, NULL, "224.0.0.1", "01:00:5e:00:00:01");
    assert_query(&v4, "239.129.2.3", "239.129.2.3", "01:00:5e:01:02:03");
    assert_query(&v6, NULL, "ff02::1", "33:33:00:00:00:01");
    assert_query(&v6, "ff05::1:2345", "ff05::1:2345", "33:33:00:01:23:45");
}

/* ---- Memberships -------------------------------------------------------- */

/* A node with one pod, at port 1 of a network that snoops. */
struct node {
    struct mcast *mcast;
    int n_queries;       /* How often it was asked. */
};

static void
count_query(void *node_, ofp_port_t port, uint8_t *frame OVS_UNUSED,
            size_t size OVS_UNUSED)
{
    struct node *node = node_;

    assert_int_equal(ofp_to_u16(port), 1);
    node->n_queries++;
}

/* Returns the pod's groups; 'known' (or NULL) is one that its row has. */
static char *
read_groups(struct node *node, const char *known)
{
    struct world world;
    struct ds s = DS_EMPTY_INITIALIZER;

    world_init(&world, "n1");
    struct world_network *network = world_add_network(&world, "blue", 5);
    struct prefix range = prefix("10.5.0.0/24");
    network->mode = WORLD_BRIDGED;
    network->bridged.snoop = true;
    world_network_set_subnet(network, &range);
    struct world_pod *pod = world_add_pod(&world, "p", "blue");
    pod->port = u16_to_ofp(1);
    struct world_endpoint *endpoint = world_add_endpoint(&world, "blue",
                                                         pod->mac, "n1");
    if (known) {
        struct in6_addr group = addr(known);
        endpoint->groups = xmemdup(&group, sizeof group);
        endpoint->n_groups = 1;
    }
    mcast_read(node->mcast, &world);
    for (size_t i = 0; i < pod->n_groups; i++) {
        char buf[ADDR_STRLEN];
        ds_put_format(&s, "%s%s", i ? " " : "",
                      addr_format(&pod->groups[i], buf));
    }
    world_destroy(&world);
    return ds_steal_cstr(&s);
}

static void
assert_groups(struct node *node, const char *known, const char *expected)
{
    char *text = read_groups(node, known);
    assert_string_equal(text, expected);
    free(text);
}

static void
node_open(struct node *node, const char *known)
{
    *node = (struct node) { .mcast = mcast_open() };
    assert_groups(node, known, known ? known : "");
    mcast_run(node->mcast, count_query, node);
    assert_int_equal(node->n_queries, 1);
}

static void
hear(struct node *node, const char *seed)
{
    uint8_t frame[512];
    size_t size = read_seed(seed, frame);

    mcast_hear(node->mcast, u16_to_ofp(1), frame, size);
}

static void
pass(struct node *node, long long int ms)
{
    clock_forward(ms);
    mcast_run(node->mcast, count_query, node);
}

static void
who_joins_is_told_to_the_world(void **state OVS_UNUSED)
{
    struct node node;

    node_open(&node, NULL);
    unsigned int seqno = mcast_seqno(node.mcast);
    hear(&node, "igmp2");
    mcast_hear(node.mcast, u16_to_ofp(2), (uint8_t *) "", 0);
    pass(&node, 1000);
    assert_int_not_equal(mcast_seqno(node.mcast), seqno);
    assert_groups(&node, NULL, "239.1.2.3");
    mcast_close(node.mcast);
}

static void
who_says_nothing_more_is_asked_and_forgotten(void **state OVS_UNUSED)
{
    struct node node;

    node_open(&node, NULL);
    hear(&node, "igmp2");
    pass(&node, 32000);
    assert_int_equal(node.n_queries, 2);
    pass(&node, 125000);
    assert_int_equal(node.n_queries, 3);
    hear(&node, "igmp2");
    pass(&node, 125000);
    pass(&node, 125000);
    assert_groups(&node, NULL, "239.1.2.3");
    assert_int_equal(node.n_queries, 5);
    pass(&node, 11000);
    assert_groups(&node, NULL, "");
    mcast_close(node.mcast);
}

static void
who_leaves_is_asked_twice(void **state OVS_UNUSED)
{
    struct node node;

    node_open(&node, "239.1.2.4");
    /* It leaves 239.1.2.4. */
    hear(&node, "igmp3");
    pass(&node, 0);
    assert_int_equal(node.n_queries, 2);
    pass(&node, 1000);
    assert_int_equal(node.n_queries, 3);
    assert_groups(&node, NULL, "239.1.2.3 239.1.2.4");
    pass(&node, 1000);
    assert_int_equal(node.n_queries, 3);
    assert_groups(&node, NULL, "239.1.2.3");
    mcast_close(node.mcast);
}

static void
what_the_row_says_counts_until_it_should_have_been_said_again(
    void **state OVS_UNUSED)
{
    struct node node;

    node_open(&node, "239.1.2.4");
    pass(&node, 259000);
    assert_groups(&node, "239.1.2.4", "239.1.2.4");
    pass(&node, 2000);
    assert_groups(&node, "239.1.2.4", "");
    mcast_close(node.mcast);
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_of_all_versions_are_read),
        cmocka_unit_test(what_is_cut_short_or_damaged_says_nothing),
        cmocka_unit_test(queries_are_what_hosts_take),
        cmocka_unit_test(who_joins_is_told_to_the_world),
        cmocka_unit_test(who_says_nothing_more_is_asked_and_forgotten),
        cmocka_unit_test(who_leaves_is_asked_twice),
        cmocka_unit_test(
            what_the_row_says_counts_until_it_should_have_been_said_again),
    };

    set_program_name(argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
