/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Giving back blocks of a bridged network's addresses (cluster-blocks.c
 * claims them) that this node does not need any more.
 *
 * A block rests first, with all its addresses free, for as long as the network
 * says: whoever gets them next does not meet what others remember of those who
 * had them.  Then it leaves in two steps, so that no pod is given an address
 * of it meanwhile:
 *
 *     1. It is taken out of the world, and with that out of what the plugin
 *        is told on the bridge's row.
 *     2. When the plugin has not been told of it for sure, and still nobody
 *        has an address of it, its Subnet row is deleted.
 *
 * A block that is reserved for this node stays.  One that is needed again
 * while it leaves comes back at once. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(cluster_rest);

/* A block none of whose addresses a pod of this node has. */
struct rest {
    char *network;        /* Its network's name; owned. */
    struct prefix block;  /* The block. */
    long long int since;  /* time_msec() since when. */
    long long int due;    /* time_msec() when it has rested. */
    bool leaves;          /* Is it out of the world? */
};

void
rest_destroy(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->n_rests; i++) {
        free(cluster->rests[i].network);
    }
    free(cluster->rests);
}

static struct rest *
find_rest(const struct cluster *cluster, const char *network,
          const struct prefix *block)
{
    for (size_t i = 0; i < cluster->n_rests; i++) {
        struct rest *rest = &cluster->rests[i];
        if (!strcmp(rest->network, network)
            && !prefix_compare(&rest->block, block)) {
            return rest;
        }
    }
    return NULL;
}

/* Forgets 'rest'.  Its place is that of the last one from now on. */
static void
forget_rest(struct cluster *cluster, struct rest *rest)
{
    free(rest->network);
    *rest = cluster->rests[--cluster->n_rests];
}

/* Has the world made anew, in the next turn. */
static void
read_anew(struct cluster *cluster)
{
    cluster->seqno++;
    cluster->rests_changed = true;
}

/* Takes the blocks that leave out of 'world'. */
void
rest_hide(const struct cluster *cluster, struct world *world)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        const char *name = world->networks[i].name;
        struct world_bridged *bridged = &world->networks[i].bridged;
        size_t n = 0;

        for (size_t j = 0; j < bridged->n_blocks; j++) {
            const struct rest *rest = find_rest(cluster, name,
                                                &bridged->blocks[j]);
            if (!rest || !rest->leaves) {
                bridged->blocks[n++] = bridged->blocks[j];
            }
        }
        bridged->n_blocks = n;
    }
}

static bool
is_reserved(const struct cluster *cluster, const struct world *world,
            const char *network, const char *cidr)
{
    const struct lodenrec_reservation *row;

    LODENREC_RESERVATION_FOR_EACH (row, cluster->idl) {
        if (!strcmp(row->network, network) && !strcmp(row->cidr, cidr)
            && !strcmp(row->node, world->node)) {
            return true;
        }
    }
    return false;
}

/* Notes which blocks of 'network' rest, and since when. */
static void
look_at_blocks(struct cluster *cluster, const struct world *world,
               const struct world_network *network)
{
    const struct world_bridged *bridged = &network->bridged;

    for (size_t i = 0; i < bridged->n_blocks; i++) {
        const struct prefix *block = &bridged->blocks[i];
        struct rest *rest = find_rest(cluster, network->name, block);

        if (world_has_pod_at(world, network, block)) {
            if (rest) {
                forget_rest(cluster, rest);
            }
            continue;
        } else if (!rest) {
            cluster->rests = xrealloc(cluster->rests, (cluster->n_rests + 1)
                                      * sizeof *cluster->rests);
            rest = &cluster->rests[cluster->n_rests++];
            *rest = (struct rest) {
                .network = xstrdup(network->name),
                .block = *block,
                .since = time_msec(),
            };
        }
        rest->due = rest->since + bridged->block_rest * 1000LL;
    }
}

/* Takes one block of 'network' that has rested, and that this node can spare,
 * out of the world. */
