/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_OFPORTS_H
#define LODEN_CONTROLLER_OFPORTS_H 1

/* The numbers of the bridge's ports, as OpenFlow tells them: port status
 * messages come some 20 ms before the database's column 'ofport'. */

#include <stdbool.h>

#include "openvswitch/types.h"
#include "simap.h"

struct ofp_header;

struct ofports {
    struct simap known;    /* Name to number; kept while disconnected. */
    struct simap incoming; /* The part of a reply that has come. */
    ovs_be32 xid;          /* Of the request under way, or 0. */
    unsigned int seqno;    /* Raised with each change of 'known'; 0 before
                            * the first reply. */
};

void ofports_init(struct ofports *);
void ofports_destroy(struct ofports *);
void ofports_expect(struct ofports *, ovs_be32 xid);
bool ofports_run_reply(struct ofports *, const struct ofp_header *);
void ofports_run_status(struct ofports *, const struct ofp_header *);

#endif /* controller/ofports.h */
