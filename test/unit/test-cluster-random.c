/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Whatever rows there are, the world that comes out of them contradicts
 * nothing, and it is the same on every node, in whatever order a node holds
 * the rows.
 *
 * Rows are drawn from few values, so that they collide all the time, and good
 * values stand beside spoiled ones.  A failure prints the round; every round
 * depends on its number alone. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "random.h"
#include "sset.h"
#include "test/unit/dbtests.h"
#include "test/unit/member.h"
#include "test/unit/rows.h"
#include "packets.h"
#include "util.h"

#include "test/unit/unit.h"

#define ROUNDS 150
#define ROWS 16

#define DRAW(ARRAY) ((ARRAY)[random_range(ARRAY_SIZE(ARRAY))])

/* Returns one of a few values, or now and then bytes from a few. */
static const char *
draw_text(const char *const *texts, size_t n, char buf[16])
{
    static const char bytes[] = "0127.:/ax -_%";

    if (random_range(8)) {
        return texts[random_range(n)];
    }
    size_t len = random_range(15);
    for (size_t i = 0; i < len; i++) {
        buf[i] = bytes[random_range(sizeof bytes - 1)];
    }
    buf[len] = '\0';
    return buf;
}
#define DRAW_TEXT(ARRAY, BUF) draw_text(ARRAY, ARRAY_SIZE(ARRAY), BUF)

static const char *const nodes[] = { "n1", "n2", "n3", "n4", "n5" };
static const char *const networks[] = { "default", "a", "b", "c" };
static const char *const modes[] = { "routed", "routed", "bridged" };
static const char *const ranges[] = {
    "172.18.0.0/16", "172.18.0.0/20", "172.19.0.0/16", "172.16.0.0/12",
    "10.0.0.0/8", "172.18.0.1/16", "fd00::/48"
};
static const char *const cidrs[] = {
    "172.18.1.0/24", "172.18.2.0/24", "172.18.3.0/24", "172.19.1.0/24",
    "172.18.1.0/25", "10.1.2.0/24", "10.1.2.3/24"
};
static const char *const ips[] = {
    "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "2001:db8::2",
    "0.0.0.0"
};
static const int plens[] = { 24, 24, 24, 25, 12, 31, 0 };
static const int vnis[] = { 1, 2, 3, 0, 16777216 };

static char *
draw_row(void)
{
    char a[16], b[16], c[16];
    const char *range = DRAW(ranges);
    const char *other_range = DRAW_TEXT(ranges, b);
    const char *ip = DRAW(ips);
    const char *other_ip = DRAW_TEXT(ips, c);

    if (!strcmp(range, other_range) || !strcmp(ip, other_ip)) {
        /* A set has no element twice. */
        return draw_row();
    }
    switch (random_range(5)) {
    case 0:
        return xasprintf(
            INSERT("Network", "'name':'%s','vni':%d,'mode':'%s',"
                   "'node_prefix_v4':%d,'internal':%s,"
                   "'ranges':['set',['%s','%s']]"),
            DRAW_TEXT(networks, a), DRAW(vnis), DRAW(modes), DRAW(plens),
            random_range(3) ? "false" : "true", range, other_range);
    case 1:
        return xasprintf(INSERT("Node", "'name':'%s',"
                                "'tunnel_ips':['set',['%s','%s']]"),
                         DRAW_TEXT(nodes, a), ip, other_ip);
    case 2:
        return xasprintf(INSERT("Endpoint", "'network':'%s','node':'%s',"
                                "'mac':'0a:58:00:00:00:%02d','sequence':%d,"
                                "'addresses':['set',['172.18.1.%d']]"),
                         DRAW_TEXT(networks, a), DRAW_TEXT(nodes, b),
                         random_range(4), random_range(3), random_range(4));
    default:
        return xasprintf("{'op':'insert','table':'%s','row':{'network':'%s',"
                         "'cidr':'%s','node':'%s'}}",
                         random_range(4) ? "Subnet" : "Reservation",
                         DRAW_TEXT(networks, a), DRAW_TEXT(cidrs, b),
                         DRAW_TEXT(nodes, c));
    }
}

/* Asserts that no two networks and no two leases contradict each other. */
static void
assert_networks_agree(const struct world *world)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *a = &world->networks[i];
        assert_in_range(a->vni, 1, 0xffffff);
        for (size_t j = 0; j < i; j++) {
            const struct world_network *b = &world->networks[j];
            assert_string_not_equal(a->name, b->name);
            assert_int_not_equal(a->vni, b->vni);
            for (size_t k = 0; k < a->n_ranges * b->n_ranges; k++) {
                assert_true(a->internal || b->internal
                            || !prefix_overlaps(
                                &a->ranges[k / b->n_ranges],
                                &b->ranges[k % b->n_ranges]));
            }
        }
    }
}

/* Asserts that 'subnet' is one of 'network' in 'world', and, by noting it in
 * 'seen', nobody else's. */
