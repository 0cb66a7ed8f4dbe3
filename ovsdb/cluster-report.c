/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* This node's Node_Status row: a sign of life once a minute, and what people
 * want to know about a node.  Nobody reads it but lodenctl and the node
 * itself.
 *
 * A thousand nodes write into one database, so what changes with every pod is
 * written at most every few seconds; only the first pod of a network is told
 * at once, since from then on the network must not be deleted. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "ovsdb/keys.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(cluster_report);

/* Between two signs of life. */
#define STATUS_INTERVAL_MS 60000

/* Between a change of how many pods there are and its telling. */
#define USAGE_DELAY_MS 5000

/* Returns our Node_Status row, or NULL: no other is monitored. */
const struct lodenrec_node_status *
report_find(const struct cluster *cluster)
{
    const struct lodenrec_node_status *status;

    LODENREC_NODE_STATUS_FOR_EACH (status, cluster->own) {
        if (cluster->node && !strcmp(status->node, cluster->node)) {
            return status;
        }
    }
    return NULL;
}

void
report_run(struct cluster *cluster)
{
    if (time_msec() >= cluster->status_at) {
        cluster->status_at = 0;
    }
    if (cluster->usage_at && time_msec() >= cluster->usage_at) {
        cluster->usage_at = 0;
        cluster->usage_due = true;
    }
}

void
report_wait(const struct cluster *cluster)
{
    if (cluster->status_at) {
        poll_timer_wait_until(cluster->status_at);
    }
    if (cluster->usage_at) {
        poll_timer_wait_until(cluster->usage_at);
    }
}

/* Stores into 'ids' the external_ids of the status: in 'ids' of others, and
 * how many pods of each network are in 'world'. */
static void
count_pods(const struct smap *others, const struct world *world,
           struct smap *ids)
{
    struct smap_node *node;

    smap_clone(ids, others);
    SMAP_FOR_EACH_SAFE (node, ids) {
        if (!strncmp(node->key, STATUS_PODS_PREFIX,
                     strlen(STATUS_PODS_PREFIX))) {
            smap_remove_node(ids, node);
        }
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        char *key = xasprintf(STATUS_PODS_PREFIX"%s",
                              world->pods[i].network);
        int n = smap_get_int(ids, key, 0);

        smap_replace_nocopy(ids, key, xasprintf("%d", n + 1));
        free(key);
    }
}

/* Has 'now' a key that 'was' has not? */
static bool
has_more(const struct smap *now, const struct smap *was)
{
    const struct smap_node *node;

    SMAP_FOR_EACH (node, now) {
        if (!smap_get(was, node->key)) {
            return true;
        }
    }
    return false;
}

/* Is it time to write 'ids' over what 'status' has? */
static bool
usage_is_due(struct cluster *cluster,
             const struct lodenrec_node_status *status,
             const struct smap *ids)
{
    if (smap_equal(ids, &status->external_ids)) {
        cluster->usage_at = 0;
        cluster->usage_due = false;
    } else if (has_more(ids, &status->external_ids)) {
        return true;
    } else if (!cluster->usage_due && !cluster->usage_at) {
        cluster->usage_at = time_msec() + USAGE_DELAY_MS;
    }
    return cluster->usage_due;
}

/* Makes the external_ids of 'status' equal 'ids', key by key: somebody else
 * may be adding one of their own at this moment. */
static void
put_ids(const struct lodenrec_node_status *status, const struct smap *ids)
{
    const struct smap_node *node;

    SMAP_FOR_EACH (node, &status->external_ids) {
        if (!smap_get(ids, node->key)) {
            lodenrec_node_status_update_external_ids_delkey(status, node->key);
        }
    }
    SMAP_FOR_EACH (node, ids) {
        const char *old = smap_get(&status->external_ids, node->key);
        if (!old || strcmp(old, node->value)) {
            lodenrec_node_status_update_external_ids_setkey(
                status, node->key, node->value);
        }
    }
}

/* Composes a sign of life.  Returns the row. */
static const struct lodenrec_node_status *
put_sign(struct cluster *cluster, const struct cluster_self *self)
{
    const struct lodenrec_node_status *status = report_find(cluster);
    struct writer *writer = &cluster->writer;

    writer_note(writer, VLL_DBG, "node %s: status", self->node);
    if (!status) {
        status = lodenrec_node_status_insert(writer->txn);
        lodenrec_node_status_set_node(status, self->node);
    }
    lodenrec_node_status_set_version(status, LODEN_VERSION);
    lodenrec_node_status_set_last_seen(status, time_wall());
    cluster->status_at = time_msec() + STATUS_INTERVAL_MS;
    return status;
}

/* Composes the first sign of life of a node that enters the cluster. */
void
report_start(struct cluster *cluster, const struct cluster_self *self)
{
    put_sign(cluster, self);
}

/* Composes a sign of life if one is due, or if it would say something new.
 * Not to be called while a claim is to be made: a node without its subnets
 * has not carried out the configuration. */
void
report_put(struct cluster *cluster, const struct cluster_self *self,
           const struct world *world)
{
    const struct lodenrec_node_status *status = report_find(cluster);
    struct smap none = SMAP_INITIALIZER(&none);
    struct smap ids;

    /* A newer world may be on its way. */
    bool applied = self->applied_seq == world->config_seq;
    count_pods(status ? &status->external_ids : &none, world, &ids);
    if (!status || !cluster->status_at
        || strcmp(status->version, LODEN_VERSION)
        || (self->applied_seq && status->applied_seq != self->applied_seq)
        || (applied && status->draining != world->draining)
        || usage_is_due(cluster, status, &ids)) {
        status = put_sign(cluster, self);
        if (self->applied_seq) {
            lodenrec_node_status_set_applied_seq(status, self->applied_seq);
        }
        if (applied) {
            lodenrec_node_status_set_draining(status, world->draining);
        }
        put_ids(status, &ids);
        cluster->usage_at = 0;
        cluster->usage_due = false;
    }
    smap_destroy(&ids);
}
