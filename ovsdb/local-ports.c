/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Loden's own ports on the integration bridge: a tunnel for each peer or one
 * that all peers share, and the host's port of each network.
 *
 * A port is ours if its interface says for whom it is (KEY_PEER, KEY_TUNNELS,
 * KEY_HOST); others are never changed, even if one stands in our way.  The
 * ports ask for numbers that Open vSwitch never gives out by itself, so that
 * flows can name a port before it exists and after a restart. */

#include <config.h>
#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/json.h"
#include "ovsdb/keys.h"
#include "packets.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(local_ports);

/* Is 'iface' one that this file makes? */
bool
ports_is_own(const struct ovsrec_interface *iface)
{
    const struct smap *ids = &iface->external_ids;
    return ((smap_get(ids, KEY_PEER) || smap_get(ids, KEY_TUNNELS)
             || smap_get(ids, KEY_HOST)) && !smap_get(ids, KEY_ID));
}

static bool
is_own(const struct ovsrec_port *port)
{
    return port->n_interfaces == 1 && ports_is_own(port->interfaces[0]);
}

static void
count_number(struct port_rows *rows, int64_t number)
{
    if (number >= WORLD_FIRST_OWN_OFPORT && number <= WORLD_LAST_OWN_OFPORT
        && rows->asked[number] < UINT8_MAX) {
        rows->asked[number]++;
    }
}

static void
rows_init(struct port_rows *rows, struct local *local,
          const struct ovsrec_bridge *bridge)
{
    const struct ovsrec_interface *iface;
    const struct ovsrec_port *port;

    rows->local = local;
    rows->bridge = bridge;
    rows->asked = xzalloc(WORLD_LAST_OWN_OFPORT + 1);
    rows->next = WORLD_FIRST_OWN_OFPORT;
    shash_init(&rows->ifaces);
    shash_init(&rows->own);
    sset_init(&rows->ports);
    OVSREC_INTERFACE_FOR_EACH (iface, local->idl) {
        shash_add(&rows->ifaces, iface->name, iface);
        if (iface->n_ofport_request) {
            count_number(rows, *iface->ofport_request);
        }
        if (iface->n_ofport && (!iface->n_ofport_request
                                || *iface->ofport
                                != *iface->ofport_request)) {
            count_number(rows, *iface->ofport);
        }
    }
    OVSREC_PORT_FOR_EACH (port, local->idl) {
        sset_add(&rows->ports, port->name);
    }
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (is_own(bridge->ports[i])) {
            shash_add(&rows->own, bridge->ports[i]->name, bridge->ports[i]);
        }
    }
}

static void
rows_destroy(struct port_rows *rows)
{
    sset_destroy(&rows->ports);
    shash_destroy(&rows->own);
    shash_destroy(&rows->ifaces);
    free(rows->asked);
}

/* Returns the lowest number that no row asks for, or 0. */
static int64_t
choose_number(struct port_rows *rows)
{
    for (; rows->next <= WORLD_LAST_OWN_OFPORT; rows->next++) {
        if (!rows->asked[rows->next]) {
            return rows->next++;
        }
    }
    return 0;
}

/* Gives 'iface' a number of its own to ask for, unless it has one. */
static void
put_number(struct port_rows *rows, const struct ovsrec_interface *iface)
{
    int64_t old = iface->n_ofport_request ? *iface->ofport_request : 0;

    if (old >= WORLD_FIRST_OWN_OFPORT && old <= WORLD_LAST_OWN_OFPORT) {
        if (rows->asked[old] == 1) {
            return;
        }
        rows->asked[old]--;
    }
    int64_t new = choose_number(rows);
    if (new && new != old) {
        writer_note(&rows->local->writer, VLL_INFO, "port %s: ofport_request "
                    "is now %"PRId64" (was %"PRId64")", iface->name, new, old);
        ovsrec_interface_set_ofport_request(iface, &new, 1);
    }
}

