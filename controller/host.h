/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_H
#define LODEN_CONTROLLER_HOST_H 1

/* The host's side of the node: the gateway's address and routes on the host
 * ports, the nftables table 'loden', forwarding, the subnet file, and, on the
 * userspace datapath, a kernel that is deaf on the pods' host ends. */

#include <stdbool.h>

#include "flows/world.h"

struct json;

struct host *host_open(const char *subnet_file);

/* Leaves everything on the host as it is: pods talk on. */
void host_close(struct host *);

/* Makes the host agree with 'world', as far as it can now; what has to wait
 * (a device that Open vSwitch is about to make, nft at work) is taken up by
 * later calls.  What 'world' does not have is removed: not to be called
 * before the whole world has been read. */
void host_run(struct host *, const struct world *);
void host_wait(struct host *);

/* Does the host do its part for 'pod', so that its packets may flow?  False
 * while the kernel could still answer them beside the switch. */
bool host_is_ready_for(const struct host *, const struct world_pod *pod);

/* Is there nothing left to do for the world that host_run() was last given?
 */
bool host_is_settled(const struct host *);

/* Raised whenever an answer of host_is_ready_for() may have changed. */
unsigned int host_seqno(const struct host *);

/* Where this node's tunnels can end, and the MTU of the interface there. */
char *host_default_tunnel_ip(struct in6_addr *ret_ip) OVS_WARN_UNUSED_RESULT;
char *host_underlay_mtu(const struct in6_addr *ip, unsigned int *ret_mtu)
    OVS_WARN_UNUSED_RESULT;

struct json *host_status(const struct host *);

#endif /* controller/host.h */
