/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Would nodes follow what a transaction writes?
 *
 * Nodes refuse rows that are wrong in themselves or contradict others, and go
 * on without them.  A change after which they would refuse more than before is
 * not made: the person who makes it still looks.  The rules are those of
 * 'ovsdb/', which the nodes run; there are no others here. */

#include <config.h>
#include "ctl/judge.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "flows/world.h"
#include "ovsdb/cluster-check.h"
#include "svec.h"
#include "util.h"

/* Stores into 'refusals' what nodes refuse of the rows in 'idl', and why. */
static void
read_refusals(struct ovsdb_idl *idl, struct smap *refusals)
{
    struct world world;

    smap_init(refusals);
    world_init(&world, "");
    cluster_check(idl, &world);
    for (size_t i = 0; i < world.n_refusals; i++) {
        smap_replace(refusals, world.refusals[i].what,
                     world.refusals[i].why);
    }
    world_destroy(&world);
}

/* Remembers what nodes refuse of the rows in 'idl' before they change. */
void
judge_init(struct judge *judge, struct ovsdb_idl *idl)
{
    read_refusals(idl, &judge->refusals);
}

void
judge_destroy(struct judge *judge)
{
    smap_destroy(&judge->refusals);
}

/* Returns NULL if nodes follow the change that was made in 'idl', else why
 * not.  What was refused before may go on being refused, for whatever reason.
 * What costs a node its subnet is worth a note if the command may do that. */
char *
judge_change(const struct judge *judge, struct ovsdb_idl *idl,
             struct invocation *invocation)
{
    struct svec errors = SVEC_EMPTY_INITIALIZER;
    const struct smap_node *node;
    struct smap refusals;
    char *error = NULL;

    read_refusals(idl, &refusals);
    SMAP_FOR_EACH (node, &refusals) {
        if (smap_get(&judge->refusals, node->key)) {
            continue;
        } else if ((!strncmp(node->key, "Subnet ", 7)
                    && !invocation->keeps_subnets)
                   || !strncmp(node->key, "Endpoint ", 9)) {
            invocation_note(invocation, "%s: %s", node->key, node->value);
        } else {
            svec_add_nocopy(&errors, xasprintf("%s: %s", node->key,
                                               node->value));
        }
    }
    if (errors.n) {
        char *list = invocation_join(&errors);

        error = xasprintf("nodes would not follow that: %s", list);
        free(list);
    }
    svec_destroy(&errors);
    smap_destroy(&refusals);
    return error;
}
