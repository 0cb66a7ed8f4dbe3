/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* How far the nodes have carried out a configuration.
 *
 * Every change raises the configuration's number, and a node writes into its
 * status the number that it has carried out: its switch has confirmed the
 * flows, and its databases and host lack nothing.  A node that is silent is
 * not waited for; it cannot come back without reading the change. */

#include <config.h>
#include "ctl/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/node.h"
#include "ovsdb-idl.h"
#include "ovsdb/loden-idl.h"
#include "svec.h"
#include "util.h"

/* Lists the nodes that have not carried out 'seq': those that are alive in
 * 'late', the others in 'stale'. */
static void
list_nodes(struct ovsdb_idl *idl, int64_t seq, struct svec *late,
           struct svec *stale)
{
    const struct lodenrec_node *node;

    LODENREC_NODE_FOR_EACH(node, idl)
    {
        const struct lodenrec_node_status *status =
            node_find_status(idl, node->name);

        if (status && status->applied_seq >= seq) {
            continue;
        } else if (node_is_alive(status)) {
            svec_add_nocopy(late,
                            xasprintf("'%s' (at %" PRId64 " of %" PRId64 ")",
                                      node->name, status->applied_seq, seq));
        } else {
            char *seen = node_last_seen(status);

            svec_add_nocopy(stale, xasprintf("'%s' (last heard of: %s)",
                                             node->name, seen));
            free(seen);
        }
    }
}

/* Appends a note about the nodes in 'stale', if there are any, unless it was
 * said of an earlier step. */
static void
note_stale(struct invocation *invocation, struct svec *stale)
{
    if (stale->n) {
        char *list = invocation_join(stale);

        if (!strstr(ds_cstr(&invocation->notes), list)) {
            invocation_note(invocation,
                            "not waited for, as nothing was heard of "
                            "them for %d s: %s",
                            NODE_ALIVE_S, list);
        }
        free(list);
    }
}

bool
progress_is_done(struct invocation *invocation, int64_t seq)
{
    struct svec late = SVEC_EMPTY_INITIALIZER;
    struct svec stale = SVEC_EMPTY_INITIALIZER;

    list_nodes(invocation->idl, seq, &late, &stale);
    bool done = !late.n;
    if (done) {
        note_stale(invocation, &stale);
    }
    svec_destroy(&stale);
    svec_destroy(&late);
    return done;
}

char *
progress_explain(struct invocation *invocation, int64_t seq,
                 long long int wait_s)
{
    struct svec late = SVEC_EMPTY_INITIALIZER;
    struct svec stale = SVEC_EMPTY_INITIALIZER;

    list_nodes(invocation->idl, seq, &late, &stale);
    char *late_list = invocation_join(&late);
    char *stale_list = stale.n ? invocation_join(&stale) : NULL;
    char *error = xasprintf(
        "within %lld s these nodes have not carried "
        "it out: %s: 'lodenctl status' there says why%s%s",
        wait_s, late_list,
        stale_list ? "; not waited for, as nothing was heard of them: " : "",
        stale_list ? stale_list : "");
    free(stale_list);
    free(late_list);
    svec_destroy(&stale);
    svec_destroy(&late);
    return error;
}
