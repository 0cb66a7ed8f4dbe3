/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_ADD_H
#define CNI_ADD_H 1

/* The command ADD. */

#include "cni/config.h"
#include "cni/env.h"
#include "cni/error.h"

/* Attaches the pod, or changes nothing.  'stop_fd', or -1, is readable when it
 * is to give up.  The caller must free '*ret_output', the result. */
int add_run(const struct env *, const struct config *, int stop_fd,
            char **ret_output, struct cni_error *);

#endif /* cni/add.h */
