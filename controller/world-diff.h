/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_WORLD_DIFF_H
#define LODEN_CONTROLLER_WORLD_DIFF_H 1

#include <stddef.h>

struct world;

/* Logs how the networks and peers of 'now' differ from those of 'was', a line
 * for each.  Returns the number of differences. */
size_t world_diff_log(const struct world *was, const struct world *now);

#endif /* controller/world-diff.h */
