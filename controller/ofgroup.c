/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Groups on their way to the switch and back.  They go into the bundle of the
 * flows that name them (controller/ofmsg.c): who is added to a group and the
 * flows by which it is known come at one moment. */

#include <config.h>
#include "controller/ofgroup.h"

#include "flow.h"
#include "flows/groups.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

#define OFGROUP_VERSION OFP15_VERSION

/* Returns a request for all groups. */
struct ofpbuf *
ofgroup_request(void)
{
    return ofputil_encode_group_desc_request(OFGROUP_VERSION, OFPG_ALL);
}

/* Appends to 'buckets' one that does 'ofpacts', which it takes, and is the
 * 'id'th.  Returns it. */
static struct ofputil_bucket *
add_bucket(struct ovs_list *buckets, uint32_t id, struct ofpbuf *ofpacts)
{
    struct ofputil_bucket *bucket = xzalloc(sizeof *bucket);

    bucket->bucket_id = id;
    bucket->watch_port = OFPP_ANY;
    bucket->watch_group = OFPG_ANY;
    bucket->ofpacts_len = ofpacts->size;
    bucket->ofpacts = ofpbuf_steal_data(ofpacts);
    ovs_list_push_back(buckets, &bucket->list_node);
    return bucket;
}

static void
add_output(struct ovs_list *buckets, uint32_t id, uint32_t port)
{
    struct ofpbuf ofpacts;

    ofpbuf_init(&ofpacts, 64);
    ofpact_put_OUTPUT(&ofpacts)->port = u16_to_ofp(port);
    add_bucket(buckets, id, &ofpacts);
}

static void
add_again(struct ovs_list *buckets, uint8_t table)
{
    struct ofpbuf ofpacts;
    struct ofpact_resubmit *resubmit;

    ofpbuf_init(&ofpacts, 64);
    resubmit = ofpact_put_RESUBMIT(&ofpacts);
    resubmit->in_port = OFPP_IN_PORT;
    resubmit->table_id = table;
    add_bucket(buckets, 0, &ofpacts)->weight = 1;
}

/* Returns the message for 'command' about the group 'number' of 'type', whose
 * 'buckets' it takes. */
static struct ofpbuf *
encode(uint16_t command, uint32_t number, uint8_t type,
       struct ovs_list *buckets)
{
    struct ofputil_group_mod mod = {
        .command = command,
        .type = type,
        .group_id = number,
        .command_bucket_id = OFPG15_BUCKET_ALL,
    };

    ovs_list_move(&mod.buckets, buckets);
    struct ofpbuf *msg = ofputil_encode_group_mod(OFGROUP_VERSION, &mod,
                                                  NULL, -1);
    ofputil_uninit_group_mod(&mod);
    return msg;
}

/* Returns the message that makes 'group', or makes it of the one with its
 * number. */
struct ofpbuf *
ofgroup_put(const struct group *group)
{
    struct ovs_list buckets = OVS_LIST_INITIALIZER(&buckets);

    for (size_t i = 0; i < group->n_ports; i++) {
        add_output(&buckets, i, group->ports[i]);
    }
    if (group->again) {
        add_again(&buckets, group->again);
    }
    return encode(OFPGC11_ADD_OR_MOD, group->number,
                  group->again ? OFPGT11_SELECT : OFPGT11_ALL, &buckets);
}

/* Returns the message that deletes the group 'number', and with it each flow
 * that names it. */
struct ofpbuf *
ofgroup_delete(uint32_t number)
{
    struct ovs_list buckets = OVS_LIST_INITIALIZER(&buckets);

    return encode(OFPGC11_DELETE, number, OFPGT11_ALL, &buckets);
}

/* Returns what 'bucket' does if that is one action of 'type', else NULL. */
static const struct ofpact *
get_only(const struct ofputil_bucket *bucket, enum ofpact_type type)
{
    const struct ofpact *a = bucket->ofpacts;

    return (a && a->type == type && ofpact_next(a)
            == ofpact_end(bucket->ofpacts, bucket->ofpacts_len) ? a : NULL);
}

/* Returns the port that 'bucket' outputs to if it does nothing else, else 0.
 */
static uint32_t
get_port(const struct ofputil_bucket *bucket)
{
    const struct ofpact *a = get_only(bucket, OFPACT_OUTPUT);

    return a ? ofp_to_u16(ofpact_get_OUTPUT(a)->port) : 0;
}

/* Returns the table that looks at what comes in again for the group that
 * 'desc' describes, or 0 if it is another kind of group. */
static uint8_t
get_again(const struct ofputil_group_desc *desc)
{
    if (desc->type == OFPGT11_SELECT && !desc->props.selection_method[0]
        && ovs_list_is_singleton(&desc->buckets)) {
        const struct ofputil_bucket *bucket = CONTAINER_OF(
            ovs_list_front(&desc->buckets), struct ofputil_bucket, list_node);
        const struct ofpact *a = get_only(bucket, OFPACT_RESUBMIT);

        return (a && ofpact_get_RESUBMIT(a)->in_port == OFPP_IN_PORT
                ? ofpact_get_RESUBMIT(a)->table_id : 0);
    }
    return 0;
}

/* Adds the group that 'desc' describes to 'set'. */
static void
add_group(const struct ofputil_group_desc *desc, struct groupset *set)
{
    struct group group = {
        .number = desc->group_id,
        .again = get_again(desc),
    };
    const struct ofputil_bucket *bucket;

    if (group.again) {
        groupset_put(set, &group);
        return;
    }
    group.ports = xcalloc(ovs_list_size(&desc->buckets) + 1,
                          sizeof *group.ports);
    group.foreign = desc->type != OFPGT11_ALL;
    LIST_FOR_EACH (bucket, list_node, &desc->buckets) {
        uint32_t port = get_port(bucket);
        group.foreign |= !port;
        group.ports[group.n_ports++] = port;
    }
    group.n_ports = group.foreign ? 0 : group.n_ports;
    groupset_put(set, &group);
    free(group.ports);
}

/* Adds the groups of a part of a group description reply to 'set'.  Returns
 * false if it is malformed. */
bool
ofgroup_decode(const struct ofp_header *oh, struct groupset *set)
{
    struct ofpbuf b = ofpbuf_const_initializer(oh, ntohs(oh->length));

    for (;;) {
        struct ofputil_group_desc desc;
        int error = ofputil_decode_group_desc_reply(&desc, &b, oh->version);

        if (error) {
            return error == EOF;
        }
        add_group(&desc, set);
        ofputil_uninit_group_desc(&desc);
    }
}
