/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The connection to the cluster database.
 *
 * This file owns the replica and decides when it is worth reading and when
 * something may be written; what is read and written stands in the files that
 * cluster-private.h lists.  Rows that are lost with the connection stay in
 * the replica: a node goes on with what it knows.  Nothing here blocks. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "ovsdb-idl.h"
#include "stream.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(cluster);

/* Replicates only what a node needs: at a thousand nodes, other nodes' signs
 * of life would be a thousand thousand updates a minute. */
static void
choose_columns(struct ovsdb_idl *idl)
{
    static const struct ovsdb_idl_column *const columns[] = {
        &lodenrec_loden_global_col_cluster_id,
        &lodenrec_loden_global_col_generation,
        &lodenrec_loden_global_col_config_seq,
        &lodenrec_loden_global_col_options,
        &lodenrec_network_col_name,
        &lodenrec_network_col_vni,
        &lodenrec_network_col_mode,
        &lodenrec_network_col_ranges,
        &lodenrec_network_col_node_prefix_v4,
        &lodenrec_network_col_node_prefix_v6,
        &lodenrec_network_col_mtu,
        &lodenrec_network_col_masquerade,
        &lodenrec_network_col_internal,
        &lodenrec_network_col_unknown_unicast,
        &lodenrec_network_col_multicast,
        &lodenrec_network_col_options,
        &lodenrec_node_col_name,
        &lodenrec_node_col_tunnel_ips,
        &lodenrec_node_col_options,
        &lodenrec_node_col_system_id,
        &lodenrec_node_status_col_node,
        &lodenrec_node_status_col_version,
        &lodenrec_node_status_col_applied_seq,
        &lodenrec_node_status_col_last_seen,
        &lodenrec_node_status_col_draining,
        &lodenrec_node_status_col_external_ids,
        &lodenrec_endpoint_col_network,
        &lodenrec_endpoint_col_mac,
        &lodenrec_endpoint_col_node,
        &lodenrec_endpoint_col_addresses,
        &lodenrec_endpoint_col_groups,
        &lodenrec_endpoint_col_sequence,
        &lodenrec_subnet_col_network,
        &lodenrec_subnet_col_cidr,
        &lodenrec_subnet_col_node,
        &lodenrec_reservation_col_network,
        &lodenrec_reservation_col_cidr,
        &lodenrec_reservation_col_node,
    };

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_add_column(idl, columns[i]);
    }
    ovsdb_idl_omit_alert(idl, &lodenrec_node_status_col_last_seen);
    ovsdb_idl_omit_alert(idl, &lodenrec_node_status_col_applied_seq);
    ovsdb_idl_omit_alert(idl, &lodenrec_node_status_col_draining);
    ovsdb_idl_omit_alert(idl, &lodenrec_node_status_col_external_ids);
}

/* Returns a cluster that is not connected; cluster_set_remote() says where
 * to. */
struct cluster *
cluster_open(void)
{
    struct cluster *cluster = xzalloc(sizeof *cluster);

    cluster->idl = ovsdb_idl_create_unconnected(&lodenrec_idl_class, false);
    ovsdb_idl_set_leader_only(cluster->idl, false);
    ovsdb_idl_set_shuffle_remotes(cluster->idl, true);
    choose_columns(cluster->idl);
    cluster->nodes_by_name
        = ovsdb_idl_index_create1(cluster->idl, &lodenrec_node_col_name);
    own_init(cluster, &this_module);
    smap_init(&cluster->tunnels_had);
    smap_init(&cluster->held);
    smap_init(&cluster->preferred);
    smap_init(&cluster->peers_had);
    sset_init(&cluster->lost);
    simap_init(&cluster->exhausted);
    smap_init(&cluster->problems);
    return cluster;
}

void
cluster_close(struct cluster *cluster)
{
    if (cluster) {
        rest_destroy(cluster);
        free(cluster->claiming);
        smap_destroy(&cluster->problems);
        simap_destroy(&cluster->exhausted);
        sset_destroy(&cluster->lost);
        smap_destroy(&cluster->peers_had);
        smap_destroy(&cluster->preferred);
        smap_destroy(&cluster->held);
        smap_destroy(&cluster->tunnels_had);
        own_destroy(cluster);
        ovsdb_idl_destroy(cluster->idl);
        free(cluster->system_id);
        free(cluster->node);
        free(cluster->refusal);
        identity_destroy(&cluster->followed);
        free(cluster->remote);
        free(cluster);
    }
}

