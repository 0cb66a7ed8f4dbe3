/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_JUDGE_H
#define LODEN_CTL_JUDGE_H 1

/* Would nodes follow what a transaction writes?
 *
 *     judge_init(&judge, idl);
 *     ...change rows...
 *     error = judge_change(&judge, idl, &invocation);
 *     judge_destroy(&judge);
 */

#include "openvswitch/compiler.h"
#include "smap.h"

struct invocation;
struct ovsdb_idl;

struct judge {
    struct smap refusals; /* What nodes refuse without the change; why. */
};

void judge_init(struct judge *, struct ovsdb_idl *);
void judge_destroy(struct judge *);
char *judge_change(const struct judge *, struct ovsdb_idl *,
                   struct invocation *) OVS_WARN_UNUSED_RESULT;

#endif /* ctl/judge.h */
