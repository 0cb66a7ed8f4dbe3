/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_LINK_H
#define LODEN_CONTROLLER_HOST_LINK_H 1

/* The networks' host ports as the kernel's network devices: up, with the
 * gateway's address, and with the routes to their networks. */

#include <stdbool.h>

struct json;
struct world;

struct host_links *host_links_open(void);
void host_links_close(struct host_links *);

void host_links_run(struct host_links *, const struct world *);
void host_links_wait(const struct host_links *);

/* Has every host port what it should have? */
bool host_links_are_settled(const struct host_links *);
struct json *host_links_status(const struct host_links *);

#endif /* controller/host-link.h */
