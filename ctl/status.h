/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_STATUS_H
#define LODEN_CTL_STATUS_H 1

/* The daemon's status as a person reads it. */

#include "openvswitch/compiler.h"

struct ds;
struct invocation;
struct json;
struct table_style;

void status_format(const struct json *, const struct table_style *,
                   struct ds *);

char *status_ask_daemon(const struct invocation *, char **ret_answer)
    OVS_WARN_UNUSED_RESULT;

#endif /* ctl/status.h */