/* Connects to one of 'remotes' (as in ovsdb(7), with commas between them),
 * or to none if it is NULL.  Costs nothing if they are the same. */
void
cluster_set_remote(struct cluster *cluster, const char *remotes)
{
    if (!nullable_string_is_equal(cluster->remote, remotes)) {
        VLOG_INFO("cluster database: remote is now %s (was %s)",
                  remotes ? remotes : "not set",
                  cluster->remote ? cluster->remote : "not set");
        free(cluster->remote);
        cluster->remote = nullable_xstrdup(remotes);
        ovsdb_idl_set_remote(cluster->idl, remotes, true);
    }
}

/* Has this node's own rows written by another connection, to one of
 * 'remotes', if that is not NULL. */
void
cluster_set_write_remote(struct cluster *cluster, const char *remotes)
{
    own_set_remote(cluster, remotes);
}

/* Looks whether the database that answers is the one to follow, and how far
 * it is. */
static void
check_identity(struct cluster *cluster)
{
    const struct lodenrec_loden_global *global
        = lodenrec_loden_global_first(cluster->idl);
    struct cluster_identity *followed = &cluster->followed;

    free(cluster->refusal);
    cluster->refusal = NULL;
    if (!ovsdb_idl_has_ever_connected(cluster->idl)) {
        return;
    }
    const struct cluster_identity found = {
        .cluster_id = global ? global->cluster_id : NULL,
        .generation = global ? global->generation : 0,
        .config_seq = global ? global->config_seq : 0,
    };
    char *error = identity_refuse(followed, &found);
    if (error) {
        cluster->refusal = xasprintf("cluster database %s: %s",
                                     cluster->remote, error);
        free(error);
    } else {
        if (followed->cluster_id && followed->generation < found.generation) {
            VLOG_INFO("cluster database: generation is now %"PRId64" (was "
                      "%"PRId64"): following what was restored",
                      found.generation, followed->generation);
        }
        identity_set(followed, found.cluster_id, found.generation,
                     found.config_seq);
    }
}

void
cluster_run(struct cluster *cluster)
{
    ovsdb_idl_run(cluster->idl);

    enum ovsdb_idl_txn_status status = writer_run(&cluster->writer);
    if (status != TXN_UNCOMMITTED && status != TXN_INCOMPLETE) {
        claim_finished(cluster, status);
        if (status != TXN_SUCCESS) {
            cluster->status_at = 0;
        }
    }
    /* Which database is followed, before the other connection's is judged by
     * it. */
    unsigned int idl_seqno = ovsdb_idl_get_seqno(cluster->idl);
    if (idl_seqno != cluster->idl_seqno) {
        cluster->idl_seqno = idl_seqno;
        cluster->seqno++;
        check_identity(cluster);
    }
    own_run(cluster);
    self_run(cluster);
    report_run(cluster);
    rest_run(cluster);
}

void
cluster_wait(struct cluster *cluster)
{
    ovsdb_idl_wait(cluster->idl);
    own_wait(cluster);
    writer_wait(&cluster->writer);
    self_wait(cluster);
    report_wait(cluster);
    rest_wait(cluster);
}

/* From now on follows the database of 'identity' only; any if its cluster_id
 * is NULL. */
void
cluster_set_identity(struct cluster *cluster,
                     const struct cluster_identity *identity)
{
    identity_set(&cluster->followed, identity->cluster_id,
                 identity->generation, identity->config_seq);
    check_identity(cluster);
    cluster->seqno++;
}

const struct cluster_identity *
cluster_identity(const struct cluster *cluster)
{
    return &cluster->followed;
}

/* Returns why the database that answers is not followed, or not written to,
 * malloc'd, or NULL. */
char *
cluster_refusal(const struct cluster *cluster)
{
    return nullable_xstrdup(cluster->refusal ? cluster->refusal
                            : cluster->own_refusal);
}

/* Has the cluster database been read, whole, and is it the one to follow?
 * Stays true when the connection is lost. */
bool
cluster_is_ready(const struct cluster *cluster)
{
    return (ovsdb_idl_has_ever_connected(cluster->idl)
            && lodenrec_loden_global_first(cluster->idl)
            && !cluster->refusal);
}

bool
cluster_is_connected(const struct cluster *cluster)
{
    return ovsdb_idl_is_connected(cluster->idl);
}

/* Returns why there was no connection the last time that one was tried, as
 * ovs_retval_to_string() takes it; 0 if there was. */
