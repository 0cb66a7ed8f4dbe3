/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The last good world on the disk: whatever the cluster can say comes back as
 * it was, and nothing else comes back. */

#include <config.h>
#include "controller/last-good.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/world-fields.h"
#include "random.h"
#include "util.h"

#include "test/unit/unit.h"
#include "test/unit/values.h"

#define N_RANDOM 2000

/* A member that is added to one of these structs is missing below: that is an
 * error of the compiler's.  Give it a value that is not zero, unless it is
 * derived or the node's own, and add it to flows/world-fields.c. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wmissing-field-initializers"

static struct prefix ranges[1];
static struct world_lease leases[1];
static struct world_network networks[1];
static struct world_peer peers[1];
static struct in6_addr ips[1];
static struct world_endpoint endpoints[1];

/* Makes 'world' one in which nothing that the cluster says is zero. */
static void
make_full_world(struct world *world)
{
    ranges[0] = prefix("172.18.0.0/16");
    leases[0] = (struct world_lease){ "red", prefix("172.18.7.0/24") };
    /* clang-format off */
    networks[0] = (struct world_network) {
        "red", 77, 78, WORLD_BRIDGED, ranges, 1, { 24, 64 },
        { prefix("172.18.6.0/24"), prefix("fd00:6::/64") },
        { addr("172.18.2.0"), addr("fd00:2::") },
        { addr("172.18.9.0"), addr("fd00:9::") },
        true, true, (char *) "n9", { addr("172.18.6.1"), addr("fd00:6::1") },
        { { { 0 } } }, 1450, true, true, true, NULL, OFPP_NONE,
        { ranges, 1, true, true, true, 1000, 300, false, NULL },
    };
    /* clang-format on */
    peers[0] = (struct world_peer){
        "n2", addr("192.0.2.2"), TUNNELS_GENEVE, 1350, { NULL, NULL },
        { { OFPP_NONE, false }, { OFPP_NONE, false } }, 0, leases, 1,
    };
    ips[0] = addr("172.18.9.9");
    endpoints[0] = (struct world_endpoint){
        "red", ETH_ADDR_C(02, 00, 00, 00, 00, 09), "n2", ips, 1, ips, 1, 44,
    };
    /* clang-format off */
    *world = (struct world) {
        "n1", { addr("192.0.2.1"), addr("2001:db8::1") }, 1500, 70, 9, true,
        true,
        { TUNNELS_PER_PEER, TUNNELS_PER_PEER, TUNNELS_GENEVE, TUNNELS_GENEVE,
          8472, 4790, { true, true, OUTER_INHERIT, 8 },
          { { OFPP_NONE, false }, { OFPP_NONE, false },
            { OFPP_NONE, false } } }, true,
        networks, 1, peers, 1, NULL, 0, endpoints, 1, NULL, 0,
    };
    /* clang-format on */
    world_network_derive(&networks[0]);
    world_peer_derive(&peers[0]);
}
#pragma GCC diagnostic pop

static void
free_full_world(void)
{
    free(networks[0].host_name);
    for (int encap = 0; encap < TUNNELS_N_ENCAPS; encap++) {
        free(peers[0].port_names[encap]);
    }
}

static void
assert_full_endpoint(const struct world *copy)
{
    assert_int_equal(copy->n_endpoints, 1);
    struct world_endpoint endpoint = copy->endpoints[0];
    assert_string_equal(endpoint.network, "red");
    assert_string_equal(endpoint.node, "n2");
    assert_int_equal(endpoint.n_ips, 1);
    assert_memory_equal(endpoint.ips, ips, sizeof ips);
    endpoint.network = endpoints[0].network;
    endpoint.node = endpoints[0].node;
    endpoint.ips = ips;
    assert_int_equal(endpoint.n_groups, 1);
    assert_memory_equal(endpoint.groups, ips, sizeof ips);
    endpoint.groups = ips;
    assert_memory_equal(&endpoint, &endpoints[0], sizeof endpoint);
}

/* Asserts that 'copy' has the cluster's part of the full world, every byte
 * of it.  The pointers are compared by what they point to. */
static void
assert_full(const struct world *copy)
{
    assert_int_equal(copy->n_networks, 1);
    struct world_network network = copy->networks[0];
    assert_string_equal(network.name, "red");
    assert_string_equal(network.host_name, networks[0].host_name);
    assert_int_equal(network.n_ranges, 1);
    assert_memory_equal(network.ranges, ranges, sizeof ranges);
    assert_string_equal(network.lost_to, "n9");
    network.name = networks[0].name;
    network.lost_to = networks[0].lost_to;
    network.host_name = networks[0].host_name;
    network.ranges = ranges;
    assert_int_equal(network.bridged.n_blocks, 1);
    assert_memory_equal(network.bridged.blocks, ranges, sizeof ranges);
    network.bridged.blocks = ranges;
    assert_memory_equal(&network, &networks[0], sizeof network);

    assert_int_equal(copy->n_peers, 1);
    struct world_peer peer = copy->peers[0];
    assert_string_equal(peer.name, "n2");
    for (int encap = 0; encap < TUNNELS_N_ENCAPS; encap++) {
        assert_string_equal(peer.port_names[encap],
                            peers[0].port_names[encap]);
        peer.port_names[encap] = peers[0].port_names[encap];
    }
    assert_int_equal(peer.n_leases, 1);
    assert_string_equal(peer.leases[0].network, "red");
    assert_memory_equal(&peer.leases[0].subnet, &leases[0].subnet,
                        sizeof leases[0].subnet);
    peer.name = peers[0].name;
    peer.leases = leases;
    assert_memory_equal(&peer, &peers[0], sizeof peer);

    assert_full_endpoint(copy);

    assert_int_equal(copy->tunnels.asked, TUNNELS_PER_PEER);
    assert_int_equal(copy->tunnels.dst_port, 8472);
    assert_int_equal(copy->tunnels.also_dst_port, 4790);
    assert_int_equal(copy->tunnels.wish, TUNNELS_GENEVE);
    assert_int_equal(copy->tunnels.speaks, TUNNELS_GENEVE);
    assert_int_equal(copy->overhead, 70);
    assert_int_equal(copy->config_seq, 9);
    assert_true(copy->draining);
}

