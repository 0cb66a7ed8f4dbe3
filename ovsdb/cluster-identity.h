/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_CLUSTER_IDENTITY_H
#define LODEN_OVSDB_CLUSTER_IDENTITY_H 1

/* Which cluster's database a node follows, and how far it has come in it. */

#include <stdint.h>

struct cluster_identity {
    char *cluster_id;   /* Of Loden_Global; NULL: none has been followed. */
    int64_t generation; /* Of Loden_Global when it was last followed. */
    int64_t config_seq; /* The same. */
};

void identity_destroy(struct cluster_identity *);
void identity_set(struct cluster_identity *, const char *cluster_id,
                  int64_t generation, int64_t config_seq);
char *identity_refuse(const struct cluster_identity *followed,
                      const struct cluster_identity *found);

#endif /* ovsdb/cluster-identity.h */
