/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_FLANNEL_H
#define LODEN_CTL_FLANNEL_H 1

/* flannel's network configuration, the file net-conf.json, as a network of
 * Loden's. */

#include <stdbool.h>
#include <stddef.h>

#include "flows/addr.h"
#include "openvswitch/compiler.h"
#include "svec.h"

/* Bytes of the longest text that is read. */
#define FLANNEL_MAX_TEXT 65536

/* What flannel's configuration says of one family. */
struct flannel_family {
    struct prefix range;     /* Unset: the family is not used. */
    unsigned int node_plen;  /* Length of a node's subnet. */
    struct in6_addr first;   /* Where nodes' first subnet begins. */
    struct in6_addr last;    /* The last one's; "::" if it was not said. */
};

struct flannel {
    struct flannel_family families[ADDR_N_FAMILIES];
    unsigned int vni;   /* 0: not said. */
    unsigned int port;  /* UDP port of the tunnels; 0: not said. */
    unsigned int mtu;   /* Of the pods, in bytes; 0: not said. */
    struct svec notes;  /* What was said and is not followed. */
};

/* Parses the 'len' bytes at 'text'.  Returns NULL, and then the caller must
 * destroy '*ret_flannel', or a malloc'd error. */
char *flannel_parse(const char *text, size_t len, struct flannel *ret_flannel)
    OVS_WARN_UNUSED_RESULT;
void flannel_destroy(struct flannel *);

/* Reads the file 'name' into '*ret_text', malloc'd, of '*ret_len' bytes. */
char *flannel_read(const char *name, char **ret_text, size_t *ret_len)
    OVS_WARN_UNUSED_RESULT;

#endif /* ctl/flannel.h */
