/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_LINKREAD_H
#define CNI_LINKREAD_H 1

/* What network devices there are, and how they are set up, as the kernel says
 * it.  link.h changes it. */

#include <net/if.h>
#include <stdbool.h>

#include "cni/error.h"
#include "cni/ip.h"
#include "cni/link.h"
#include "cni/route.h"

/* One device. */
struct link_state {
    bool exists;          /* If not, nothing else is valid. */
    char name[IFNAMSIZ];  /* Its name... */
    char alias[LINK_ALIAS_MAX]; /* ...and its alias, or "". */
    int index;            /* Its number in its namespace. */
    bool up;              /* As an administrator wants it. */
    bool sends;           /* Has it a carrier, and its queues? */
    bool is_veth;         /* One end of a pair? */
    struct ip_mac mac;    /* Its Ethernet address. */
    unsigned int mtu;     /* Bytes. */
    int peer;             /* The other end's number in its namespace. */
    int peer_netns;       /* That namespace's number here, or -1. */
};

/* Reads the device 'name'.  That there is none is no failure. */
int linkread_device(struct link *, const char *name, struct link_state *,
                    struct cni_error *);

/* Stores the number of the device 'name', or returns a positive errno. */
int linkread_index(const struct link *, const char *name, int *ret_index);

/* Stores the number that the namespace 'fd' has in 'link''s, or -1. */
int linkread_netns(struct link *, int fd, int *ret_number, struct cni_error *);

/* Calls 'each' for all devices. */
typedef void linkread_each(const struct link_state *, void *aux);
int linkread_devices(struct link *, linkread_each *, void *aux,
                     struct cni_error *);

/* Does the device 'index' have 'address'? */
int linkread_has_address(struct link *, int index, struct ip_prefix address,
                         bool *ret_has, struct cni_error *);

/* How far is an IPv6 address of the device, which the kernel makes usable in
 * its own time? */
enum link_address_state {
    LINK_ADDRESS_USABLE,
    LINK_ADDRESS_TENTATIVE, /* Not yet. */
    LINK_ADDRESS_REFUSED    /* Somebody else has it, or it is not there. */
};
int linkread_address_state(struct link *, int index, struct ip_prefix address,
                           enum link_address_state *ret_state,
                           struct cni_error *);

/* Stores for each of 'routes', whose gateway only counts if there is one,
 * whether it is there, by whichever device. */
int linkread_has_routes(struct link *, const struct routes *routes, bool has[],
                        struct cni_error *);

#endif /* cni/linkread.h */
