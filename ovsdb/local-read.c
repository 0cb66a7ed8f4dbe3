/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Interface rows -> pods of the world, and our own ports.
 *
 * Anybody who can talk to the node's database can write these rows, so every
 * text in them is foreign: what becomes a rule, a name of a device or a word
 * in a log is checked here, and a row that fails is refused by name.  Of
 * two that claim the same, the one that works already counts, else the first
 * by name.  Limits and host ports are local-options.c's, our own ports
 * local-own.c's. */

#include <config.h>
#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "ovsdb/keys.h"
#include "ovsdb/local-options.h"
#include "packets.h"
#include "simap.h"
#include "util.h"

/* A pod while its row is checked. */
struct draft {
    const struct ovsrec_interface *iface;      /* The row. */
    const char *id;                            /* Borrowed from the row. */
    const char *req;                           /* The same; "" if absent. */
    const struct world_network *network;       /* In the world. */
    struct eth_addr mac;                       /* The pod's. */
    struct in6_addr ip[ADDR_N_FAMILIES];       /* The pod's. */
    struct world_options options;              /* The pod's; owned. */
    struct world_claim claim;                  /* In a bridged network. */
    bool asks_wrong;                           /* Are 'options' why it is
                                                * refused? */
};

/* What earlier rows have taken. */
struct taken {
    struct sset ids;  /* Of pods. */
    struct smap ips;  /* "NETWORK ADDRESS" -> id of the pod that has it. */
};

static const char *
get(const struct draft *draft, const char *key)
{
    return smap_get(&draft->iface->external_ids, key);
}

/* Takes 'error', which may be NULL, and puts what it is about before it. */
static char *
about(const char *key, char *error)
{
    if (!error) {
        return NULL;
    }
    char *longer = xasprintf("%s: %s", key, error);
    free(error);
    return longer;
}

/* Checks what the row says about who the pod is. */
static char *
draft_identity(struct draft *draft, const struct taken *taken)
{
    const char *id = get(draft, KEY_ID);
    const char *req = get(draft, KEY_REQ);
    size_t len = strlen(id);
    char buf[TEXT_SHOWN];

    if (!len || len > ID_MAX) {
        return xasprintf(KEY_ID" has %"PRIuSIZE" bytes: 1 to %d are allowed",
                         len, ID_MAX);
    }
    for (size_t i = 0; i < len; i++) {
        if (id[i] <= ' ' || id[i] > '~') {
            return xstrdup(KEY_ID" has characters that cannot be printed, or "
                           "spaces");
        }
    }
    if (sset_contains(&taken->ids, id)) {
        return xstrdup("another interface has the same "KEY_ID);
    } else if (get(draft, KEY_PEER) || get(draft, KEY_HOST)
               || get(draft, KEY_TUNNELS)) {
        return xstrdup("its interface is a tunnel or host port of Loden's");
    }
    char *error = text_check_device(draft->iface->name);
    if (error) {
        return error;
    }
    error = req ? text_check_name(req) : NULL;
    if (error) {
        free(error);
        return xasprintf(KEY_REQ" '%s' is not 1 to %d letters, digits, '_', "
                         "'.' and '-'", text_show(req, buf), TEXT_NAME_MAX);
    }
    draft->id = id;
    draft->req = req ? req : "";
    return NULL;
}

/* Checks which network the row says. */
static char *
draft_network(struct draft *draft, const struct world *world)
{
    const char *name = get(draft, KEY_NETWORK);
    char buf[TEXT_SHOWN];

    if (!name) {
        return xstrdup(KEY_NETWORK" is missing");
    }
    draft->network = world_find_network(world, name);
    if (!draft->network) {
        return xasprintf("there is no usable network '%s'",
                         text_show(name, buf));
    }
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (prefix_is_set(&draft->network->subnet[family])) {
            return NULL;
        }
    }
    return xasprintf("this node has no subnet of network %s", name);
}

