/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Sends a difference of flows as one bundle, and knows which message of it
 * carries which flow, so that a refusal can name the flow.  When to send, and
 * what to do after a refusal, is controller/ofctl.c's. */

#include <config.h>
#include "controller/ofbundle.h"

#include <stdlib.h>

#include "controller/ofmsg.h"
#include "flows/flowset.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/rconn.h"
#include "util.h"

/* Makes 'installed' follow what 'diff' does, and 'diff->add'
 * name rules of 'installed'. */
static void
follow(struct flowset *installed, struct flowdiff *diff)
{
    for (size_t i = 0; i < diff->n_delete; i++) {
        struct rule *rule = CONST_CAST(struct rule *, diff->delete[i]);
        hmap_remove(&installed->rules, &rule->node);
        rule_destroy(rule);
    }
    for (size_t i = 0; i < diff->n_add; i++) {
        const struct rule *new = diff->add[i];
        const struct rule *old = flowset_find(installed, new);

        if (old) {
            rule_set_actions(CONST_CAST(struct rule *, old), new->cookie,
                             new->ofpacts, new->ofpacts_len);
        } else {
            struct rule *rule = rule_clone(new);
            flowset_add(installed, rule);
            old = rule;
        }
        diff->add[i] = old;
    }
}

/* Sends 'diff', whose list of additions it takes, and a barrier, and makes
 * 'installed' what the switch will then hold. */
void
ofbundle_send(struct ofbundle *bundle, struct rconn *rconn,
              struct flowdiff *diff, struct flowset *installed)
{
    struct ovs_list messages = OVS_LIST_INITIALIZER(&messages);
    struct ofpbuf *msg;

    ofbundle_clear(bundle);
    bundle->n_adds = diff->n_add;
    bundle->add_xids = xcalloc(diff->n_add + 1, sizeof *bundle->add_xids);
    ofmsg_bundle(diff, ++bundle->id, &messages, bundle->add_xids);
    LIST_FOR_EACH_POP (msg, list_node, &messages) {
        rconn_send(rconn, msg, NULL);
    }
    msg = ofputil_encode_barrier_request(OFP15_VERSION);
    bundle->barrier_xid = ((struct ofp_header *) msg->data)->xid;
    rconn_send(rconn, msg, NULL);

    follow(installed, diff);
    bundle->adds = diff->add;
    diff->add = NULL;
    diff->n_add = 0;
}

/* Forgets the bundle under way, if any. */
void
ofbundle_clear(struct ofbundle *bundle)
{
    free(bundle->adds);
    free(bundle->add_xids);
    free(bundle->refusal);
    *bundle = (struct ofbundle) { .id = bundle->id };
}

/* Returns true if the barrier reply 'oh' is the one after the bundle:
 * everything before it is done or refused. */
bool
ofbundle_is_done(const struct ofbundle *bundle, const struct ofp_header *oh)
{
    return bundle->barrier_xid && oh->xid == bundle->barrier_xid;
}

/* Notes the first thing that the switch refused, by the error message 'oh'.
 * The bundle is atomic: nothing of it took effect. */
void
ofbundle_run_error(struct ofbundle *bundle, const struct ofp_header *oh)
{
    const char *name = ofperr_to_string(ofperr_decode_msg(oh, NULL));

    if (bundle->refusal) {
        return;
    }
    for (size_t i = 0; i < bundle->n_adds; i++) {
        if (bundle->add_xids[i] == oh->xid) {
            char *text = rule_to_string(bundle->adds[i]);
            bundle->refusal = xasprintf("refused flow \"%s\": %s", text, name);
            free(text);
            return;
        }
    }
    bundle->refusal = xasprintf("message %#"PRIx32" answered with %s",
                                ntohl(oh->xid), name);
}
