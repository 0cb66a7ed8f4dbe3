/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The integration bridge: made, marked as Loden's, kept as it must be.  What
 * its row tells the plugin is local-publish.c's.
 *
 * Other network managers use the name br-int too, so a bridge that has ports
 * and no mark of ours is left alone. */

#include <config.h>
#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <unistd.h>
#include <string.h>

#include "flows/pipeline.h"
#include "ovsdb/keys.h"
#include "packets.h"
#include "util.h"

/* Sorted, as the replica's sets are. */
static const char *const protocols[] = {
    "OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"
};

/* Returns the bridge that is set, or NULL if it does not exist. */
const struct ovsrec_bridge *
bridge_find(const struct local *local)
{
    const struct ovsrec_bridge *bridge;
    struct local_settings settings;

    local_get_settings(local, &settings);
    OVSREC_BRIDGE_FOR_EACH (bridge, local->idl) {
        if (!strcmp(bridge->name, settings.bridge)) {
            return bridge;
        }
    }
    return NULL;
}

bool
bridge_is_ours(const struct ovsrec_bridge *bridge)
{
    return smap_get(&bridge->external_ids, KEY_OWNER) != NULL;
}

/* Has the bridge any port besides its own? */
static bool
has_ports(const struct ovsrec_bridge *bridge)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        if (strcmp(bridge->ports[i]->name, bridge->name)) {
            return true;
        }
    }
    return false;
}

/* Writes the MAC of the bridge on 'node' into 'mac': without one, Open
 * vSwitch takes a port's and changes it when that port goes. */
static void
format_hwaddr(const char *node, char mac[ETH_ADDR_STRLEN + 1])
{
    uint32_t high = world_name_hash("bridge", node);
    uint32_t low = world_name_hash("bridge-low", node);

    snprintf(mac, ETH_ADDR_STRLEN + 1, "0a:%02x:%02x:%02x:%02x:%02x",
             high >> 24, high >> 16 & 0xff, high >> 8 & 0xff, high & 0xff,
             low & 0xff);
}

/* Composes what 'column' is now.  'was' may be NULL. */
void
bridge_note(struct local *local, const struct ovsrec_bridge *bridge,
            const char *column, const char *now, const char *was)
{
    char buf[TEXT_SHOWN];

    writer_note(&local->writer, VLL_INFO, "bridge %s: %s is now %s (was %s)",
                bridge->name, column, now,
                was && was[0] ? text_show(was, buf) : "not set");
}

/* Names the flow tables, so that ovs-ofctl can show the names. */
static void
put_table_names(struct local *local, const struct ovsrec_bridge *bridge)
{
    int64_t keys[PIPELINE_N_TABLES];
    struct ovsrec_flow_table *values[PIPELINE_N_TABLES] = { NULL };
    bool same = bridge->n_flow_tables == PIPELINE_N_TABLES;

    for (size_t i = 0; i < bridge->n_flow_tables; i++) {
        int64_t id = bridge->key_flow_tables[i];
        struct ovsrec_flow_table *row = bridge->value_flow_tables[i];
        if (id >= 0 && id < PIPELINE_N_TABLES && row->name
            && !strcmp(row->name, pipeline_table_name(id))) {
            values[id] = row;
        } else {
            same = false;
        }
    }
    if (same) {
        return;
    }
    writer_note(&local->writer, VLL_INFO, "bridge %s: naming its flow tables",
                bridge->name);
    for (int id = 0; id < PIPELINE_N_TABLES; id++) {
        keys[id] = id;
        if (!values[id]) {
            values[id] = ovsrec_flow_table_insert(local->writer.txn);
            ovsrec_flow_table_set_name(values[id], pipeline_table_name(id));
        }
    }
    ovsrec_bridge_set_flow_tables(bridge, keys, values, PIPELINE_N_TABLES);
}

static bool
has_our_protocols(const struct ovsrec_bridge *bridge)
{
    if (bridge->n_protocols != ARRAY_SIZE(protocols)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        if (strcmp(bridge->protocols[i], protocols[i])) {
            return false;
        }
    }
    return true;
}

/* Returns the datapath type of a bridge, where "" means "system". */
static const char *
bridge_datapath(const struct ovsrec_bridge *bridge)
{
    return bridge->datapath_type[0] ? bridge->datapath_type : "system";
}

/* Makes the columns right that are not maps. */
static void
put_columns(struct local *local, const struct ovsrec_bridge *bridge,
            const char *datapath)
{
    const char *fail_mode = bridge->fail_mode;

    if (datapath && strcmp(bridge_datapath(bridge), datapath)) {
        bridge_note(local, bridge, "datapath_type", datapath,
                    bridge_datapath(bridge));
        ovsrec_bridge_set_datapath_type(bridge, datapath);
    }
    if (!fail_mode || strcmp(fail_mode, "secure")) {
        bridge_note(local, bridge, "fail_mode", "secure", fail_mode);
        ovsrec_bridge_set_fail_mode(bridge, "secure");
    }
    if (!has_our_protocols(bridge)) {
        bridge_note(local, bridge, "protocols", "OpenFlow 1.0, 1.3 to 1.5",
                    bridge->n_protocols ? "others" : NULL);
        ovsrec_bridge_set_protocols(bridge, (const char **) protocols,
                                    ARRAY_SIZE(protocols));
    }
    put_table_names(local, bridge);
}