static char *
draft_mac(struct draft *draft)
{
    const char *text = get(draft, KEY_MAC);
    char buf[TEXT_SHOWN];

    if (!text) {
        return xstrdup(KEY_MAC" is missing");
    } else if (!eth_addr_from_string(text, &draft->mac)) {
        return xasprintf(KEY_MAC" '%s' is not an Ethernet address",
                         text_show(text, buf));
    } else if (eth_addr_is_multicast(draft->mac)
               || eth_addr_is_zero(draft->mac)) {
        return xasprintf(KEY_MAC" %s is not one interface's address", text);
    } else if (eth_addr_equals(draft->mac, draft->network->gateway_mac)) {
        return xasprintf(KEY_MAC" %s is the gateway's", text);
    }
    return NULL;
}

/* Checks the address of 'family', "NETWORK/ADDRESS", if the row has one. */
static char *
draft_ip(struct draft *draft, enum addr_family family,
         const struct taken *taken)
{
    const char *value = get(draft, family == ADDR_V4 ? KEY_IP : KEY_IP6);
    const char *network = draft->network->name;
    size_t len = strlen(network);
    char shown[TEXT_SHOWN];
    struct in6_addr ip;

    if (!value) {
        return NULL;
    } else if (strncmp(value, network, len) || value[len] != '/') {
        return xasprintf("'%s' is not of the form %s/ADDRESS",
                         text_show(value, shown), network);
    }
    char *error = addr_parse(text_show(value + len + 1, shown), &ip);
    if (error) {
        return error;
    } else if (!addr_is_set(&ip) || addr_family(&ip) != family) {
        return xasprintf("%s is not an %s address of a pod", shown,
                         family == ADDR_V4 ? "IPv4" : "IPv6");
    }
    error = local_check_ip(draft->network, &ip);
    if (error) {
        return error;
    }
    char *text = xasprintf("%s %s", network, shown);
    const char *holder = smap_get(&taken->ips, text);
    free(text);
    if (holder) {
        return xasprintf("%s is the address of pod %s already", shown,
                         holder);
    }
    draft->ip[family] = ip;
    return NULL;
}

/* Notes whether 'error' is about what the plugin asked for, which it does not
 * get by waiting.  Returns 'error'. */
static char *
asked(struct draft *draft, char *error)
{
    draft->asks_wrong = error != NULL;
    return error;
}

/* Fills 'draft' from its row.  Returns NULL, or why the row is no pod. */
static char *
draft_pod(struct draft *draft, const struct world *world,
          const struct taken *taken)
{
    char *error = draft_identity(draft, taken);

    error = error ? error : draft_network(draft, world);
    error = error ? error : draft_mac(draft);
    error = error ? error : about(KEY_IP, draft_ip(draft, ADDR_V4, taken));
    error = error ? error : about(KEY_IP6, draft_ip(draft, ADDR_V6, taken));
    error = error ? error : asked(draft, options_read(&draft->options,
                                      &draft->iface->external_ids));
    if (!error && draft->network->mode == WORLD_BRIDGED) {
        const struct world_pod pod = {
            .mac = draft->mac,
            .ip = { draft->ip[ADDR_V4], draft->ip[ADDR_V6] },
        };
        error = bridged_check(world, draft->iface, draft->network, &pod,
                              &draft->claim);
    } else if (!error && !addr_is_set(&draft->ip[ADDR_V4])
               && !addr_is_set(&draft->ip[ADDR_V6])
               && !draft->options.dhcp) {
        return xstrdup(KEY_IP" is missing: a routed network's pod needs an "
                       "address");
    }
    error = error ? error : asked(draft, options_check(&draft->options, world,
                                      draft->network, draft->ip));
    return error;
}

/* Has the pod of 'iface' been acknowledged as it is? */
static bool
is_acked(const struct ovsrec_interface *iface)
{
    const char *ack = smap_get(&iface->external_ids, KEY_ACK);
    const char *req = smap_get(&iface->external_ids, KEY_REQ);
    return ack && req && !strcmp(ack, req);
}

/* Adds the pod of 'draft', whose options it takes. */
static void
add_pod(struct draft *draft, const struct simap *ofports,
        struct taken *taken, struct world *world)
{
    struct world_pod *pod = world_add_pod(world, draft->id,
                                          draft->network->name);

