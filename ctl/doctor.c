/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* lodenctl doctor: what commonly keeps a node from working, each with a
 * verdict, what it rests on, and what to do.
 *
 * Nearly all of it the daemon knows and tells in its status; what it cannot
 * tell when it is not there is looked up here.  Nothing is changed. */

#include <config.h>
#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ask.h"
#include "ctl/output.h"
#include "ctl/sockets.h"
#include "ctl/status.h"
#include "flows/addr.h"
#include "flows/world.h"
#include "openvswitch/json.h"
#include "util.h"

/* An examination under way. */
struct doctor {
    const struct json *status; /* The daemon's; NULL if it does not answer. */
    struct table table;        /* The findings. */
    size_t n;                  /* How many there are, */
    size_t n_failed;           /* and of them, that keep it from working. */
};

enum verdict {
    VERDICT_OK,
    VERDICT_WARN, /* Works, but less than it could. */
    VERDICT_FAIL  /* Something does not work. */
};

/* Adds a finding.  Takes 'evidence' and 'remedy', which may be NULL. */
static void
find(struct doctor *doctor, const char *check, enum verdict verdict,
     char *evidence, char *remedy)
{
    static const char *const names[] = { "ok", "warn", "FAIL" };

    table_add_row(&doctor->table);
    output_text(&doctor->table, check);
    output_text(&doctor->table, names[verdict]);
    output_text(&doctor->table, evidence);
    output_text(&doctor->table, remedy ? remedy : "");
    doctor->n++;
    doctor->n_failed += verdict == VERDICT_FAIL;
    free(evidence);
    free(remedy);
}

/* ---- Reading the status ------------------------------------------------- */

/* Returns the member 'name' of 'object', of 'type', or NULL. */
static const struct json *
member(const struct json *object, const char *name, enum json_type type)
{
    const struct json *json
        = (object && object->type == JSON_OBJECT
           ? shash_find_data(json_object(object), name) : NULL);
    return json && json->type == type ? json : NULL;
}

static bool
is_true(const struct json *object, const char *name)
{
    return member(object, name, JSON_TRUE) != NULL;
}

static const char *
text(const struct json *object, const char *name)
{
    const struct json *json = member(object, name, JSON_STRING);
    return json ? json_string(json) : NULL;
}

static long long int
number(const struct json *object, const char *name)
{
    const struct json *json = member(object, name, JSON_INTEGER);
    return json ? json_integer(json) : 0;
}

/* Returns the array 'name' of 'object', or an empty one. */
static const struct json_array *
list(const struct json *object, const char *name)
{
    static const struct json_array none = { .n = 0 };
    const struct json *json = member(object, name, JSON_ARRAY);
    return json ? json_array(json) : &none;
}

/* ---- The checks, in the order in which one would repair ----------------- */

/* Which packets' way is it? */
static void
check_datapath(struct doctor *doctor)
{
    const char *datapath = text(doctor->status, "datapath");
    bool module = !access("/sys/module/openvswitch", F_OK);

    if (!datapath || !strcmp(datapath, "unknown")) {
        find(doctor, "datapath", VERDICT_WARN,
             xstrdup("the daemon does not know yet"), NULL);
    } else if (!strcmp(datapath, "system")) {
        find(doctor, "datapath", module ? VERDICT_OK : VERDICT_FAIL,
             xasprintf("system: the kernel's module openvswitch is %s",
                       module ? "loaded" : "not loaded"),
             module ? NULL : xstrdup("modprobe openvswitch"));
    } else {
        find(doctor, "datapath", VERDICT_WARN,
             xasprintf("%s: the userspace datapath, slower unless DPDK moves "
                       "the packets", datapath),
             xasprintf("%sloden-ctl restart --datapath=system",
                       module ? "" : "modprobe openvswitch; "));
    }
}

static void
check_switch(struct doctor *doctor)
{
    const struct json *local = member(doctor->status, "local", JSON_OBJECT);
    const struct json *openflow
        = member(doctor->status, "openflow", JSON_OBJECT);
    const struct json_array *errors = list(local, "port_errors");

    if (is_true(local, "flow_restore_wait")) {
        find(doctor, "switch", VERDICT_FAIL,
             xstrdup("other_config:flow-restore-wait is true: packets are "
                     "held until it is not"),
             xstrdup("ovs-vsctl remove Open_vSwitch . other_config "
                     "flow-restore-wait"));
    } else if (!is_true(local, "connected")) {
        find(doctor, "switch", VERDICT_FAIL,
             xasprintf("no connection to %s",
                       text(local, "remote") ? text(local, "remote") : "its "
                       "database"),
             xstrdup("systemctl start openvswitch-switch"));
    } else if (!is_true(openflow, "connected")
               || !is_true(openflow, "confirmed")) {
        find(doctor, "switch", VERDICT_FAIL,
             xasprintf("flows are not confirmed: %s",
                       text(openflow, "state") ? text(openflow, "state")
                       : "no state"),
             xstrdup("see /var/log/openvswitch/ovs-vswitchd.log"));
    } else {
        find(doctor, "switch", VERDICT_OK,
             xasprintf("%lld flows confirmed", number(openflow, "flows")),
             NULL);
    }
    for (size_t i = 0; i < errors->n; i++) {
        if (errors->elems[i]->type == JSON_STRING) {
            find(doctor, "port", VERDICT_FAIL,
                 xstrdup(json_string(errors->elems[i])),
                 xstrdup("see /var/log/openvswitch/ovs-vswitchd.log"));
        }
    }
}

