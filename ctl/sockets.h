/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_SOCKETS_H
#define LODEN_CTL_SOCKETS_H 1

/* Which program holds a port of this machine. */

char *sockets_find_udp(int port);

#endif /* ctl/sockets.h */
