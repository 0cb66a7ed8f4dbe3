/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_OFANSWER_H
#define LODEN_CONTROLLER_OFANSWER_H 1

/* Packets that the switch does not know what to do with. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/ofp-port.h"

struct json;
struct mcast;
struct ofp_header;
struct rconn;

/* What became of them, in packets. */
struct ofanswer {
    uint64_t n_told;       /* Too large: the sender was told. */
    uint64_t n_cut;        /* Too large: cut into fragments. */
    uint64_t n_advertised; /* Solicitations of neighbours: answered. */
    uint64_t n_dropped;    /* None of these. */
    struct mcast *mcast;   /* Who listens to what pods report; borrowed. */
    uint64_t n_heard;      /* What they reported. */
};

/* Does what is to be done about the packet in 'oh', with messages to 'rconn'.
 * Returns false if the message cannot be read. */
bool ofanswer_run(struct ofanswer *, struct rconn *,
                  const struct ofp_header *);

/* Sends the 'size' bytes of 'frame' to the port 'to', past all rules. */
void ofanswer_send(struct rconn *, uint8_t *frame, size_t size,
                   ofp_port_t to);

struct json *ofanswer_status(const struct ofanswer *);

#endif /* controller/ofanswer.h */
