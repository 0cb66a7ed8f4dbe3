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

/* Which bound of a network's subnets: the first one or the last one. */
enum network_bound {
    NETWORK_MIN,
    NETWORK_MAX,
    NETWORK_N_BOUNDS
};

/* What a network shall be. */
struct network_wish {
    const char *name;   /* Borrowed. */
    const char *mode;   /* "routed" or "bridged"; borrowed. */
    unsigned int vni;   /* 0: the lowest free one. */
    unsigned int also_vni; /* Taken, too, while the VNI changes; 0: none. */
    struct svec ranges; /* Its prefixes as text. */
    unsigned int node_plen[ADDR_N_FAMILIES]; /* Length of a node's share, 0:
                                              * what fits the mode. */
    char *bounds[ADDR_N_FAMILIES][NETWORK_N_BOUNDS]; /* Where nodes' first and
                                                      * last subnet begin, as
                                                      * text; NULL: anywhere.
                                                      */
    unsigned int mtu;   /* In bytes; 0: what the underlay allows. */
    bool internal;      /* Without the host? */
    const char *unknown_unicast; /* "drop" or "flood"; borrowed. */
    const char *multicast; /* "flood", "snoop" or "drop"; borrowed. */
    const char *storm_rate; /* In bits/s; NULL: what nodes choose; borrowed. */
    const char *block_rest; /* In seconds; NULL: what nodes choose;
                             * borrowed. */
    bool masquerade;    /* Do pods take the node's address outside? */
};

void network_wish_init(struct network_wish *);
void network_wish_read(struct network_wish *, const struct lodenrec_network *);
void network_wish_destroy(struct network_wish *);
char *network_wish_ranges(struct network_wish *, const char *text)
    OVS_WARN_UNUSED_RESULT;

const struct ovsdb_idl_row **network_rows(struct ovsdb_idl *, size_t *n);
const struct lodenrec_network *network_find(struct ovsdb_idl *,
                                            const char *name);
void network_wish_bound(struct network_wish *, enum addr_family,
                        enum network_bound, const char *text);
char *network_wish_flannel(struct network_wish *, struct invocation *)
    OVS_WARN_UNUSED_RESULT;
char *network_wish_options(struct network_wish *, const struct invocation *)
    OVS_WARN_UNUSED_RESULT;
void network_write(const struct lodenrec_network *,
                   const struct network_wish *);
char *network_check_vni(struct ovsdb_idl *, const struct network_wish *)
    OVS_WARN_UNUSED_RESULT;
void network_tell(struct invocation *, const struct network_wish *was,
                  const struct network_wish *);
char *network_insert(struct invocation *, struct network_wish *)
    OVS_WARN_UNUSED_RESULT;

/* Returns a malloc'd error, for a network's name that nobody has. */
char *network_unknown(struct ovsdb_idl *, const char *name);

#endif /* ctl/network.h */
