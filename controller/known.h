/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_KNOWN_H
#define LODEN_CONTROLLER_KNOWN_H 1

/* What this node knows of its cluster: what the cluster database says, else
 * what it said last, else what the disk says that it said last. */

#include <stdbool.h>

struct cluster;
struct cluster_self;
struct json;
struct report;
struct world;

/* Keeps what is known in 'file'.  Borrows 'cluster', which is not connected
 * yet, and 'report'. */
struct known *known_open(struct cluster *, struct report *, const char *file);
void known_close(struct known *);

void known_run(struct known *, const struct cluster_self *);
void known_wait(const struct known *);

/* Returns a number that changes whenever known_read() may give another
 * answer. */
unsigned int known_seqno(const struct known *);

/* Adds the cluster's part to 'world', which has this node's name and tunnel
 * addresses.  Returns false if nothing is known. */
bool known_read(struct known *, const struct cluster_self *, struct world *);

/* Lets this node follow another cluster. */
void known_forget(struct known *);

struct json *known_status(const struct known *);

#endif /* controller/known.h */
