/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* How often a pod may ask who has an address, by ARP or neighbour discovery.
 *
 * Linux's openvswitch module can write no answer.  There ovs-vswitchd writes
 * those to ARP, one by one ("slow_path(action)" in the datapath's flows), and
 * the controller those to solicitations (compile-nd.c).  Both are slow, and
 * serve all pods: one that asks without end would have the others wait, or
 * ovs-vswitchd lose what else it is sent.  A meter for each pod's port lets
 * only so many through.
 *
 * A meter is of no use to ovs-vswitchd where the datapath has no flow but one
 * that sends it the whole packet, meter and all.  Only when the packet comes
 * in again after the meter is that an action of the datapath's.  Open vSwitch
 * has a packet do so for a group of type select, in order to hash it: the one
 * here has nothing to select. */

#include <config.h>
#include "flows/compile-private.h"

#include <stdio.h>

/* Its number is below those of networks' groups (compile-bridged.c). */
#define GROUP_AGAIN 1

/* How many questions of a pod pass in a second, and at once: of ARP, so many
 * that a pod can begin to talk to all neighbours that Linux remembers (1024,
 * gc_thresh3); of solicitations, a tenth of what its network may ask. */
static const struct meter meters[] = {
    [ASK_ARP] = { .number = METER_ARP, .pps = 200, .burst = 1000 },
    [ASK_ND] = { .number = METER_ND_SHARE, .pps = 100, .burst = 100 },
};

/* Returns the actions, "...goto_table:neighbour" or the like, that ask for
 * 'port'. */
struct ask_actions
compile_ask(struct compile *c, enum ask ask, ofp_port_t port)
{
    const struct group again = {
        .number = GROUP_AGAIN, .again = TABLE_NEIGHBOUR,
    };
    struct ask_actions actions = { .text = "goto_table:neighbour" };
    struct meter meter = meters[ask];

    if (!c->world->userspace) {
        meter.number += OUT(port);
        meterset_put(&c->rules->meters, &meter);
        groupset_put(&c->rules->groups, &again);
        snprintf(actions.text, sizeof actions.text,
                 "meter:%"PRIu32",group:%d", meter.number, GROUP_AGAIN);
    }
    return actions;
}
