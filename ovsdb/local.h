/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_LOCAL_H
#define LODEN_OVSDB_LOCAL_H 1

/* The node's own Open_vSwitch database: where the plugin leaves pods, where
 * people leave settings, and where bridge, tunnel and host ports are made. */

#include <stdbool.h>

#include "flows/world.h"
#include "sset.h"

struct json;
struct simap;

/* What a person set on the Open_vSwitch row.  Strings are borrowed and good
 * until the next local_run(). */
struct local_settings {
    const char *node;      /* KEY_NODE, else 'system_id'; NULL if neither. */
    const char *system_id; /* external_ids:system-id; NULL if absent. */
    const char *remote;    /* KEY_REMOTE; NULL if absent. */
    const char *write_remote; /* KEY_WRITE_REMOTE; NULL if absent. */
    const char *bridge;    /* KEY_BRIDGE, else DEFAULT_BRIDGE. */
    const char *encap_ip;  /* KEY_ENCAP_IP as text; NULL if absent. */
    const char *tunnel_ports; /* KEY_TUNNEL_PORTS; NULL if absent. */
    const char *encap;        /* KEY_ENCAP; NULL if absent. */
    const char *forward;   /* KEY_FORWARD; NULL if absent. */
};

/* What the switch has confirmed. */
struct local_confirmed {
    const struct sset *acked; /* Ids of the pods whose flows are there; NULL
                               * while that is not known. */
    bool flows;               /* Are all flows of the world there? */
};

struct local *local_open(const char *remote);
void local_close(struct local *);

void local_run(struct local *);
void local_wait(struct local *);

bool local_is_ready(const struct local *);
unsigned int local_seqno(const struct local *);
void local_get_settings(const struct local *, struct local_settings *);

/* Subnets that the bridge's row says the node 'node' has, "NETWORK CIDR":
 * those of networks that it has pods of, and the others. */
struct local_leases {
    struct sset used;
    struct sset unused;
};
void local_get_leases(const struct local *, const char *node,
                      struct local_leases *);
void local_leases_destroy(struct local_leases *);

char *local_put_bridge(struct local *, const char *datapath)
    OVS_WARN_UNUSED_RESULT;
bool local_has_bridge(const struct local *);

void local_read(const struct local *, const struct simap *ofports,
                struct world *);
void local_put(struct local *, const struct world *,
               const struct local_confirmed *);
bool local_is_settled(const struct local *);
struct json *local_status(const struct local *);

#endif /* ovsdb/local.h */
