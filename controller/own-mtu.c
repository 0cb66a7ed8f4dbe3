/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Each node says in its Node row how large packets of pods may be for its own
 * ways to its peers, and pods of all nodes are held to the least that any says
 * (flows/sizes.c).  What a node says depends on its own devices and routes
 * alone, never on what others say: so nothing goes in circles.  A device or a
 * route that comes and goes would still have all pods of the cluster change
 * each time.  So less is said at once, as packets are lost until it is, and
 * more only after it has been so for a while. */

#include <config.h>
#include "controller/own-mtu.h"

#include "openvswitch/poll-loop.h"
#include "util.h"

/* Returns what is to be said at 'now', in time_msec(), when 'mtu' bytes fit; 0
 * in either stands for nothing. */
unsigned int
own_mtu_run(struct own_mtu *own, unsigned int mtu, long long int now)
{
    if (!own->said || (mtu && mtu < own->said)) {
        own->said = mtu;
    }
    if (mtu <= own->said) {
        own->larger = 0;
    } else if (own->larger != mtu) {
        own->larger = mtu;
        own->since = now;
    } else if (now >= own->since + OWN_MTU_STEADY_MS) {
        own->said = mtu;
        own->larger = 0;
    }
    return own->said;
}

void
own_mtu_wait(const struct own_mtu *own)
{
    if (own->larger) {
        poll_timer_wait_until(own->since + OWN_MTU_STEADY_MS);
    }
}
