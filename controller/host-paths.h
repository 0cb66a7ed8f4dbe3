/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_PATHS_H
#define LODEN_CONTROLLER_HOST_PATHS_H 1

/* How large a packet may be on its way to each peer, as the kernel knows it,
 * and followed as it changes. */

#include "openvswitch/compiler.h"

struct host_errors;
struct world;

/* Tells 'errors', which it borrows, what the kernel has heard of routers. */
struct host_paths *host_paths_open(struct host_errors *errors);
void host_paths_close(struct host_paths *);

void host_paths_run(struct host_paths *);
void host_paths_wait(const struct host_paths *);

/* Raised whenever host_paths_put() may fill in something new. */
unsigned int host_paths_seqno(const struct host_paths *);

/* Fills in the path_mtu of the peers of 'world', which has its tunnels'
 * addresses, and its underlay_mtu.  Returns NULL or a malloc'd error: what was
 * known before stands then. */
char *host_paths_put(struct host_paths *, struct world *)
    OVS_WARN_UNUSED_RESULT;

#endif /* controller/host-paths.h */
