/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_CHECK_H
#define CNI_CHECK_H 1

/* The command CHECK: is the attachment as ADD left it? */

#include "cni/config.h"
#include "cni/env.h"
#include "cni/error.h"

int check_run(const struct env *, const struct config *, int stop_fd,
              struct cni_error *);

#endif /* cni/check.h */
