/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_OWN_MTU_H
#define LODEN_CONTROLLER_OWN_MTU_H 1

/* What this node tells the others of how large pods' packets may be. */

struct own_mtu {
    unsigned int said;   /* In bytes; 0: nothing yet. */
    unsigned int larger; /* What it would be, or 0... */
    long long int since; /* ...and since when, in time_msec(). */
};

/* For so long more must have fitted, in ms, before that is said. */
#define OWN_MTU_STEADY_MS 10000

unsigned int own_mtu_run(struct own_mtu *, unsigned int mtu,
                         long long int now);
void own_mtu_wait(const struct own_mtu *);

#endif /* controller/own-mtu.h */
