/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The state machine that keeps the switch's flows as they are wanted.
 *
 * 'installed' is what the switch holds as far as we know: it comes from a
 * dump and follows each bundle that we send.  A flow monitor tells of changes
 * by others; then everything is dumped again.  Flows that are the same in
 * both sets are never sent, so that neither a restart of the controller nor
 * of anything else than the switch costs a packet or a counter.
 *
 * The bridge is Loden's alone: flows that are not wanted go, whoever put them
 * there.  Messages are written and read in controller/ofmsg.c, sent together
 * in controller/ofbundle.c; the connection is controller/ofctl.c's; which
 * flows are wanted is decided in flows/compile.c. */

#include <config.h>
#include "controller/ofsync.h"

#include <stdlib.h>

#include "controller/ofgroup.h"
#include "controller/ofmsg.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/rconn.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ofsync);

/* How often flows that others change again and again are put back, in ms. */
#define DRIFT_INTERVAL 1000

/* Returns the name of 'state', for people. */
const char *
ofsync_state_name(enum ofsync_state state)
{
    switch (state) {
#define OFSYNC_STATE(SYMBOL, TEXT) case OFSYNC_##SYMBOL: return TEXT;
    OFSYNC_STATES
#undef OFSYNC_STATE
    }
    OVS_NOT_REACHED();
}

/* Makes 'sync' send over 'rconn', which must outlive it. */
void
ofsync_init(struct ofsync *sync, struct rconn *rconn)
{
    *sync = (struct ofsync) { .rconn = rconn };
    flowset_init(&sync->wanted);
    flowset_init(&sync->installed);
    retry_init(&sync->retry, "sending flows to the switch");
}

/* Frees what 'sync' holds; the switch keeps its flows. */
void
ofsync_destroy(struct ofsync *sync)
{
    retry_destroy(&sync->retry);
    ofbundle_clear(&sync->bundle);
    flowset_destroy(&sync->installed);
    flowset_destroy(&sync->wanted);
}

/* Sends 'msg' and returns its number. */
static ovs_be32
send_request(struct ofsync *sync, struct ofpbuf *msg)
{
    ovs_be32 xid = ((struct ofp_header *) msg->data)->xid;
    rconn_send(sync->rconn, msg, NULL);
    return xid;
}

/* Asks for all flows, groups and meters; the answers are newer than any change
 * that we have heard of. */
static void
start_dump(struct ofsync *sync)
{
    ofbundle_clear(&sync->bundle);
    flowset_destroy(&sync->installed);
    flowset_init(&sync->installed);
    sync->drift = false;
    sync->state = OFSYNC_DUMP;
    sync->meters_xid = send_request(sync, ofmsg_request_meters());
    sync->groups_xid = send_request(sync, ofgroup_request());
    sync->dump_xid = send_request(sync, ofmsg_request_flows());
}

/* Begins anew on a new connection. */
void
ofsync_connected(struct ofsync *sync)
{
    rconn_send(sync->rconn, ofmsg_monitor_flows(), NULL);
    start_dump(sync);
}

/* The connection is gone and with it all that was confirmed. */
void
ofsync_disconnected(struct ofsync *sync)
{
    ofbundle_clear(&sync->bundle);
    sync->state = OFSYNC_OFF;
    sync->confirmed = 0;
}

static void
tell_diff(const struct ofsync *sync, const struct flowdiff *diff)
{
    VLOG_INFO("adding %"PRIuSIZE" and deleting %"PRIuSIZE" of %"PRIuSIZE
              " flows, setting %"PRIuSIZE" and deleting %"PRIuSIZE" of "
              "%"PRIuSIZE" meters, %"PRIuSIZE" and %"PRIuSIZE" of %"PRIuSIZE
              " groups", diff->n_add, diff->n_delete,
              flowset_count(&sync->installed), diff->meters.n_put,
              diff->meters.n_delete, sync->installed.meters.n,
              diff->groups.n_put, diff->groups.n_delete,
              sync->installed.groups.n);
}

/* Sends what makes the switch hold the wanted flows, if anything does. */
static void
start_commit(struct ofsync *sync)
{
    struct flowdiff diff;

    flowdiff_init(&diff, &sync->wanted, &sync->installed);
    sync->sent_version = sync->wanted_version;
    sync->fresh = false;
    if (flowdiff_is_empty(&diff)) {
        sync->confirmed = sync->sent_version;
        flowdiff_destroy(&diff);
        return;
    }

    if (sync->confirmed == sync->wanted_version) {
        VLOG_WARN("flows were changed by somebody else: putting back");
        sync->confirmed = 0;
    }
    tell_diff(sync, &diff);
    ofbundle_send(&sync->bundle, sync->rconn, &diff, &sync->installed);
    flowdiff_destroy(&diff);
    sync->state = OFSYNC_COMMIT;
}

