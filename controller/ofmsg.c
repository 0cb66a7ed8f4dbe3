/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Writing and reading the OpenFlow 1.5 messages that controller/ofctl.c
 * exchanges.  A reply that does not decode reads as false: the switch is
 * ours, but a reply is still foreign bytes. */

#include <config.h>
#include "controller/ofmsg.h"

#include <stdlib.h>

#include "controller/ofgroup.h"
#include "flow.h"
#include "flows/drops.h"
#include "flows/flowset.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofp-switch.h"
#include "openvswitch/ofpbuf.h"
#include "simap.h"

#define OFMSG_VERSION OFP15_VERSION
#define PROTOCOL OFPUTIL_P_OF15_OXM

/* Returns a message that asks for asynchronous ones: a service connection
 * gets none until it has set a length for packets (ovs-vswitchd's
 * "Asynchronous Messages" in its design documentation).
 *
 * It also has the switch look at the ports in a packet's first fragment, and
 * not take them for 0: what may not be sent whole may not be sent in pieces
 * that somebody puts together again. */
struct ofpbuf *
ofmsg_set_config(void)
{
    const struct ofputil_switch_config config = {
        .frag = OFPUTIL_FRAG_NX_MATCH,
        .invalid_ttl_to_controller = -1,
        .miss_send_len = UINT16_MAX,
    };
    return ofputil_encode_set_config(&config, OFMSG_VERSION);
}

/* Returns a message that asks to be told of all changes of flows.  The
 * connection's own changes come abbreviated, by which others are known. */
struct ofpbuf *
ofmsg_monitor_flows(void)
{
    const struct ofputil_flow_monitor_request request = {
        .id = 1,
        .command = OFPFMC_ADD,
        .flags = OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = 0xff,
        .match = MATCH_CATCHALL_INITIALIZER,
    };
    struct ofpbuf *msg = ofpbuf_new(64);

    ofputil_append_flow_monitor_request(&request, msg, PROTOCOL);
    return msg;
}

/* Returns a request for the descriptions of all ports. */
struct ofpbuf *
ofmsg_request_ports(void)
{
    return ofputil_encode_port_desc_stats_request(OFMSG_VERSION, OFPP_ANY);
}

/* Returns a request for the flows in 'table' whose cookies are 'cookie' under
 * 'mask'. */
static struct ofpbuf *
request_flows(uint8_t table, ovs_be64 cookie, ovs_be64 mask)
{
    const struct ofputil_flow_stats_request request = {
        .match = MATCH_CATCHALL_INITIALIZER,
        .cookie = cookie,
        .cookie_mask = mask,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = table,
    };
    return ofputil_encode_flow_stats_request(&request, PROTOCOL);
}

/* Returns a request for all flows. */
struct ofpbuf *
ofmsg_request_flows(void)
{
    return request_flows(0xff, 0, 0);
}

/* Returns a request for the flows of 'part'. */
struct ofpbuf *
ofmsg_request_drops(const struct drops_part *part)
{
    return (part->kind == KIND_NONE
            ? request_flows(part->table, 0, 0)
            : request_flows(part->table, pipeline_cookie(part->kind, ""),
                            htonll(UINT64_MAX << 32)));
}

static struct ofpbuf *
bundle_control(uint32_t bundle_id, uint16_t type)
{
    struct ofputil_bundle_ctrl_msg msg = {
        .bundle_id = bundle_id,
        .type = type,
        .flags = OFPBF_ATOMIC | OFPBF_ORDERED,
    };
    return ofputil_encode_bundle_ctrl_request(OFMSG_VERSION, &msg);
}

/* Appends to 'messages' the one that puts 'inner', which it takes, into the
 * bundle.  Returns its number. */
static ovs_be32
bundle_add(uint32_t bundle_id, struct ofpbuf *inner,
           struct ovs_list *messages)
{
    ofpmsg_update_length(inner);

    struct ofputil_bundle_add_msg add = {
        .bundle_id = bundle_id,
        .flags = OFPBF_ATOMIC | OFPBF_ORDERED,
        .msg = inner->data,
    };
    struct ofpbuf *msg = ofputil_encode_bundle_add(OFMSG_VERSION, &add);
    ofpbuf_delete(inner);
    ovs_list_push_back(messages, &msg->list_node);
    return ((struct ofp_header *) msg->data)->xid;
}

/* Returns the message about 'rule' for 'command' (OFPFC_ADD or
 * OFPFC_DELETE_STRICT). */
static struct ofpbuf *
encode_rule(const struct rule *rule, int command)
{
    struct ofputil_flow_mod fm;

    rule_to_flow_mod(rule, command, &fm);
    struct ofpbuf *msg = ofputil_encode_flow_mod(&fm, PROTOCOL);
    minimatch_destroy(&fm.match);
    return msg;
}

/* Appends to 'messages' the messages that make 'diff' true as one atomic
 * bundle, without a barrier.  Groups come before the flows that name them and
 * go after them; deletions of flows come first, additions after.  Stores into
 * 'xids' the number of the message of each addition, in the order of
 * 'diff->add', and then those of 'diff->groups.put'. */
