/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Changes of a network that are made in steps.  Each step is a change of its
 * own, and the next one is taken when every node that is alive has carried it
 * out; 'ctl/session.c' waits for that.  How far a change is stands in the
 * network's row, so that whoever says the same again goes on with it. */

#include <config.h>
#include "ctl/steps.h"

#include <stdlib.h>

#include "ctl/command.h"
#include "ovsdb/keys.h"
#include "ovsdb/loden-idl.h"
#include "util.h"

/* The VNI of a network changes without a loss: first all nodes take the new
 * one as well as the old one, then they send the new one, then they forget the
 * old one.  'wish' has the VNI that is wanted, 'was' what there is; makes
 * 'wish' the next step.  Returns an error if the step before was not carried
 * out. */
char *
steps_vni(struct invocation *invocation, const struct network_wish *was,
          struct network_wish *wish)
{
    unsigned int wanted = wish->vni;

    if (wanted == was->vni && !was->also_vni) {
        return NULL;
    } else if (invocation->late) {
        return xasprintf("network '%s' sends VNI %u and takes %u as well, so "
                         "that no packet is lost meanwhile; say the same "
                         "again to go on: %s", was->name, was->vni,
                         was->also_vni, invocation->late);
    }
    wish->vni = was->vni;
    invocation->goes_on = true;
    if (was->also_vni && !invocation->n_steps) {
        /* Who took this step may not have waited for it. */
    } else if (wanted == was->vni) {
        wish->also_vni = 0;
        invocation->goes_on = false;
    } else if (wanted == was->also_vni) {
        wish->vni = wanted;
        wish->also_vni = was->vni;
    } else {
        wish->also_vni = wanted;
    }
    return NULL;
}

/* Makes the network of 'row' closed or not, all of its options at once: the
 * judge does not see parts of a map that are under way. */
static void
set_closing(const struct lodenrec_network *row, bool closing)
{
    struct smap options;

    smap_clone(&options, &row->options);
    smap_remove(&options, OPTION_CLOSING);
    if (closing) {
        smap_add(&options, OPTION_CLOSING, "true");
    }
    lodenrec_network_set_options(row, &options);
    smap_destroy(&options);
}

/* A network is closed before it is deleted, so that no pod can come between
 * the look at who uses it and the deletion.  Returns true if the network of
 * 'row' is closed on every node that is alive; else closes it, and the command
 * goes on. */
bool
steps_close(struct invocation *invocation, const struct lodenrec_network *row)
{
    if (invocation->n_steps && smap_get(&row->options, OPTION_CLOSING)) {
        return true;
    }
    set_closing(row, true);
    invocation->goes_on = true;
    return false;
}

/* Lets the network of 'row' take pods again, as it cannot be deleted for the
 * reason 'why', which it takes.  Returns that if there is nothing to change.
 */
char *
steps_reopen(struct invocation *invocation, const struct lodenrec_network *row,
             char *why)
{
    if (!smap_get(&row->options, OPTION_CLOSING)) {
        return why;
    }
    set_closing(row, false);
    invocation->failure = why;
    return NULL;
}
