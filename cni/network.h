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

#define NETWORK_MAX_ROUTES 16

struct network {
    char *name;              /* Loden's name.  Owned. */
    char *words;             /* What was published.  Owned. */
    struct ip_prefix subnet; /* This node's, no bits beyond its length. */
    uint32_t gateway;        /* In 'subnet'. */
    unsigned int mtu;        /* Of the pods, bytes. */

    /* What a pod reaches by way of the gateway: everything, or the network's
     * ranges if the network is internal. */
    struct ip_prefix routes[NETWORK_MAX_ROUTES];
    size_t n_routes;
};

/* Parses 'words', published for the network 'name'.  The caller must destroy
 * '*ret_network'. */
int network_parse(const char *name, const char *words,
                  struct network *ret_network, struct cni_error *);
void network_destroy(struct network *);

/* An MTU that a veth and IPv4 can have, in decimal digits. */
bool network_parse_mtu(const char *, unsigned int *ret_mtu);

#endif /* cni/network.h */