void
ofmsg_bundle(const struct flowdiff *diff, uint32_t bundle_id,
             struct ovs_list *messages, ovs_be32 *xids)
{
    struct ofpbuf *msg = bundle_control(bundle_id, OFPBCT_OPEN_REQUEST);
    ovs_list_push_back(messages, &msg->list_node);

    for (size_t i = 0; i < diff->groups.n_put; i++) {
        xids[diff->n_add + i]
            = bundle_add(bundle_id, ofgroup_put(diff->groups.put[i]),
                         messages);
    }
    for (size_t i = 0; i < diff->n_delete; i++) {
        bundle_add(bundle_id,
                   encode_rule(diff->delete[i], OFPFC_DELETE_STRICT),
                   messages);
    }
    for (size_t i = 0; i < diff->n_add; i++) {
        xids[i] = bundle_add(bundle_id, encode_rule(diff->add[i], OFPFC_ADD),
                             messages);
    }
    for (size_t i = 0; i < diff->groups.n_delete; i++) {
        bundle_add(bundle_id, ofgroup_delete(diff->groups.delete[i]),
                   messages);
    }
    msg = bundle_control(bundle_id, OFPBCT_COMMIT_REQUEST);
    ovs_list_push_back(messages, &msg->list_node);
}

/* Returns true if another part of the same multipart reply will come. */
bool
ofmsg_more_follows(const struct ofp_header *oh)
{
    return ofpmp_more(oh);
}

/* Adds to 'ports' names and numbers of a part of a port description reply.
 * Returns false if it is malformed. */
bool
ofmsg_decode_ports(const struct ofp_header *oh, struct simap *ports)
{
    struct ofpbuf b = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofputil_phy_port port;
    int error;

    ofpraw_pull_assert(&b);
    while (!(error = ofputil_pull_phy_port(oh->version, &b, &port))) {
        simap_put(ports, port.name, ofp_to_u16(port.port_no));
    }
    return error == EOF;
}

/* Applies a port status message to 'ports'.  Returns true if that changed
 * anything. */
bool
ofmsg_decode_port_status(const struct ofp_header *oh, struct simap *ports)
{
    struct ofputil_port_status ps;

    if (ofputil_decode_port_status(oh, &ps)) {
        return false;
    }

    struct simap_node *old = simap_find(ports, ps.desc.name);
    unsigned int number = ofp_to_u16(ps.desc.port_no);
    if (ps.reason == OFPPR_DELETE) {
        /* A port whose name has meanwhile got another number stays. */
        if (!old || old->data != number) {
            return false;
        }
        simap_delete(ports, old);
        return true;
    }
    if (old && old->data == number) {
        return false;
    }
    simap_put(ports, ps.desc.name, number);
    return true;
}

/* Calls 'take', with 'aux', for each flow of a part of a flow statistics
 * reply; it takes the rule.  Returns false if the reply is malformed. */
static bool
decode_flows(const struct ofp_header *oh,
             void (*take)(struct rule *, uint64_t packets, void *aux),
             void *aux)
{
    struct ofpbuf b = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofpbuf ofpacts;
    int error;

    ofpbuf_init(&ofpacts, 256);
    for (;;) {
        struct ofputil_flow_stats fs;

        error = ofputil_decode_flow_stats_reply(&fs, &b, false, &ofpacts);
        if (error) {
            break;
        }
        struct rule *rule = rule_new(&fs.match, fs.table_id, fs.priority);
        rule_set_actions(rule, fs.cookie, fs.ofpacts, fs.ofpacts_len);
        take(rule, fs.packet_count == UINT64_MAX ? 0 : fs.packet_count, aux);
    }
    ofpbuf_uninit(&ofpacts);
    return error == EOF;
}

static void
take_for_set(struct rule *rule, uint64_t packets OVS_UNUSED, void *set)
{
    flowset_add(set, rule);
}

/* Adds the flows of a part of a flow statistics reply to 'set'.  Returns
 * false if it is malformed. */
bool
ofmsg_decode_flows(const struct ofp_header *oh, struct flowset *set)
{
    return decode_flows(oh, take_for_set, set);
}

static void
take_for_drops(struct rule *rule, uint64_t packets, void *drops)
{
    drops_add(drops, rule, packets);
    rule_destroy(rule);
}

/* Adds what the flows of a part of a flow statistics reply have counted to
 * 'drops'.  Returns false if it is malformed. */
bool
ofmsg_decode_drops(const struct ofp_header *oh, struct drops *drops)
{
    return decode_flows(oh, take_for_drops, drops);
}

/* Returns true if a flow monitor's reply tells of a change that another
 * connection made, or cannot be read, which may hide one. */
bool
ofmsg_flows_were_changed(const struct ofp_header *oh)
{
    struct ofpbuf b = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofpbuf ofpacts;
    bool changed = false;
    int error = 0;

    ofpbuf_init(&ofpacts, 256);
    while (!error && !changed) {
        struct ofputil_flow_update update;

        error = ofputil_decode_flow_update(&update, &b, &ofpacts);
        changed = (error ? error != EOF : update.event != OFPFME_ABBREV);
    }
    ofpbuf_uninit(&ofpacts);
    return changed;
}