/* Makes what differs in an existing interface as 'want' says. */
static void
update_iface(struct port_rows *rows, const struct port_want *want,
             const struct ovsrec_interface *iface)
{
    struct writer *writer = &rows->local->writer;
    const char *object = smap_get(&iface->external_ids, want->key);

    if (strcmp(iface->type, want->type)
        || !smap_equal(&iface->options, &want->options)) {
        writer_note(writer, VLL_INFO, "port %s: type and options are now %s "
                    "for %s (were others)", want->name, want->type,
                    want->object);
        ovsrec_interface_set_type(iface, want->type);
        ovsrec_interface_set_options(iface, &want->options);
    }
    if (!nullable_string_is_equal(iface->mac, want->mac[0] ? want->mac
                                  : NULL)) {
        writer_note(writer, VLL_INFO, "port %s: mac is now %s (was %s)",
                    want->name, want->mac[0] ? want->mac : "not set",
                    iface->mac ? iface->mac : "not set");
        ovsrec_interface_set_mac(iface, want->mac[0] ? want->mac : NULL);
    }
    /* Open vSwitch sets the kernel's device before it makes it, and logs that
     * there is none. */
    bool has_device = iface->n_ofport && *iface->ofport > 0;
    int64_t mtu = iface->n_mtu_request ? *iface->mtu_request : 0;
    if (mtu != want->mtu && (has_device || !want->mtu)) {
        writer_note(writer, VLL_INFO, "port %s: mtu_request is now %"PRId64
                    " (was %"PRId64")", want->name, want->mtu, mtu);
        ovsrec_interface_set_mtu_request(iface, &want->mtu, !!want->mtu);
    }
    if (!object || strcmp(object, want->object)) {
        writer_note(writer, VLL_INFO, "port %s: %s is now %s", want->name,
                    want->key, want->object);
        ovsrec_interface_update_external_ids_setkey(iface, want->key,
                                                    want->object);
    }
    put_number(rows, iface);
}

static void
make_port(struct port_rows *rows, const struct port_want *want)
{
    struct writer *writer = &rows->local->writer;
    bool shared = !strcmp(want->key, KEY_TUNNELS);
    const char *ip = (shared ? "all peers"
                      : smap_get_def(&want->options, "remote_ip",
                                     "the host"));
    struct smap ids = SMAP_INITIALIZER(&ids);
    int64_t number = choose_number(rows);

    writer_note(writer, VLL_INFO, "port %s: adding it, %s to %s%s%s",
                want->name, want->type, ip, shared ? "" : " of ",
                shared ? "" : want->object);
    struct ovsrec_interface *iface = ovsrec_interface_insert(writer->txn);
    ovsrec_interface_set_name(iface, want->name);
    ovsrec_interface_set_type(iface, want->type);
    ovsrec_interface_set_options(iface, &want->options);
    if (want->mac[0]) {
        ovsrec_interface_set_mac(iface, want->mac);
    }
    if (number) {
        ovsrec_interface_set_ofport_request(iface, &number, 1);
    }
    smap_add(&ids, want->key, want->object);
    ovsrec_interface_set_external_ids(iface, &ids);
    smap_destroy(&ids);

    struct ovsrec_port *port = ovsrec_port_insert(writer->txn);
    ovsrec_port_set_name(port, want->name);
    ovsrec_port_set_interfaces(port, &iface, 1);
    ovsrec_bridge_update_ports_addvalue(rows->bridge, port);
}

/* Has somebody deleted the device of the internal port 'iface'?  Open vSwitch
 * keeps the port, and makes another device only for another port. */
static bool
has_lost_device(const struct ovsrec_interface *iface)
{
    return (!strcmp(iface->type, "internal")
            && iface->n_ofport && *iface->ofport > 0
            && iface->n_ifindex && !*iface->ifindex);
}

