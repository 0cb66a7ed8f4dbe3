/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Reads the rows as a node does that has none of its own and does not know
 * where its tunnels end: its refusals are those that all nodes share. */

#include <config.h>
#include "ovsdb/cluster-check.h"

#include "ovsdb/cluster-private.h"

/* Adds what the rows of 'idl', a replica of all of the cluster database, say,
 * and what is refused of them, to 'world', which has an empty node name. */
void
cluster_check(struct ovsdb_idl *idl, struct world *world)
{
    const struct cluster cluster = {
        .idl = idl,
        .own = idl,
        .held = SMAP_INITIALIZER(&cluster.held),
        .tunnels_had = SMAP_INITIALIZER(&cluster.tunnels_had),
        .peers_had = SMAP_INITIALIZER(&cluster.peers_had),
    };
    const struct cluster_self self = { .node = world->node, .system_id = "" };

    networks_read(&cluster, &self, world);
    peers_read(&cluster, &self, world);
    leases_read(&cluster, &self, world);
    endpoints_read(&cluster, world);
}
