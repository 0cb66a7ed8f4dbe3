/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The connection to the bridge's service socket, over which ports are learnt
 * (controller/ofports.c) and flows are kept (controller/ofsync.c).
 *
 * The service socket is there as long as the bridge is, needs no controller
 * to be configured, and accepts flows even while the datapath is held closed
 * (other_config:flow-restore-wait). */

#include <config.h>
#include "controller/ofctl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "controller/ofanswer.h"
#include "controller/ofmsg.h"
#include "controller/ofports.h"
#include "controller/ofsync.h"
#include "dirs.h"
#include "flows/flowset.h"
#include "openvswitch/json.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/rconn.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ofctl);

/* So that a flood of messages cannot keep the rest of the loop waiting. */
#define MESSAGES_PER_RUN 200

/* Of the connection, in seconds. */
#define PROBE_INTERVAL 5
#define MAX_BACKOFF 1

/* How often we look for the socket of a new ovs-vswitchd, in ms: until it has
 * our flows, it drops every packet. */
#define LOOK_INTERVAL 20

struct ofctl {
    struct rconn *rconn;     /* To the bridge's service socket. */
    char *bridge;            /* Its name; NULL: no connection is wanted. */
    char *path;              /* Of that socket. */
    struct stat socket;      /* What was there when we last connected. */
    bool connected;          /* Are we in a connection? */
    unsigned int connection; /* rconn's number of that connection. */
    bool more;               /* Did we leave messages unread? */
    struct ofports ports;    /* Names and numbers. */
    struct ofsync sync;      /* Flows. */
    struct ofdrops drops;    /* Who asks what was dropped. */
    struct ofanswer answer;  /* Packets that it asks us about. */
};

/* Returns a new, unconnected struct ofctl.  'mcast', borrowed, hears what pods
 * say about multicast groups. */
struct ofctl *
ofctl_open(struct mcast *mcast)
{
    struct ofctl *of = xzalloc(sizeof *of);

    of->rconn = rconn_create(PROBE_INTERVAL, MAX_BACKOFF, 0,
                             1u << OFP15_VERSION);
    ofports_init(&of->ports);
    ofsync_init(&of->sync, of->rconn);
    ofdrops_init(&of->drops);
    of->answer.mcast = mcast;
    return of;
}

/* Closes the connection; the switch keeps its flows. */
void
ofctl_close(struct ofctl *of)
{
    if (of) {
        ofdrops_destroy(&of->drops);
        ofsync_destroy(&of->sync);
        ofports_destroy(&of->ports);
        rconn_destroy(of->rconn);
        free(of->path);
        free(of->bridge);
        free(of);
    }
}

/* Connects at once, whenever rconn would next try by itself. */
static void
connect_now(struct ofctl *of)
{
    char *target = xasprintf("unix:%s", of->path);

    if (stat(of->path, &of->socket)) {
        memset(&of->socket, 0, sizeof of->socket);
    }
    rconn_connect(of->rconn, target, of->bridge);
    free(target);
}

/* Connects to 'bridge', or disconnects if it is NULL. */
void
ofctl_set_bridge(struct ofctl *of, const char *bridge)
{
    if (nullable_string_is_equal(of->bridge, bridge)) {
        return;
    }
    free(of->bridge);
    free(of->path);
    of->bridge = nullable_xstrdup(bridge);
    of->path = NULL;
    if (bridge) {
        of->path = xasprintf("%s/%s.mgmt", ovs_rundir(), bridge);
        connect_now(of);
    } else {
        rconn_disconnect(of->rconn);
    }
}

/* Does the bridge's socket belong to another ovs-vswitchd than the one that
 * we last tried? */
static bool
has_new_socket(const struct ofctl *of)
{
    struct stat now;

    return (of->bridge && !rconn_is_connected(of->rconn)
            && !stat(of->path, &now)
            && (now.st_ino != of->socket.st_ino
                || now.st_ctim.tv_sec != of->socket.st_ctim.tv_sec
                || now.st_ctim.tv_nsec != of->socket.st_ctim.tv_nsec));
}

static void
start_connection(struct ofctl *of)
{
    struct ofpbuf *msg = ofmsg_request_ports();

    rconn_send(of->rconn, ofmsg_set_config(), NULL);
    ofports_expect(&of->ports, ((struct ofp_header *) msg->data)->xid);
    rconn_send(of->rconn, msg, NULL);
    ofsync_connected(&of->sync);
}

static void
run_message(struct ofctl *of, const struct ofp_header *oh)
{
    bool readable = true;
    enum ofptype type;

    if (ofptype_decode(&type, oh)) {
        return;
    }
    switch ((int) type) {
    case OFPTYPE_ECHO_REQUEST:
        rconn_send(of->rconn, ofputil_encode_echo_reply(oh), NULL);
        break;
    case OFPTYPE_PORT_STATUS:
        ofports_run_status(&of->ports, oh);
        break;
    case OFPTYPE_PORT_DESC_STATS_REPLY:
        readable = ofports_run_reply(&of->ports, oh);
        break;
    case OFPTYPE_FLOW_STATS_REPLY:
        readable = (ofdrops_run_reply(&of->drops, oh)
                    && ofsync_run_message(&of->sync, oh));
        break;
    case OFPTYPE_METER_STATS_REPLY:
        readable = ofdrops_run_reply(&of->drops, oh);
        break;
    case OFPTYPE_ERROR:
        ofdrops_run_error(&of->drops, oh);
        readable = ofsync_run_message(&of->sync, oh);
        break;
    case OFPTYPE_PACKET_IN:
        readable = ofanswer_run(&of->answer, of->rconn, oh);
        break;
    default:
        readable = ofsync_run_message(&of->sync, oh);
        break;
    }
    if (!readable) {
        VLOG_ERR("%s: a message of type %d cannot be read: reconnecting",
                 of->bridge, type);
        rconn_reconnect(of->rconn);
    }
}

