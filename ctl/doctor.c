/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* lodenctl doctor: what commonly keeps a node from working, each with a
 * verdict, what it rests on, and what to do.
 *
 * Nearly all of it the daemon knows and tells in its status; what it cannot
 * tell when it is not there is looked up.  What concerns the host is
 * doctor-host.c's.  Nothing is changed. */

#include <config.h>
#include "ctl/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/ask.h"
#include "ctl/doctor.h"
#include "ctl/output.h"
#include "ctl/status.h"
#include "openvswitch/json.h"
#include "util.h"

/* Adds a finding.  Takes 'evidence' and 'remedy', which may be NULL. */
void
doctor_find(struct doctor *doctor, const char *check, enum verdict verdict,
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
const struct json *
doctor_member(const struct json *object, const char *name, enum json_type type)
{
    const struct json *json = (object && object->type == JSON_OBJECT
                                   ? shash_find_data(json_object(object), name)
                                   : NULL);
    return json && json->type == type ? json : NULL;
}

bool
doctor_is_true(const struct json *object, const char *name)
{
    return doctor_member(object, name, JSON_TRUE) != NULL;
}

const char *
doctor_text(const struct json *object, const char *name)
{
    const struct json *json = doctor_member(object, name, JSON_STRING);
    return json ? json_string(json) : NULL;
}

long long int
doctor_number(const struct json *object, const char *name)
{
    const struct json *json = doctor_member(object, name, JSON_INTEGER);
    return json ? json_integer(json) : 0;
}

/* Returns the array 'name' of 'object', or an empty one. */
const struct json_array *
doctor_list(const struct json *object, const char *name)
{
    static const struct json_array none = { .n = 0 };
    const struct json *json = doctor_member(object, name, JSON_ARRAY);
    return json ? json_array(json) : &none;
}

/* ---- The checks, in the order in which one would repair ----------------- */

/* Which datapath the bridge is to have, also if the switch could not make it;
 * NULL if there is no bridge. */
static const char *
find_datapath(const struct doctor *doctor)
{
    const char *type
        = doctor_text(doctor_member(doctor->status, "local", JSON_OBJECT),
                      "datapath_type");
    return type && !type[0] ? "system" : type;
}

/* Which packets' way is it? */
static void
check_datapath(struct doctor *doctor)
{
    const char *datapath = find_datapath(doctor);
    /* A module, or built in: then the device of the datapath tells. */
    bool module = (!access("/sys/module/openvswitch", F_OK)
                   || !access("/sys/class/net/ovs-system", F_OK));

    if (!datapath) {
        doctor_find(doctor, "datapath", VERDICT_WARN,
                    xstrdup("there is no bridge yet"), NULL);
    } else if (!strcmp(datapath, "system")) {
        doctor_find(doctor, "datapath", module ? VERDICT_OK : VERDICT_FAIL,
                    xasprintf("system: the kernel's openvswitch is %s",
                              module ? "there" : "not loaded"),
                    module ? NULL : xstrdup("modprobe openvswitch"));
    } else {
        doctor_find(
            doctor, "datapath", VERDICT_WARN,
            xasprintf("%s: the userspace datapath, slower unless DPDK moves "
                      "the packets",
                      datapath),
            xasprintf("%sloden-ctl restart --datapath=system",
                      module ? "" : "modprobe openvswitch; "));
    }
}

static void
check_switch(struct doctor *doctor)
{
    const struct json *local =
        doctor_member(doctor->status, "local", JSON_OBJECT);
    const struct json *openflow =
        doctor_member(doctor->status, "openflow", JSON_OBJECT);
    const struct json_array *errors = doctor_list(local, "port_errors");

    if (doctor_is_true(local, "flow_restore_wait")) {
        doctor_find(
            doctor, "switch", VERDICT_FAIL,
            xstrdup("other_config:flow-restore-wait is true: packets are "
                    "held until it is not"),
            xstrdup("ovs-vsctl remove Open_vSwitch . other_config "
                    "flow-restore-wait"));
    } else if (!doctor_is_true(local, "connected")) {
        doctor_find(
            doctor, "switch", VERDICT_FAIL,
            xasprintf("no connection to %s", doctor_text(local, "remote")
                                                 ? doctor_text(local, "remote")
                                                 : "its "
                                                   "database"),
            xstrdup("systemctl start openvswitch-switch"));
    } else if (!doctor_is_true(openflow, "connected")
               || !doctor_is_true(openflow, "confirmed")) {
        doctor_find(doctor, "switch", VERDICT_FAIL,
                    xasprintf("flows are not confirmed: %s",
                              doctor_text(openflow, "state")
                                  ? doctor_text(openflow, "state")
                                  : "no state"),
                    xstrdup("see /var/log/openvswitch/ovs-vswitchd.log"));
    } else {
        doctor_find(doctor, "switch", VERDICT_OK,
                    xasprintf("%lld flows confirmed",
                              doctor_number(openflow, "flows")),
                    NULL);
    }
    for (size_t i = 0; i < errors->n; i++) {
        if (errors->elems[i]->type == JSON_STRING) {
            doctor_find(doctor, "port", VERDICT_FAIL,
                        xstrdup(json_string(errors->elems[i])),
                        xstrdup("see /var/log/openvswitch/ovs-vswitchd.log"));
        }
    }
}

static void
check_cluster(struct doctor *doctor)
{
    const struct json *cluster =
        doctor_member(doctor->status, "cluster", JSON_OBJECT);
    const char *remote = doctor_text(cluster, "remote");
    const char *error = doctor_text(cluster, "error");

    if (doctor_is_true(cluster, "connected")
        && doctor_is_true(cluster, "ready")) {
        doctor_find(doctor, "cluster", VERDICT_OK,
                    xasprintf("%s answers", remote), NULL);
    } else {
        doctor_find(
            doctor, "cluster", VERDICT_FAIL,
            xasprintf("%s %s%s%s", remote ? remote : "the cluster database",
                      doctor_is_true(cluster, "connected")
                          ? "is not initialised"
                          : "does not answer",
                      error ? ": " : "", error ? error : ""),
            xstrdup("is it running there, and external_ids:loden-remote "
                    "right here?"));
    }
}

/* Has the node a share of every network? */
static void
check_leases(struct doctor *doctor)
{
    const struct json_array *networks =
        doctor_list(doctor->status, "networks");
    const struct json *cluster =
        doctor_member(doctor->status, "cluster", JSON_OBJECT);
    const struct json_array *problems = doctor_list(cluster, "problems");
    size_t n = 0;

    for (size_t i = 0; i < networks->n; i++) {
        const char *name = doctor_text(networks->elems[i], "name");
        const char *mode = doctor_text(networks->elems[i], "mode");
        if (!name || !mode || strcmp(mode, "routed")
            || doctor_text(networks->elems[i], "subnet")
            || doctor_text(networks->elems[i], "subnet6")) {
            n++;
            continue;
        }
        doctor_find(
            doctor, "lease", VERDICT_FAIL,
            xasprintf("this node has no subnet of network %s%s%s", name,
                      problems->n ? ": " : "",
                      problems->n && problems->elems[0]->type == JSON_STRING
                          ? json_string(problems->elems[0])
                          : ""),
            xstrdup("lodenctl subnet list; lodenctl network add, or forget "
                    "nodes that are gone: lodenctl node delete"));
    }
    if (!networks->n) {
        doctor_find(doctor, "lease", VERDICT_WARN,
                    xstrdup("there is no network yet"),
                    xstrdup("lodenctl network add NAME --range=CIDR"));
    } else if (n == networks->n) {
        doctor_find(
            doctor, "lease", VERDICT_OK,
            xasprintf("a share of every network, %" PRIuSIZE " of them", n),
            NULL);
    }
}

/* Is a change in steps under way, or was it left half done? */
static void
check_changes(struct doctor *doctor)
{
    const struct json_array *networks =
        doctor_list(doctor->status, "networks");
    const struct json *tunnels =
        doctor_member(doctor->status, "tunnels", JSON_OBJECT);
    long long int also_port = doctor_number(tunnels, "also_dst_port");

    for (size_t i = 0; i < networks->n; i++) {
        const struct json *network = networks->elems[i];
        const char *name = doctor_text(network, "name");
        long long int vni = doctor_number(network, "vni");
        long long int also_vni = doctor_number(network, "also_vni");
        if (name && also_vni) {
            doctor_find(doctor, "change", VERDICT_WARN,
                        xasprintf("network %s sends VNI %lld and takes %lld "
                                  "as well", name, vni, also_vni),
                        xasprintf("if nobody is at it: lodenctl network set "
                                  "%s --vni=%lld", name, vni));
        }
        if (name && doctor_is_true(network, "closing")) {
            doctor_find(doctor, "change", VERDICT_WARN,
                        xasprintf("network %s takes no pods, as it is about "
                                  "to be deleted", name),
                        xasprintf("if nobody is at it: lodenctl network "
                                  "delete %s", name));
        }
    }
    if (also_port) {
        long long int port = doctor_number(tunnels, "dst_port");
        doctor_find(doctor, "change", VERDICT_WARN,
                    xasprintf("tunnels send to UDP port %lld and take %lld as "
                              "well", port, also_port),
                    xasprintf("if nobody is at it: lodenctl option set "
                              "dst_port %lld", port));
    }
}

/* What the daemon complains of itself. */
static void
check_complaints(struct doctor *doctor)
{
    const struct json_array *problems =
        doctor_list(doctor->status, "problems");
    const struct json_array *refusals =
        doctor_list(doctor->status, "refusals");

    for (size_t i = 0; i < problems->n; i++) {
        if (problems->elems[i]->type == JSON_STRING) {
            doctor_find(doctor, "daemon", VERDICT_FAIL,
                        xstrdup(json_string(problems->elems[i])), NULL);
        }
    }
    for (size_t i = 0; i < refusals->n; i++) {
        const char *what = doctor_text(refusals->elems[i], "what");
        const char *why = doctor_text(refusals->elems[i], "why");
        doctor_find(doctor, "refused", VERDICT_WARN,
                    xasprintf("%s: %s", what ? what : "?", why ? why : "?"),
                    NULL);
    }
}

static void
examine(struct doctor *doctor, const char *error)
{
    bool has_world = doctor_member(doctor->status, "networks", JSON_ARRAY);

    if (doctor->status) {
        doctor_find(doctor, "daemon", VERDICT_OK, xstrdup("it answers"), NULL);
        check_datapath(doctor);
        check_switch(doctor);
        check_cluster(doctor);
        /* The rest is known where the switch has the bridge. */
        if (has_world) {
            check_leases(doctor);
        }
        doctor_check_udp_port(doctor);
        if (has_world) {
            doctor_check_mtu(doctor);
        }
        doctor_check_ip_forward(doctor);
        doctor_check_forward(doctor);
        doctor_check_host(doctor);
        check_changes(doctor);
        check_complaints(doctor);
    } else {
        doctor_find(
            doctor, "daemon", VERDICT_FAIL, xstrdup(error),
            xstrdup("loden-ctl start; /var/log/loden/loden-controller.log "
                    "says why it ended"));
        doctor_check_udp_port(doctor);
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
    return xasprintf("%" PRIuSIZE " of %" PRIuSIZE
                     " findings keep this node from "
                     "working",
                     doctor.n_failed, doctor.n);
}
