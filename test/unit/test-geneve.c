/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Nodes that speak Geneve and nodes that do not: the rules that each step from
 * one to the other makes and takes, and what a node says of itself. */

#include <config.h>

#include "flow.h"
#include "flows/tunnels.h"
#include "flows/world.h"
#include "util.h"

#include "test/unit/flowtest.h"
#include "test/unit/unit.h"

/* This node shall speak Geneve, and makes what takes it. */
static void
geneve_wanted(struct world *world)
{
    three_nodes(world);
    for (size_t i = 0; i < world->n_peers; i++) {
        world->peers[i].tunnels[TUNNELS_VXLAN].there = true;
    }
    world->tunnels.wish = TUNNELS_GENEVE;
    world->tunnels.shared[TUNNELS_VXLAN].port = u16_to_ofp(32790);
    world->tunnels.shared[TUNNELS_GENEVE].port = u16_to_ofp(32791);
}

/* The same, and the switch has it and our row says so. */
static void
geneve_spoken(struct world *world)
{
    geneve_wanted(world);
    world->tunnels.shared[TUNNELS_VXLAN].there = true;
    world->tunnels.shared[TUNNELS_GENEVE].there = true;
    world->tunnels.speaks = TUNNELS_GENEVE;
}

/* The same, and n2 speaks it too. */
static void
geneve_by_both(struct world *world)
{
    geneve_spoken(world);
    world->peers[0].speaks = TUNNELS_GENEVE;
}

/* The same, and the switch has made the port for n2. */
static void
geneve_by_own_port(struct world *world)
{
    geneve_by_both(world);
    world->peers[0].tunnels[TUNNELS_GENEVE] = (struct world_tunnel) {
        .port = u16_to_ofp(32792), .there = true };
}

/* The same, and the earlier one is gone. */
static void
geneve_alone(struct world *world)
{
    geneve_by_own_port(world);
    world->peers[0].tunnels[TUNNELS_VXLAN] = (struct world_tunnel) {
        .port = OFPP_NONE };
}

/* The same, and this node shall speak it no longer. */
static void
geneve_unwanted(struct world *world)
{
    geneve_alone(world);
    world->tunnels.wish = TUNNELS_VXLAN;
}

/* The same, and its row says so. */
static void
geneve_no_longer(struct world *world)
{
    geneve_unwanted(world);
    world->tunnels.speaks = TUNNELS_VXLAN;
}

static enum tunnels_encap
can_speak(fill_func *fill)
{
    struct world world;

    fill(&world);
    enum tunnels_encap speaks = tunnels_can_speak(&world);
    world_destroy(&world);
    return speaks;
}

static void
who_speaks_geneve_takes_both_first(void **state OVS_UNUSED)
{
    assert_step(three_nodes, geneve_wanted, "geneve-takes.diff");
    assert_int_equal(can_speak(geneve_wanted), TUNNELS_VXLAN);
    assert_step(geneve_wanted, geneve_spoken, "geneve-spoken.diff");
    assert_int_equal(can_speak(geneve_spoken), TUNNELS_GENEVE);
}

static void
geneve_is_sent_to_who_speaks_it(void **state OVS_UNUSED)
{
    assert_step(geneve_spoken, geneve_by_both, "geneve-sends.diff");
    assert_false(has_changed(geneve_by_both));
    assert_step(geneve_by_both, geneve_by_own_port, "geneve-own.diff");
    assert_true(has_changed(geneve_by_own_port));
    assert_step(geneve_by_own_port, geneve_alone, "geneve-alone.diff");
    assert_true(has_changed(geneve_alone));
}

static void
who_stops_speaking_geneve_sends_none_first(void **state OVS_UNUSED)
{
    assert_step(geneve_alone, geneve_unwanted, "geneve-unwanted.diff");
    assert_int_equal(can_speak(geneve_unwanted), TUNNELS_VXLAN);
}

/* A node without a port for VXLAN that is there goes on sending Geneve, and
 * says so. */
static void
only_geneve_there(struct world *world)
{
    geneve_unwanted(world);
    world->tunnels.shared[TUNNELS_VXLAN].there = false;
}

/* n2's row says that it speaks VXLAN alone, so it takes nothing else. */
static void
geneve_to_who_speaks_none(struct world *world)
{
    geneve_alone(world);
    world->tunnels.shared[TUNNELS_VXLAN].there = false;
    world->peers[0].speaks = TUNNELS_VXLAN;
}

static void
nobody_gets_geneve_who_does_not_speak_it(void **state OVS_UNUSED)
{
    struct world world;

    assert_int_equal(can_speak(only_geneve_there), TUNNELS_VXLAN);
    geneve_to_who_speaks_none(&world);
    assert_int_equal(tunnels_find_way(&world, &world.peers[0]).encap,
                     TUNNELS_VXLAN);
    world_destroy(&world);
}

static bool
wants_shared(fill_func *fill, enum tunnels_encap encap)
{
    struct world world;

    fill(&world);
    bool wants = tunnels_want_shared(&world, encap);
    world_destroy(&world);
    return wants;
}

/* The same, and n2 as well. */
static void
geneve_nobody(struct world *world)
{
    geneve_no_longer(world);
    world->peers[0].speaks = TUNNELS_VXLAN;
}

static void
shared_ports_stay_while_anybody_may_use_them(void **state OVS_UNUSED)
{
    static fill_func *const speak[] = { geneve_wanted, geneve_spoken,
                                        geneve_alone, geneve_unwanted };

    for (size_t i = 0; i < ARRAY_SIZE(speak); i++) {
        assert_true(wants_shared(speak[i], TUNNELS_VXLAN));
        assert_true(wants_shared(speak[i], TUNNELS_GENEVE));
    }
    assert_false(wants_shared(geneve_no_longer, TUNNELS_VXLAN));
    assert_true(wants_shared(geneve_no_longer, TUNNELS_GENEVE));
    assert_false(wants_shared(geneve_nobody, TUNNELS_GENEVE));
    assert_false(wants_shared(three_nodes, TUNNELS_GENEVE));
}

/* Both ends of a tunnel look at it from their side. */
static void
both_ends_agree(void **state OVS_UNUSED)
{
    for (int i = 0; i < 4; i++) {
        enum tunnels_encap ours = i & 1 ? TUNNELS_GENEVE : TUNNELS_VXLAN;
        enum tunnels_encap theirs = i & 2 ? TUNNELS_GENEVE : TUNNELS_VXLAN;
        enum tunnels_encap found[2];

        for (int end = 0; end < 2; end++) {
            struct world world;

            geneve_by_own_port(&world);
            world.tunnels.wish = world.tunnels.speaks = end ? theirs : ours;
            world.peers[0].speaks = end ? ours : theirs;
            found[end] = tunnels_find_way(&world, &world.peers[0]).encap;
            world_destroy(&world);
        }
        assert_int_equal(found[0], found[1]);
        assert_int_equal(found[0], i == 3 ? TUNNELS_GENEVE : TUNNELS_VXLAN);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_speaks_geneve_takes_both_first),
        cmocka_unit_test(geneve_is_sent_to_who_speaks_it),
        cmocka_unit_test(who_stops_speaking_geneve_sends_none_first),
        cmocka_unit_test(nobody_gets_geneve_who_does_not_speak_it),
        cmocka_unit_test(shared_ports_stay_while_anybody_may_use_them),
        cmocka_unit_test(both_ends_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
