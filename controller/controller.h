/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_CONTROLLER_H
#define LODEN_CONTROLLER_CONTROLLER_H 1

/* Everything that loden-controller does, behind four functions. */

/* How a controller is started. */
struct controller_options {
    const char *database;    /* The node's Open_vSwitch database. */
    const char *datapath;    /* "system", "netdev", or NULL to find out. */
    const char *subnet_file; /* Where to write it. */
    const char *last_good;   /* Where to keep the last good world. */
};

struct controller *controller_open(const struct controller_options *);
void controller_close(struct controller *);
void controller_run(struct controller *);
void controller_wait(struct controller *);

#endif /* controller/controller.h */
