/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_SESSION_H
#define LODEN_CTL_SESSION_H 1

/* One conversation with the cluster database. */

#include "openvswitch/compiler.h"

struct invocation;

char *session_run(const char *remote, struct invocation *)
    OVS_WARN_UNUSED_RESULT;

#endif /* ctl/session.h */
