/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The connection to the node's own database, and what people set there.
 *
 * This file owns the replica and the lock by which one controller at a time
 * acts on a node; what is read and written stands in the files that
 * local-private.h lists.  Nothing here blocks, and nothing knows the cluster:
 * that is cluster.c. */

#include <config.h>
#include "ovsdb/local-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/json.h"
#include "ovsdb/keys.h"
#include "stream.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(local);

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

/* Replicates only what is used: statistics would wake us every few seconds.
 */
static void
choose_columns(struct ovsdb_idl *idl)
{
    static const struct ovsdb_idl_column *const columns[] = {
        &ovsrec_open_vswitch_col_bridges,
        &ovsrec_open_vswitch_col_external_ids,
        &ovsrec_open_vswitch_col_other_config,
        &ovsrec_bridge_col_name,
        &ovsrec_bridge_col_ports,
        &ovsrec_bridge_col_datapath_id,
        &ovsrec_bridge_col_datapath_type,
        &ovsrec_bridge_col_fail_mode,
        &ovsrec_bridge_col_protocols,
        &ovsrec_bridge_col_other_config,
        &ovsrec_bridge_col_external_ids,
        &ovsrec_bridge_col_flow_tables,
        &ovsrec_port_col_name,
        &ovsrec_port_col_interfaces,
        &ovsrec_port_col_qos,
        &ovsrec_interface_col_name,
        &ovsrec_interface_col_type,
        &ovsrec_interface_col_options,
        &ovsrec_interface_col_mac,
        &ovsrec_interface_col_mtu,
        &ovsrec_interface_col_mtu_request,
        &ovsrec_interface_col_ofport,
        &ovsrec_interface_col_ofport_request,
        &ovsrec_interface_col_ifindex,
        &ovsrec_interface_col_error,
        &ovsrec_interface_col_external_ids,
        &ovsrec_flow_table_col_name,
        &ovsrec_qos_col_type,
        &ovsrec_qos_col_other_config,
        &ovsrec_qos_col_queues,
        &ovsrec_qos_col_external_ids,
        &ovsrec_queue_col_other_config,
        &ovsrec_queue_col_external_ids,
    };

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_add_column(idl, columns[i]);
    }
}

/* Returns the running kernel's boot id, or NULL. */
static char *
read_boot_id(void)
{
    FILE *file = fopen(BOOT_ID_FILE, "r");
    char line[64];

    if (!file || !fgets(line, sizeof line, file)) {
        VLOG_WARN("%s: cannot be read (%s), so pods of an earlier boot stay "
                  "for a minute", BOOT_ID_FILE, ovs_strerror(errno));
        line[0] = '\0';
    }
    if (file) {
        fclose(file);
    }
    line[strcspn(line, "\n")] = '\0';
    return line[0] ? xstrdup(line) : NULL;
}

/* Connects to the database server at 'remote', e.g. "unix:.../db.sock". */
struct local *
local_open(const char *remote)
{
    struct local *local = xzalloc(sizeof *local);

    local->idl = ovsdb_idl_create_unconnected(&ovsrec_idl_class, false);
    choose_columns(local->idl);
    /* A lock's name is an <id> of RFC 7047, which has no "-". */
    ovsdb_idl_set_lock(local->idl, "loden_controller");
    ovsdb_idl_set_remote(local->idl, remote, true);
    writer_init(&local->writer, local->idl, &this_module);
    local->remote = xstrdup(remote);
    local->boot_id = read_boot_id();
    ds_init(&local->settled);
    sset_init(&local->told);
    shash_init(&local->gone);
    return local;
}

void
local_close(struct local *local)
{
    if (local) {
        pods_close(local);
        sset_destroy(&local->told);
        ds_destroy(&local->settled);
        free(local->boot_id);
        free(local->remote);
        writer_destroy(&local->writer);
        ovsdb_idl_destroy(local->idl);
        free(local);
    }
}

/* Keeps 'locked'.  While the server is away nobody can take the lock, so
 * what we had we still have. */
