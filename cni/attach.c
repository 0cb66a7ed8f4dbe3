/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A pod's port is one transaction, so that there is never half of one: the
 * address, which is a word on the interface's row, comes and goes with it, and
 * the database's "wait" makes it unique without a lock.
 *
 * Reading before the decision is view.c's, removing is detach.c's, and the
 * veth is link.c's. */

#include "cni/attach.h"

#include <stdio.h>
#include <string.h>

#include "cni/op.h"
#include "cni/reply.h"
#include "ovsdb/keys.h"

/* How the network and an address of its are written: NETWORK/ADDRESS. */
#define JOINED_MAX 320

/* The keys of the families. */
static const struct {
    const char *ip;   /* On the pod's row. */
    const char *last; /* On the bridge's, with the network's name behind. */
} families[IP_N_FAMILIES] = {
    [IP_V4] = { KEY_IP, KEY_LAST_PREFIX },
    [IP_V6] = { KEY_IP6, KEY_LAST6_PREFIX },
};

static void
join(char buf[static JOINED_MAX], const char *a, const char *b)
{
    snprintf(buf, JOINED_MAX, "%s%s", a, b);
}

/* Appends to 'pairs'; an empty 'value' says nothing. */
static void
add_pair(json_t *pairs, const char *key, const char *value)
{
    if (*value) {
        json_array_append_new(pairs, json_pack("[s,s]", key, value));
    }
}

/* Writes the value of an address's key. */
static void
own(char buf[static JOINED_MAX], const char *network, struct ip ip)
{
    char text[IP_STRLEN];

    ip_format(ip, text);
    snprintf(buf, JOINED_MAX, "%s/%s", network, text);
}

/* The interface's external_ids; NULL without memory. */
static json_t *
make_external_ids(const struct attach_port *port, const char *network)
{
    json_t *pairs = json_array();
    char mac[IP_MAC_STRLEN], mtu[16];

    ip_format_mac(port->mac, mac);
    add_pair(pairs, KEY_ID, port->id);
    add_pair(pairs, KEY_IFACE_ID, port->id);
    add_pair(pairs, KEY_NETWORK, network);
    for (int family = 0; family < IP_N_FAMILIES; family++) {
        char owned[JOINED_MAX];

        if (ip_is_set(port->ip[family])) {
            own(owned, network, port->ip[family]);
            add_pair(pairs, families[family].ip, owned);
        }
    }
    add_pair(pairs, KEY_MAC, mac);
    add_pair(pairs, KEY_ATTACHED_MAC, mac);
    add_pair(pairs, KEY_NETNS, port->netns);
    add_pair(pairs, KEY_BOOT, port->boot);
    add_pair(pairs, KEY_REQ, port->nonce);
    add_pair(pairs, KEY_POD, port->pod);
    add_pair(pairs, KEY_MAC_CHECK, port->mac_check ? "" : "false");
    add_pair(pairs, KEY_ISOLATED, port->isolated ? "true" : "");
    snprintf(mtu, sizeof mtu, "%u", port->mtu);
    add_pair(pairs, KEY_MTU, port->mtu ? mtu : "");
    add_pair(pairs, KEY_RATE_IN, port->rate_in);
    add_pair(pairs, KEY_RATE_OUT, port->rate_out);
    add_pair(pairs, KEY_PORTS, port->ports);
    add_pair(pairs, KEY_DHCP, port->dhcp ? "true" : "");
    add_pair(pairs, KEY_CLAIM, port->claims ? port->nonce : "");
    add_pair(pairs, KEY_MOVE, port->moves ? "true" : "");
    return json_pack("[s,o]", "map", pairs);
}

/* Holds if the bridge still says of 'network' what it said in 'view'. */
static json_t *
make_wait_network(const struct view *view, const struct network *network)
{
    char key[JOINED_MAX];

    join(key, KEY_NET_PREFIX, network->name);
    return op_wait(&(struct op_wait){
        .table = "Bridge",
        .where = op_list(
            2, op_term("_uuid", "==", op_uuid(view->uuid)),
            op_term("external_ids", "includes", op_map(key, network->words))),
        .columns = "name",
        .until = "==",
        .rows = json_pack("[{s:s}]", "name", view->name),
    });
}

/* Holds if nobody in 'network' has 'ip'. */
static json_t *
make_wait_ip(const struct network *network, struct ip ip)
{
    char owned[JOINED_MAX];

    own(owned, network->name, ip);
    return op_wait(&(struct op_wait){
        .table = "Interface",
        .where = op_where_key(families[ip_family(ip)].ip, owned),
        .columns = "name",
        .until = "==",
        .rows = json_array(),
    });
}

