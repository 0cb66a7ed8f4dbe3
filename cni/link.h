/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_LINK_H
#define CNI_LINK_H 1

/* Network devices, by rtnetlink.  A struct link is a socket, and a socket
 * belongs to one network namespace for ever. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cni/error.h"
#include "cni/ip.h"
#include "cni/route.h"

/* Bytes of an alias, with the NUL: the kernel's IFALIASZ. */
#define LINK_ALIAS_MAX 256

struct mnl_socket;

struct link {
    struct mnl_socket *nl; /* Owned; NULL while closed. */
    unsigned int seq;      /* Of the last message sent. */
};

/* A pair of virtual Ethernet devices, one end on the host. */
struct link_pair {
    const char *host_name;  /* In the namespace of the struct link. */
    struct ip_mac host_mac; /* Of the host's end. */
    const char *pod_name;   /* In the namespace 'pod_netns'. */
    int pod_netns;          /* File descriptor. */
    unsigned int mtu;       /* Of both ends, bytes. */
    const char *id;         /* The host's end's alias: who made it. */
};

/* What makes a device usable in a pod. */
struct link_setup {
    const char *name;            /* The device. */
    struct ip_mac mac;           /* Its Ethernet address. */
    const struct routes *routes; /* By way of this device. */
    bool dad;                    /* Look for duplicates of IPv6 addresses? */

    /* Its addresses in their subnets, one of each family or unset. */
    const struct ip_prefix *addresses; /* IP_N_FAMILIES. */
};

/* Opens a socket in the current network namespace. */
int link_open(struct link *, struct cni_error *);
void link_close(struct link *);

/* The same for what the kernel tells by itself to the RTMGRP_* 'groups'. */
int link_open_events(struct link *, unsigned int groups, struct cni_error *);

/* Makes both ends or none.  The host's end is up, the pod's is down. */
int link_make_pair(struct link *, const struct link_pair *,
                   struct cni_error *);

/* Sets the device up, with its IPv4 address and routes. */
int link_set_up(struct link *, const struct link_setup *, struct cni_error *);

/* Adds the IPv6 address and routes to a device that is up. */
int link_add_v6(struct link *, const struct link_setup *, struct cni_error *);

/* Has whoever sends on the device compute checksums, instead of leaving them
 * to hardware that is not there. */
int link_disable_tx_offload(struct link *, const char *name,
                            struct cni_error *);

/* Deletes the device, and so its peer.  Success if there is none. */
int link_delete(struct link *, const char *name, struct cni_error *);

#endif /* cni/link.h */
