/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_CLUSTER_PRIVATE_H
#define LODEN_OVSDB_CLUSTER_PRIVATE_H 1

/* What these share; nobody else includes it.
 *     cluster.c           the connection, and when to read and write
 *     cluster-identity.c  whether it is the database to follow
 *     cluster-own.c       by which connection we write, and our rows there
 *     cluster-self.c      this node's rows, and whose they are
 *     cluster-report.c    this node's Node_Status row
 *     cluster-global.c    the Loden_Global row's options -> world
 *     cluster-networks.c  Network rows -> world
 *     cluster-steps.c     of them, what is half way between two settings
 *     cluster-peers.c     Node rows -> world
 *     cluster-leases.c    Subnet and Reservation rows -> world
 *     cluster-bounds.c    of them, the first and the last subnet
 *     cluster-keep.c      Subnet rows that have vanished
 *     cluster-claim.c     inserting a Subnet
 *     cluster-choose.c    choosing which
 *     cluster-bridged.c   what Network rows say of bridged networks alone
 *     cluster-blocks.c    choosing and inserting one if bridged
 *     cluster-rest.c      giving them back
 *     cluster-endpoints.c Endpoint rows -> world
 *     cluster-members.c   this node's Endpoint rows
 *     cluster-check.c     the same reading for those who write the rows */

#include "ovsdb/cluster-own.h"
#include "ovsdb/cluster.h"
#include "ovsdb/cluster-bridged.h"
#include "ovsdb/loden-idl.h"
#include "ovsdb/text.h"
#include "ovsdb/writer.h"
#include "simap.h"
#include "smap.h"
#include "sset.h"

struct cluster {
    struct ovsdb_idl *idl; /* The replica. */
    struct ovsdb_idl_index *nodes_by_name; /* Its Node rows. */
    char *remote;          /* Where the servers are; NULL: nowhere. */

    /* To write (cluster-own.c). */
    struct ovsdb_idl *own;    /* The replica that has this node's rows to
                               * change: 'idl', or of them alone. */
    char *own_remote;         /* Where those servers are; NULL with 'idl'. */
    unsigned int own_seqno;   /* Its number when last looked at. */
    char *own_refusal;        /* Why nothing is written there; or NULL. */
    struct writer writer;     /* What is on its way there. */
    const struct vlog_module *module; /* Whose log lines that makes. */
    unsigned int cond_after;  /* Its seqno, while it may not be read anew. */
    bool cond_set;            /* Has it been told to monitor our rows? */
    unsigned int cond_seqno;  /* Its condition's, once it does. */
    bool cond_done;           /* Does it? */

    /* What is read. */
    unsigned int seqno;    /* Raised when reading may give something new. */
    unsigned int idl_seqno; /* The replica's when last looked at. */
    struct smap tunnels_had; /* Tunnel address -> peer that we followed. */
    struct cluster_identity followed; /* Whose database we follow. */
    char *refusal;         /* Why not the one that answers; or NULL. */

    /* This node's own rows (cluster-self.c). */
    char *node;               /* Whose status is monitored; NULL: nobody's. */
    char *system_id;          /* What we wrote, or would have; or NULL. */
    int64_t sign;             /* 'last_seen' of our name, as last read. */
    long long int sign_since; /* time_msec() since when it is that. */
    bool fresh;               /* Was 'sign' fresh when last looked at? */

    /* This node's status (cluster-report.c).  Times are time_msec()'s. */
    long long int status_at;  /* When our next sign is due; 0: now. */
    long long int usage_at;   /* When to say how many pods there are now;
                               * 0: nothing new, or now. */
    bool usage_due;           /* Has that time come? */

    /* Our subnets (cluster-claim.c).  Keys are made by claim_key(). */
    struct smap held;          /* Which we hold, or held until it vanished. */
    struct smap peers_had;     /* "NETWORK CIDR" -> peer, in the last world. */
    unsigned int had_seqno;    /* 'seqno' when that was remembered. */
    struct smap preferred;     /* Which we had when we were last running. */
    struct sset lost;          /* "NETWORK CIDR" that others were faster to
                                * insert, until a claim succeeds. */
    struct simap exhausted;    /* Key -> idl_seqno of a claim in vain. */
    struct smap problems;      /* Key -> why there was not. */
    char *claiming;            /* "NETWORK CIDR" in flight, or NULL. */
    bool reclaiming;           /* Was that ours already? */
    struct rest *rests;        /* Blocks that nobody uses (cluster-rest.c). */
    size_t n_rests;            /* Number of 'rests'. */
    bool rests_changed;        /* Is that to be read anew? */
};

/* Rows -> world, in this order. */
void global_read(const struct cluster *, struct world *);
void self_read(const struct cluster *, const struct cluster_self *,
               struct world *);
enum tunnels_encap node_speaks(const struct lodenrec_node *, struct world *);
void networks_read(const struct cluster *, const struct cluster_self *,
                   struct world *);
unsigned int peers_overhead(const struct cluster *,
                            const struct cluster_self *);
void peers_read(const struct cluster *, const struct cluster_self *,
                struct world *);
void peers_remember(struct cluster *, const struct world *);
void leases_read(const struct cluster *, const struct cluster_self *,
                 struct world *);

/* cluster-steps.c */
void steps_read(const struct lodenrec_network *, struct world *);
void steps_check(struct world *);

/* cluster-bounds.c */
void bounds_read(const struct lodenrec_network *, struct world *);
char *bounds_check(const struct world_network *, const struct prefix *);
size_t bounds_count(const struct world_network *, const struct prefix *range,
                    size_t *ret_first);

/* What is known while Subnet and Reservation rows are read. */
struct leases {
    const struct cluster_self *self; /* This node. */
    struct world *world;             /* To add to. */
    struct smap reserved;            /* "NETWORK CIDR" -> node. */
    struct smap holder;              /* "NETWORK CIDR" -> node. */
    struct smap has;                 /* "NETWORK FAMILY NODE" -> cidr. */
};
const char *peers_find_tunnel(const struct cluster *,
                              const struct sset *nodes,
                              const struct prefix *range);
void leases_list_used(const struct cluster *, struct sset *networks,
                      struct sset *nodes);
char *leases_check(const struct world_network *, const struct prefix *);
struct world_peer *leases_find_peer(const struct world *, const char *name);
void leases_keep(const struct cluster *, struct leases *);
void leases_remember(struct cluster *, const struct world *);

/* A claim that is being made. */
struct claim {
    struct cluster *cluster;             /* Where. */
    const char *node;                    /* For whom. */
    const struct world_network *network; /* In which network. */
    enum addr_family family;             /* Of which family. */
    struct smap taken;                   /* Cidrs that are somebody's, and
                                          * whose. */
    const struct lodenrec_subnet *own;   /* Our row there, or NULL. */
    bool give_up_own;                    /* Is it reserved for another? */
};
void choose_init(struct claim *);
void choose_destroy(struct claim *);
char *choose_subnet(const struct claim *, char cidr[ADDR_STRLEN]);

/* cluster-claim.c */
void claim_clean(struct cluster *, const struct cluster_self *,
                 const struct world *);
void claim_put(struct cluster *, const struct cluster_self *,
               const struct world *);
void claim_finished(struct cluster *, enum ovsdb_idl_txn_status);

char *claim_key(const char *network, enum addr_family);
char *claim_text(const char *network, const char *cidr);

#endif /* ovsdb/cluster-private.h */