/* Holds if nobody in 'network' has 'mac'.  An address that follows from the
 * pod's own needs no such condition. */
static json_t *
make_wait_mac(const struct network *network, struct ip_mac mac)
{
    char text[IP_MAC_STRLEN];

    ip_format_mac(mac, text);
    return op_wait(&(struct op_wait){
        .table = "Interface",
        .where = op_list(
            2, op_term("external_ids", "includes", op_map(KEY_MAC, text)),
            op_term("external_ids", "includes",
                    op_map(KEY_NETWORK, network->name))),
        .columns = "name",
        .until = "==",
        .rows = json_array(),
    });
}

/* Hangs a new port into the bridge and notes the addresses for whoever comes
 * next; what another noted meanwhile is overwritten. */
static json_t *
make_mutate(const struct view *view, const struct network *network,
            const struct attach_port *port)
{
    json_t *mutations =
        port->former
            ? json_array()
            : op_list(1, op_term("ports", "insert", op_new_uuid("port")));

    for (int family = 0; family < IP_N_FAMILIES; family++) {
        char key[JOINED_MAX], ip[IP_STRLEN];

        if (ip_is_set(port->ip[family])) {
            join(key, families[family].last, network->name);
            ip_format(port->ip[family], ip);
            mutations = op_append(
                mutations, op_term("external_ids", "delete", op_set(key)));
            mutations = op_append(
                mutations, op_term("external_ids", "insert", op_map(key, ip)));
        }
    }
    return op_mutate("Bridge",
                     op_list(1, op_term("_uuid", "==", op_uuid(view->uuid))),
                     mutations);
}

/* Its former one has its MAC already. */
static bool
waits_for_mac(const struct attach_port *port)
{
    return port->wished_mac && !port->former;
}

/* The conditions that hold if nobody has what the pod is to have. */
static json_t *
make_waits(const struct network *network, const struct attach_port *port)
{
    json_t *waits = json_array();

    if (waits_for_mac(port)) {
        waits = op_append(waits, make_wait_mac(network, port->mac));
    }
    for (int family = 0; family < IP_N_FAMILIES; family++) {
        if (ip_is_set(port->ip[family])) {
            waits = op_append(waits, make_wait_ip(network, port->ip[family]));
        }
    }
    return waits;
}

/* Appends what makes the rows of a new port. */
static json_t *
add_rows(json_t *operations, const struct attach_port *port, json_t *ids)
{
    json_t *interface = json_pack("{s:s, s:o}", "name", port->host_name,
                                  "external_ids", ids);
    json_t *port_row = json_pack("{s:s, s:o}", "name", port->host_name,
                                 "interfaces", op_new_uuid("interface"));

    operations =
        op_append(operations, op_insert("Interface", "interface", interface));
    return op_append(operations, op_insert("Port", "port", port_row));
}

/* Changes the row that is there: what was said of the former one's flows does
 * not hold for this one's. */
static json_t *
make_change(const struct attach_port *port, json_t *ids)
{
    json_t *former = op_term("external_ids", "includes",
                             op_map(KEY_REQ, port->former));

    return op_mutate(
        "Interface",
        op_list(2, op_term("name", "==", json_string(port->host_name)),
                former),
        op_list(3, op_term("external_ids", "delete", op_set(KEY_REQ)),
                op_term("external_ids", "delete", op_set(KEY_ACK)),
                op_term("external_ids", "insert", ids)));
}

/* Conditions go before what would break them: first make_waits()'s. */
static json_t *
make_insertion(const struct view *view, const struct network *network,
               const struct attach_port *port)
{
    json_t *operations = make_waits(network, port);
    json_t *ids = make_external_ids(port, network->name);

    operations = op_append(operations, make_wait_network(view, network));
    operations = port->former ? op_append(operations, make_change(port, ids))
                              : add_rows(operations, port, ids);
    operations = op_append(operations, make_mutate(view, network, port));
    return op_append(operations, op_comment("ADD", port->id));
}

/* How many conditions make_waits() makes. */
static int
count_waits(const struct attach_port *port)
{
    return waits_for_mac(port) + ip_is_set(port->ip[IP_V4])
           + ip_is_set(port->ip[IP_V6]);
}

int
attach_insert(struct ovsdb *db, const struct view *view,
              const struct network *network, const struct attach_port *port,
              struct cni_error *err)
{
    json_t *operations = make_insertion(view, network, port);
    const size_t n = json_array_size(operations);
    const int n_waits = count_waits(port);
    json_t *results;
    bool timed_out;
    int failed;

