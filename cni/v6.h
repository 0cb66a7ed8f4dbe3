/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_V6_H
#define CNI_V6_H 1

/* What a pod's interface needs for IPv6 besides its address. */

#include <stdbool.h>

#include "cni/error.h"
#include "cni/ip.h"
#include "cni/link.h"
#include "cni/netns.h"

/* Sets up how the device 'name' of the pod will do IPv6, before it is up: that
 * its link-local address follows from its Ethernet address, that addresses
 * survive its going down, and whether it looks for duplicates.  Until
 * v6_start() it does none, and says nothing. */
enum v6_dad {
    V6_NO_DAD,
    V6_DAD
};
int v6_prepare(const struct netns *, const char *name, enum v6_dad,
               struct cni_error *);

/* Lets the device do IPv6. */
int v6_start(const struct netns *, const char *name, struct cni_error *);

/* Waits until 'address' can be used on the device 'name': until the kernel has
 * ended looking for duplicates, if it does, and takes what comes for it. */
struct v6_wait {
    const struct netns *netns; /* The pod's. */
    struct link *in_pod;       /* Open there. */
    const char *name;
    struct ip_prefix address;
    int stop_fd; /* Readable when to give up; or -1. */
};
int v6_wait(const struct v6_wait *, struct cni_error *);

#endif /* cni/v6.h */
