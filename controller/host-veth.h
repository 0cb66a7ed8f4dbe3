/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_VETH_H
#define LODEN_CONTROLLER_HOST_VETH_H 1

/* Both ends of a pod's veth, by rtnetlink(7). */

#include <stdbool.h>

#include "openvswitch/compiler.h"

struct nl_sock;

/* A host end. */
struct veth {
    int ifindex;      /* Of the device. */
    unsigned int mtu; /* Its MTU, in bytes. */
    bool up;          /* IFF_UP? */
    bool has_peer;    /* Is the other end in another namespace? */
    int peer_ifindex; /* Of the other end, there. */
    int peer_nsid;    /* The host's number of that namespace. */
};

/* Returns 0 or a positive errno; ENODEV if there is no device 'name'. */
int veth_get(const char *name, struct veth *);

/* Opens a netlink socket in the namespace at 'path', but only if the other
 * end of the veth is there: whatever else 'path' leads to stays closed.
 * Returns NULL or a malloc'd error. */
char *veth_open_peer(const struct veth *, const char *path,
                     struct nl_sock **ret_sock) OVS_WARN_UNUSED_RESULT;

/* Of a device of the namespace of 'sock'; NULL is the daemon's own.  Both
 * return 0 or a positive errno. */
int veth_get_mtu(struct nl_sock *sock, int ifindex, unsigned int *ret_mtu);
int veth_set_mtu(struct nl_sock *sock, int ifindex, unsigned int mtu);

#endif /* controller/host-veth.h */
