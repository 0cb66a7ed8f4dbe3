/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_NETWORK_H
#define LODEN_CTL_NETWORK_H 1

/* What other nouns need to know about a network. */

#include <stdbool.h>
#include <stddef.h>

#include "flows/addr.h"
#include "openvswitch/compiler.h"
#include "svec.h"

struct invocation;
struct lodenrec_network;
struct ovsdb_idl;
struct ovsdb_idl_row;

#define NETWORK_MAX_VNI 0xffffff

/* What a new network shall be. */
struct network_wish {
    const char *name;   /* Borrowed. */
    const char *mode;   /* "routed" or "bridged"; borrowed. */
    unsigned int vni;   /* 0: the lowest free one. */
    struct svec ranges; /* Its prefixes as text. */
    unsigned int node_plen[ADDR_N_FAMILIES]; /* Length of a node's share. */
    unsigned int mtu;   /* In bytes; 0: what the underlay allows. */
    bool internal;      /* Without the host? */
    bool masquerade;    /* Do pods take the node's address outside? */
};

void network_wish_init(struct network_wish *);
void network_wish_destroy(struct network_wish *);
char *network_wish_ranges(struct network_wish *, const char *text)
    OVS_WARN_UNUSED_RESULT;

const struct ovsdb_idl_row **network_rows(struct ovsdb_idl *, size_t *n);
const struct lodenrec_network *network_find(struct ovsdb_idl *,
                                            const char *name);
char *network_insert(struct invocation *, const struct network_wish *)
    OVS_WARN_UNUSED_RESULT;

/* Returns a malloc'd error, for a network's name that nobody has. */
char *network_unknown(struct ovsdb_idl *, const char *name);

#endif /* ctl/network.h */
