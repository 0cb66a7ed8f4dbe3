/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Packets that the switch sends us, each held to a rate by a meter: those that
 * are too large for a tunnel (flows/compile-mtu.c; which packets go back is
 * controller/toobig.c's), what pods say about multicast groups
 * (flows/compile-snoop.c), and on the kernel's datapath solicitations of
 * neighbours (flows/compile-nd.c).
 *
 * An error goes straight to the port that the packet came from.  Fragments
 * are given to the switch as if they had come from there, so that they are
 * judged and sent like any other packet.  Neither waits for anything: what
 * the connection cannot take at once is lost, as packets are. */

#include <config.h>
#include "controller/ofanswer.h"

#include <netinet/icmp6.h>

#include "controller/mcast.h"
#include "controller/toobig.h"
#include "dp-packet.h"
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
#include "packets.h"
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

void
ofanswer_send(struct rconn *rconn, uint8_t *frame, size_t size, ofp_port_t to)
{
    send_frame(rconn, &(struct toobig_frame) { .data = frame, .size = size },
               OFPP_CONTROLLER, to);
}

/* Advertises what the neighbour solicitation in 'pin' asks for.  The rule has
 * put the addresses of the answer into the packet's Ethernet header, and the
 * flags (RFC 4861, 4.4) into a register.  Returns false if the packet is no
 * solicitation. */
static bool
advertise(struct rconn *rconn, const struct ofputil_packet_in *pin)
{
    const struct flow *from = &pin->flow_metadata.flow;
    uint64_t stub[256 / 8];
    struct dp_packet packet, reply;
    struct flow flow;

    dp_packet_use_const(&packet, pin->packet, pin->packet_len);
    flow_extract(&packet, &flow);
    if (flow.dl_type != htons(ETH_TYPE_IPV6)
        || flow.nw_proto != IPPROTO_ICMPV6
        || flow.tp_src != htons(ND_NEIGHBOR_SOLICIT)
        || ipv6_addr_equals(&flow.ipv6_src, &in6addr_any)) {
        return false;
    }
    dp_packet_use_stub(&reply, stub, sizeof stub);
    compose_nd_na(&reply, flow.dl_src, flow.dl_dst, &flow.nd_target,
                  &flow.ipv6_src, htonl(from->regs[FIELD_SCRATCH]));
    struct toobig_frame frame = { .data = dp_packet_data(&reply),
                                  .size = dp_packet_size(&reply) };
    send_frame(rconn, &frame, OFPP_CONTROLLER, from->in_port.ofp_port);
    dp_packet_uninit(&reply);
    return true;
}

/* Takes what a pod says about multicast groups (flows/compile-snoop.c).
 * Returns false if the packet in 'pin' is nothing of that kind. */
static bool
hear(struct ofanswer *answer, const struct ofputil_packet_in *pin)
{
    const struct flow *from = &pin->flow_metadata.flow;
    struct dp_packet packet;
    struct flow flow;

    dp_packet_use_const(&packet, pin->packet, pin->packet_len);
    flow_extract(&packet, &flow);
    if (!is_igmp(&flow, NULL) && !is_mld(&flow, NULL)) {
        return false;
    }
    mcast_hear(answer->mcast, from->in_port.ofp_port, pin->packet,
               pin->packet_len);
    return true;
}

/* Tells the sender of 'pin' what fits, or cuts it up. */
static void
answer_too_large(struct ofanswer *answer, struct rconn *rconn,
                 const struct ofputil_packet_in *pin)
{
    const struct flow *flow = &pin->flow_metadata.flow;
    ofp_port_t in_port = flow->in_port.ofp_port;
    struct toobig toobig;

    toobig_init(&toobig, pin->packet, pin->packet_len,
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
}

bool
ofanswer_run(struct ofanswer *answer, struct rconn *rconn,
             const struct ofp_header *oh)
{
    struct ofputil_packet_in pin;
    uint32_t buffer_id;
    size_t total;

    if (ofputil_decode_packet_in(oh, true, NULL, NULL, &pin, &total,
                                 &buffer_id, NULL)) {
        return false;
    }
    if (pin.flow_metadata.flow.regs[FIELD_TUNNEL_MTU]) {
        answer_too_large(answer, rconn, &pin);
    } else if (hear(answer, &pin)) {
        answer->n_heard++;
    } else if (advertise(rconn, &pin)) {
        answer->n_advertised++;
    } else {
        answer->n_dropped++;
    }
    return true;
}

/* Returns the counters as a new JSON object. */
struct json *
ofanswer_status(const struct ofanswer *answer)
{
    struct json *status = json_object_create();

    json_object_put(status, "told", json_integer_create(answer->n_told));
    json_object_put(status, "cut", json_integer_create(answer->n_cut));
    json_object_put(status, "advertised",
                    json_integer_create(answer->n_advertised));
    json_object_put(status, "heard", json_integer_create(answer->n_heard));
    json_object_put(status, "dropped", json_integer_create(answer->n_dropped));
    return status;
}
