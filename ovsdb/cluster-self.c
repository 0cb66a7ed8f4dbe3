/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* This node's own rows: Node, which peers read, and Node_Status, a sign of
 * life once a minute that nobody but the node itself and people read.
 *
 * Two machines that call themselves alike would share one subnet.  The first
 * comer's system-id stands in the Node row; while signs of life come from it,
 * a second machine writes nothing and has no networks.  Once they stop, the
 * second one takes the name over: that is how a node is reinstalled. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(cluster_self);

/* Between two signs of life of our own. */
#define STATUS_INTERVAL_MS 60000

/* After this long without one, a name is free for another machine. */
#define SIGN_FRESH_MS 180000

/* Returns the Node row called 'name', or NULL. */
static const struct lodenrec_node *
find_node(const struct cluster *cluster, const char *name)
{
    struct lodenrec_node *key
        = lodenrec_node_index_init_row(cluster->nodes_by_name);
    lodenrec_node_index_set_name(key, name);
    const struct lodenrec_node *node
        = lodenrec_node_index_find(cluster->nodes_by_name, key);
    lodenrec_node_index_destroy_row(key);
    return node;
}

/* Returns our Node_Status row, or NULL: no other is monitored. */
static const struct lodenrec_node_status *
find_status(const struct cluster *cluster)
{
    const struct lodenrec_node_status *status;

    LODENREC_NODE_STATUS_FOR_EACH (status, cluster->idl) {
        if (cluster->node && !strcmp(status->node, cluster->node)) {
            return status;
        }
    }
    return NULL;
}

/* Returns until which time_msec() the last sign of life under our name counts
 * as fresh.  Clocks differ: a sign from the future is as fresh as the time
 * since when we have seen it. */
static long long int
fresh_until(const struct cluster *cluster)
{
    int64_t age = time_wall() - cluster->sign;

    if (!find_status(cluster)) {
        return 0;
    } else if (age < 0) {
        return cluster->sign_since + SIGN_FRESH_MS;
    } else if (age >= SIGN_FRESH_MS / 1000) {
        return 0;
    }
    return time_msec() + SIGN_FRESH_MS - age * 1000;
}

/* Says whether the name in 'self' is ours to use. */
enum self_claim
self_check(const struct cluster *cluster, const struct cluster_self *self)
{
    const struct lodenrec_node *node = find_node(cluster, self->node);

    if (!node || !node->system_id[0]
        || !strcmp(node->system_id, self->system_id ? self->system_id : "")
        || nullable_string_is_equal(node->system_id, cluster->system_id)) {
        return SELF_OURS;
    } else if (!nullable_string_is_equal(cluster->node, self->node)
               || !cluster->cond_done) {
        return SELF_UNKNOWN;
    }
    return time_msec() < fresh_until(cluster) ? SELF_TWIN : SELF_OURS;
}

/* Adds to 'world' why this node has no networks. */
void
self_refuse_twin(const struct cluster *cluster,
                 const struct cluster_self *self, struct world *world)
{
    const struct lodenrec_node *node = find_node(cluster, self->node);
    char theirs[TEXT_SHOWN];
    char ours[TEXT_SHOWN];

    world_refuse(world, xasprintf("Node %s", self->node),
                 "another machine is alive under this name: its system-id is "
                 "%s, ours is %s; give one of them another name (external_ids:"
                 "loden-node), or wait three minutes after the other stopped",
                 text_show(node->system_id, theirs),
                 text_show(self->system_id ? self->system_id : "", ours));
}

/* Monitors the sign of life of 'node', which is this node's name. */
void
self_follow(struct cluster *cluster, const char *node)
{
    if (nullable_string_is_equal(cluster->node, node)) {
        return;
    }
    struct ovsdb_idl_condition cond = OVSDB_IDL_CONDITION_INIT(&cond);
    lodenrec_node_status_add_clause_node(&cond, OVSDB_F_EQ, node);
    cluster->cond_seqno
        = lodenrec_node_status_set_condition(cluster->idl, &cond);
    ovsdb_idl_condition_destroy(&cond);

    free(cluster->node);
    free(cluster->system_id);
    cluster->node = xstrdup(node);
    cluster->system_id = NULL;
    cluster->cond_done = false;
    cluster->sign = 0;
    cluster->status_at = 0;
    smap_clear(&cluster->held);
}

