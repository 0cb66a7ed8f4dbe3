/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Runtimes call it right after ADD and give up a pod that fails, so that it
 * only looks at what ADD made certain, asks each question once, and waits for
 * nothing.  The Ethernet addresses of the bridge and of the host's end are not
 * looked at: others may change them, and nobody uses them.
 *
 * Three places must agree: what the runtime was told (checkprev.c), what the
 * kernel has (linkread.c), and what the switch lets through. */

#include "cni/check.h"

#include <string.h>
#include <sys/un.h>

#include "cni/checkprev.h"
#include "cni/id.h"
#include "cni/ipam.h"
#include "cni/linkread.h"
#include "cni/netns.h"
#include "cni/op.h"
#include "cni/options.h"
#include "cni/ovsdb.h"
#include "cni/reply.h"
#include "ovsdb/keys.h"

#define CHECK_TIME 5000 /* ms, for everything. */

struct check {
    const struct env *env;       /* Borrowed. */
    const struct config *config; /* Borrowed. */
    struct checkprev prev;       /* What the runtime was told. */
    struct id id;                /* The attachment. */

    char socket[sizeof((struct sockaddr_un *) NULL)->sun_path];
    struct ovsdb db;    /* At 'socket'. */
    struct netns netns; /* The pod's. */
    struct link host;   /* The plugin's own namespace. */
    struct link in_pod; /* The pod's namespace. */

    struct link_state pod_end;  /* The pod's interface. */
    struct link_state host_end; /* The host's. */
};

static int
wrong(struct cni_error *err, const char *name, const char *what)
{
    return error_set(err, ERROR_CHECK, "%s %s", name, what);
}

/* ---- Devices ---------------------------------------------------------- */

/* What both ends have alike the daemon has set, as it does when the network's
 * MTU changes. */
static int
check_mtu(const struct check *check, const char *name, unsigned int have,
          unsigned int want, struct cni_error *err)
{
    return want && have != want
                   && (!check->host_end.exists
                       || check->pod_end.mtu != check->host_end.mtu)
               ? error_set(err, ERROR_CHECK, "%s has the MTU %u, and not %u",
                           name, have, want)
               : 0;
}

static int
check_mac(const char *name, struct ip_mac have, struct ip_mac want,
          struct cni_error *err)
{
    char have_text[IP_MAC_STRLEN], want_text[IP_MAC_STRLEN];

    ip_format_mac(have, have_text);
    ip_format_mac(want, want_text);
    return strcmp(have_text, want_text)
               ? error_set(err, ERROR_CHECK,
                           "%s has the Ethernet address %s, and not %s", name,
                           have_text, want_text)
               : 0;
}

/* Results before 1.1.0 tell no MTU.  The host's end then has what ADD set; a
 * smaller one in the pod may be another plugin's doing, and harms nobody. */
static int
check_pod_end(struct check *check, struct cni_error *err)
{
    const struct link_state *pod = &check->pod_end;
    const char *name = check->env->ifname;

    if (!pod->exists) {
        return error_set(err, ERROR_CHECK, "the pod has no interface %s",
                         name);
    } else if (!pod->is_veth) {
        return wrong(err, name, "is no virtual Ethernet device");
    } else if (!pod->up) {
        return wrong(err, name, "is down");
    } else if (check_mac(name, pod->mac, check->prev.mac, err)
               || check_mtu(check, name, pod->mtu, check->prev.mtu, err)) {
        return -1;
    } else if (check->host_end.exists && pod->mtu > check->host_end.mtu) {
        return error_set(err, ERROR_CHECK,
                         "%s has the MTU %u, and %s on the host %u", name,
                         pod->mtu, check->id.host_name, check->host_end.mtu);
    }
    return 0;
}

/* Device numbers are a namespace's own: the two ends must name each other, and
 * the host's end the pod's namespace too. */
static int
check_host_end(struct check *check, struct cni_error *err)
{
    const struct link_state *host = &check->host_end;
    const char *name = check->id.host_name;
    int pod_netns;

    if (!host->exists) {
        return error_set(err, ERROR_CHECK, "the host has no interface %s",
                         name);
    } else if (linkread_netns(&check->host, check->netns.pod, &pod_netns,
                              err)) {
        return -1;
    } else if (!host->is_veth || host->peer != check->pod_end.index
               || check->pod_end.peer != host->index
               || host->peer_netns != pod_netns) {
        return error_set(err, ERROR_CHECK,
                         "%s on the host is not the other end of %s", name,
                         check->env->ifname);
    } else if (!host->up) {
        return wrong(err, name, "on the host is down");
    }
    return check_mtu(check, name, host->mtu, check->prev.host_mtu, err);
}

