/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Whether a database that answers is the one to follow.
 *
 * An address can lead to another cluster's server, or to one that was started
 * on an old copy of the database.  A node that followed it would take its
 * peers and subnets away, so it compares what Loden_Global says with what it
 * has followed.  Going back is meant when the generation is higher. */

#include <config.h>
#include "ovsdb/cluster-identity.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ovsdb/text.h"
#include "util.h"

/* Frees what 'identity' holds, not 'identity' itself. */
void
identity_destroy(struct cluster_identity *identity)
{
    free(identity->cluster_id);
    memset(identity, 0, sizeof *identity);
}

/* Copies 'cluster_id', which may be NULL. */
void
identity_set(struct cluster_identity *identity, const char *cluster_id,
             int64_t generation, int64_t config_seq)
{
    char *copy = nullable_xstrdup(cluster_id);

    identity_destroy(identity);
    *identity = (struct cluster_identity){
        .cluster_id = copy,
        .generation = generation,
        .config_seq = config_seq,
    };
}

/* Returns NULL if a node that follows 'followed' may follow the database that
 * says 'found', which may have no cluster_id, else why not and what to do. */
char *
identity_refuse(const struct cluster_identity *followed,
                const struct cluster_identity *found)
{
    char ours[TEXT_SHOWN];
    char theirs[TEXT_SHOWN];

    if (!found->cluster_id) {
        return xstrdup("it has no Loden_Global row, so nobody has "
                       "initialised it; waiting for that (lodenctl init)");
    } else if (!followed->cluster_id) {
        return NULL;
    }
    text_show(followed->cluster_id, ours);
    text_show(found->cluster_id, theirs);
    if (strcmp(followed->cluster_id, found->cluster_id)) {
        return xasprintf("it is of cluster '%s', but this node is in cluster "
                         "'%s'; correct external_ids:loden-remote, or, to "
                         "move this node there, say 'ovs-appctl -t "
                         "loden-controller cluster/forget'",
                         theirs, ours);
    } else if (found->generation < followed->generation) {
        return xasprintf("it is older than what this node has followed: its "
                         "generation is %" PRId64 ", that was %" PRId64 "; "
                         "correct external_ids:loden-remote, or, if it was "
                         "restored on purpose, say 'lodenctl generation "
                         "raise' until it is higher",
                         found->generation, followed->generation);
    } else if (found->generation == followed->generation
               && found->config_seq < followed->config_seq) {
        return xasprintf(
            "it is older than what this node has followed: its "
            "config_seq is %" PRId64 ", that was %" PRId64 ", both "
            "in generation %" PRId64 "; if it was restored on "
            "purpose, say 'lodenctl generation raise'",
            found->config_seq, followed->config_seq, found->generation);
    }
    return NULL;
}
