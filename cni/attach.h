/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_ATTACH_H
#define CNI_ATTACH_H 1

/* The transactions that make a pod's port and wait for its flows. */

#include <jansson.h>
#include <stdbool.h>

#include "cni/error.h"
#include "cni/network.h"
#include "cni/ovsdb.h"
#include "cni/view.h"

/* What is written about a pod; all borrowed. */
struct attach_port {
    const char *id;        /* KEY_ID. */
    const char *host_name; /* The veth's end on the host. */
    const char *nonce;     /* KEY_REQ. */
    const char *netns;     /* KEY_NETNS. */
    const char *boot;      /* KEY_BOOT. */
    const char *pod;       /* KEY_POD, or "". */
    struct ip_mac mac;     /* KEY_MAC. */
    bool wished_mac;       /* Nobody else must have 'mac'. */
    bool mac_check;        /* KEY_MAC_CHECK unless it is true. */
    bool isolated;         /* KEY_ISOLATED. */
    unsigned int mtu;      /* KEY_MTU; 0: the network's. */
    const char *rate_in;   /* KEY_RATE_IN, or "". */
    const char *rate_out;  /* KEY_RATE_OUT, or "". */
    const char *ports;     /* KEY_PORTS, or "". */
    bool dhcp;             /* KEY_DHCP. */
    bool claims;           /* KEY_CLAIM: ask the cluster? */
    bool moves;            /* KEY_MOVE. */

    /* KEY_IP and KEY_IP6, of which one may be unset. */
    struct ip ip[IP_N_FAMILIES];

    /* KEY_REQ of the port that is there already, without addresses, and is to
     * become this one; NULL: there is none. */
    const char *former;
};

/* Inserts 'port' into the bridge of 'view', or changes its former one to it,
 * provided that nobody has its addresses and that the bridge still publishes
 * 'network' as in 'view'.  Returns ATTACH_TAKEN, without an error, if somebody
 * was faster with an address. */
#define ATTACH_TAKEN 1
int attach_insert(struct ovsdb *, const struct view *, const struct network *,
                  const struct attach_port *, struct cni_error *);

/* Waits until the cluster has said that 'host_name', which claims, can have
 * its addresses, or fails because it cannot. */
int attach_await_claim(struct ovsdb *, const char *host_name,
                       const char *nonce, struct cni_error *);

/* Waits until the controller has confirmed the flows of 'host_name', at most
 * until the connection's deadline. */
int attach_confirm(struct ovsdb *, const char *host_name, const char *nonce,
                   struct cni_error *);

#endif /* cni/attach.h */
