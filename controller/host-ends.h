/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_ENDS_H
#define LODEN_CONTROLLER_HOST_ENDS_H 1

/* Running pods' veths: up, and with the MTU that their network has now. */

#include <stdbool.h>

struct json;
struct world;

struct host_ends *host_ends_open(void);
void host_ends_close(struct host_ends *);

void host_ends_run(struct host_ends *, const struct world *);
void host_ends_wait(const struct host_ends *);

/* Has every pod the MTU that it should have, but for those where that has
 * failed? */
bool host_ends_are_settled(const struct host_ends *);

/* Returns an object with an error for each pod whose MTU cannot be set. */
struct json *host_ends_status(const struct host_ends *);

#endif /* controller/host-ends.h */