static int
check_addresses(struct check *check, struct cni_error *err)
{
    char text[IP_PREFIX_STRLEN];
    bool has;

    for (size_t i = 0; i < check->prev.n_addresses; i++) {
        const struct ip_prefix address = check->prev.addresses[i];

        if (linkread_has_address(&check->in_pod, check->pod_end.index, address,
                                 &has, err)) {
            return -1;
        } else if (!has) {
            ip_format_prefix(address, text);
            return error_set(err, ERROR_CHECK, "%s has no address %s",
                             check->env->ifname, text);
        }
    }
    return 0;
}

/* Another plugin's route may be by another interface: those count too. */
static int
check_routes(struct check *check, struct cni_error *err)
{
    char text[ROUTE_STRLEN];
    bool has[ROUTE_MAX];

    if (linkread_has_routes(&check->in_pod, &check->prev.routes, has, err)) {
        return -1;
    }
    for (size_t i = 0; i < check->prev.routes.n; i++) {
        const struct route *route = &check->prev.routes.list[i];

        if (!has[i]) {
            route_describe(route, text);
            return error_set(err, ERROR_CHECK, "the pod has no route to %s",
                             text);
        }
    }
    return 0;
}

static int
check_kernel(struct check *check, struct cni_error *err)
{
    if (netns_open(&check->netns, check->env->netns, err)
        || link_open(&check->host, err)
        || netns_open_link(&check->netns, &check->in_pod, err)
        || linkread_device(&check->in_pod, check->env->ifname, &check->pod_end,
                           err)
        || linkread_device(&check->host, check->id.host_name, &check->host_end,
                           err)) {
        return -1;
    }
    return check_pod_end(check, err) || check_host_end(check, err)
           || check_addresses(check, err) || check_routes(check, err);
}

/* ---- The switch ------------------------------------------------------- */

/* Operations of the question. */
enum {
    ASK_SWITCH,
    ASK_INTERFACE,
    ASK_PORT,
    ASK_N_OPERATIONS
};

/* Compares the word 'key' of the row, which the switch goes by, with 'want'.
 */
static int
check_key(const json_t *row, const char *key, const char *want,
          struct cni_error *err)
{
    const char *have = reply_get_key(row, "external_ids", key);

    return !have || strcmp(have, want)
               ? error_set(err, ERROR_CHECK,
                           "the switch goes by %s=%s, and not %s", key,
                           have ? have : "", want)
               : 0;
}

/* The first address of a family is what ADD gave; those behind it, and one of
 * a family that the switch knows nothing of, are others'. */
static int
check_owned(const struct check *check, const json_t *row,
            enum ip_family family, struct cni_error *err)
{
    const char *network = reply_get_key(row, "external_ids", KEY_NETWORK);
    const char *key = family == IP_V4 ? KEY_IP : KEY_IP6;
    const struct checkprev *prev = &check->prev;
    char ip[IP_STRLEN], owned[320] = "";

    for (size_t i = 0; i < prev->n_addresses && !*owned; i++) {
        if (ip_family(prev->addresses[i].address) == family) {
            ip_format(prev->addresses[i].address, ip);
            snprintf(owned, sizeof owned, "%s/%s", network ? network : "",
                     ip);
        }
    }
    if (*owned || reply_get_key(row, "external_ids", key)) {
        return check_key(row, key, owned, err);
    }
    return 0;
}

static int
check_interface(const struct check *check, const json_t *row,
                struct cni_error *err)
{
    const char *error = reply_get_string(row, "error");
    const char *req = reply_get_key(row, "external_ids", KEY_REQ);
    const char *ack = reply_get_key(row, "external_ids", KEY_ACK);
    const char *why = reply_get_key(row, "external_ids", KEY_WHY);
    const char *any_mac = reply_get_key(row, "external_ids", KEY_MAC_CHECK);
    char mac[IP_MAC_STRLEN];

