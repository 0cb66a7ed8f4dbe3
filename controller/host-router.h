/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_ROUTER_H
#define LODEN_CONTROLLER_HOST_ROUTER_H 1

/* Whether the host forwards packets at all, of either family. */

struct json;
struct world;

struct host_router *host_router_open(void);
void host_router_close(struct host_router *);

void host_router_run(struct host_router *, const struct world *);
void host_router_wait(const struct host_router *);

/* Adds what it complains of to 'status'. */
void host_router_status(const struct host_router *, struct json *status);

#endif /* controller/host-router.h */
