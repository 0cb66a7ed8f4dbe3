/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Keeps names and numbers of ports from a first list and the changes after
 * it.  Requests are made by controller/ofctl.c. */

#include <config.h>
#include "controller/ofports.h"

#include "controller/ofmsg.h"
#include "openvswitch/ofp-msgs.h"

void
ofports_init(struct ofports *ports)
{
    *ports = (struct ofports) { .xid = 0 };
    simap_init(&ports->known);
    simap_init(&ports->incoming);
}

void
ofports_destroy(struct ofports *ports)
{
    simap_destroy(&ports->known);
    simap_destroy(&ports->incoming);
}

/* Says that the request 'xid' for the list of all ports has been sent. */
void
ofports_expect(struct ofports *ports, ovs_be32 xid)
{
    simap_clear(&ports->incoming);
    ports->xid = xid;
}

/* Takes a part of the list.  Returns false if it cannot be read. */
bool
ofports_run_reply(struct ofports *ports, const struct ofp_header *oh)
{
    if (!ports->xid || oh->xid != ports->xid) {
        return true;
    }
    if (!ofmsg_decode_ports(oh, &ports->incoming)) {
        return false;
    }
    if (!ofmsg_more_follows(oh)) {
        ports->xid = 0;
        simap_swap(&ports->known, &ports->incoming);
        ports->seqno++;
    }
    return true;
}

/* Takes the news of one port. */
void
ofports_run_status(struct ofports *ports, const struct ofp_header *oh)
{
    if (ports->xid) {
        ofmsg_decode_port_status(oh, &ports->incoming);
    } else if (ofmsg_decode_port_status(oh, &ports->known)) {
        ports->seqno++;
    }
}