static void
let_one_leave(struct cluster *cluster, const struct world *world,
              const struct world_network *network)
{
    const struct world_bridged *bridged = &network->bridged;

    for (size_t i = 0; i < bridged->n_blocks; i++) {
        struct rest *rest = find_rest(cluster, network->name,
                                      &bridged->blocks[i]);
        char cidr[ADDR_STRLEN];

        if (rest && rest->due <= time_msec()
            && world_spares_block(world, network, &rest->block)
            && !is_reserved(cluster, world, network->name,
                            prefix_format(&rest->block, cidr))) {
            rest->leaves = true;
            read_anew(cluster);
            return;
        }
    }
}

/* Is the plugin told that it may give addresses of 'cidr'? */
static bool
is_offered(const struct world_network *network, const char *cidr)
{
    const char *offered = network->bridged.offered;
    size_t len = strlen(cidr);

    while (offered && *offered) {
        size_t n = strcspn(offered, ",");
        if (n == len && !strncmp(offered, cidr, len)) {
            return true;
        }
        offered += n + (offered[n] == ',');
    }
    return false;
}

/* Composes the deletion of this node's row of 'rest', if it is there.  Returns
 * whether anybody knows of one still. */
static bool
delete_row(struct cluster *cluster, const struct world *world,
           const struct rest *rest)
{
    struct writer *writer = &cluster->writer;
    const struct lodenrec_subnet *row;
    char cidr[ADDR_STRLEN];
    bool there = false;

    prefix_format(&rest->block, cidr);
    LODENREC_SUBNET_FOR_EACH_SAFE (row, cluster->own) {
        if (!strcmp(row->network, rest->network)
            && !strcmp(row->cidr, cidr) && !strcmp(row->node, world->node)) {
            writer_note(writer, VLL_INFO, "network %s: giving back block %s, "
                        "whose addresses nobody has had for %lld s",
                        rest->network, cidr,
                        (time_msec() - rest->since) / 1000);
            lodenrec_subnet_delete(row);
            there = true;
        }
    }
    LODENREC_SUBNET_FOR_EACH (row, cluster->idl) {
        there |= (!strcmp(row->network, rest->network)
                  && !strcmp(row->cidr, cidr)
                  && !strcmp(row->node, world->node));
    }
    return there;
}

/* Goes on with the blocks of 'network' that leave. */
static void
finish_leaving(struct cluster *cluster, const struct world *world,
               const struct world_network *network)
{
    for (size_t i = 0; i < cluster->n_rests; ) {
        struct rest *rest = &cluster->rests[i];
        char cidr[ADDR_STRLEN];

        if (strcmp(rest->network, network->name) || !rest->leaves) {
            i++;
        } else if (world_has_pod_at(world, network, &rest->block)) {
            forget_rest(cluster, rest);
            read_anew(cluster);
        } else if (is_offered(network, prefix_format(&rest->block, cidr))
                   || delete_row(cluster, world, rest)) {
            i++;
        } else {
            forget_rest(cluster, rest);
        }
    }
}

/* Composes the giving back of a block of 'network', if 'world', which has this
 * node's pods, needs none but has one to spare. */
void
rest_put(struct cluster *cluster, const struct world *world,
         const struct world_network *network)
{
    look_at_blocks(cluster, world, network);
    finish_leaving(cluster, world, network);
    if (!writer_is_open(&cluster->writer)) {
        let_one_leave(cluster, world, network);
    }
}

/* Keeps the blocks of 'network' that leave.  Returns whether there are any. */
bool
rest_keep(struct cluster *cluster, const struct world_network *network)
{
    bool kept = false;

    for (size_t i = 0; i < cluster->n_rests; ) {
        struct rest *rest = &cluster->rests[i];
        if (strcmp(rest->network, network->name)) {
            i++;
            continue;
        } else if (rest->leaves) {
            kept = true;
            read_anew(cluster);
        }
        forget_rest(cluster, rest);
    }
    return kept;
}

void
rest_run(struct cluster *cluster)
{
    cluster->rests_changed = false;
}

/* Wakes when a block has rested.  One that has and does not leave waits for
 * something else. */
void
rest_wait(const struct cluster *cluster)
{
    if (cluster->rests_changed) {
        poll_immediate_wake();
    }
    for (size_t i = 0; i < cluster->n_rests; i++) {
        if (cluster->rests[i].due > time_msec()) {
            poll_timer_wait_until(cluster->rests[i].due);
        }
    }
}
