/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_CLUSTER_CHECK_H
#define LODEN_OVSDB_CLUSTER_CHECK_H 1

/* What nodes make of the cluster database's rows, for those who write them:
 * what lodenctl lets pass and what nodes follow is decided once. */

struct ovsdb_idl;
struct world;

void cluster_check(struct ovsdb_idl *, struct world *);

#endif /* ovsdb/cluster-check.h */