/* Makes the port that 'want' says, or makes it right, if it may. */
void
ports_put_one(struct port_rows *rows, const struct port_want *want)
{
    const struct ovsrec_port *own = shash_find_and_delete(&rows->own,
                                                          want->name);

    if (own && has_lost_device(own->interfaces[0])) {
        writer_note(&rows->local->writer, VLL_WARN, "port %s: its device was "
                    "deleted by somebody else: making it anew", want->name);
        ovsrec_bridge_update_ports_delvalue(rows->bridge, own);
    } else if (own && !strcmp(own->interfaces[0]->name, want->name)) {
        update_iface(rows, want, own->interfaces[0]);
    } else if (shash_find(&rows->ifaces, want->name)
               || sset_contains(&rows->ports, want->name)) {
        if (sset_add(&rows->local->told, want->name)) {
            VLOG_WARN("port %s: cannot be made for %s: somebody else's port "
                      "or interface has that name; delete or rename it",
                      want->name, want->object);
        }
    } else {
        sset_find_and_delete(&rows->local->told, want->name);
        make_port(rows, want);
    }
}

static void
put_hosts(struct port_rows *rows, const struct world *world)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];
        if (network->internal
            || (!prefix_is_set(&network->subnet[ADDR_V4])
                && !prefix_is_set(&network->subnet[ADDR_V6]))) {
            continue;
        }
        struct port_want want = { .name = network->host_name,
                                  .type = "internal", .key = KEY_HOST,
                                  .object = network->name,
                                  .mtu = network->mtu };
        smap_init(&want.options);
        snprintf(want.mac, sizeof want.mac, ETH_ADDR_FMT,
                 ETH_ADDR_ARGS(network->gateway_mac));
        ports_put_one(rows, &want);
        smap_destroy(&want.options);
    }
}

/* Deletes the ports of ours that nobody asked for. */
static void
delete_rest(struct port_rows *rows, bool keep_tunnels)
{
    const struct shash_node **nodes = shash_sort(&rows->own);

    for (size_t i = 0; i < shash_count(&rows->own); i++) {
        const struct ovsrec_port *port = nodes[i]->data;
        const struct smap *ids = &port->interfaces[0]->external_ids;
        const char *peer = smap_get(ids, KEY_PEER);
        const char *host = smap_get(ids, KEY_HOST);
        if (!host && keep_tunnels) {
            continue;
        }
        writer_note(&rows->local->writer, VLL_INFO, "port %s: deleting it, as "
                    "%s %s need%s it no longer", port->name,
                    peer ? "peer" : host ? "network" : "the",
                    peer ? peer : host ? host : "peers",
                    peer || host ? "s" : "");
        ovsrec_bridge_update_ports_delvalue(rows->bridge, port);
    }
    free(nodes);
}

/* Makes tunnel and host ports agree with 'world'.  While this node's tunnel
 * address is unknown, tunnels stay as they are. */
void
ports_put(struct local *local, const struct ovsrec_bridge *bridge,
          const struct world *world, const struct local_confirmed *confirmed)
{
    bool tunnels_known = tunnels_have_ends(world);
    struct port_rows rows;

    rows_init(&rows, local, bridge);
    put_hosts(&rows, world);
    if (tunnels_known) {
        tunnels_put(&rows, world, confirmed);
    }
    delete_rest(&rows, !tunnels_known);
    rows_destroy(&rows);
}

/* Returns what Open vSwitch complains of about ports of ours, as a JSON array
 * of texts that the caller owns. */
struct json *
ports_errors(const struct local *local)
{
    const struct ovsrec_interface *iface;
    struct json *errors = json_array_create_empty();

    OVSREC_INTERFACE_FOR_EACH (iface, local->idl) {
        if (iface->error && ports_is_own(iface)) {
            char name[TEXT_SHOWN], text[TEXT_SHOWN];
            char *error = xasprintf("port %s: %s",
                                    text_show(iface->name, name),
                                    text_show(iface->error, text));
            json_array_add(errors, json_string_create(error));
            free(error);
        }
    }
    return errors;
}
