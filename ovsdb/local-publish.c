/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What the bridge's row tells the plugin: each network that pods can join
 * here, and whether the node takes new ones at all.
 *
 * ovs-vswitchd does not look at a bridge's external_ids, so publishing there
 * costs it nothing. */

#include <config.h>
#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "ovsdb/keys.h"
#include "packets.h"
#include "util.h"

/* Returns what the plugin is told about 'network': see keys.h. */
static char *
describe_network(const struct world_network *network)
{
    const struct prefix *subnet = &network->subnet[ADDR_V4];
    struct ds s = DS_EMPTY_INITIALIZER;
    char buf[ADDR_STRLEN];

    ds_put_format(&s, NET_MODE"=%s "NET_VNI"=%"PRIu32" "NET_RANGE"=",
                  network->mode == WORLD_ROUTED ? "routed" : "bridged",
                  network->vni);
    bool first = true;
    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_family(&network->ranges[i]) == ADDR_V4) {
            ds_put_format(&s, "%s%s", first ? "" : ",",
                          prefix_format(&network->ranges[i], buf));
            first = false;
        }
    }
    ds_put_format(&s, " "NET_SUBNET"=%s", prefix_format(subnet, buf));
    ds_put_format(&s, " "NET_GATEWAY"=%s",
                  addr_format(&network->gateway[ADDR_V4], buf));
    ds_put_format(&s, " "NET_MAC"="ETH_ADDR_FMT" "NET_MTU"=%u",
                  ETH_ADDR_ARGS(network->gateway_mac), network->mtu);
    if (!network->internal) {
        ds_put_format(&s, " "NET_HOST"=%s", network->host_name);
    }
    return ds_steal_cstr(&s);
}

/* Publishes whether this node takes new pods. */
static void
publish_draining(struct local *local, const struct ovsrec_bridge *bridge,
                 const struct world *world)
{
    const char *was = smap_get(&bridge->external_ids, KEY_DRAINING);

    if (world->draining && (!was || strcmp(was, "true"))) {
        bridge_note(local, bridge, KEY_DRAINING, "true", was);
        ovsrec_bridge_update_external_ids_setkey(bridge, KEY_DRAINING, "true");
    } else if (!world->draining && was) {
        bridge_note(local, bridge, KEY_DRAINING, "withdrawn", was);
        ovsrec_bridge_update_external_ids_delkey(bridge, KEY_DRAINING);
    }
}

/* Publishes on the bridge's row the networks that this node has a subnet of,
 * and whether it takes new pods. */
void
bridge_publish(struct local *local, const struct ovsrec_bridge *bridge,
               const struct world *world)
{
    struct sset wanted = SSET_INITIALIZER(&wanted);
    const struct smap_node *node;

    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];
        if (!prefix_is_set(&network->subnet[ADDR_V4])) {
            continue;
        }
        char *key = xasprintf(KEY_NET_PREFIX"%s", network->name);
        char *value = describe_network(network);
        const char *was = smap_get(&bridge->external_ids, key);
        if (!was || strcmp(was, value)) {
            bridge_note(local, bridge, key, value, was);
            ovsrec_bridge_update_external_ids_setkey(bridge, key, value);
        }
        sset_add_and_free(&wanted, key);
        free(value);
    }
    SMAP_FOR_EACH (node, &bridge->external_ids) {
        if (!strncmp(node->key, KEY_NET_PREFIX, strlen(KEY_NET_PREFIX))
            && !sset_contains(&wanted, node->key)) {
            bridge_note(local, bridge, node->key, "withdrawn", node->value);
            ovsrec_bridge_update_external_ids_delkey(bridge, node->key);
        }
    }
    sset_destroy(&wanted);
    publish_draining(local, bridge, world);
}