/* Can tunnels have their UDP port? */
static void
check_udp_port(struct doctor *doctor)
{
    const struct json *tunnels
        = member(doctor->status, "tunnels", JSON_OBJECT);
    const char *datapath = text(doctor->status, "datapath");
    int port = tunnels ? number(tunnels, "dst_port") : WORLD_VXLAN_PORT;
    char *holder = sockets_find_udp(port);

    if (!holder) {
        find(doctor, "udp port", VERDICT_OK,
             xasprintf("no program holds UDP port %d, the tunnels'", port),
             NULL);
        return;
    }
    /* Userspace takes the packets before the kernel does. */
    bool userspace = datapath && !strcmp(datapath, "netdev");
    find(doctor, "udp port", userspace ? VERDICT_WARN : VERDICT_FAIL,
         xasprintf("UDP port %d, the tunnels', is held by %s", port, holder),
         xstrdup("end that program, or move the tunnels of all nodes: "
                 "lodenctl option set dst_port PORT"));
    free(holder);
}

/* Does what pods may send fit into the network below? */
static void
check_mtu(struct doctor *doctor)
{
    long long int underlay = number(doctor->status, "underlay_mtu");
    long long int overhead = number(doctor->status, "tunnel_overhead");
    const struct json_array *networks = list(doctor->status, "networks");
    bool fits = true;

    if (!underlay) {
        find(doctor, "mtu", VERDICT_FAIL,
             xstrdup("no interface has the tunnels' address"),
             xstrdup("ovs-vsctl set open . "
                     "external_ids:loden-encap-ip=ADDRESS"));
        return;
    }
    for (size_t i = 0; i < networks->n; i++) {
        const char *name = text(networks->elems[i], "name");
        long long int mtu = number(networks->elems[i], "mtu");
        if (name && mtu + overhead > underlay) {
            find(doctor, "mtu", VERDICT_FAIL,
                 xasprintf("network %s: %lld bytes and %lld of VXLAN do not "
                           "fit into the underlay's %lld", name, mtu, overhead,
                           underlay),
                 xasprintf("lodenctl network set %s --mtu=%lld, or a larger "
                           "MTU below", name, underlay - overhead));
            fits = false;
        }
    }
    if (fits) {
        find(doctor, "mtu", VERDICT_OK,
             xasprintf("every network fits into the underlay's %lld bytes",
                       underlay), NULL);
    }
}

/* Does the host let through what pods send to the world? */
static void
check_forward(struct doctor *doctor)
{
    const struct json *host = member(doctor->status, "host", JSON_OBJECT);
    const struct json *forward = member(host, "forward", JSON_OBJECT);
    const struct json *nftables = member(host, "nftables", JSON_OBJECT);
    const struct json_array *problems = list(forward, "problems");

    if (member(host, "ip_forward", JSON_FALSE)) {
        find(doctor, "ip_forward", VERDICT_FAIL,
             xstrdup("net.ipv4.ip_forward is 0: pods do not reach the world"),
             xstrdup("sysctl -w net.ipv4.ip_forward=1, and find out who set "
                     "it to 0: /etc/sysctl.d?"));
    } else {
        find(doctor, "ip_forward", VERDICT_OK,
             xstrdup("net.ipv4.ip_forward is 1"), NULL);
    }
    for (size_t i = 0; i < problems->n; i++) {
        if (problems->elems[i]->type == JSON_STRING) {
            const char *problem = json_string(problems->elems[i]);
            const char *remedy = strstr(problem, ": run ");
            size_t len = remedy ? remedy - problem : strlen(problem);
            find(doctor, "firewall", VERDICT_FAIL, xmemdup0(problem, len),
                 xstrdup(remedy ? remedy + 2 : ""));
        }
    }
    if (!problems->n) {
        find(doctor, "firewall", VERDICT_OK,
             xasprintf("no chain of others drops what pods need%s",
                       number(forward, "rules") ? ", thanks to our rules"
                       : ""), NULL);
    }
    if (text(nftables, "error")) {
        find(doctor, "nftables", VERDICT_FAIL,
             xstrdup(text(nftables, "error")), NULL);
    }
}

