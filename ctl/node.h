/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_NODE_H
#define LODEN_CTL_NODE_H 1

/* What other nouns need to know about a node. */

#include <stdbool.h>

struct lodenrec_node;
struct lodenrec_node_status;
struct ovsdb_idl;

/* A node that was heard of less than so many seconds ago is alive: it writes
 * its sign of life every 60. */
#define NODE_ALIVE_S 180

/* Is there a Node row called 'name'? */
bool node_exists(struct ovsdb_idl *, const char *name);

/* NULL stands for a node that was never heard of. */
const struct lodenrec_node_status *node_find_status(struct ovsdb_idl *,
                                                    const char *name);
bool node_is_alive(const struct lodenrec_node_status *);

/* Returns when the node was last heard of, for people; malloc'd. */
char *node_last_seen(const struct lodenrec_node_status *);

/* Returns how many pods the node has, as it said last: of 'network', or of
 * all networks if that is NULL. */
unsigned long long int node_count_pods(const struct lodenrec_node_status *,
                                       const char *network);

#endif /* ctl/node.h */