int
cluster_error(const struct cluster *cluster)
{
    return ovsdb_idl_get_last_error(cluster->idl);
}

/* Returns a number that changes whenever cluster_read() may. */
unsigned int
cluster_seqno(const struct cluster *cluster)
{
    return cluster->seqno;
}

/* Says what this node is called. */
void
cluster_set_self(struct cluster *cluster, const char *node)
{
    self_follow(cluster, node);
}

/* Says that 'world' is what is followed until cluster_read() says otherwise:
 * its peers stay where their tunnels end. */
void
cluster_follow(struct cluster *cluster, const struct world *world)
{
    peers_remember(cluster, world);
}

/* Adds networks, peers and leases to 'world', which has this node's name,
 * tunnel address and underlay MTU, and the rows that are not followed to its
 * refusals.  Adds no network while another machine is alive under this node's
 * name. */
enum cluster_answer
cluster_read(const struct cluster *cluster, const struct cluster_self *self,
             struct world *world)
{
    if (!cluster_is_ready(cluster)) {
        return CLUSTER_SILENT;
    }
    switch (self_check(cluster, self)) {
    case SELF_OURS:
        world->draining = self_is_draining(cluster, self);
        global_read(cluster, world);
        networks_read(cluster, self, world);
        self_read(cluster, self, world);
        peers_read(cluster, self, world);
        leases_read(cluster, self, world);
        rest_hide(cluster, world);
        endpoints_read(cluster, world);
        world_sort(world);
        return CLUSTER_WORLD;

    case SELF_TWIN:
        self_refuse_twin(cluster, self, world);
        return CLUSTER_TWIN;

    case SELF_UNKNOWN:
        return CLUSTER_SILENT;
    }
    OVS_NOT_REACHED();
}

/* Makes this node's own rows right and claims a subnet of each network in
 * 'world' that this node has none of.  'world' is what cluster_read() gave. */
void
cluster_put(struct cluster *cluster, const struct cluster_self *self,
            const struct world *world)
{
    leases_remember(cluster, world);
    if (!cluster_is_ready(cluster) || !own_may_write(cluster)
        || self_check(cluster, self) != SELF_OURS) {
        return;
    }
    self_put(cluster, self);
    members_put(cluster, world);
    claim_clean(cluster, self, world);
    if (!writer_is_open(&cluster->writer) && own_agrees(cluster)) {
        claim_put(cluster, self, world);
    }
    if (!writer_is_open(&cluster->writer)) {
        report_put(cluster, self, world);
    }
    writer_commit(&cluster->writer);
}

/* Returns what there is to tell about the connection, as a JSON object that
 * the caller owns. */
struct json *
cluster_status(const struct cluster *cluster)
{
    const struct lodenrec_loden_global *global
        = lodenrec_loden_global_first(cluster->idl);
    struct json *json = json_object_create();
    int error = ovsdb_idl_get_last_error(cluster->idl);

    json_object_put(json, "remote",
                    cluster->remote ? json_string_create(cluster->remote)
                    : json_null_create());
    json_object_put(json, "connected", json_boolean_create(
                        ovsdb_idl_is_connected(cluster->idl)));
    if (cluster->own_remote) {
        json_object_put_string(json, "write_remote", cluster->own_remote);
        json_object_put(json, "write_connected", json_boolean_create(
                            ovsdb_idl_is_connected(cluster->own)));
    }
    json_object_put(json, "ready",
                    json_boolean_create(cluster_is_ready(cluster)));
    if (error && !ovsdb_idl_is_connected(cluster->idl)) {
        json_object_put_string(json, "error", ovs_retval_to_string(error));
    } else if (cluster->writer.error) {
        json_object_put_string(json, "error", cluster->writer.error);
    }
    struct json *problems = json_array_create_empty();
    const struct smap_node *problem;
    SMAP_FOR_EACH (problem, &cluster->problems) {
        json_array_add(problems, json_string_create(problem->value));
    }
    json_object_put(json, "problems", problems);
    if (cluster->followed.cluster_id) {
        json_object_put_string(json, "followed_cluster_id",
                               cluster->followed.cluster_id);
        json_object_put(json, "followed_generation",
                        json_integer_create(cluster->followed.generation));
    }
    if (global) {
        json_object_put_string(json, "cluster_id", global->cluster_id);
        json_object_put(json, "generation",
                        json_integer_create(global->generation));
        json_object_put(json, "config_seq",
                        json_integer_create(global->config_seq));
    }
    return json;
}
