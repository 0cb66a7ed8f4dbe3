/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Broadcast and multicast of a routed network: who is there on this node.
 * They never leave it.  How much of it pods may send is compile-storm.c's. */

#include <config.h>
#include "flows/compile-private.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Sends what pods, or those that are isolated, flood to 'ports', as fast as
 * they may. */
static void
put_ports(struct compile *c, const struct world_network *network,
          enum pipeline_priority priority, const char *ports)
{
    struct ds meter = DS_EMPTY_INITIALIZER;

    compile_storm_meter(c, network, &meter);
    put(c, TABLE_FLOOD, priority,
        "@source=%d,@network=%"PRIu32"%s actions=%s%s", SOURCE_POD,
        network->vni, priority == PRIORITY_ISOLATED ? ",@isolated=1" : "",
        ds_cstr(&meter), ports);
    ds_destroy(&meter);
}

/* Where a flooded packet goes; one from an isolated pod to no other such. */
static void
put_flood(struct compile *c, const struct world_network *network,
          bool isolated)
{
    bool host = !network->internal && network->host_port != OFPP_NONE;
    struct ds ports = DS_EMPTY_INITIALIZER;

    if (host) {
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
    } else if (ports.length
               && world_has_pod_in(c->world, network->name)) {
        put_ports(c, network, isolated ? PRIORITY_ISOLATED : PRIORITY_EXACT,
                  ds_cstr(&ports) + 1);
    }
    if (host && !isolated) {
        put(c, TABLE_FLOOD, PRIORITY_EXACT,
            "@source=%d,@network=%"PRIu32" actions=%s", SOURCE_GATEWAY,
            network->vni, ds_cstr(&ports) + 1);
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
