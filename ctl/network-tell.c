/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What a change of a network does to pods that run.  doc/configuration.md
 * says the same of all settings. */

#include <config.h>
#include "ctl/network.h"

#include <string.h>

#include "ctl/command.h"
#include "ctl/node.h"
#include "ovsdb-idl.h"
#include "ovsdb/loden-idl.h"
#include "util.h"

static bool
has_pods(struct ovsdb_idl *idl, const char *network)
{
    const struct lodenrec_node_status *status;

    LODENREC_NODE_STATUS_FOR_EACH (status, idl) {
        if (node_count_pods(status, network)) {
            return true;
        }
    }
    return false;
}

static void
tell_internal(struct invocation *invocation, const struct network_wish *wish)
{
    if (wish->internal) {
        invocation_note(invocation, "pods of network '%s' go on to talk with "
                        "each other, and reach neither the host nor the "
                        "world any more", wish->name);
    } else {
        invocation_note(invocation, "pods of network '%s' that run already "
                        "reach the host and are reached from there; those "
                        "that were made while it was internal have no default "
                        "route, and no way to the world until they are made "
                        "anew", wish->name);
    }
}

/* Notes what the change from 'was' to 'wish' does to pods that run, if there
 * are any and this is its first step. */
void
network_tell(struct invocation *invocation, const struct network_wish *was,
             const struct network_wish *wish)
{
    if (invocation->n_steps || !has_pods(invocation->idl, wish->name)) {
        return;
    }
    if (was->vni != wish->vni && !wish->internal
        && strcmp(wish->name, "default")) {
        invocation_note(invocation, "the host port of network '%s' is called "
                        "by its VNI and made anew: packets to the host and to "
                        "the world may be lost, between pods none",
                        wish->name);
    }
    if (was->internal != wish->internal) {
        tell_internal(invocation, wish);
    } else if (was->masquerade != wish->masquerade) {
        invocation_note(invocation, "connections of pods of network '%s' that "
                        "are there go on as they began", wish->name);
    }
    if (was->mtu != wish->mtu) {
        invocation_note(invocation, "pods of network '%s' that run get the "
                        "MTU at once, unless they asked for less",
                        wish->name);
    }
}