    free(pod->req);
    pod->req = xstrdup(draft->req);
    pod->port_name = xstrdup(draft->iface->name);
    pod->netns = nullable_xstrdup(get(draft, KEY_NETNS));
    pod->port = own_ofport(draft->iface, ofports);
    pod->mtu = (draft->iface->n_mtu && *draft->iface->mtu > 0
                && *draft->iface->mtu <= UINT16_MAX ? *draft->iface->mtu : 0);
    pod->mac = draft->mac;
    pod->acked = is_acked(draft->iface);
    pod->claim = draft->claim;
    pod->options = draft->options;
    memset(&draft->options, 0, sizeof draft->options);
    sset_add(&taken->ids, draft->id);
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        pod->ip[family] = draft->ip[family];
        if (addr_is_set(&draft->ip[family])) {
            char buf[ADDR_STRLEN];
            smap_add_nocopy(&taken->ips,
                            xasprintf("%s %s", draft->network->name,
                                      addr_format(&draft->ip[family], buf)),
                            xstrdup(draft->id));
        }
    }
}

/* Adds the pod that 'iface' stands for, or refuses it. */
static void
read_pod(const struct ovsrec_interface *iface, const struct simap *ofports,
         struct taken *taken, struct world *world)
{
    struct draft draft = { .iface = iface };
    char *error = draft_pod(&draft, world, taken);

    if (error) {
        char id[TEXT_SHOWN];
        char name[TEXT_SHOWN];
        world_refuse(world,
                     xasprintf("Interface %s of pod %s",
                               text_show(iface->name, name),
                               text_show(get(&draft, KEY_ID), id)),
                     "%s", error);
        if (draft.asks_wrong && draft.req[0]) {
            world->refusals[world->n_refusals - 1].req = xstrdup(draft.req);
        }
        free(error);
    } else {
        add_pod(&draft, ofports, taken, world);
    }
    world_options_destroy(&draft.options);
}

/* Reads the pods of the bridge's 'ifaces': first those that work already, so
 * that a newcomer who claims what one of them has is the one refused. */
static void
read_pods(const struct shash *ifaces, const struct simap *ofports,
          struct world *world)
{
    const struct shash_node **nodes = shash_sort(ifaces);
    struct taken taken = { .ids = SSET_INITIALIZER(&taken.ids),
                           .ips = SMAP_INITIALIZER(&taken.ips) };

    for (int newcomers = 0; newcomers < 2; newcomers++) {
        for (size_t i = 0; i < shash_count(ifaces); i++) {
            const struct ovsrec_interface *iface = nodes[i]->data;
            /* A pod that was refused to its plugin is about to go. */
            if (smap_get(&iface->external_ids, KEY_ID)
                && !smap_get(&iface->external_ids, KEY_REFUSED)
                && is_acked(iface) == !newcomers) {
                read_pod(iface, ofports, &taken, world);
            }
        }
    }
    smap_destroy(&taken.ips);
    sset_destroy(&taken.ids);
    free(nodes);
}

/* Adds pods to 'world', which has the networks and peers, and the numbers of
 * all its ports.  'ofports' has the numbers that Open vSwitch has given, by
 * the ports' names. */
void
local_read(const struct local *local, const struct simap *ofports,
           struct world *world)
{
    const struct ovsrec_bridge *bridge = bridge_find(local);
    struct shash ifaces = SHASH_INITIALIZER(&ifaces);

    if (!bridge || !bridge_is_ours(bridge)) {
        return;
    }
    world->userspace = !strcmp(bridge->datapath_type, "netdev");
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct ovsrec_port *port = bridge->ports[i];
        for (size_t j = 0; j < port->n_interfaces; j++) {
            shash_add(&ifaces, port->interfaces[j]->name,
                      port->interfaces[j]);
        }
    }
    own_read(local, &ifaces, ofports, world);
    bridged_read(bridge, world);
    read_pods(&ifaces, ofports, world);
    world_sort(world);
    shash_destroy(&ifaces);
}
