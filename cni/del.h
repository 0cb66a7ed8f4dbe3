/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_DEL_H
#define CNI_DEL_H 1

/* The command DEL. */

#include "cni/config.h"
#include "cni/env.h"
#include "cni/error.h"

/* Removes whatever there is of the attachment; nothing is success too.
 * 'stop_fd', or -1, is readable when it is to give up. */
int del_run(const struct env *, const struct config *, int stop_fd,
            struct cni_error *);

#endif /* cni/del.h */