static void
watch_lock(struct local *local)
{
    bool was = local->locked;

    if (ovsdb_idl_has_lock(local->idl)) {
        local->locked = true;
        local->told_contended = false;
    } else if (ovsdb_idl_is_lock_contended(local->idl)) {
        local->locked = false;
        if (!local->told_contended) {
            VLOG_WARN("%s: another loden-controller acts on this node (it has "
                      "the database's lock); doing nothing until it ends",
                      local->remote);
            local->told_contended = true;
        }
    }
    if (local->locked != was) {
        local->seqno++;
    }
}

void
local_run(struct local *local)
{
    ovsdb_idl_run(local->idl);
    writer_run(&local->writer);
    watch_lock(local);

    unsigned int idl_seqno = ovsdb_idl_get_seqno(local->idl);
    if (idl_seqno != local->idl_seqno) {
        local->idl_seqno = idl_seqno;
        local->seqno++;
        pods_look(local);
    }
    pods_run(local);
    tunnels_run(local);
}

void
local_wait(struct local *local)
{
    ovsdb_idl_wait(local->idl);
    writer_wait(&local->writer);
    pods_wait(local);
    tunnels_wait(local);
}

/* Returns the Open_vSwitch row, or NULL. */
const struct ovsrec_open_vswitch *
local_row(const struct local *local)
{
    return ovsrec_open_vswitch_first(local->idl);
}

/* May a transaction be composed now? */
bool
local_may_write(const struct local *local)
{
    return (local_is_ready(local) && ovsdb_idl_has_lock(local->idl)
            && writer_may_write(&local->writer));
}

/* Has the database been read, and is it ours to act on?  Stays true when the
 * connection is lost. */
bool
local_is_ready(const struct local *local)
{
    return (local->locked && ovsdb_idl_has_ever_connected(local->idl)
            && local_row(local));
}

/* Returns a number that changes whenever local_get_settings(), local_read()
 * or local_put() may do something new. */
unsigned int
local_seqno(const struct local *local)
{
    return local->seqno;
}

/* Returns the value of 'key' unless it is absent or empty, else NULL. */
static const char *
get_setting(const struct ovsrec_open_vswitch *row, const char *key)
{
    const char *value = row ? smap_get(&row->external_ids, key) : NULL;
    return value && value[0] ? value : NULL;
}

void
local_get_settings(const struct local *local, struct local_settings *settings)
{
    const struct ovsrec_open_vswitch *row = local_row(local);

    settings->system_id = get_setting(row, "system-id");
    settings->node = get_setting(row, KEY_NODE);
    if (!settings->node) {
        settings->node = settings->system_id;
    }
    settings->remote = get_setting(row, KEY_REMOTE);
    settings->write_remote = get_setting(row, KEY_WRITE_REMOTE);
    settings->bridge = get_setting(row, KEY_BRIDGE);
    if (!settings->bridge) {
        settings->bridge = DEFAULT_BRIDGE;
    }
    settings->encap_ip = get_setting(row, KEY_ENCAP_IP);
    settings->forward = get_setting(row, KEY_FORWARD);
    settings->tunnel_ports = get_setting(row, KEY_TUNNEL_PORTS);
    settings->encap = get_setting(row, KEY_ENCAP);
}

static void
put_bytes(struct ds *s, const void *bytes, size_t n)
{
    ds_put_buffer(s, bytes, n);
}

static void
put_text(struct ds *s, const char *text)
{
    put_bytes(s, text, strlen(text) + 1);
}

static void
summarize_network(struct ds *s, const struct world *world,
                  const struct world_network *network)
{
    put_text(s, network->name);
    put_bytes(s, &network->vni, sizeof network->vni);
    put_bytes(s, &network->mode, sizeof network->mode);
    put_bytes(s, &network->mtu, sizeof network->mtu);
    put_bytes(s, &network->internal, sizeof network->internal);
    put_bytes(s, &network->closing, sizeof network->closing);
    put_bytes(s, network->subnet, sizeof network->subnet);
    put_text(s, network->lost_to ? network->lost_to : "");
    put_bytes(s, &network->n_ranges, sizeof network->n_ranges);
    put_bytes(s, network->ranges,
              network->n_ranges * sizeof *network->ranges);
    if (network->mode == WORLD_BRIDGED) {
        bridged_describe(world, network, s);
    }
}