/* Makes the keys right that are ours in the maps of an existing bridge. */
static void
put_keys(struct local *local, const struct ovsrec_bridge *bridge,
         const char *node)
{
    char hwaddr[ETH_ADDR_STRLEN + 1];
    format_hwaddr(node, hwaddr);

    const char *const config[][2] = {
        { "disable-in-band", "true" },
        { "hwaddr", hwaddr },
    };
    for (size_t i = 0; i < ARRAY_SIZE(config); i++) {
        const char *was = smap_get(&bridge->other_config, config[i][0]);
        if (!was || strcmp(was, config[i][1])) {
            bridge_note(local, bridge, config[i][0], config[i][1], was);
            ovsrec_bridge_update_other_config_setkey(bridge, config[i][0],
                                                     config[i][1]);
        }
    }
    const char *owner = smap_get(&bridge->external_ids, KEY_OWNER);
    if (!owner || strcmp(owner, node)) {
        bridge_note(local, bridge, KEY_OWNER, node, owner);
        ovsrec_bridge_update_external_ids_setkey(bridge, KEY_OWNER, node);
    }
}

/* Composes a new bridge with its own port. */
static void
make_bridge(struct local *local, const struct local_settings *settings,
            const char *datapath)
{
    struct writer *writer = &local->writer;
    char hwaddr[ETH_ADDR_STRLEN + 1];
    struct smap config = SMAP_INITIALIZER(&config);
    struct smap ids = SMAP_INITIALIZER(&ids);

    writer_note(writer, VLL_INFO, "bridge %s: making it, as it does not "
                "exist", settings->bridge);
    struct ovsrec_interface *iface = ovsrec_interface_insert(writer->txn);
    ovsrec_interface_set_name(iface, settings->bridge);
    ovsrec_interface_set_type(iface, "internal");
    struct ovsrec_port *port = ovsrec_port_insert(writer->txn);
    ovsrec_port_set_name(port, settings->bridge);
    ovsrec_port_set_interfaces(port, &iface, 1);

    struct ovsrec_bridge *bridge = ovsrec_bridge_insert(writer->txn);
    ovsrec_bridge_set_name(bridge, settings->bridge);
    ovsrec_bridge_set_ports(bridge, &port, 1);
    ovsrec_bridge_set_datapath_type(bridge, datapath);
    format_hwaddr(settings->node, hwaddr);
    smap_add(&config, "disable-in-band", "true");
    smap_add(&config, "hwaddr", hwaddr);
    smap_add(&ids, KEY_OWNER, settings->node);
    ovsrec_bridge_set_other_config(bridge, &config);
    ovsrec_bridge_set_external_ids(bridge, &ids);
    put_columns(local, bridge, datapath);
    ovsrec_open_vswitch_update_bridges_addvalue(local_row(local), bridge);
    smap_destroy(&ids);
    smap_destroy(&config);
}

/* The kernel's datapath where the kernel has it. */
static const char *
default_datapath(void)
{
    return access("/sys/module/openvswitch", F_OK) ? "netdev" : "system";
}

/* Returns NULL if the settings allow a bridge, else why not. */
static char *
check_settings(const struct local *local, struct local_settings *settings)
{
    char *error;

    if (!local_is_ready(local)) {
        return xasprintf("%s: not connected, or another loden-controller acts "
                         "on this node", local->remote);
    }
    local_get_settings(local, settings);
    if (!settings->node) {
        return xstrdup("this node has no name: run 'ovs-vsctl set open . "
                       "external_ids:"KEY_NODE"=NAME'");
    }
    error = text_check_name(settings->node);
    if (error) {
        char *long_error = xasprintf("this node cannot be called that: %s",
                                     error);
        free(error);
        return long_error;
    }
    error = text_check_device(settings->bridge);
    if (error) {
        char *long_error = xasprintf("no bridge can be called what "
                                     "external_ids:"KEY_BRIDGE" says: %s",
                                     error);
        free(error);
        return long_error;
    }
    return NULL;
}

/* Makes the bridge if it is missing, and keeps it as Loden needs it.
 * 'datapath' is its datapath type, "system" or "netdev", or NULL: then a
 * bridge that is there keeps its own and a new one gets what this machine's
 * kernel can do.  Returns NULL, or why there is no bridge that can be used;
 * the caller frees that. */
char *
local_put_bridge(struct local *local, const char *datapath)
{
    struct local_settings settings;
    char *error = check_settings(local, &settings);

    if (error) {
        return error;
    }
    const struct ovsrec_bridge *bridge = bridge_find(local);
    if (bridge && !bridge_is_ours(bridge) && has_ports(bridge)) {
        return xasprintf("bridge %s has ports and is not Loden's: run "
                         "'ovs-vsctl set open . external_ids:"KEY_BRIDGE
                         "=NAME' to let Loden make one of another name",
                         settings.bridge);
    }
    if (local_may_write(local)) {
        if (bridge) {
            put_columns(local, bridge, datapath);
            put_keys(local, bridge, settings.node);
            if (bridge_is_ours(bridge)) {
                bridge_take_over(local, bridge);
            }
        } else {
            make_bridge(local, &settings,
                        datapath ? datapath : default_datapath());
        }
        writer_commit(&local->writer);
    }
    return NULL;
}

/* Returns true if the bridge is there, Loden's, and known to ovs-vswitchd,
 * which writes its datapath_id when it has made it: only then is there a
 * socket to connect to. */
bool
local_has_bridge(const struct local *local)
{
    const struct ovsrec_bridge *bridge = bridge_find(local);
    return bridge && bridge_is_ours(bridge) && bridge->datapath_id;
}
