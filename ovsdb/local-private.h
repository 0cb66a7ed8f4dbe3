/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_LOCAL_PRIVATE_H
#define LODEN_OVSDB_LOCAL_PRIVATE_H 1

/* What the files local*.c share; nobody else includes this.
 *
 *     local.c         the connection, the lock, settings
 *     local-bridge.c  the integration bridge, and what its row publishes
 *     local-move.c    taking over from an earlier bridge
 *     local-address.c which addresses pods can have
 *     local-bridged.c what plugin and controller say of bridged networks
 *     local-read.c    Interface rows -> world
 *     local-own.c     Interface rows of our own ports -> world
 *     local-options.c what such a row asks for besides an address
 *     local-ports.c   making and deleting ports of our own; host ports
 *     local-tunnels.c of them, those to peers
 *     local-limits.c  queues, which hold what pods receive to a rate
 *     local-pods.c    acknowledging pods, deleting those that are gone */

#include "lib/vswitch-idl.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "ovsdb/local.h"
#include "ovsdb/text.h"
#include "ovsdb/writer.h"
#include "packets.h"
#include "sset.h"

struct local {
    struct ovsdb_idl *idl;  /* The replica. */
    struct writer writer;   /* What is on its way to the server. */
    char *remote;           /* Where that is. */
    char *boot_id;          /* Of the running kernel; NULL if unknown. */
    unsigned int seqno;     /* Raised when reading may give something new. */
    unsigned int idl_seqno; /* The replica's when 'seqno' was last raised. */
    bool locked;            /* Have we the lock, or had it when the server
                             * was last heard? */
    bool told_contended;    /* Has another holder of the lock been logged? */
    struct ds settled;      /* What local_put() had when nothing differed. */
    bool is_settled;        /* Did nothing differ when it was last called? */
    struct sset told;       /* Names of ports in our way, logged already. */
    struct shash gone;      /* Pods without a device (local-pods.c). */
    long long int tunnels_at;   /* When it was last changed, in time_msec(),
                                 * what tunnel ports take. */
    bool tunnels_wait;          /* Do ports wait for that to be over? */
};

/* local.c */
const struct ovsrec_open_vswitch *local_row(const struct local *);
bool local_may_write(const struct local *);

/* local-bridge.c */
const struct ovsrec_bridge *bridge_find(const struct local *);
bool bridge_is_ours(const struct ovsrec_bridge *);
void bridge_note(struct local *, const struct ovsrec_bridge *,
                 const char *column, const char *now, const char *was);

/* local-publish.c */
void bridge_publish(struct local *, const struct ovsrec_bridge *,
                    const struct world *);

/* local-move.c */
void bridge_take_over(struct local *, const struct ovsrec_bridge *);

/* local-own.c */
ofp_port_t own_ofport(const struct ovsrec_interface *,
                      const struct simap *ofports);
void own_read(const struct local *, const struct shash *ifaces,
              const struct simap *ofports, struct world *);

/* local-address.c */
char *local_check_ip(const struct world_network *, const struct in6_addr *);

/* local-bridged.c */
void bridged_read(const struct ovsrec_bridge *, struct world *);
char *bridged_check(const struct world *, const struct ovsrec_interface *,
                    const struct world_network *, const struct world_pod *,
                    struct world_claim *ret_claim);
void bridged_put(struct local *, const struct ovsrec_bridge *,
                 const struct world *);
void bridged_describe(const struct world *, const struct world_network *,
                      struct ds *);

/* local-ports.c */

/* A port that must be there. */
struct port_want {
    const char *name;      /* Of port and interface. */
    const char *type;      /* The interface's. */
    const char *key;       /* KEY_PEER, KEY_TUNNELS or KEY_HOST. */
    const char *object;    /* That key's value. */
    struct smap options;   /* The interface's. */
    char mac[ETH_ADDR_STRLEN + 1]; /* The device's; "" for a tunnel. */
    int64_t mtu;           /* The device's; 0 for a tunnel. */
};

/* All rows, while ports are put. */
struct port_rows {
    struct local *local;                /* To write through. */
    const struct ovsrec_bridge *bridge; /* Ours. */
    struct shash ifaces;                /* Name -> struct ovsrec_interface. */
    struct shash own;                   /* Name -> struct ovsrec_port: on the
                                         * bridge, with a key of ours. */
    struct sset ports;                  /* Names of all ports. */
    uint8_t *asked;                     /* By number: how many rows ask for
                                         * or have it. */
    int next;                           /* No number below is free. */
};

bool ports_is_own(const struct ovsrec_interface *);
struct json *ports_errors(const struct local *);
void ports_put_one(struct port_rows *, const struct port_want *);
void ports_put(struct local *, const struct ovsrec_bridge *,
               const struct world *, const struct local_confirmed *);

/* local-tunnels.c */
void tunnels_put(struct port_rows *, const struct world *,
                 const struct local_confirmed *);
void tunnels_describe(const struct world *, struct ds *);
void tunnels_run(struct local *);
void tunnels_wait(const struct local *);

/* local-limits.c */
void limits_put(struct local *, const struct world *);

/* local-pods.c */
void pods_look(struct local *);
void pods_run(struct local *);
void pods_wait(const struct local *);
void pods_put(struct local *, const struct ovsrec_bridge *,
              const struct world *, const struct sset *acked);
void pods_close(struct local *);

#endif /* ovsdb/local-private.h */
