/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Broadcast and multicast of a routed network: who is there on this node.
 * They never leave it. */

#include <config.h>
#include "flows/compile-private.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Where a flooded packet goes; one from an isolated pod to no other such. */
static void
put_flood(struct compile *c, const struct world_network *network,
          bool isolated)
{
    struct ds ports = DS_EMPTY_INITIALIZER;

    if (!network->internal && network->host_port != OFPP_NONE) {
        ds_put_format(&ports, ",output:%"PRIu32, OUT(network->host_port));
    }
    for (size_t i = 0; i < c->world->n_pods; i++) {
        const struct world_pod *pod = &c->world->pods[i];
        if (pod->port != OFPP_NONE && !strcmp(pod->network, network->name)
            && !(isolated && pod->options.isolated)) {
            ds_put_format(&ports, ",output:%"PRIu32, OUT(pod->port));
        }
    }
    if (isolated && !ports.length) {
        put(c, TABLE_FLOOD, PRIORITY_ISOLATED,
            "@network=%"PRIu32",@isolated=1 actions="DROP_FMT, network->vni,
            DROP(ISOLATED));
    } else if (ports.length) {
        put(c, TABLE_FLOOD, isolated ? PRIORITY_ISOLATED : PRIORITY_EXACT,
            "@network=%"PRIu32"%s actions=%s", network->vni,
            isolated ? ",@isolated=1" : "", ds_cstr(&ports) + 1);
    }
    ds_destroy(&ports);
}

/* Broadcast and multicast go to every member on this node and to no tunnel.
 * Open vSwitch sends nothing back to the port it came from. */
void
compile_flood(struct compile *c, const struct world_network *network)
{
    static const char *const everybody[] = { "224.0.0.0/4",
                                             "255.255.255.255" };

    for (size_t i = 0; i < ARRAY_SIZE(everybody); i++) {
        put(c, TABLE_ROUTE, PRIORITY_FLOOD,
            "@network=%"PRIu32",ip,nw_dst=%s actions=goto_table:flood",
            network->vni, everybody[i]);
    }
    if (prefix_is_set(&network->subnet[ADDR_V4])) {
        struct in6_addr last = prefix_last(&network->subnet[ADDR_V4]);
        char text[ADDR_STRLEN];

        put(c, TABLE_ROUTE, PRIORITY_FLOOD,
            "@network=%"PRIu32",ip,nw_dst=%s actions=goto_table:flood",
            network->vni, addr_format(&last, text));
    }

    put_flood(c, network, false);
    for (size_t i = 0; i < c->world->n_pods; i++) {
        const struct world_pod *pod = &c->world->pods[i];
        if (pod->options.isolated && !strcmp(pod->network, network->name)) {
            put_flood(c, network, true);
            break;
        }
    }
}
