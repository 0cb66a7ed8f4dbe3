/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_GC_H
#define CNI_GC_H 1

/* The command GC: frees what attachments left that the runtime has not. */

#include "cni/config.h"
#include "cni/env.h"
#include "cni/error.h"

/* Goes on after a failure and tells the first. */
int gc_run(const struct env *, const struct config *, int stop_fd,
           struct cni_error *);

#endif /* cni/gc.h */
