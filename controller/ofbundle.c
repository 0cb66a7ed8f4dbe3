/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Sends a difference of flows and groups as one bundle, and knows which
 * message of it carries what, so that a refusal can name it.  A bundle takes
 * no meters: those that its flows name are made before it, and those that no
 * flow names any more are deleted once it is done, since a meter takes flows
 * with it when it goes.  When to send, and what to do after a refusal, is
 * controller/ofsync.c's. */

#include <config.h>
#include "controller/ofbundle.h"

#include <stdlib.h>

#include "controller/ofmsg.h"
#include "flows/flowset.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/rconn.h"
#include "util.h"

/* Makes the groups of 'installed' follow what 'diff' does. */
static void
follow_groups(struct groupset *installed, const struct groupdiff *diff)
{
    for (size_t i = 0; i < diff->n_delete; i++) {
        groupset_remove(installed, diff->delete[i]);
    }
    for (size_t i = 0; i < diff->n_put; i++) {
        groupset_put(installed, diff->put[i]);
    }
}

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

/* Sends the meters that 'diff' puts, which it takes. */
static void
send_meters(struct ofbundle *bundle, struct rconn *rconn,
            struct flowdiff *diff, struct flowset *installed)
{
    bundle->meters = diff->meters;
    diff->meters = (struct meterdiff) { .n_put = 0 };
    bundle->meter_xids = xcalloc(bundle->meters.n_put + 1,
                                 sizeof *bundle->meter_xids);
    for (size_t i = 0; i < bundle->meters.n_put; i++) {
        const struct meter *meter = &bundle->meters.put[i];
        struct ofpbuf *msg = (meterset_find(&installed->meters, meter->number)
                              ? ofmsg_modify_meter(meter)
                              : ofmsg_add_meter(meter));
        bundle->meter_xids[i] = ((struct ofp_header *) msg->data)->xid;
        rconn_send(rconn, msg, NULL);
        meterset_put(&installed->meters, meter);
    }
}

/* Sends 'diff', whose list of additions and meters it takes, and a barrier,
 * and makes 'installed' what the switch will then hold. */
void
ofbundle_send(struct ofbundle *bundle, struct rconn *rconn,
              struct flowdiff *diff, struct flowset *installed)
{
    struct ovs_list messages = OVS_LIST_INITIALIZER(&messages);
    struct ofpbuf *msg;

    ofbundle_clear(bundle);
    send_meters(bundle, rconn, diff, installed);
    bundle->n_adds = diff->n_add;
    bundle->n_groups = diff->groups.n_put;
    bundle->groups = xcalloc(bundle->n_groups + 1, sizeof *bundle->groups);
    for (size_t i = 0; i < bundle->n_groups; i++) {
        bundle->groups[i] = diff->groups.put[i]->number;
    }
    bundle->add_xids = xcalloc(bundle->n_adds + bundle->n_groups + 1,
                               sizeof *bundle->add_xids);
    ofmsg_bundle(diff, ++bundle->id, &messages, bundle->add_xids);
    LIST_FOR_EACH_POP (msg, list_node, &messages) {
        rconn_send(rconn, msg, NULL);
    }
    msg = ofputil_encode_barrier_request(OFP15_VERSION);
    bundle->barrier_xid = ((struct ofp_header *) msg->data)->xid;
    rconn_send(rconn, msg, NULL);

    follow(installed, diff);
    follow_groups(&installed->groups, &diff->groups);
    bundle->adds = diff->add;
    diff->add = NULL;
    diff->n_add = 0;
}

/* Forgets the bundle under way, if any. */
void
ofbundle_clear(struct ofbundle *bundle)
{
    free(bundle->adds);
    free(bundle->groups);
    free(bundle->add_xids);
    free(bundle->meter_xids);
    meterdiff_destroy(&bundle->meters);
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

/* Deletes the meters that the bundle, which is done, has left without flows.
 */
void
ofbundle_delete_meters(struct ofbundle *bundle, struct rconn *rconn,
                       struct flowset *installed)
{
    for (size_t i = 0; i < bundle->meters.n_delete; i++) {
        uint32_t number = bundle->meters.delete[i];
        rconn_send(rconn, ofmsg_delete_meter(number), NULL);
        meterset_remove(&installed->meters, number);
    }
}

/* Returns what the message 'xid' was to put, or NULL.  The caller frees it. */
static char *
describe_message(const struct ofbundle *bundle, ovs_be32 xid)
{
    for (size_t i = 0; i < bundle->n_adds; i++) {
        if (bundle->add_xids[i] == xid) {
            char *text = rule_to_string(bundle->adds[i]);
            char *description = xasprintf("flow \"%s\"", text);
            free(text);
            return description;
        }
    }
    for (size_t i = 0; i < bundle->n_groups; i++) {
        if (bundle->add_xids[bundle->n_adds + i] == xid) {
            return xasprintf("group 0x%"PRIx32, bundle->groups[i]);
        }
    }
    for (size_t i = 0; i < bundle->meters.n_put; i++) {
        if (bundle->meter_xids[i] == xid) {
            struct ds s = DS_EMPTY_INITIALIZER;
            meter_format(&bundle->meters.put[i], &s);
            return ds_steal_cstr(&s);
        }
    }
    return NULL;
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
    char *description = describe_message(bundle, oh->xid);
    if (description) {
        bundle->refusal = xasprintf("refused %s: %s", description, name);
        free(description);
    } else {
        bundle->refusal = xasprintf("message %#"PRIx32" answered with %s",
                                    ntohl(oh->xid), name);
    }
}
