/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_NFNL_H
#define LODEN_CONTROLLER_HOST_NFNL_H 1

/* The table 'netdev loden', which holds one chain for each device that the
 * kernel must not listen to, by netlink alone: a pod waits for its chain, and
 * starting nft takes ten times as long; and what other changes are made of.
 * Functions return 0 or a positive errno. */

#include "netlink-socket.h"
#include "openvswitch/ofpbuf.h"

struct nfgenmsg;
struct sset;

#define NFNL_TABLE "loden"

/* Makes sure that the device's chain exists and drops everything.  ENOENT if
 * there is no such device; kernels since 6.16 accept also that. */
int nfnl_add_drop_chain(const char *device);
int nfnl_delete_chain(const char *device);
int nfnl_delete_table(void);

/* Adds the names of all chains to 'chains'. */
int nfnl_list_chains(struct sset *chains);

/* A batch of at most two changes. */
struct nfnl_batch {
    struct ofpbuf messages[4];              /* Begin, changes, end. */
    struct nl_transaction transactions[4];  /* One for each message. */
    size_t n;                               /* Number of messages. */
};

void nfnl_start(struct ofpbuf *, int type, int flags,
                const struct nfgenmsg *);
void nfnl_batch_begin(struct nfnl_batch *);
struct ofpbuf *nfnl_batch_add(struct nfnl_batch *, int type, int flags,
                              const struct nfgenmsg *);
int nfnl_batch_commit(struct nfnl_batch *);

#endif /* controller/host-nfnl.h */
