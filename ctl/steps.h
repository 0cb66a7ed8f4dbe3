/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_STEPS_H
#define LODEN_CTL_STEPS_H 1

/* Changes that are made in steps. */

#include <stdbool.h>

#include "ctl/network.h"

struct lodenrec_loden_global;

char *steps_vni(struct invocation *, const struct network_wish *was,
                struct network_wish *) OVS_WARN_UNUSED_RESULT;
char *steps_dst_port(struct invocation *, const struct lodenrec_loden_global *,
                     const char *wanted) OVS_WARN_UNUSED_RESULT;
bool steps_close(struct invocation *, const struct lodenrec_network *);
char *steps_reopen(struct invocation *, const struct lodenrec_network *,
                   char *why) OVS_WARN_UNUSED_RESULT;

#endif /* ctl/steps.h */