static void
assert_share(const struct world *world, const char *network_name,
             const struct prefix *subnet, struct sset *seen)
{
    const struct world_network *network = world_find_network(world,
                                                             network_name);
    char buf[ADDR_STRLEN];
    bool inside = false;

    assert_non_null(network);
    assert_int_equal(subnet->plen, network->node_plen[ADDR_V4]);
    for (size_t i = 0; i < network->n_ranges; i++) {
        inside |= prefix_has_prefix(&network->ranges[i], subnet);
    }
    assert_true(inside);
    char *text = xasprintf("%s %s", network_name, prefix_format(subnet, buf));
    assert_non_null(sset_add(seen, text));
    free(text);
}

/* Asserts that no MAC and no address has two owners. */
static void
assert_endpoints_agree(const struct world *world)
{
    struct sset seen = SSET_INITIALIZER(&seen);
    char buf[ADDR_STRLEN];

    for (size_t i = 0; i < world->n_endpoints; i++) {
        const struct world_endpoint *endpoint = &world->endpoints[i];
        char *mac = xasprintf("%s "ETH_ADDR_FMT, endpoint->network,
                              ETH_ADDR_ARGS(endpoint->mac));

        assert_int_equal(world_find_network(world, endpoint->network)->mode,
                         WORLD_BRIDGED);
        assert_non_null(sset_add(&seen, mac));
        free(mac);
        for (size_t j = 0; j < endpoint->n_ips; j++) {
            char *ip = xasprintf("%s %s", endpoint->network,
                                 addr_format(&endpoint->ips[j], buf));
            assert_non_null(sset_add(&seen, ip));
            free(ip);
        }
    }
    sset_destroy(&seen);
}

static void
assert_peers_agree(const struct world *world)
{
    struct sset ends = SSET_INITIALIZER(&ends);
    struct sset shares = SSET_INITIALIZER(&shares);
    char buf[ADDR_STRLEN];

    sset_add(&ends, addr_format(&world->tunnel_ip[ADDR_V4], buf));
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];
        for (size_t j = 0; j < network->bridged.n_blocks; j++) {
            assert_share(world, network->name, &network->bridged.blocks[j],
                         &shares);
        }
        if (network->mode == WORLD_ROUTED
            && prefix_is_set(&network->subnet[ADDR_V4])) {
            assert_share(world, network->name, &network->subnet[ADDR_V4],
                         &shares);
        }
    }
    for (size_t i = 0; i < world->n_peers; i++) {
        const struct world_peer *peer = &world->peers[i];
        assert_string_not_equal(peer->name, world->node);
        assert_non_null(sset_add(&ends, addr_format(&peer->tunnel_ip, buf)));
        assert_non_null(sset_add(&ends, peer->port_names[TUNNELS_VXLAN]));
        for (size_t j = 0; j < peer->n_leases; j++) {
            assert_share(world, peer->leases[j].network,
                         &peer->leases[j].subnet, &shares);
        }
    }
    sset_destroy(&shares);
    sset_destroy(&ends);
}

/* Transacts 'rows' in the order of 'first', 'first' + 1, ..., and returns
 * what node n1 reads, without the refusals: their order may differ.  Sets
 * '*twins' if rows had the same name: of those the lower UUID counts, which
 * the server chooses. */
static char *
read_rows(char *const rows[ROWS], size_t first, bool *twins)
{
    struct ds ops = DS_EMPTY_INITIALIZER;
    struct world world;

    rows_clear(server);
    for (size_t i = 0; i < ROWS; i++) {
        ds_put_format(&ops, "%s%s", i ? "," : "", rows[(first + i) % ROWS]);
    }
    dbserver_do(server, "%s", ds_cstr(&ops));
    ds_destroy(&ops);
    rows_read_world(server, "192.0.2.1", 1500, &world);
    assert_networks_agree(&world);
    assert_peers_agree(&world);
    assert_endpoints_agree(&world);
    char *text = world_to_string(&world);
    world_destroy(&world);
    *twins = strstr(text, "row has the same name");
    char *refused = strstr(text, "\nrefused ");
    if (refused) {
        refused[1] = '\0';
    }
    return text;
}

static void
random_rows_make_one_world_without_contradiction(void **state OVS_UNUSED)
{
    size_t n_networks = 0;
    size_t n_peers = 0;
    size_t n_compared = 0;

    for (int round = 1; round <= ROUNDS; round++) {
        char *rows[ROWS];
        random_set_seed(round);
        for (size_t i = 0; i < ROWS; i++) {
            rows[i] = draw_row();
        }
        bool twins;
        char *world = read_rows(rows, 0, &twins);
        char *again = read_rows(rows, 1 + random_range(ROWS - 1), &twins);
        n_compared += !twins;
        if (!twins && strcmp(world, again)) {
            fail_msg("round %d: the world\n%sis in another order of the rows\n"
                     "%s", round, world, again);
        }
        n_networks += strstr(world, "\nnetwork ") != NULL;
        n_peers += strstr(world, "\npeer ") != NULL;
        free(again);
        free(world);
        for (size_t i = 0; i < ROWS; i++) {
            free(rows[i]);
        }
    }
    /* Were there worlds at all? */
    assert_true(n_networks > ROUNDS / 2);
    assert_true(n_peers > ROUNDS / 2);
    assert_true(n_compared > ROUNDS / 10);
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rows_make_one_world_without_contradiction),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_LAX, tests);
}
