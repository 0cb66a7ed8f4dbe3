/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_ERRORS_H
#define LODEN_CONTROLLER_HOST_ERRORS_H 1

/* What routers of the underlay say of tunnelled packets that were too large.
 */

#include <netinet/in.h>

struct world;

struct host_errors *host_errors_open(void);
void host_errors_close(struct host_errors *);

/* Reads what has arrived, about tunnels of 'world', which may be NULL. */
void host_errors_run(struct host_errors *, const struct world *);
void host_errors_wait(const struct host_errors *);

/* Takes over what the kernel has heard: that for some 'seconds' more packets
 * of 'mtu' bytes pass to the peer whose tunnel ends at 'peer'. */
void host_errors_learn(struct host_errors *, const struct in6_addr *peer,
                       unsigned int mtu, int seconds);

/* Raised whenever host_errors_put() may fill in something else. */
unsigned int host_errors_seqno(const struct host_errors *);

/* Lowers the path_mtu of those peers of 'world' that routers have spoken of.
 */
void host_errors_put(const struct host_errors *, struct world *);

#endif /* controller/host-errors.h */
