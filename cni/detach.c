/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A pod's port is found by what is written on its interface, never by a file
 * or by the pod's namespace, so that it is found after a reboot, after an
 * upgrade that names ports otherwise, and when the pod is long gone. */

#include "cni/detach.h"

#include <string.h>

#include "cni/link.h"
#include "cni/op.h"
#include "cni/reply.h"
#include "ovsdb/keys.h"

#define SWITCH_TIME 1000 /* ms, for ovs-vswitchd to let go of a device. */

/* Operations of the question. */
enum {
    FIND_OURS,
    FIND_NAMED,
    FIND_PORTS,
    FIND_N_OPERATIONS
};

/* What an interface's row has besides its columns: its port's row, if that is
 * known. */
#define PORT_OF_ROW "port"

static json_t *
make_find(const struct detach_query *query)
{
    return op_list(FIND_N_OPERATIONS,
                   op_select("Interface",
                             op_where_key(query->key, query->value),
                             "_uuid name"),
                   op_select("Interface",
                             op_where_string("name", query->host_name),
                             "_uuid name"),
                   op_select("Port", op_where_string("name", query->host_name),
                             "_uuid interfaces"));
}

/* Notes in each of the interfaces 'rows' which of 'ports' has it.  A port with
 * several interfaces is nobody's that the plugin made. */
static void
note_ports(json_t *rows, const json_t *ports)
{
    json_t *row, *port;
    size_t i, j;

    json_array_foreach (rows, i, row) {
        const char *uuid = reply_get_uuid(row, "_uuid");

        json_array_foreach (ports, j, port) {
            const char *has = reply_get_uuid(port, "interfaces");

            if (uuid && has && !strcmp(uuid, has)) {
                json_object_set(row, PORT_OF_ROW,
                                json_object_get(port, "_uuid"));
            }
        }
    }
}

/* The plugin calls port and interface alike, so that one question tells of
 * both, unless another version called them otherwise. */
int
detach_find(struct ovsdb *db, const struct detach_query *query,
            struct detach_found *ret_found, struct cni_error *err)
{
    struct detach_found found;
    json_t *ports;

    if (ovsdb_transact(db, make_find(query), &found.results, err)) {
        return -1;
    }
    if (reply_failed_operation(found.results, FIND_N_OPERATIONS, err) >= 0
        || reply_get_rows(found.results, FIND_OURS, &found.ours, err)
        || reply_get_rows(found.results, FIND_NAMED, &found.named, err)
        || reply_get_rows(found.results, FIND_PORTS, &ports, err)) {
        detach_found_destroy(&found);
        return -1;
    }
    note_ports(found.ours, ports);
    *ret_found = found;
    return 0;
}

void
detach_found_destroy(struct detach_found *found)
{
    json_decref(found->results);
    *found = (struct detach_found){ .results = NULL };
}

/* Operations of unplug(). */
enum {
    UNPLUG_BRIDGE,
    UNPLUG_COUNT,
    UNPLUG_SELECT,
    UNPLUG_COMMENT,
    UNPLUG_N_OPERATIONS
};

/* Takes the port row 'uuid' out of whichever bridge has it.  Being in no
 * bridge, the port is deleted, and with it its interfaces.  Stores the number
 * by which ovs-vswitchd says that it has seen to it. */
static int
unplug(struct ovsdb *db, const char *uuid, json_t *comment,
       json_int_t *ret_sequence, struct cni_error *err)
{
    json_t *operations = op_list(
        UNPLUG_N_OPERATIONS,
        op_mutate("Bridge",
                  op_list(1, op_term("ports", "includes", op_uuid(uuid))),
                  op_list(1, op_term("ports", "delete", op_uuid(uuid)))),
        op_mutate("Open_vSwitch", json_array(),
                  op_list(1, op_term("next_cfg", "+=", json_integer(1)))),
        op_select("Open_vSwitch", json_array(), "next_cfg"), comment);
    json_t *results, *rows;
    int retval = 0;

    if (ovsdb_transact(db, operations, &results, err)) {
        return -1;
    }
    if (reply_failed_operation(results, UNPLUG_N_OPERATIONS, err) >= 0
        || reply_get_rows(results, UNPLUG_SELECT, &rows, err)) {
        retval = -1;
    } else {
        *ret_sequence = json_integer_value(
            json_object_get(json_array_get(rows, 0), "next_cfg"));
    }
    json_decref(results);
    return retval;
}

/* Waits until ovs-vswitchd has let go of the device.  Otherwise it would find
 * the device gone while it still reads from it, and log an error about it.
 * That is not worth failing, nor waiting long. */
void
detach_wait(struct ovsdb *db, json_int_t sequence)
{
    json_t *done = op_term("cur_cfg", ">=", json_integer(sequence));
    json_t *wait = op_wait(&(struct op_wait){
        .table = "Open_vSwitch",
        .where = op_list(1, done),
        .columns = "",
        .until = "!=",
        .rows = json_array(),
        .timeout = SWITCH_TIME,
    });
    struct cni_error ignored;
    json_t *results;

    if (!ovsdb_transact(db, op_list(1, wait), &results, &ignored)) {
        json_decref(results);
    }
}

/* Stores the rows of the ports that have the interface row 'uuid': one. */
static int
find_ports(struct ovsdb *db, const char *uuid, struct detach_found *ret_found,
           struct cni_error *err)
{
    json_t *where =
        op_list(1, op_term("interfaces", "includes", op_uuid(uuid)));

    if (ovsdb_transact(db, op_list(1, op_select("Port", where, "_uuid")),
                       &ret_found->results, err)) {
        return -1;
    }
    if (reply_failed_operation(ret_found->results, 1, err) >= 0
        || reply_get_rows(ret_found->results, 0, &ret_found->ours, err)) {
        detach_found_destroy(ret_found);
        return -1;
    }
    return 0;
}

int
detach_unplug(struct ovsdb *db, const json_t *row, const char *why,
              json_int_t *ret_sequence, struct cni_error *err)
{
    const char *known_port = reply_get_uuid(row, PORT_OF_ROW);
    const char *interface = reply_get_uuid(row, "_uuid");
    const char *name = reply_get_string(row, "name");
    struct detach_found ports;
    const json_t *port;
    int retval = 0;
    size_t i;

    if (!interface || !name) {
        return error_set(err, ERROR_DATABASE,
                         "an interface without _uuid or name");
    } else if (known_port) {
        return unplug(db, known_port, op_comment(why, name), ret_sequence,
                      err);
    } else if (find_ports(db, interface, &ports, err)) {
        return -1;
    }
    json_array_foreach (ports.ours, i, port) {
        const char *uuid = reply_get_uuid(port, "_uuid");

        if (!uuid) {
            retval = error_set(err, ERROR_DATABASE, "a port without _uuid");
        } else if (unplug(db, uuid, op_comment(why, name), ret_sequence,
                          err)) {
            retval = -1;
        }
    }
    detach_found_destroy(&ports);
    return retval;
}

int
detach_delete(struct ovsdb *db, const json_t *row, const char *why,
              struct cni_error *err)
{
    json_int_t sequence = 0;

    if (detach_unplug(db, row, why, &sequence, err)) {
        return -1;
    } else if (sequence) {
        detach_wait(db, sequence);
    }
    return 0;
}

int
detach_delete_link(const char *name, struct cni_error *err)
{
    struct link host;
    int retval;

    if (strncmp(name, POD_PORT_PREFIX, strlen(POD_PORT_PREFIX))) {
        return 0;
    } else if (link_open(&host, err)) {
        return -1;
    }
    retval = link_delete(&host, name, err);
    link_close(&host);
    return retval;
}