static const struct cluster_identity identity = {
    .cluster_id = (char *) "a cluster",
    .generation = 3,
    .config_seq = 9,
};

static void
nothing_of_a_world_is_forgotten_in_a_copy(void **state OVS_UNUSED)
{
    struct world world, copy;

    make_full_world(&world);
    world_init(&copy, "n1");
    world_copy_cluster(&copy, &world);
    assert_full(&copy);
    world_destroy(&copy);
    free_full_world();
}

static void
nothing_of_a_world_is_forgotten_on_the_disk(void **state OVS_UNUSED)
{
    struct last_good_content content;
    struct world world;

    make_full_world(&world);
    char *text = last_good_format(&identity, &world);
    char *error = last_good_parse(text, &content);
    assert_null(error);
    assert_full(&content.world);
    assert_string_equal(content.world.node, "n1");
    assert_string_equal(content.identity.cluster_id, "a cluster");
    assert_int_equal(content.identity.generation, 3);
    assert_int_equal(content.identity.config_seq, 9);
    last_good_content_destroy(&content);
    free(text);
    free_full_world();
}

/* ---- Random worlds ------------------------------------------------------ */

static struct prefix
random_prefix(void)
{
    char text[64];

    if (random_range(3)) {
        snprintf(text, sizeof text, "10.%d.%d.0/%d", random_range(256),
                 random_range(256), 24 + random_range(9));
    } else {
        snprintf(text, sizeof text, "fd00:%x:%x::/%d", 1 + random_range(65535),
                 1 + random_range(65535), 48 + random_range(81));
    }
    return prefix(text);
}

static void
add_random_network(struct world *world, int i)
{
    char name[32];

    snprintf(name, sizeof name, "net%02d", i);
    struct world_network *network =
        world_add_network(world, name, 1 + random_range(0xffffff));
    network->mode = random_range(2) ? WORLD_ROUTED : WORLD_BRIDGED;
    network->mtu = 576 + random_range(9000);
    network->mtu_follows = random_range(2);
    network->masquerade = random_range(2);
    network->internal = random_range(2);
    network->node_plen[ADDR_V4] = random_range(33);
    network->node_plen[ADDR_V6] = random_range(129);
    network->n_ranges = random_range(3);
    network->ranges = xcalloc(3, sizeof *network->ranges);
    for (size_t j = 0; j < network->n_ranges; j++) {
        network->ranges[j] = random_prefix();
    }
    if (random_range(2)) {
        struct prefix subnet = random_prefix();
        world_network_set_subnet(network, &subnet);
    }
}

static void
add_random_peer(struct world *world, int i)
{
    char name[32];
    char ip[32];

    snprintf(name, sizeof name, "node%02d", i);
    snprintf(ip, sizeof ip, random_range(2) ? "192.0.2.%d" : "2001:db8::%x",
             1 + i);
    struct in6_addr tunnel_ip = addr(ip);
    struct world_peer *peer = world_add_peer(world, name, &tunnel_ip);
    for (int j = random_range(3); world->n_networks && j > 0; j--) {
        struct prefix subnet = random_prefix();
        world_peer_add_lease(
            peer, world->networks[random_range(world->n_networks)].name,
            &subnet);
    }
}

static void
make_random_world(struct world *world)
{
    world_init(world, "n1");
    world->config_seq = random_range(1000);
    world->draining = random_range(2);
    for (int i = random_range(4); i > 0; i--) {
        add_random_network(world, i);
    }
    for (int i = random_range(20); i > 0; i--) {
        add_random_peer(world, i);
    }
    world_sort(world);
}

static void
random_worlds_come_back_as_they_were(void **state OVS_UNUSED)
{
    for (int i = 0; i < N_RANDOM; i++) {
        struct last_good_content content;
        struct world world, copy;

        make_random_world(&world);
        char *text = last_good_format(&identity, &world);
        char *sealed = last_good_seal(text);
        char *error;
        bool newer;
        const char *unsealed =
            last_good_unseal(sealed, strlen(sealed), &error, &newer);
        assert_non_null(unsealed);
        error = last_good_parse(unsealed, &content);
        assert_null(error);

        world_init(&copy, "n1");
        world_copy_cluster(&copy, &content.world);
        char *before = world_to_string(&world);
        char *after = world_to_string(&copy);
        char *again = last_good_format(&content.identity, &copy);
        assert_string_equal(after, before);
        assert_string_equal(again, text);
        free(again);
        free(after);
        free(before);
        world_destroy(&copy);
        last_good_content_destroy(&content);
        free(sealed);
        free(text);
        world_destroy(&world);
    }
}

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_of_a_world_is_forgotten_in_a_copy),
        cmocka_unit_test(nothing_of_a_world_is_forgotten_on_the_disk),
        cmocka_unit_test(random_worlds_come_back_as_they_were),
    };

    set_program_name(argv[0]);
    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
