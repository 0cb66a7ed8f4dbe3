/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* This node's own rows: Node, which peers read, and whether the name is ours
 * to use; the sign of life, Node_Status, is cluster-report.c's.
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
#include "ovsdb/keys.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(cluster_self);

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

/* Returns until which time_msec() the last sign of life under our name counts
 * as fresh.  Clocks differ: a sign from the future is as fresh as the time
 * since when we have seen it. */
static long long int
fresh_until(const struct cluster *cluster)
{
    int64_t age = time_wall() - cluster->sign;

    if (!report_find(cluster)) {
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

/* Says that 'node' is this node's name, whose sign of life is monitored. */
void
self_follow(struct cluster *cluster, const char *node)
{
    if (nullable_string_is_equal(cluster->node, node)) {
        return;
    }
    if (cluster->node) {
        /* What was remembered was another node's. */
        smap_clear(&cluster->held);
        smap_clear(&cluster->preferred);
    }
    free(cluster->node);
    free(cluster->system_id);
    cluster->node = xstrdup(node);
    cluster->system_id = NULL;
    own_renew(cluster);
}

/* Notices new signs of life under our name, and when they stop. */
void
self_run(struct cluster *cluster)
{
    const struct lodenrec_node_status *status = report_find(cluster);

    if (status && status->last_seen != cluster->sign) {
        cluster->sign = status->last_seen;
        cluster->sign_since = time_msec();
    }
    bool fresh = time_msec() < fresh_until(cluster);
    if (fresh != cluster->fresh) {
        cluster->fresh = fresh;
        cluster->seqno++;
    }
}

void
self_wait(const struct cluster *cluster)
{
    if (cluster->fresh) {
        poll_timer_wait_until(fresh_until(cluster));
    }
}

/* Has an administrator asked this node to take no new pods? */
bool
self_is_draining(const struct cluster *cluster,
                 const struct cluster_self *self)
{
    const struct lodenrec_loden_global *global
        = lodenrec_loden_global_first(cluster->idl);
    char *key = xasprintf(OPTION_DRAIN_PREFIX"%s", self->node);
    bool draining = smap_get(&global->options, key) != NULL;

    free(key);
    return draining;
}

/* Makes 'node', our Node row, say where our tunnels end, if we know. */
static void
put_tunnel_ips(struct cluster *cluster, const struct cluster_self *self,
               const struct lodenrec_node *node)
{
    struct sset now = SSET_INITIALIZER(&now);
    struct sset was = SSET_INITIALIZER(&was);

    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        char buf[ADDR_STRLEN];
        if (addr_is_set(&self->tunnel_ip[family])) {
            sset_add(&now, addr_format(&self->tunnel_ip[family], buf));
        }
    }
    sset_add_array(&was, node->tunnel_ips, node->n_tunnel_ips);
    if (!sset_is_empty(&now) && !sset_equals(&now, &was)) {
        const char **ips = sset_sort(&now);
        char *text = sset_join(&now, ",", "");
        char *old = sset_join(&was, ",", "");
        char shown[TEXT_SHOWN];

        writer_note(&cluster->writer, VLL_INFO, "node %s: tunnel address is "
                    "now %s (was %s)", self->node, text,
                    old[0] ? text_show(old, shown) : "none");
        lodenrec_node_set_tunnel_ips(node, ips, sset_count(&now));
        free(old);
        free(text);
        free(ips);
    }
    sset_destroy(&was);
    sset_destroy(&now);
}

/* Stores into 'world' what our Node row says that we speak.  Until it is
 * there, nobody can know better. */
void
self_read(const struct cluster *cluster, const struct cluster_self *self,
          struct world *world)
{
    const struct lodenrec_node *node = find_node(cluster, self->node);

    if (node) {
        world->tunnels.speaks = node_speaks(node, NULL);
    }
}

/* Makes 'node', our Node row, say whether we speak Geneve. */
static void
put_encap(struct cluster *cluster, const struct cluster_self *self,
          const struct lodenrec_node *node)
{
    enum tunnels_encap was = node_speaks(node, NULL);
    const char *name = tunnels_encap_name(self->speaks);

    if (was == self->speaks) {
        return;
    }
    writer_note(&cluster->writer, VLL_INFO, "node %s: speaks %s now (was %s)",
                self->node, name, tunnels_encap_name(was));
    if (self->speaks == TUNNELS_VXLAN) {
        lodenrec_node_update_options_delkey(node, OPTION_ENCAP);
    } else {
        lodenrec_node_update_options_setkey(node, OPTION_ENCAP, name);
    }
}

/* Makes 'node', our Node row, say what our ways leave for pods. */
static void
put_pod_mtu(struct cluster *cluster, const struct cluster_self *self,
            const struct lodenrec_node *node)
{
    const char *was = smap_get_def(&node->options, OPTION_POD_MTU, "nothing");
    char *text = xasprintf("%u", self->pod_mtu);
    char shown[TEXT_SHOWN];

    if (self->pod_mtu && strcmp(was, text)) {
        writer_note(&cluster->writer, VLL_INFO, "node %s: its ways leave pods "
                    "%s bytes now (was %s)", self->node, text,
                    text_show(was, shown));
        lodenrec_node_update_options_setkey(node, OPTION_POD_MTU, text);
    }
    free(text);
}

/* Makes the Node row of this node say what 'self' says. */
static void
put_node(struct cluster *cluster, const struct cluster_self *self)
{
    const struct lodenrec_node *node = (cluster->own == cluster->idl
                                        ? find_node(cluster, self->node)
                                        : own_find_node(cluster, self->node));
    const char *system_id = self->system_id ? self->system_id : "";
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
    put_tunnel_ips(cluster, self, node);
    put_encap(cluster, self, node);
    put_pod_mtu(cluster, self, node);
}

/* Composes what is wrong with this node's own rows, if anything.  They are
 * there before any claim: without them nobody follows it. */
void
self_put(struct cluster *cluster, const struct cluster_self *self)
{
    put_node(cluster, self);
    if (writer_is_open(&cluster->writer) && !report_find(cluster)) {
        report_start(cluster, self);
    }
    if (!nullable_string_is_equal(cluster->system_id, self->system_id)) {
        free(cluster->system_id);
        cluster->system_id = nullable_xstrdup(self->system_id);
    }
}