/* The barrier has come: everything before it is done or refused. */
static void
finish_commit(struct ofsync *sync)
{
    char *refusal = sync->bundle.refusal;

    sync->bundle.refusal = NULL;
    if (!refusal) {
        ofbundle_delete_meters(&sync->bundle, sync->rconn, &sync->installed);
    }
    ofbundle_clear(&sync->bundle);
    if (refusal) {
        sync->confirmed = 0;
        sync->state = OFSYNC_BACKOFF;
        retry_failed(&sync->retry, refusal);
    } else {
        sync->confirmed = sync->sent_version;
        sync->state = OFSYNC_IDLE;
        retry_succeeded(&sync->retry);
    }
}

/* A part of the answer to the request '*xid' has been taken. */
static void
finish_part(struct ofsync *sync, ovs_be32 *xid, const struct ofp_header *oh)
{
    if (!ofmsg_more_follows(oh)) {
        *xid = 0;
    }
    if (!sync->dump_xid && !sync->meters_xid && !sync->groups_xid) {
        sync->fresh = true;
        sync->state = OFSYNC_IDLE;
    }
}

/* Takes a part of a dump of flows.  Returns false if it cannot be read. */
static bool
run_flows_reply(struct ofsync *sync, const struct ofp_header *oh)
{
    if (sync->state == OFSYNC_DUMP && oh->xid == sync->dump_xid) {
        if (!ofmsg_decode_flows(oh, &sync->installed)) {
            return false;
        }
        finish_part(sync, &sync->dump_xid, oh);
    }
    return true;
}

/* The same for meters. */
static bool
run_meters_reply(struct ofsync *sync, const struct ofp_header *oh)
{
    if (sync->state == OFSYNC_DUMP && oh->xid == sync->meters_xid) {
        if (!ofmsg_decode_meters(oh, &sync->installed.meters)) {
            return false;
        }
        finish_part(sync, &sync->meters_xid, oh);
    }
    return true;
}

/* The same for groups. */
static bool
run_groups_reply(struct ofsync *sync, const struct ofp_header *oh)
{
    if (sync->state == OFSYNC_DUMP && oh->xid == sync->groups_xid) {
        if (!ofgroup_decode(oh, &sync->installed.groups)) {
            return false;
        }
        finish_part(sync, &sync->groups_xid, oh);
    }
    return true;
}

/* Takes a message from the switch, if it concerns flows.  Returns false if it
 * cannot be read. */
bool
ofsync_run_message(struct ofsync *sync, const struct ofp_header *oh)
{
    enum ofptype type;

    if (ofptype_decode(&type, oh)) {
        return true;
    }
    switch ((int) type) {
    case OFPTYPE_FLOW_STATS_REPLY:
        return run_flows_reply(sync, oh);
    case OFPTYPE_METER_CONFIG_STATS_REPLY:
        return run_meters_reply(sync, oh);
    case OFPTYPE_GROUP_DESC_STATS_REPLY:
        return run_groups_reply(sync, oh);
    case OFPTYPE_FLOW_MONITOR_STATS_REPLY:
        sync->drift |= ofmsg_flows_were_changed(oh);
        break;
    case OFPTYPE_FLOW_MONITOR_PAUSED:
        sync->drift = true;
        break;
    case OFPTYPE_BARRIER_REPLY:
        if (sync->state == OFSYNC_COMMIT
            && ofbundle_is_done(&sync->bundle, oh)) {
            finish_commit(sync);
        }
        break;
    case OFPTYPE_ERROR:
        ofbundle_run_error(&sync->bundle, oh);
        break;
    }
    return true;
}

/* Does what the state allows next. */
void
ofsync_run(struct ofsync *sync)
{
    bool newer = (sync->wanted_version
                  && sync->wanted_version != sync->sent_version);
    long long int now = time_msec();

    switch (sync->state) {
    case OFSYNC_OFF:
    case OFSYNC_DUMP:
    case OFSYNC_COMMIT:
        break;

    case OFSYNC_BACKOFF:
        if (newer || retry_is_due(&sync->retry)) {
            start_dump(sync);
        }
        break;

    case OFSYNC_IDLE:
        if (sync->drift && now >= sync->drift_at + DRIFT_INTERVAL) {
            sync->drift_at = now;
            start_dump(sync);
        } else if (newer || (sync->fresh && sync->wanted_version)) {
            start_commit(sync);
        }
        break;
    }
}

void
ofsync_wait(struct ofsync *sync)
{
    if (sync->state == OFSYNC_BACKOFF) {
        retry_wait(&sync->retry);
    } else if (sync->state == OFSYNC_IDLE && sync->drift) {
        poll_timer_wait_until(sync->drift_at + DRIFT_INTERVAL);
    }
}

/* Makes the rules of 'wanted', which it empties, the ones that the switch
 * shall have.  'version' is not 0 and differs from the last one. */
void
ofsync_put(struct ofsync *sync, struct flowset *wanted, uint64_t version)
{
    flowset_swap(&sync->wanted, wanted);
    sync->wanted_version = version;
}