/* Returns everything that local_put() looks at, as bytes: at a thousand peers
 * comparing them costs a hundredth of comparing all rows. */
static struct ds
summarize(const struct local *local, const struct world *world,
          const struct local_confirmed *confirmed)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    const char *id;

    put_bytes(&s, &local->seqno, sizeof local->seqno);
    put_bytes(&s, &world->tunnel_ip, sizeof world->tunnel_ip);
    put_bytes(&s, &world->draining, sizeof world->draining);
    put_bytes(&s, &confirmed->flows, sizeof confirmed->flows);
    for (size_t i = 0; i < world->n_networks; i++) {
        summarize_network(&s, world, &world->networks[i]);
    }
    put_text(&s, "");
    tunnels_describe(world, &s);
    put_text(&s, "");
    for (size_t i = 0; i < world->n_pods; i++) {
        put_text(&s, world->pods[i].id);
        put_text(&s, world->pods[i].req);
        put_text(&s, world->pods[i].port_name);
        put_bytes(&s, &world->pods[i].claim.state,
                  sizeof world->pods[i].claim.state);
    }
    put_text(&s, confirmed->acked ? "known" : "");
    if (confirmed->acked) {
        SSET_FOR_EACH (id, confirmed->acked) {
            put_text(&s, id);
        }
    }
    return s;
}

/* Makes tunnel and host ports, acknowledgements and what the bridge's row
 * publishes agree with 'world', in one transaction, as far as what the switch
 * has 'confirmed' allows.  What 'world' has not is deleted: do not call this
 * before the cluster is known. */
void
local_put(struct local *local, const struct world *world,
          const struct local_confirmed *confirmed)
{
    const struct ovsrec_bridge *bridge = bridge_find(local);

    local->is_settled = false;
    if (!local_may_write(local) || !bridge || !bridge_is_ours(bridge)) {
        return;
    }
    struct ds summary = summarize(local, world, confirmed);
    if (summary.length != local->settled.length
        || memcmp(ds_cstr(&summary), ds_cstr(&local->settled),
                  summary.length)) {
        ports_put(local, bridge, world, confirmed);
        limits_put(local, world);
        pods_put(local, bridge, world, confirmed->acked);
        bridged_put(local, bridge, world);
        bridge_publish(local, bridge, world);
        ds_clear(&local->settled);
        if (!writer_is_open(&local->writer)) {
            ds_swap(&summary, &local->settled);
        }
        writer_commit(&local->writer);
    }
    local->is_settled = local->settled.length > 0;
    ds_destroy(&summary);
}

/* Does the database hold what local_put() was last given? */
bool
local_is_settled(const struct local *local)
{
    return local->is_settled && !local->tunnels_wait;
}

/* Returns what there is to tell about the connection, as a JSON object that
 * the caller owns. */
struct json *
local_status(const struct local *local)
{
    struct json *json = json_object_create();
    const struct ovsrec_bridge *bridge = bridge_find(local);
    int error = ovsdb_idl_get_last_error(local->idl);

    json_object_put_string(json, "remote", local->remote);
    json_object_put(json, "connected", json_boolean_create(
                        ovsdb_idl_is_connected(local->idl)));
    json_object_put(json, "ready",
                    json_boolean_create(local_is_ready(local)));
    json_object_put(json, "locked", json_boolean_create(local->locked));
    if (bridge) {
        json_object_put_string(json, "bridge", bridge->name);
        json_object_put(json, "bridge_is_ours",
                        json_boolean_create(bridge_is_ours(bridge)));
        json_object_put_string(json, "datapath_type", bridge->datapath_type);
    }
    const struct ovsrec_open_vswitch *row = local_row(local);
    json_object_put(json, "flow_restore_wait", json_boolean_create(
                        row && smap_get_bool(&row->other_config,
                                             "flow-restore-wait", false)));
    json_object_put(json, "port_errors", ports_errors(local));
    if (error && !ovsdb_idl_is_connected(local->idl)) {
        json_object_put_string(json, "error", ovs_retval_to_string(error));
    } else if (local->writer.error) {
        json_object_put_string(json, "error", local->writer.error);
    }
    return json;
}
