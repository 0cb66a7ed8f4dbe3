/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_DEAF_H
#define LODEN_CONTROLLER_HOST_DEAF_H 1

/* On the userspace datapath: keeps the host's kernel from hearing what pods
 * send, beside the switch. */

#include <stdbool.h>

struct json;
struct sset;
struct world;

struct host_deaf *host_deaf_open(void);
void host_deaf_close(struct host_deaf *);

void host_deaf_run(struct host_deaf *, const struct world *);
void host_deaf_wait(const struct host_deaf *);

bool host_deaf_is_deaf(const struct host_deaf *, const char *device);
unsigned int host_deaf_seqno(const struct host_deaf *);

/* Says that somebody removed the chains called so; any, if NULL. */
void host_deaf_lost(struct host_deaf *, const struct sset *chains);

struct json *host_deaf_status(const struct host_deaf *);

#endif /* controller/host-deaf.h */
