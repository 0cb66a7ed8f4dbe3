/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Where this node's own rows are: by whose replica it knows them, and by
 * whose connection it writes them.
 *
 * With a thousand nodes all read through relays, but a relay passes writes on
 * under its own name, which may not write any node's rows.  So there can be a
 * second connection, to the servers themselves, that has this node's rows and
 * no others.  Without one, the connection that reads everything is this one,
 * too.
 *
 * A relay may be behind the servers: what is in one replica may not yet be in
 * the other. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

VLOG_DEFINE_THIS_MODULE(cluster_own);

/* Replicates what a node writes, and whose database it is. */
static void
choose_columns(struct ovsdb_idl *idl)
{
    static const struct ovsdb_idl_column *const columns[] = {
        &lodenrec_loden_global_col_cluster_id,
        &lodenrec_loden_global_col_generation,
        &lodenrec_loden_global_col_config_seq,
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
        &lodenrec_subnet_col_network,
        &lodenrec_subnet_col_cidr,
        &lodenrec_subnet_col_node,
        &lodenrec_endpoint_col_network,
        &lodenrec_endpoint_col_mac,
        &lodenrec_endpoint_col_node,
        &lodenrec_endpoint_col_addresses,
        &lodenrec_endpoint_col_sequence,
    };

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_add_column(idl, columns[i]);
    }
}

/* Has 'idl' replicate the Node_Status row of 'node', or none if that is NULL.
 * Returns the number that the replica's conditions then have. */
static unsigned int
set_status_condition(struct ovsdb_idl *idl, const char *node)
{
    struct ovsdb_idl_condition cond = OVSDB_IDL_CONDITION_INIT(&cond);

    if (node) {
        lodenrec_node_status_add_clause_node(&cond, OVSDB_F_EQ, node);
    }
    unsigned int seqno = lodenrec_node_status_set_condition(idl, &cond);
    ovsdb_idl_condition_destroy(&cond);
    return seqno;
}

/* The same for all rows that a node owns. */
static unsigned int
set_own_conditions(struct ovsdb_idl *idl, const char *node)
{
    struct ovsdb_idl_condition nodes = OVSDB_IDL_CONDITION_INIT(&nodes);
    struct ovsdb_idl_condition subnets = OVSDB_IDL_CONDITION_INIT(&subnets);
    struct ovsdb_idl_condition ends = OVSDB_IDL_CONDITION_INIT(&ends);

    if (node) {
        lodenrec_node_add_clause_name(&nodes, OVSDB_F_EQ, node);
        lodenrec_subnet_add_clause_node(&subnets, OVSDB_F_EQ, node);
        lodenrec_endpoint_add_clause_node(&ends, OVSDB_F_EQ, node);
    }
    lodenrec_node_set_condition(idl, &nodes);
    lodenrec_subnet_set_condition(idl, &subnets);
    lodenrec_endpoint_set_condition(idl, &ends);
    ovsdb_idl_condition_destroy(&ends);
    ovsdb_idl_condition_destroy(&subnets);
    ovsdb_idl_condition_destroy(&nodes);
    return set_status_condition(idl, node);
}

/* Begins anew with 'own'. */
static void
start(struct cluster *cluster, struct ovsdb_idl *own)
{
    cluster->own = own;
    cluster->own_seqno = ovsdb_idl_get_seqno(own);
    own_renew(cluster);
    writer_init(&cluster->writer, own, cluster->module);
}

/* Has this node's rows be monitored again, as its name is another one or the
 * connection is. */
void
own_renew(struct cluster *cluster)
{
    cluster->cond_set = false;
    cluster->cond_done = false;
    cluster->sign = 0;
    cluster->status_at = 0;
}

/* Begins with the connection that reads, and transactions that log as
 * 'module'. */
void
own_init(struct cluster *cluster, const struct vlog_module *module)
{
    cluster->module = module;
    set_status_condition(cluster->idl, NULL);
    start(cluster, cluster->idl);
}

/* Ends the connection, if it is not the one that reads. */
void
own_destroy(struct cluster *cluster)
{
    writer_destroy(&cluster->writer);
    if (cluster->own != cluster->idl) {
        ovsdb_idl_destroy(cluster->own);
    }
    free(cluster->own_refusal);
    free(cluster->own_remote);
    cluster->own_refusal = cluster->own_remote = NULL;
}

/* Has this node's rows written by a connection to one of 'remotes', or if that
 * is NULL by the one that reads. */