static void
check_cluster(struct doctor *doctor)
{
    const struct json *cluster
        = member(doctor->status, "cluster", JSON_OBJECT);
    const char *remote = text(cluster, "remote");
    const char *error = text(cluster, "error");

    if (is_true(cluster, "connected") && is_true(cluster, "ready")) {
        find(doctor, "cluster", VERDICT_OK, xasprintf("%s answers", remote),
             NULL);
    } else {
        find(doctor, "cluster", VERDICT_FAIL,
             xasprintf("%s %s%s%s", remote ? remote : "the cluster database",
                       is_true(cluster, "connected") ? "is not initialised"
                       : "does not answer", error ? ": " : "",
                       error ? error : ""),
             xstrdup("is it running there, and external_ids:loden-remote "
                     "right here?"));
    }
}

/* Has the node a share of every network? */
static void
check_leases(struct doctor *doctor)
{
    const struct json_array *networks = list(doctor->status, "networks");
    const struct json *cluster
        = member(doctor->status, "cluster", JSON_OBJECT);
    const struct json_array *problems = list(cluster, "problems");
    size_t n = 0;

    for (size_t i = 0; i < networks->n; i++) {
        const char *name = text(networks->elems[i], "name");
        const char *mode = text(networks->elems[i], "mode");
        if (!name || !mode || strcmp(mode, "routed")
            || text(networks->elems[i], "subnet")
            || text(networks->elems[i], "subnet6")) {
            n++;
            continue;
        }
        find(doctor, "lease", VERDICT_FAIL,
             xasprintf("this node has no subnet of network %s%s%s", name,
                       problems->n ? ": " : "",
                       problems->n && problems->elems[0]->type == JSON_STRING
                       ? json_string(problems->elems[0]) : ""),
             xstrdup("lodenctl subnet list; lodenctl network add, or forget "
                     "nodes that are gone: lodenctl node delete"));
    }
    if (!networks->n) {
        find(doctor, "lease", VERDICT_WARN,
             xstrdup("there is no network yet"),
             xstrdup("lodenctl network add NAME --range=CIDR"));
    } else if (n == networks->n) {
        find(doctor, "lease", VERDICT_OK,
             xasprintf("a share of every network, %"PRIuSIZE" of them", n),
             NULL);
    }
}

/* What the daemon complains of itself. */
static void
check_complaints(struct doctor *doctor)
{
    const struct json_array *problems = list(doctor->status, "problems");
    const struct json_array *refusals = list(doctor->status, "refusals");

    for (size_t i = 0; i < problems->n; i++) {
        if (problems->elems[i]->type == JSON_STRING) {
            find(doctor, "daemon", VERDICT_FAIL,
                 xstrdup(json_string(problems->elems[i])), NULL);
        }
    }
    for (size_t i = 0; i < refusals->n; i++) {
        const char *what = text(refusals->elems[i], "what");
        const char *why = text(refusals->elems[i], "why");
        find(doctor, "refused", VERDICT_WARN,
             xasprintf("%s: %s", what ? what : "?", why ? why : "?"), NULL);
    }
}

static void
examine(struct doctor *doctor, const char *error)
{
    if (doctor->status) {
        find(doctor, "daemon", VERDICT_OK, xstrdup("it answers"), NULL);
        check_datapath(doctor);
        check_switch(doctor);
        check_cluster(doctor);
        check_leases(doctor);
        check_udp_port(doctor);
        check_mtu(doctor);
        check_forward(doctor);
        check_complaints(doctor);
    } else {
        find(doctor, "daemon", VERDICT_FAIL, xstrdup(error),
             xstrdup("loden-ctl start; /var/log/loden/loden-controller.log "
                     "says why it ended"));
        check_udp_port(doctor);
    }
}

/* doctor */
char *
doctor_examine(struct invocation *invocation)
{
    struct doctor doctor = { .status = NULL };
    struct json *status = NULL;
    char *answer = NULL;
    char *error = ask_daemon(invocation, "status", &answer);

    if (!error) {
        doctor.status = status = json_from_string(answer);
    }
    output_columns(&doctor.table, "check verdict evidence remedy");
    examine(&doctor, error);
    output_table(&doctor.table, &invocation->style, &invocation->out);
    json_destroy(status);
    free(answer);
    free(error);
    if (!doctor.n_failed) {
        return NULL;
    }
    /* With an error nothing else would be shown. */
    fputs(ds_cstr(&invocation->out), stdout);
    fflush(stdout);
    return xasprintf("%"PRIuSIZE" of %"PRIuSIZE" findings keep this node from "
                     "working", doctor.n_failed, doctor.n);
}
