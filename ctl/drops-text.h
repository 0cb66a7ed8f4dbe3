/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_DROPS_TEXT_H
#define LODEN_CTL_DROPS_TEXT_H 1

/* What the daemon counted twice, as one report with rates. */

#include "openvswitch/compiler.h"

struct ds;
struct json;
struct table_style;

/* Which reasons a report has. */
enum drops_which {
    DROPS_SEEN, /* Those for which something was dropped. */
    DROPS_ALL
};

char *drops_check(const struct json *answer) OVS_WARN_UNUSED_RESULT;
struct json *drops_report(const struct json *before, const struct json *now,
                          enum drops_which);
void drops_format(const struct json *report, const struct table_style *,
                  struct ds *);

#endif /* ctl/drops-text.h */
