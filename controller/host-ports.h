/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_PORTS_H
#define LODEN_CONTROLLER_HOST_PORTS_H 1

/* Host ports: the chains of the table 'inet loden' that lead from ports of
 * the node to ports of its pods, as text. */

struct ds;
struct world;

/* Appends the chains that 'world' wants; nothing without host ports. */
void host_ports_put(struct ds *, const struct world *);

#endif /* controller/host-ports.h */
