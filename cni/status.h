/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_STATUS_H
#define CNI_STATUS_H 1

/* The command STATUS: would an ADD work? */

#include "cni/config.h"
#include "cni/env.h"
#include "cni/error.h"

int status_run(const struct env *, const struct config *, int stop_fd,
               struct cni_error *);

#endif /* cni/status.h */
