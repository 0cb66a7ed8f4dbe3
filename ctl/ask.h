/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_ASK_H
#define LODEN_CTL_ASK_H 1

/* Asks the daemon of this machine. */

#include "openvswitch/compiler.h"

struct invocation;

#define DAEMON_NAME "loden-controller"

char *ask_daemon(const struct invocation *, const char *command,
                 char **ret_answer) OVS_WARN_UNUSED_RESULT;

#endif /* ctl/ask.h */
