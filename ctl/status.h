/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_STATUS_H
#define LODEN_CTL_STATUS_H 1

/* The daemon's status as a person reads it. */

struct ds;
struct json;
struct table_style;

void status_format(const struct json *, const struct table_style *,
                   struct ds *);

#endif /* ctl/status.h */
