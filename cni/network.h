/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_NETWORK_H
#define CNI_NETWORK_H 1

/* A network as loden-controller publishes it on the bridge's row (KEY_NET_*
 * and NET_* in ovsdb/keys.h). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cni/error.h"
#include "cni/ip.h"
#include "cni/route.h"

#define NETWORK_MAX_RANGES 16

/* Bytes: RFC 791 has every link carry 68; 65535 is veth's limit. */
#define NETWORK_MTU_MIN 68
#define NETWORK_MTU_MAX 65535

/* IPv6 wants of every link (RFC 8200, section 5): the kernel does not do it on
 * others. */
#define NETWORK_MTU_V6 1280

struct network {
    char *name;        /* Loden's name.  Owned. */
    char *words;       /* What was published.  Owned. */
    struct ip_mac mac; /* The gateway's; all zero if not told. */
    unsigned int mtu;  /* Of the pods, bytes. */
    bool internal;     /* Does it lead nowhere but to itself? */
    bool closing;      /* Is it about to be deleted? */

    /* One segment on all nodes?  Then the subnets are all nodes', and what
     * this node gives of the IPv4 one is 'blocks' without 'taken'. */
    bool bridged;
    char *blocks; /* Prefixes, by commas; or NULL.  Owned. */
    char *taken;  /* Addresses, by commas; or NULL.  Owned. */

    /* Of at least one family. */
    struct ip_prefix subnet[IP_N_FAMILIES]; /* This node's, no bits beyond its
                                             * length; length 0: none. */
    struct ip gateway[IP_N_FAMILIES];       /* In 'subnet', or unset. */

    struct ip_prefix ranges[NETWORK_MAX_RANGES]; /* All nodes' subnets. */
    size_t n_ranges;
};

/* Parses 'words', published for the network 'name'.  The caller must destroy
 * '*ret_network'. */
int network_parse(const char *name, const char *words,
                  struct network *ret_network, struct cni_error *);
void network_destroy(struct network *);

/* Fails if the network takes no new pods. */
int network_check_open(const struct network *, struct cni_error *);

/* Does the network have the family on this node? */
bool network_has(const struct network *, enum ip_family);

/* Writes the subnets as people read them: "A" or "A and B". */
#define NETWORK_SUBNETS_STRLEN (2 * IP_PREFIX_STRLEN + 8)
void network_format_subnets(const struct network *,
                            char buf[static NETWORK_SUBNETS_STRLEN]);

/* Appends what a pod with the addresses 'pod' reaches by way of the gateways:
 * everything, unless the network is internal or NETWORK_RANGES are wanted, and
 * the network's ranges, also where another network of the pod's has the
 * default route. */
enum network_routes {
    NETWORK_DEFAULT,
    NETWORK_RANGES
};
int network_add_routes(const struct network *, enum network_routes,
                       const struct ip_prefix pod[IP_N_FAMILIES],
                       struct routes *, struct cni_error *);

/* An MTU that a veth and IPv4 can have, in decimal digits. */
bool network_parse_mtu(const char *, unsigned int *ret_mtu);

#endif /* cni/network.h */
