/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_NETWORK_H
#define LODEN_CTL_NETWORK_H 1

/* What other nouns need to know about a network. */

#include <stddef.h>

#include "flows/world.h"
#include "openvswitch/compiler.h"

struct invocation;
struct lodenrec_network;
struct ovsdb_idl;
struct ovsdb_idl_row;

#define NETWORK_MAX_VNI 0xffffff

const struct ovsdb_idl_row **network_rows(struct ovsdb_idl *, size_t *n);
const struct lodenrec_network *network_find(struct ovsdb_idl *,
                                            const char *name);
struct world_network *network_from_row(const struct lodenrec_network *,
                                       struct world *);
struct world_network *network_new(struct world *, const char *name);
char *network_insert(struct invocation *, struct world_network *)
    OVS_WARN_UNUSED_RESULT;

/* Returns a malloc'd error, for a network's name that nobody has. */
char *network_unknown(struct ovsdb_idl *, const char *name);

#endif /* ctl/network.h */
