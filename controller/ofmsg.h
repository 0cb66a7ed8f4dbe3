/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_OFMSG_H
#define LODEN_CONTROLLER_OFMSG_H 1

/* OpenFlow 1.5 messages, written and read; no state and no connection.
 *
 * Functions that return a struct ofpbuf give it to the caller. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct drops;
struct drops_part;
struct flowdiff;
struct flowset;
struct meter;
struct meterset;
struct ofp_header;
struct ofpbuf;
struct ovs_list;
struct simap;

struct ofpbuf *ofmsg_set_config(void);
struct ofpbuf *ofmsg_monitor_flows(void);
struct ofpbuf *ofmsg_request_ports(void);
struct ofpbuf *ofmsg_request_flows(void);
struct ofpbuf *ofmsg_request_meters(void);
struct ofpbuf *ofmsg_request_drops(const struct drops_part *);
struct ofpbuf *ofmsg_request_meter_drops(void);

struct ofpbuf *ofmsg_add_meter(const struct meter *);
struct ofpbuf *ofmsg_modify_meter(const struct meter *);
struct ofpbuf *ofmsg_delete_meter(uint32_t number);

void ofmsg_bundle(const struct flowdiff *, uint32_t bundle_id,
                  struct ovs_list *messages, ovs_be32 *xids);

bool ofmsg_more_follows(const struct ofp_header *);
bool ofmsg_decode_ports(const struct ofp_header *, struct simap *ports);
bool ofmsg_decode_port_status(const struct ofp_header *, struct simap *ports);
bool ofmsg_decode_flows(const struct ofp_header *, struct flowset *);
bool ofmsg_decode_drops(const struct ofp_header *, struct drops *);
bool ofmsg_decode_meter_drops(const struct ofp_header *, struct drops *);
bool ofmsg_decode_meters(const struct ofp_header *, struct meterset *);
bool ofmsg_flows_were_changed(const struct ofp_header *);

#endif /* controller/ofmsg.h */
