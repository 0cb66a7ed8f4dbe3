/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What plugin and controller say to each other about bridged networks beyond
 * what they say about all.
 *
 * A pod that wishes an address that is not this node's to give waits with
 * KEY_CLAIM on its row until the cluster has decided (cluster-members.c); a
 * plugin that finds no address leaves KEY_WANT_PREFIX on the bridge's row
 * until there is another block.  Whoever waits does so for the key to go. */

#include <config.h>
#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "ovsdb/keys.h"
#include "packets.h"
#include "util.h"

/* Returns the value of 'word' in 'words', malloc'd, or NULL. */
static char *
find_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    while (words && *words) {
        size_t n = strcspn(words, " ");
        if (n > len && !strncmp(words, word, len) && words[len] == '=') {
            return xmemdup0(words + len + 1, n - len - 1);
        }
        words += n + (words[n] == ' ');
    }
    return NULL;
}

/* Fills what 'world' has of the bridge's requests, and of what it has told the
 * plugin. */
void
bridged_read(const struct ovsrec_bridge *bridge, struct world *world)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        struct world_network *network = &world->networks[i];
        char *want = xasprintf(KEY_WANT_PREFIX"%s", network->name);
        char *net = xasprintf(KEY_NET_PREFIX"%s", network->name);
        const struct smap *ids = &bridge->external_ids;

        if (network->mode == WORLD_BRIDGED) {
            network->bridged.wants_block = smap_get(ids, want) != NULL;
            network->bridged.offered = find_word(smap_get(ids, net),
                                                 NET_BLOCKS);
        }
        free(net);
        free(want);
    }
}

/* Returns the member elsewhere that has 'ip' in 'network', or NULL.  The world
 * must be sorted. */
static const struct world_endpoint *
find_holder(const struct world *world, const char *network,
            const struct in6_addr *ip)
{
    for (size_t i = 0; i < world->n_endpoints; i++) {
        const struct world_endpoint *endpoint = &world->endpoints[i];
        if (!strcmp(endpoint->network, network)
            && strcmp(endpoint->node, world->node)
            && world_endpoint_has_ip(endpoint, ip)) {
            return endpoint;
        }
    }
    return NULL;
}

/* Reads the claim of the pod of 'iface' into 'ret_claim'.  Returns NULL, or
 * why the pod, which has 'mac' and 'ips' in 'network', cannot be followed. */
char *
bridged_check(const struct world *world, const struct ovsrec_interface *iface,
              const struct world_network *network,
              const struct world_pod *pod, struct world_claim *ret_claim)
{
    const struct smap *ids = &iface->external_ids;
    const struct world_endpoint *holder;

    if (smap_get(ids, KEY_CLAIM)) {
        ret_claim->state = WORLD_CLAIM_PENDING;
        ret_claim->moves = !strcmp(smap_get_def(ids, KEY_MOVE, ""), "true");
        return NULL;
    }
    holder = world_find_endpoint(world, network->name, pod->mac);
    holder = holder && strcmp(holder->node, world->node) ? holder : NULL;
    for (int family = 0; family < ADDR_N_FAMILIES && !holder; family++) {
        if (addr_is_set(&pod->ip[family])) {
            holder = find_holder(world, network->name, &pod->ip[family]);
        }
    }
    return (holder
            ? xasprintf("node %s has its address too, as member "ETH_ADDR_FMT
                        " with sequence %"PRId64": it counts there",
                        holder->node, ETH_ADDR_ARGS(holder->mac),
                        holder->sequence)
            : NULL);
}

/* Tells the plugin what the cluster has said about 'pod', if it has. */
static void
put_claim(struct local *local, const struct ovsrec_interface *iface,
          const struct world_pod *pod)
{
    const char *claim = smap_get(&iface->external_ids, KEY_CLAIM);

    if (!claim || strcmp(claim, pod->req)) {
        return;
    } else if (pod->claim.state == WORLD_CLAIM_GRANTED) {
        writer_note(&local->writer, VLL_INFO, "pod %s: the cluster grants its "
                    "address", pod->id);
        ovsrec_interface_update_external_ids_delkey(iface, KEY_CLAIM);
    } else if (pod->claim.state == WORLD_CLAIM_REFUSED) {
        writer_note(&local->writer, VLL_INFO, "pod %s: it cannot have its "
                    "address: %s", pod->id, pod->claim.why);
        ovsrec_interface_update_external_ids_delkey(iface, KEY_CLAIM);
        ovsrec_interface_update_external_ids_setkey(iface, KEY_REFUSED,
                                                    pod->claim.why);
    }
}

/* Answers what the plugin has asked, as far as 'world' says. */
void
bridged_put(struct local *local, const struct ovsrec_bridge *bridge,
            const struct world *world)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];

        if (network->bridged.wants_block
            && !world_needs_block(world, network)) {
            char *key = xasprintf(KEY_WANT_PREFIX"%s", network->name);
            writer_note(&local->writer, VLL_INFO, "network %s: there are "
                        "free addresses", network->name);
            ovsrec_bridge_update_external_ids_delkey(bridge, key);
            free(key);
        }
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        const struct ovsrec_interface *iface;

        if (pod->claim.state == WORLD_CLAIM_NONE) {
            continue;
        }
        OVSREC_INTERFACE_FOR_EACH (iface, local->idl) {
            if (!strcmp(iface->name, pod->port_name)) {
                put_claim(local, iface, pod);
            }
        }
    }
}

/* Appends to 's' the words that only a bridged network has. */
void
bridged_describe(const struct world *world,
                 const struct world_network *network, struct ds *s)
{
    const struct world_bridged *bridged = &network->bridged;
    char buf[ADDR_STRLEN];
    size_t n_taken = 0;

    for (size_t i = 0; i < bridged->n_blocks; i++) {
        ds_put_format(s, "%s%s", i ? "," : " "NET_BLOCKS"=",
                      prefix_format(&bridged->blocks[i], buf));
    }
    for (size_t i = 0; i < world->n_endpoints; i++) {
        const struct world_endpoint *endpoint = &world->endpoints[i];
        if (strcmp(endpoint->network, network->name)
            || !strcmp(endpoint->node, world->node)) {
            continue;
        }
        for (size_t j = 0; j < endpoint->n_ips * bridged->n_blocks; j++) {
            const struct in6_addr *ip = &endpoint->ips[j / bridged->n_blocks];
            if (prefix_has_addr(&bridged->blocks[j % bridged->n_blocks], ip)) {
                ds_put_format(s, "%s%s", n_taken++ ? "," : " "NET_TAKEN"=",
                              addr_format(ip, buf));
            }
        }
    }
}
