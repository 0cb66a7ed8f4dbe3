/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_CLUSTER_OWN_H
#define LODEN_OVSDB_CLUSTER_OWN_H 1

/* The part of cluster-private.h that is about this node's own rows. */

#include <stdbool.h>

struct cluster;
struct cluster_self;
struct lodenrec_node;
struct lodenrec_node_status;
struct vlog_module;
struct world;

/* By which connection they are written. */
void own_init(struct cluster *, const struct vlog_module *);
void own_destroy(struct cluster *);
void own_renew(struct cluster *);
void own_set_remote(struct cluster *, const char *remotes);
void own_run(struct cluster *);
void own_wait(const struct cluster *);
bool own_may_write(const struct cluster *);
bool own_agrees(const struct cluster *);
const struct lodenrec_node *own_find_node(const struct cluster *,
                                          const char *name);

enum self_claim { /* Whose is this node's name? */
    SELF_OURS,    /* Ours to write. */
    SELF_UNKNOWN, /* The servers have not said yet. */
    SELF_TWIN     /* Another machine is alive under it. */
};
enum self_claim self_check(const struct cluster *,
                           const struct cluster_self *);
void self_refuse_twin(const struct cluster *, const struct cluster_self *,
                      struct world *);
void self_run(struct cluster *);
void self_wait(const struct cluster *);
void self_follow(struct cluster *, const char *node);
void self_put(struct cluster *, const struct cluster_self *);
bool self_is_draining(const struct cluster *, const struct cluster_self *);

/* This node's Node_Status row. */
const struct lodenrec_node_status *report_find(const struct cluster *);
void report_run(struct cluster *);
void report_wait(const struct cluster *);
void report_start(struct cluster *, const struct cluster_self *);
void report_put(struct cluster *, const struct cluster_self *,
                const struct world *);

#endif /* ovsdb/cluster-own.h */