    ip_format_mac(check->prev.mac, mac);
    if (error) {
        return error_set(err, ERROR_CHECK,
                         "ovs-vswitchd refuses the port %s: %s",
                         check->id.host_name, error);
    } else if (check_key(row, KEY_ID, check->id.text, err)
               || check_owned(check, row, IP_V4, err)
               || check_owned(check, row, IP_V6, err)
               || ((!any_mac || strcmp(any_mac, "false"))
                   && check_key(row, KEY_MAC, mac, err))) {
        return -1;
    } else if (!req || !ack || strcmp(req, ack)) {
        error_set(err, ERROR_CHECK, "the flows of %s are not installed",
                  check->id.host_name);
        return why ? error_details(err, "%s", why)
                   : error_details(err, "is loden-controller running?  See "
                                  "\"ovs-appctl -t loden-controller status\"");
    }
    return 0;
}

/* The port must be in the bridge that is Loden's. */
static int
check_bridge(struct check *check, const char *port, const char *bridge,
             struct cni_error *err)
{
    json_t *where = op_list(1, op_term("ports", "includes", op_uuid(port)));
    json_t *results, *rows;
    const char *name;
    int retval = 0;

    if (ovsdb_transact(&check->db,
                       op_list(1, op_select("Bridge", where, "name")),
                       &results, err)) {
        return -1;
    } else if (reply_failed_operation(results, 1, err) >= 0
               || reply_get_rows(results, 0, &rows, err)) {
        retval = -1;
    } else {
        name = reply_get_string(json_array_get(rows, 0), "name");
        if (!name || strcmp(name, bridge)) {
            retval =
                error_set(err, ERROR_CHECK,
                          "the port %s is in the bridge %s, and not in "
                          "%s",
                          check->id.host_name, name ? name : "\"\"", bridge);
        }
    }
    json_decref(results);
    return retval;
}

static int
check_rows(struct check *check, const json_t *results, struct cni_error *err)
{
    json_t *switches, *interfaces, *ports;
    const char *bridge, *port;

    if (reply_failed_operation(results, ASK_N_OPERATIONS, err) >= 0
        || reply_get_rows(results, ASK_SWITCH, &switches, err)
        || reply_get_rows(results, ASK_INTERFACE, &interfaces, err)
        || reply_get_rows(results, ASK_PORT, &ports, err)) {
        return -1;
    }
    bridge =
        reply_get_key(json_array_get(switches, 0), "external_ids", KEY_BRIDGE);
    port = reply_get_uuid(json_array_get(ports, 0), "_uuid");
    if (!port || !json_array_size(interfaces)) {
        return error_set(err, ERROR_CHECK, "the switch has no port %s",
                         check->id.host_name);
    }
    return check_bridge(check, port, bridge ? bridge : DEFAULT_BRIDGE, err)
           || check_interface(check, json_array_get(interfaces, 0), err);
}

static int
check_switch(struct check *check, struct cni_error *err)
{
    const char *name = check->id.host_name;
    json_t *results;
    int retval;

    if (ovsdb_connect(&check->db, err)
        || ovsdb_transact(
            &check->db,
            op_list(ASK_N_OPERATIONS,
                    op_select("Open_vSwitch", json_array(), "external_ids"),
                    op_select("Interface", op_where_string("name", name),
                              "external_ids error"),
                    op_select("Port", op_where_string("name", name), "_uuid")),
            &results, err)) {
        return -1;
    }
    retval = check_rows(check, results, err);
    json_decref(results);
    return retval;
}

/* ---- All of it -------------------------------------------------------- */

static int
check_all(struct check *check, struct cni_error *err)
{
    const struct env *env = check->env;

    return config_get_ovsdb(check->config, env->ovs_rundir, check->socket,
                            sizeof check->socket, err)
           || id_init(&check->id, check->config->name, env->container_id,
                      env->ifname, err)
           || checkprev_parse(check->config, env, check->id.host_name,
                              &check->prev, err)
           || check_kernel(check, err) || check_switch(check, err);
}

int
check_run(const struct env *env, const struct config *config, int stop_fd,
          struct cni_error *err)
{
    const struct ipam ipam = { options_get_ipam(config), env, config,
                               stop_fd };
    struct check check = { .env = env,
                           .config = config,
                           .netns = { .pod = -1, .own = -1 } };
    int retval;

    ovsdb_init(&check.db, check.socket, ovsdb_now() + CHECK_TIME, stop_fd);
    retval = check_all(&check, err);
    link_close(&check.in_pod);
    link_close(&check.host);
    netns_close(&check.netns);
    ovsdb_destroy(&check.db);
    id_destroy(&check.id);
    return retval ? -1 : ipam_check(&ipam, err);
}
