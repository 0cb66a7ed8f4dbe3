/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_PROGRESS_H
#define LODEN_CTL_PROGRESS_H 1

/* How far the nodes have carried out a configuration, for --wait. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/compiler.h"

struct invocation;

/* Have all nodes that are alive carried out the configuration number 'seq'?
 * If so, adds a note to the invocation about those that are not alive. */
bool progress_is_done(struct invocation *, int64_t seq);

/* Returns an error that names those that have not in 'wait_s' seconds;
 * malloc'd. */
char *progress_explain(struct invocation *, int64_t seq,
                       long long int wait_s);

#endif /* ctl/progress.h */
