/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What ovs-appctl and lodenctl can ask the daemon. */

#include <config.h>
#include "controller/controller-private.h"

#include <stdlib.h>

#include "controller/drops.h"
#include "controller/host.h"
#include "controller/known.h"
#include "controller/ofctl.h"
#include "controller/report.h"
#include "flows/pipeline.h"
#include "flows/world.h"
#include "openvswitch/json.h"
#include "ovsdb/cluster.h"
#include "ovsdb/local.h"
#include "unixctl.h"
#include "util.h"

/* Answers a command with 'text', which it takes. */
static void
reply_and_free(struct unixctl_conn *conn, char *text)
{
    unixctl_command_reply(conn, text);
    free(text);
}

static void
command_status(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[] OVS_UNUSED, void *c_)
{
    struct controller *c = c_;
    struct json *status = report_status(c->report, c->world);

    json_object_put_string(status, "version", LODEN_VERSION);
    json_object_put_string(status, "datapath", !c->world ? "unknown"
                           : c->world->userspace ? "netdev" : "system");
    json_object_put(status, "local", local_status(c->local));
    json_object_put(status, "cluster", cluster_status(c->cluster));
    json_object_put(status, "last_good", known_status(c->known));
    json_object_put(status, "openflow", ofctl_status(c->ofctl));
    json_object_put(status, "host", host_status(c->host));
    reply_and_free(conn, json_to_string(status, JSSF_PRETTY | JSSF_SORT));
    json_destroy(status);
}

static void
command_world_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
                   const char *argv[] OVS_UNUSED, void *c_)
{
    struct controller *c = c_;

    if (c->world) {
        reply_and_free(conn, world_to_string(c->world));
    } else {
        unixctl_command_reply_error(conn, "there is no world yet: 'status' "
                                    "says what is missing");
    }
}

static void
command_flows_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
                   const char *argv[] OVS_UNUSED, void *c)
{
    reply_and_free(conn, ofctl_flows_to_string(
                       ((struct controller *) c)->ofctl));
}

static void
command_flows_diff(struct unixctl_conn *conn, int argc OVS_UNUSED,
                   const char *argv[] OVS_UNUSED, void *c)
{
    reply_and_free(conn, ofctl_diff_to_string(
                       ((struct controller *) c)->ofctl));
}

static void
command_pipeline_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
                      const char *argv[] OVS_UNUSED, void *c OVS_UNUSED)
{
    reply_and_free(conn, pipeline_to_string());
}

static void
command_cluster_forget(struct unixctl_conn *conn, int argc OVS_UNUSED,
                       const char *argv[] OVS_UNUSED, void *c)
{
    known_forget(((struct controller *) c)->known);
    unixctl_command_reply(conn, NULL);
}

/* Who is waiting to hear what was dropped. */
struct drops_question {
    struct unixctl_conn *conn;
    const struct controller *controller;
};

static void
answer_drops(const struct drops *drops, const char *why, void *question_)
{
    struct drops_question *question = question_;
    const struct world *world = question->controller->world;

    if (!why && !world) {
        why = "there is no world yet: 'status' says what is missing";
    }
    if (why) {
        unixctl_command_reply_error(question->conn, why);
    } else {
        struct json *json = drops_to_json(drops, world);
        reply_and_free(question->conn,
                       json_to_string(json, JSSF_PRETTY | JSSF_SORT));
        json_destroy(json);
    }
    free(question);
}

static void
command_drops_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
                   const char *argv[] OVS_UNUSED, void *c_)
{
    struct controller *c = c_;
    struct drops_question *question = xmalloc(sizeof *question);

    *question = (struct drops_question){ .conn = conn, .controller = c };
    ofctl_read_drops(c->ofctl, answer_drops, question);
}

void
commands_register(struct controller *c)
{
    unixctl_command_register("status", "", 0, 0, command_status, c);
    unixctl_command_register("world/show", "", 0, 0, command_world_show, c);
    unixctl_command_register("drops/show", "", 0, 0, command_drops_show, c);
    unixctl_command_register("flows/show", "", 0, 0, command_flows_show, c);
    unixctl_command_register("flows/diff", "", 0, 0, command_flows_diff, c);
    unixctl_command_register("pipeline/show", "", 0, 0,
                             command_pipeline_show, c);
    unixctl_command_register("cluster/forget", "", 0, 0,
                             command_cluster_forget, c);
}
