/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Asks the switch for the counters of meters and of the rules that tell what
 * was dropped (flows/drops.h), and only for those: on a node with many peers
 * most rules are others.  Nothing is read unless somebody asks, and then anew
 * for each who does.  The connection is controller/ofctl.c's. */

#include <config.h>
#include "controller/ofdrops.h"

#include <stdlib.h>

#include "controller/ofmsg.h"
#include "flows/drops.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/rconn.h"
#include "util.h"

/* A request for each of 'drops_parts', and one for meters. */
#define METERS DROPS_PARTS
#define N_REQUESTS (DROPS_PARTS + 1)

struct reading {
    struct ovs_list node;       /* In struct ofdrops's 'readings'. */
    ovs_be32 xids[N_REQUESTS];  /* Of the requests; 0: answered. */
    struct drops drops;         /* What the answers said so far. */
    ofdrops_done *done;         /* Who asks... */
    void *aux;                  /* ...and its argument. */
};

void
ofdrops_init(struct ofdrops *of)
{
    ovs_list_init(&of->readings);
}

/* Ends 'reading', well or, with 'why', not. */
static void
finish(struct reading *reading, const char *why)
{
    ovs_list_remove(&reading->node);
    reading->done(why ? NULL : &reading->drops, why, reading->aux);
    drops_destroy(&reading->drops);
    free(reading);
}

static void
fail_all(struct ofdrops *of, const char *why)
{
    struct reading *reading;

    LIST_FOR_EACH_SAFE (reading, node, &of->readings) {
        finish(reading, why);
    }
}

/* Frees what 'of' holds; who still waits is told. */
void
ofdrops_destroy(struct ofdrops *of)
{
    fail_all(of, "loden-controller ends");
}

/* The answers under way will not come. */
void
ofdrops_disconnected(struct ofdrops *of)
{
    fail_all(of, "the connection to the switch is gone: try again");
}

/* Asks the switch behind 'rconn', which is connected, what was dropped, and
 * calls 'done' with 'aux' once it is known. */
void
ofdrops_read(struct ofdrops *of, struct rconn *rconn, ofdrops_done *done,
             void *aux)
{
    struct reading *reading = xzalloc(sizeof *reading);

    drops_init(&reading->drops);
    reading->done = done;
    reading->aux = aux;
    ovs_list_push_back(&of->readings, &reading->node);
    for (int i = 0; i < N_REQUESTS; i++) {
        struct ofpbuf *msg = (i == METERS ? ofmsg_request_meter_drops()
                              : ofmsg_request_drops(&drops_parts[i]));

        reading->xids[i] = ((struct ofp_header *) msg->data)->xid;
        rconn_send(rconn, msg, NULL);
    }
}

/* Finds the reading that asked 'xid' and stores which part that was into
 * '*ret_part'; returns NULL if nobody did. */
static struct reading *
find(const struct ofdrops *of, ovs_be32 xid, int *ret_part)
{
    struct reading *reading;

    LIST_FOR_EACH (reading, node, &of->readings) {
        for (int i = 0; i < N_REQUESTS; i++) {
            if (reading->xids[i] && reading->xids[i] == xid) {
                *ret_part = i;
                return reading;
            }
        }
    }
    return NULL;
}

/* Takes an answer, if it is one to us.  Returns false if it cannot be
 * read. */
bool
ofdrops_run_reply(struct ofdrops *of, const struct ofp_header *oh)
{
    int part;
    struct reading *reading = find(of, oh->xid, &part);

    if (!reading) {
        return true;
    } else if (!(part == METERS
                 ? ofmsg_decode_meter_drops(oh, &reading->drops)
                 : ofmsg_decode_drops(oh, &reading->drops))) {
        return false;
    }
    if (!ofmsg_more_follows(oh)) {
        reading->xids[part] = 0;
        for (int i = 0; i < N_REQUESTS; i++) {
            if (reading->xids[i]) {
                return true;
            }
        }
        finish(reading, NULL);
    }
    return true;
}

/* Takes a refusal, if it is one to us. */
void
ofdrops_run_error(struct ofdrops *of, const struct ofp_header *oh)
{
    int part;
    struct reading *reading = find(of, oh->xid, &part);

    if (reading) {
        finish(reading, "the switch refuses to tell its counters");
    }
}
