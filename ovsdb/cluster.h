/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_CLUSTER_H
#define LODEN_OVSDB_CLUSTER_H 1

/* The cluster database: what all nodes share.
 *
 *     struct cluster *cluster = cluster_open();
 *     for (;;) {
 *         cluster_set_remote(cluster, "unix:/run/loden/cluster.sock");
 *         cluster_run(cluster);
 *         cluster_set_self(cluster, self.node);
 *         if (cluster_is_ready(cluster)) {
 *             cluster_read(cluster, &self, &world);
 *             ...the pods of this node...
 *             cluster_judge(cluster, &world);
 *             cluster_put(cluster, &self, &world);
 *         }
 *         cluster_wait(cluster);
 *         poll_block();
 *     }
 */

#include <stdbool.h>

#include "flows/world.h"
#include "ovsdb/cluster-identity.h"

struct json;
struct sset;

/* What this node is, for its own rows. */
struct cluster_self {
    const char *node;            /* Name; equals the certificate's CN. */
    const char *system_id;       /* Of the Open_vSwitch row. */
    struct in6_addr tunnel_ip[ADDR_N_FAMILIES]; /* "::" for none, and while
                                                 * it is not known. */
    enum tunnels_encap speaks;   /* What our row is to say of that... */
    unsigned int pod_mtu;        /* ...and of what our ways leave for pods, in
                                  * bytes; 0: as it is. */
    int64_t applied_seq;         /* 'config_seq' of the last world that is
                                  * carried out; 0: none yet. */
};

/* What cluster_read() has to say. */
enum cluster_answer {
    CLUSTER_SILENT, /* Nothing, now. */
    CLUSTER_TWIN,   /* Nothing for us: another machine has our name. */
    CLUSTER_WORLD   /* What the cluster is. */
};

struct cluster *cluster_open(void);
void cluster_close(struct cluster *);

/* Lets the cluster's side know which subnets, "NETWORK CIDR", this node had
 * when it was last running: those with pods, which it keeps, and others, which
 * it takes again if they are free.  To be called before cluster_read(). */
void cluster_remember(struct cluster *, const struct sset *used,
                      const struct sset *unused);

void cluster_set_remote(struct cluster *, const char *remotes);
void cluster_set_write_remote(struct cluster *, const char *remotes);
void cluster_run(struct cluster *);
void cluster_wait(struct cluster *);

/* Which database is followed, and whether this is the one. */
void cluster_set_identity(struct cluster *, const struct cluster_identity *);
const struct cluster_identity *cluster_identity(const struct cluster *);
char *cluster_refusal(const struct cluster *);

bool cluster_is_ready(const struct cluster *);
bool cluster_is_connected(const struct cluster *);
int cluster_error(const struct cluster *);
unsigned int cluster_seqno(const struct cluster *);

void cluster_set_self(struct cluster *, const char *node);
void cluster_follow(struct cluster *, const struct world *);
enum cluster_answer cluster_read(const struct cluster *,
                                 const struct cluster_self *, struct world *);
void cluster_judge(const struct cluster *, struct world *);
void cluster_put(struct cluster *, const struct cluster_self *,
                 const struct world *);
struct json *cluster_status(const struct cluster *);

#endif /* ovsdb/cluster.h */
