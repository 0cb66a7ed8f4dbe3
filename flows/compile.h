/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_COMPILE_H
#define LODEN_FLOWS_COMPILE_H 1

/* World in, rules out. */

struct flowset;
struct world;

void compile_world(const struct world *, struct flowset *);

#endif /* flows/compile.h */
