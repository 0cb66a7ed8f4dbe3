/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Packets that the switch sends us: of those that are too large for a tunnel
 * the rules of flows/compile-mtu.c do, and hold to a rate, and nothing else.
 * Which packets go back is controller/toobig.c's.
 *
 * An error goes straight to the port that the packet came from.  Fragments
 * are given to the switch as if they had come from there, so that they are
 * judged and sent like any other packet.  Neither waits for anything: what
 * the connection cannot take at once is lost, as packets are. */

#include <config.h>
#include "controller/ofanswer.h"

#include "controller/toobig.h"
#include "flow.h"
#include "flows/pipeline.h"
#include "openvswitch/json.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/rconn.h"
#include "util.h"

/* How many messages may wait for the switch to take them. */
#define QUEUE_MAX 1000

/* Sends 'frame' to 'to' as if it had come from 'from'. */
static void
send_frame(struct rconn *rconn, const struct toobig_frame *frame,
           ofp_port_t from, ofp_port_t to)
{
    struct ofputil_packet_out out = {
        .packet = frame->data,
        .packet_len = frame->size,
        .buffer_id = UINT32_MAX,
        .flow_metadata = MATCH_CATCHALL_INITIALIZER,
    };
    uint64_t stub[64 / 8];
    struct ofpbuf actions = OFPBUF_STUB_INITIALIZER(stub);

    match_set_in_port(&out.flow_metadata, from);
    ofpact_put_OUTPUT(&actions)->port = to;
    out.ofpacts = actions.data;
    out.ofpacts_len = actions.size;
    if (rconn_count_txqlen(rconn) < QUEUE_MAX) {
        rconn_send(rconn, ofputil_encode_packet_out(&out, OFPUTIL_P_OF15_OXM),
                   NULL);
    }
    ofpbuf_uninit(&actions);
}

bool
ofanswer_run(struct ofanswer *answer, struct rconn *rconn,
             const struct ofp_header *oh)
{
    struct ofputil_packet_in pin;
    struct toobig toobig;
    uint32_t buffer_id;
    size_t total;

    if (ofputil_decode_packet_in(oh, true, NULL, NULL, &pin, &total,
                                 &buffer_id, NULL)) {
        return false;
    }
    const struct flow *flow = &pin.flow_metadata.flow;
    ofp_port_t in_port = flow->in_port.ofp_port;
    toobig_init(&toobig, pin.packet, pin.packet_len,
                flow->regs[FIELD_TUNNEL_MTU]);
    for (size_t i = 0; i < toobig.n_frames; i++) {
        if (toobig.kind == TOOBIG_CUT) {
            send_frame(rconn, &toobig.frames[i], in_port, OFPP_TABLE);
        } else {
            send_frame(rconn, &toobig.frames[i], OFPP_CONTROLLER, in_port);
        }
    }
    answer->n_told += toobig.kind == TOOBIG_TELL;
    answer->n_cut += toobig.kind == TOOBIG_CUT;
    answer->n_dropped += toobig.kind == TOOBIG_NOTHING;
    toobig_destroy(&toobig);
    return true;
}

/* Returns the counters as a new JSON object. */
struct json *
ofanswer_status(const struct ofanswer *answer)
{
    struct json *status = json_object_create();

    json_object_put(status, "told", json_integer_create(answer->n_told));
    json_object_put(status, "cut", json_integer_create(answer->n_cut));
    json_object_put(status, "dropped", json_integer_create(answer->n_dropped));
    return status;
}