    if (ovsdb_transact(db, operations, &results, err)) {
        return -1;
    }
    failed = reply_failed_operation(results, n, err);
    timed_out = reply_timed_out(results, failed);
    json_decref(results);
    if (failed < 0) {
        return 0;
    } else if (timed_out && failed < n_waits) {
        return ATTACH_TAKEN;
    } else if (timed_out && failed == n_waits && network->bridged) {
        /* Blocks come, and pods elsewhere come and go. */
        return ATTACH_TAKEN;
    } else if (timed_out && failed == n_waits) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "network \"%s\" changed on this node meanwhile",
                         network->name);
    }
    return -1;
}

/* ---- Waiting for the controller --------------------------------------- */

/* Operations of the confirmation.  The server does both again until the wait
 * succeeds or fails, so that the select tells the port as it was then. */
enum {
    CONFIRM_SELECT,
    CONFIRM_WAIT,
    CONFIRM_N_OPERATIONS
};

/* Waits for an answer of the controller's, be it a refusal, or for the end of
 * the port: until there is none without an answer. */
static json_t *
make_confirmation(const char *host_name, const char *nonce, long long timeout)
{
    json_t *where = op_list(
        3, op_term("name", "==", json_string(host_name)),
        op_term("external_ids", "excludes", op_map(KEY_ACK, nonce)),
        op_term("external_ids", "excludes", op_map(KEY_NACK, nonce)));
    json_t *wait = op_wait(&(struct op_wait){
        .table = "Interface",
        .where = where,
        .columns = "name",
        .until = "==",
        .rows = json_array(),
        .timeout = timeout,
    });

    return op_list(CONFIRM_N_OPERATIONS,
                   op_select("Interface", op_where_string("name", host_name),
                             "ofport error external_ids"),
                   wait);
}

static int
explain(const json_t *row, const char *host_name, struct cni_error *err)
{
    const char *error = reply_get_string(row, "error");

    if (error) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "ovs-vswitchd refuses the port %s: %s", host_name,
                         error);
    } else if (!json_is_integer(json_object_get(row, "ofport"))) {
        error_set(err, ERROR_TRY_AGAIN,
                  "ovs-vswitchd did not take the port %s in time", host_name);
        return error_details(err, "is ovs-vswitchd running?");
    }
    error_set(err, ERROR_TRY_AGAIN,
              "loden-controller did not confirm the flows of %s in time",
              host_name);
    return error_details(err, "is it running?  See \"ovs-appctl -t "
                              "loden-controller status\"");
}

/* Reads the answer, or why there is none. */
static int
read_confirmation(const json_t *results, const char *host_name,
                  const char *nonce, struct cni_error *err)
{
    int failed = reply_failed_operation(results, CONFIRM_N_OPERATIONS, err);
    const char *ack, *why;
    const json_t *row;
    json_t *rows;

    if ((failed >= 0 && !reply_timed_out(results, failed))
        || reply_get_rows(results, CONFIRM_SELECT, &rows, err)) {
        return -1;
    }
    row = json_array_get(rows, 0);
    ack = reply_get_key(row, "external_ids", KEY_ACK);
    why = reply_get_key(row, "external_ids", KEY_WHY);
    if (!row) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "somebody deleted the port %s meanwhile", host_name);
    } else if (failed >= 0) {
        return explain(row, host_name, err);
    }
    return ack && !strcmp(ack, nonce)
               ? 0
               : error_set(err, ERROR_TRY_AGAIN,
                           "loden-controller refuses the pod: %s",
                           why ? why : "");
}

int
attach_confirm(struct ovsdb *db, const char *host_name, const char *nonce,
               struct cni_error *err)
{
    const long long deadline = db->deadline;
    json_t *results;
    int retval;

    do {
        long long left = deadline - ovsdb_now();

        /* The server, which knows more, is to give up before we do. */
        db->deadline = deadline + 1000;
        retval = ovsdb_transact(
            db, make_confirmation(host_name, nonce, left > 0 ? left : 0),
            &results, err);
        db->deadline = deadline;
        /* A server that stops answers no wait.  The port, once confirmed to
         * be in, is still in when the server comes back. */
    } while (retval && !ovsdb_is_connected(db) && ovsdb_now() < deadline
             && !ovsdb_reconnect(db, err));
    if (retval) {
        return -1;
    }
    retval = read_confirmation(results, host_name, nonce, err);
    json_decref(results);
    return retval;
}