void
own_set_remote(struct cluster *cluster, const char *remotes)
{
    if (nullable_string_is_equal(cluster->own_remote, remotes)) {
        return;
    }
    VLOG_INFO("cluster database: remote to write to is now %s (was %s)",
              remotes ? remotes : "the one to read from",
              cluster->own_remote ? cluster->own_remote
                                  : "the one to read from");
    own_destroy(cluster);
    /* What was under way is forgotten; the rows will tell how it ended. */
    free(cluster->claiming);
    cluster->claiming = NULL;
    cluster->reclaiming = false;
    set_status_condition(cluster->idl, NULL);
    if (!remotes) {
        start(cluster, cluster->idl);
        return;
    }
    cluster->own_remote = xstrdup(remotes);
    struct ovsdb_idl *own =
        ovsdb_idl_create_unconnected(&lodenrec_idl_class, false);
    ovsdb_idl_set_leader_only(own, false);
    ovsdb_idl_set_shuffle_remotes(own, true);
    choose_columns(own);
    set_own_conditions(own, NULL);
    ovsdb_idl_set_remote(own, remotes, true);
    start(cluster, own);
}

/* Has the rows of 'cluster->node' monitored.  A condition that is on its way
 * when the connection is lost is never confirmed, so it is set again once the
 * replica has been read anew. */
static void
run_condition(struct cluster *cluster)
{
    struct ovsdb_idl *own = cluster->own;
    unsigned int seqno = ovsdb_idl_get_seqno(own);

    if (cluster->cond_done || !cluster->node) {
        return;
    } else if (!ovsdb_idl_is_connected(own)) {
        cluster->cond_set = false;
        cluster->cond_after = seqno;
        return;
    } else if (!cluster->cond_set && seqno != cluster->cond_after) {
        cluster->cond_seqno =
            (own == cluster->idl ? set_status_condition(own, cluster->node)
                                 : set_own_conditions(own, cluster->node));
        cluster->cond_set = true;
    }
    if (cluster->cond_set
        && ovsdb_idl_get_condition_seqno(own) == cluster->cond_seqno) {
        cluster->cond_done = true;
        cluster->seqno++;
    }
}

/* Looks whether the second connection leads to the database that is followed.
 * Its server may be a moment behind the one that is read, or before it, so the
 * configuration's number does not matter here. */
static void
check_identity(struct cluster *cluster)
{
    const struct lodenrec_loden_global *global =
        lodenrec_loden_global_first(cluster->own);
    const struct cluster_identity found = {
        .cluster_id = global ? global->cluster_id : NULL,
        .generation = global ? global->generation : 0,
        .config_seq = INT64_MAX,
    };
    char *error = identity_refuse(&cluster->followed, &found);

    free(cluster->own_refusal);
    cluster->own_refusal = NULL;
    if (error) {
        cluster->own_refusal =
            xasprintf("cluster database %s, to write to: %s",
                      cluster->own_remote, error);
        free(error);
    }
}

void
own_run(struct cluster *cluster)
{
    if (cluster->own != cluster->idl) {
        ovsdb_idl_run(cluster->own);
        unsigned int seqno = ovsdb_idl_get_seqno(cluster->own);
        if (seqno != cluster->own_seqno) {
            cluster->own_seqno = seqno;
            cluster->seqno++;
        }
        if (ovsdb_idl_has_ever_connected(cluster->own)) {
            check_identity(cluster);
        }
    }
    run_condition(cluster);
}

void
own_wait(const struct cluster *cluster)
{
    if (cluster->own != cluster->idl) {
        ovsdb_idl_wait(cluster->own);
    }
}

/* May a transaction be composed now?  Not before the servers have said whether
 * our rows are there: we might insert them a second time. */
bool
own_may_write(const struct cluster *cluster)
{
    return (cluster->cond_done && !cluster->own_refusal
            && lodenrec_loden_global_first(cluster->own)
            && writer_may_write(&cluster->writer));
}

/* Adds what 'idl' has of our subnets to 'subnets'. */
static void
list_subnets(const struct cluster *cluster, struct ovsdb_idl *idl,
             struct sset *subnets)
{
    const struct lodenrec_subnet *row;

    LODENREC_SUBNET_FOR_EACH (row, idl) {
        if (!strcmp(row->node, cluster->node)) {
            sset_add_and_free(subnets, claim_text(row->network, row->cidr));
        }
    }
}

/* Do both replicas say the same of our subnets?  Else one of them is behind,
 * and what is missing there may only be on its way. */
bool
own_agrees(const struct cluster *cluster)
{
    struct sset read = SSET_INITIALIZER(&read);
    struct sset own = SSET_INITIALIZER(&own);
    bool agrees = true;

    if (cluster->own != cluster->idl) {
        list_subnets(cluster, cluster->idl, &read);
        list_subnets(cluster, cluster->own, &own);
        agrees = sset_equals(&read, &own);
        sset_destroy(&own);
        sset_destroy(&read);
    }
    return agrees;
}

/* Returns the Node row called 'name', which is this node's, or NULL. */
const struct lodenrec_node *
own_find_node(const struct cluster *cluster, const char *name)
{
    const struct lodenrec_node *node;

    LODENREC_NODE_FOR_EACH(node, cluster->own)
    {
        if (!strcmp(node->name, name)) {
            return node;
        }
    }
    return NULL;
}
