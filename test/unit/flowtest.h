/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_FLOWTEST_H
#define LODEN_TEST_FLOWTEST_H 1

/* Worlds written by hand, and what compile_world() makes of them, for the
 * tests of 'flows/'. */

#include "flows/world.h"

struct flowset;

struct world_network *add_network(struct world *, const char *name,
                                  uint32_t vni, const char *range);
void add_peer(struct world *, const char *name, const char *ip,
              const char *subnet, uint16_t port);
void add_pod(struct world *, const char *id, const char *ip, uint16_t port);

/* Node n1 of three, with two pods. */
void three_nodes(struct world *);
void twice_three_nodes(struct world *, struct world *);

void compile(struct world *, struct flowset *);
void assert_rules_golden(struct world *, const char *name);

/* Compares what the change from 'before' to 'after' does to the rules, and
 * destroys both. */
void assert_difference_golden(struct world *before, struct world *after,
                              const char *name);

/* The same of the worlds that two functions fill. */
typedef void fill_func(struct world *);
void assert_step(fill_func *before, fill_func *after, const char *golden);

/* Has a world changed its tunnels (flows/tunnels.h)? */
bool has_changed(fill_func *);

#endif /* test/unit/flowtest.h */
