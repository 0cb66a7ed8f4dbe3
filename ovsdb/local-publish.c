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

/* Appends what 'network' has of 'family'. */
static void
describe_family(const struct world_network *network, enum addr_family family,
                struct ds *s)
{
    bool v4 = family == ADDR_V4;
    const char *separator = "";
    char buf[ADDR_STRLEN];

    ds_put_format(s, " %s=", v4 ? NET_RANGE : NET_RANGE6);
    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_family(&network->ranges[i]) == family) {
            ds_put_format(s, "%s%s", separator,
                          prefix_format(&network->ranges[i], buf));
            separator = ",";
        }
    }
    ds_put_format(s, " %s=%s", v4 ? NET_SUBNET : NET_SUBNET6,
                  prefix_format(&network->subnet[family], buf));
    ds_put_format(s, " %s=%s", v4 ? NET_GATEWAY : NET_GATEWAY6,
                  addr_format(&network->gateway[family], buf));
}

/* Returns what the plugin is told about 'network': see keys.h. */
static char *
describe_network(const struct world *world,
                 const struct world_network *network)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, NET_MODE"=%s "NET_VNI"=%"PRIu32,
                  network->mode == WORLD_ROUTED ? "routed" : "bridged",
                  network->vni);
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (prefix_is_set(&network->subnet[family])) {
            describe_family(network, family, &s);
        }
    }
    if (network->mode == WORLD_BRIDGED) {
        bridged_describe(world, network, &s);
    }
    ds_put_format(&s, " "NET_MAC"="ETH_ADDR_FMT" "NET_MTU"=%u",
                  ETH_ADDR_ARGS(network->gateway_mac), network->mtu);
    if (network->closing) {
        ds_put_cstr(&s, " "NET_CLOSING"=true");
    }
    if (!network->internal) {
        ds_put_format(&s, " "NET_HOST"=%s", network->host_name);
    }
    return ds_steal_cstr(&s);
}

/* Publishes which networks take no new pods, as another node has their subnet.
 */
static void
publish_lost(struct local *local, const struct ovsrec_bridge *bridge,
             const struct world *world)
{
    const struct smap_node *node;

    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];
        char *key = xasprintf(KEY_LOST_PREFIX"%s", network->name);
        const char *was = smap_get(&bridge->external_ids, key);
        if (network->lost_to && (!was || strcmp(was, network->lost_to))) {
            bridge_note(local, bridge, key, network->lost_to, was);
            ovsrec_bridge_update_external_ids_setkey(bridge, key,
                                                     network->lost_to);
        }
        free(key);
    }
    SMAP_FOR_EACH (node, &bridge->external_ids) {
        if (!strncmp(node->key, KEY_LOST_PREFIX, strlen(KEY_LOST_PREFIX))) {
            const struct world_network *network = world_find_network(
                world, node->key + strlen(KEY_LOST_PREFIX));
            if (!network || !network->lost_to) {
                bridge_note(local, bridge, node->key, "withdrawn",
                            node->value);
                ovsrec_bridge_update_external_ids_delkey(bridge, node->key);
            }
        }
    }
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
        if (!prefix_is_set(&network->subnet[ADDR_V4])
            && !prefix_is_set(&network->subnet[ADDR_V6])) {
            continue;
        }
        char *key = xasprintf(KEY_NET_PREFIX"%s", network->name);
        char *value = describe_network(world, network);
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
    publish_lost(local, bridge, world);
    publish_draining(local, bridge, world);
}

/* Has the bridge a pod of 'network', from this boot as far as we know? */
static bool
has_pods(const struct local *local, const struct ovsrec_bridge *bridge,
         const char *network)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct ovsrec_port *port = bridge->ports[i];
        for (size_t j = 0; j < port->n_interfaces; j++) {
            const struct smap *ids = &port->interfaces[j]->external_ids;
            const char *boot = smap_get(ids, KEY_BOOT);
            const char *name = smap_get(ids, KEY_NETWORK);
            if (name && !strcmp(name, network)
                && (!boot || !local->boot_id
                    || !strcmp(boot, local->boot_id))) {
                return true;
            }
        }
    }
    return false;
}

/* Adds to 'leases' the subnets in 'value', which is published for 'network'.
 */
static void
add_leases(const char *network, const char *value, struct sset *leases)
{
    static const char word_start[] = NET_SUBNET;
    char *copy = xstrdup(value);
    char *save_ptr = NULL;

    /* IPv6 has its own word that begins the same. */
    for (char *word = strtok_r(copy, " ", &save_ptr); word;
         word = strtok_r(NULL, " ", &save_ptr)) {
        const char *cidr = strchr(word, '=');
        if (cidr && !strncmp(word, word_start, strlen(word_start))) {
            sset_add_and_free(leases, xasprintf("%s %s", network, cidr + 1));
        }
    }
    free(copy);
}

void
local_get_leases(const struct local *local, const char *node,
                 struct local_leases *leases)
{
    const struct ovsrec_bridge *bridge = bridge_find(local);
    const char *owner = (bridge ? smap_get(&bridge->external_ids, KEY_OWNER)
                         : NULL);
    const struct smap_node *id;

    sset_init(&leases->used);
    sset_init(&leases->unused);
    if (!owner || strcmp(owner, node)) {
        return;
    }
    SMAP_FOR_EACH (id, &bridge->external_ids) {
        if (!strncmp(id->key, KEY_NET_PREFIX, strlen(KEY_NET_PREFIX))) {
            const char *network = id->key + strlen(KEY_NET_PREFIX);
            add_leases(network, id->value,
                       (has_pods(local, bridge, network)
                        ? &leases->used : &leases->unused));
        }
    }
}

void
local_leases_destroy(struct local_leases *leases)
{
    sset_destroy(&leases->unused);
    sset_destroy(&leases->used);
}
