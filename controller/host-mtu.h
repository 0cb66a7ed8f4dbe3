/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_MTU_H
#define LODEN_CONTROLLER_HOST_MTU_H 1

/* The MTU of pods that were there before their network's changed. */

struct json;
struct world;

struct host_mtus *host_mtus_open(void);
void host_mtus_close(struct host_mtus *);

void host_mtus_run(struct host_mtus *, const struct world *);
void host_mtus_wait(const struct host_mtus *);

/* Returns an object with an error for each pod whose MTU cannot be set. */
struct json *host_mtus_status(const struct host_mtus *);

#endif /* controller/host-mtu.h */
