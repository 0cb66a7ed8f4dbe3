/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_MCAST_H
#define LODEN_CONTROLLER_MCAST_H 1

/* Which multicast groups this node's pods listen to. */

#include <stddef.h>
#include <stdint.h>

#include "openvswitch/ofp-port.h"

struct mcast;
struct world;

/* Sends the 'size' bytes of 'frame' to the pod at 'port'. */
typedef void mcast_send(void *aux, ofp_port_t port, uint8_t *frame,
                        size_t size);

struct mcast *mcast_open(void);
void mcast_close(struct mcast *);

void mcast_run(struct mcast *, mcast_send *, void *aux);
void mcast_wait(const struct mcast *);

void mcast_hear(struct mcast *, ofp_port_t, const uint8_t *frame, size_t);
void mcast_read(struct mcast *, struct world *);
unsigned int mcast_seqno(const struct mcast *);

#endif /* controller/mcast.h */