/* Notices new signs of life under our name, and when they stop. */
void
self_run(struct cluster *cluster)
{
    const struct lodenrec_node_status *status = find_status(cluster);

    if (status && status->last_seen != cluster->sign) {
        cluster->sign = status->last_seen;
        cluster->sign_since = time_msec();
    }
    bool fresh = time_msec() < fresh_until(cluster);
    if (fresh != cluster->fresh) {
        cluster->fresh = fresh;
        cluster->seqno++;
    }
    if (!cluster->cond_done && cluster->node
        && (ovsdb_idl_get_condition_seqno(cluster->idl)
            == cluster->cond_seqno)) {
        cluster->cond_done = true;
        cluster->seqno++;
    }
    if (time_msec() >= cluster->status_at) {
        cluster->status_at = 0;
    }
}

void
self_wait(const struct cluster *cluster)
{
    if (cluster->fresh) {
        poll_timer_wait_until(fresh_until(cluster));
    }
    if (cluster->status_at) {
        poll_timer_wait_until(cluster->status_at);
    }
}

/* Makes the Node row of this node say what 'self' says. */
static void
put_node(struct cluster *cluster, const struct cluster_self *self)
{
    const struct lodenrec_node *node = find_node(cluster, self->node);
    const char *system_id = self->system_id ? self->system_id : "";
    char buf[ADDR_STRLEN];
    const char *ip = buf;
    struct writer *writer = &cluster->writer;

    if (!node) {
        writer_note(writer, VLL_INFO, "node %s: entering it into the cluster, "
                    "as it is not there", self->node);
        node = lodenrec_node_insert(writer->txn);
        lodenrec_node_set_name(node, self->node);
        lodenrec_node_set_system_id(node, system_id);
    } else if (strcmp(node->system_id, system_id)) {
        bool taken = (node->system_id[0]
                      && !nullable_string_is_equal(node->system_id,
                                                   cluster->system_id));
        char was[TEXT_SHOWN];
        writer_note(writer, taken ? VLL_WARN : VLL_INFO,
                    "node %s: system-id is now %s (was %s%s)", self->node,
                    system_id, node->system_id[0]
                    ? text_show(node->system_id, was) : "not set",
                    taken ? ", from which no sign of life came for three "
                    "minutes: taking the name over" : "");
        lodenrec_node_set_system_id(node, system_id);
    }
    if (addr_is_set(&self->tunnel_ip)) {
        addr_format(&self->tunnel_ip, buf);
        if (node->n_tunnel_ips != 1 || strcmp(node->tunnel_ips[0], ip)) {
            char was[TEXT_SHOWN];
            writer_note(writer, VLL_INFO, "node %s: tunnel address is now %s "
                        "(was %s)", self->node, ip, node->n_tunnel_ips
                        ? text_show(node->tunnel_ips[0], was) : "none");
            lodenrec_node_set_tunnel_ips(node, &ip, 1);
        }
    }
}

/* Composes a sign of life, and what else there is to say of this node. */
static void
put_status(struct cluster *cluster, const struct cluster_self *self)
{
    const struct lodenrec_node_status *status = find_status(cluster);
    struct writer *writer = &cluster->writer;

    writer_note(writer, VLL_DBG, "node %s: status", self->node);
    if (!status) {
        status = lodenrec_node_status_insert(writer->txn);
        lodenrec_node_status_set_node(status, self->node);
    }
    lodenrec_node_status_set_version(status, LODEN_VERSION);
    if (self->applied_seq) {
        lodenrec_node_status_set_applied_seq(status, self->applied_seq);
    }
    lodenrec_node_status_set_last_seen(status, time_wall());
    cluster->status_at = time_msec() + STATUS_INTERVAL_MS;
}

/* Gives a sign of life if one is due, or if it would say something new.  Not
 * while a claim is to be made: a node without its subnets has not carried out
 * the configuration. */
void
self_report(struct cluster *cluster, const struct cluster_self *self)
{
    const struct lodenrec_node_status *status = find_status(cluster);

    if (!status || !cluster->status_at
        || strcmp(status->version, LODEN_VERSION)
        || (self->applied_seq && status->applied_seq != self->applied_seq)) {
        put_status(cluster, self);
    }
}

/* Composes what is wrong with this node's own rows, if anything.  They are
 * there before any claim: without them nobody follows it. */
void
self_put(struct cluster *cluster, const struct cluster_self *self)
{
    put_node(cluster, self);
    if (writer_is_open(&cluster->writer) && !find_status(cluster)) {
        put_status(cluster, self);
    }
    if (!nullable_string_is_equal(cluster->system_id, self->system_id)) {
        free(cluster->system_id);
        cluster->system_id = nullable_xstrdup(self->system_id);
    }
}
