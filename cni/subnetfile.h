/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_SUBNETFILE_H
#define CNI_SUBNETFILE_H 1

/* The subnet file in flannel's format, as far as the plugin needs it. */

#include "cni/error.h"
#include "cni/ip.h"

struct subnetfile {
    /* FLANNEL_SUBNET and FLANNEL_IPV6_SUBNET, one at least: this node's
     * gateway and, by its length, this node's subnet; length 0: none. */
    struct ip_prefix subnet[IP_N_FAMILIES];
    unsigned int mtu; /* FLANNEL_MTU, in bytes: the pods' MTU. */
};

int subnetfile_read(const char *path, struct subnetfile *ret_file,
                    struct cni_error *);

/* Parses 'text', which is changed on the way. */
int subnetfile_parse(char *text, struct subnetfile *ret_file,
                     struct cni_error *);

#endif /* cni/subnetfile.h */