/* Follows the connection's coming and going. */
static void
run_connection(struct ofctl *of)
{
    unsigned int connection = rconn_get_connection_seqno(of->rconn);
    bool connected = rconn_is_connected(of->rconn);

    if (of->connected && (!connected || connection != of->connection)) {
        ofsync_disconnected(&of->sync);
        ofdrops_disconnected(&of->drops);
        of->connected = false;
    }
    if (connected && !of->connected) {
        of->connected = true;
        of->connection = connection;
        start_connection(of);
    }
}

/* Receives what has come and does what follows from it. */
void
ofctl_run(struct ofctl *of)
{
    if (has_new_socket(of)) {
        connect_now(of);
    }
    rconn_run(of->rconn);
    run_connection(of);

    of->more = false;
    for (int i = 0; of->connected && i < MESSAGES_PER_RUN; i++) {
        struct ofpbuf *msg = rconn_recv(of->rconn);
        if (!msg) {
            break;
        }
        run_message(of, msg->data);
        ofpbuf_delete(msg);
        of->more = i == MESSAGES_PER_RUN - 1;
    }
    ofsync_run(&of->sync);
}

void
ofctl_wait(struct ofctl *of)
{
    if (of->bridge && !rconn_is_connected(of->rconn)) {
        poll_timer_wait(LOOK_INTERVAL);
    }
    rconn_run_wait(of->rconn);
    rconn_recv_wait(of->rconn);
    ofsync_wait(&of->sync);
    if (of->more) {
        poll_immediate_wake();
    }
}

/* Returns the numbers of the bridge's ports by name, borrowed.  Once known
 * they stay while the connection is away. */
const struct simap *
ofctl_ports(const struct ofctl *of)
{
    return &of->ports.known;
}

/* Returns a number that changes with ofctl_ports(); 0 before they are known
 * at all. */
unsigned int
ofctl_ports_seqno(const struct ofctl *of)
{
    return of->ports.seqno;
}

/* Makes the rules of 'wanted', which it empties, the ones that the switch
 * shall have.  'version' is not 0 and differs from the last one. */
void
ofctl_put(struct ofctl *of, struct flowset *wanted, uint64_t version)
{
    ofsync_put(&of->sync, wanted, version);
    ofsync_run(&of->sync);
}

/* Returns what was put last, good until the next time. */
const struct flowset *
ofctl_wanted(const struct ofctl *of)
{
    return &of->sync.wanted;
}

/* Returns the version whose flows the switch has confirmed to hold, all of
 * them and no others; 0 if there is none at the moment. */
uint64_t
ofctl_confirmed(const struct ofctl *of)
{
    return of->sync.confirmed;
}

/* Sends the 'size' bytes of 'frame' to the port 'to' of 'ofctl', an mcast_send
 * function's aux, if there is a connection. */
void
ofctl_send(void *ofctl, ofp_port_t to, uint8_t *frame, size_t size)
{
    struct ofctl *of = ofctl;

    if (of->connected) {
        ofanswer_send(of->rconn, frame, size, to);
    }
}

/* Calls 'done' with 'aux' once the switch has told what it dropped, or cannot
 * be asked; perhaps at once. */
void
ofctl_read_drops(struct ofctl *of, ofdrops_done *done, void *aux)
{
    if (of->connected) {
        ofdrops_read(&of->drops, of->rconn, done, aux);
    } else {
        done(NULL, "there is no connection to the switch: 'status' says what "
             "is missing", aux);
    }
}

/* Returns the wanted flows as text; the caller frees it. */
char *
ofctl_flows_to_string(const struct ofctl *of)
{
    return flowset_to_string(&of->sync.wanted);
}

/* Returns what is still to be changed in the switch as text; the caller
 * frees it. */
char *
ofctl_diff_to_string(const struct ofctl *of)
{
    struct flowdiff diff;

    flowdiff_init(&diff, &of->sync.wanted, &of->sync.installed);
    char *text = flowdiff_to_string(&diff);
    flowdiff_destroy(&diff);
    return text;
}

/* Returns the state as a new JSON object. */
struct json *
ofctl_status(const struct ofctl *of)
{
    const struct ofsync *sync = &of->sync;
    struct json *status = json_object_create();

    json_object_put_string(status, "state", ofsync_state_name(sync->state));
    json_object_put(status, "connected",
                    json_boolean_create(of->connected));
    json_object_put(status, "flows",
                    json_integer_create(flowset_count(&sync->wanted)));
    json_object_put(status, "meters",
                    json_integer_create(sync->wanted.meters.n));
    json_object_put(status, "groups",
                    json_integer_create(sync->wanted.groups.n));
    json_object_put(status, "confirmed",
                    json_boolean_create(sync->confirmed
                                        && sync->confirmed
                                        == sync->wanted_version));
    json_object_put(status, "too_large", ofanswer_status(&of->answer));
    json_object_put(status, "refusal", retry_status(&sync->retry));
    return status;
}
