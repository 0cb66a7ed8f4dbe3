/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_CLUSTER_BRIDGED_H
#define LODEN_OVSDB_CLUSTER_BRIDGED_H 1

/* What cluster-private.h has of bridged networks. */

#include "flows/world.h"

struct cluster;
struct lodenrec_network;

/* cluster-blocks.c */
void blocks_put(struct cluster *, const struct world *,
                const struct world_network *);

/* cluster-rest.c */
void rest_destroy(struct cluster *);
void rest_hide(const struct cluster *, struct world *);
void rest_put(struct cluster *, const struct world *,
              const struct world_network *);
bool rest_keep(struct cluster *, const struct world_network *);
void rest_run(struct cluster *);
void rest_wait(const struct cluster *);

/* cluster-bridged.c */
void bridged_prepare(struct world_network *);
char *bridged_check_range(const struct prefix *);
char *bridged_check_block(const struct world_network *,
                          const struct prefix *);
void bridged_add(const struct lodenrec_network *, struct world *,
                 struct world_network *);

/* cluster-endpoints.c, cluster-members.c */
void endpoints_read(const struct cluster *, struct world *);
char *endpoint_parse_ip(const struct world_network *, const char *text,
                        struct in6_addr *ret_ip);
void members_put(struct cluster *, const struct world *);

#endif /* ovsdb/cluster-bridged.h */
