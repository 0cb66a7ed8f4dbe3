/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_FORWARD_H
#define LODEN_CONTROLLER_HOST_FORWARD_H 1

/* Whether the host lets pods' packets through: net.ipv4.ip_forward, and
 * firewalls of others that drop what they do not know. */

struct json;
struct world;

struct host_forward *host_forward_open(void);
void host_forward_close(struct host_forward *);

/* Says that something in nftables has changed. */
void host_forward_changed(struct host_forward *);

/* Looks, if something changed; accepts pods' packets in others' chains if
 * 'world' says so, and takes rules of ours away from there if it does not. */
void host_forward_run(struct host_forward *, const struct world *);
void host_forward_wait(const struct host_forward *);

struct json *host_forward_status(const struct host_forward *);

#endif /* controller/host-forward.h */
