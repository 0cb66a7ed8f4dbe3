/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_TUNNELTEST_H
#define LODEN_TEST_TUNNELTEST_H 1

/* Worlds of node n1 with two peers, at each step from one kind of tunnel ports
 * to the other. */

struct world;

void per_peer(struct world *);
void shared_wanted(struct world *);
void shared_there(struct world *);
void shared_alone(struct world *);

/* The same with a bridged network that has a pod on each node. */
void blue_per_peer(struct world *);
void blue_shared_alone(struct world *);

#endif /* test/unit/tunneltest.h */
