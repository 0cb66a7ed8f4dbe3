/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_WATCH_H
#define LODEN_CONTROLLER_HOST_WATCH_H 1

/* Notices when something is taken out of our nftables tables. */

#include <stdbool.h>

struct sset;

/* What was lost since one looked last. */
struct host_losses {
    unsigned int inet;         /* How many transactions took something out of
                                * the table 'inet loden', or added to it. */
    struct sset *netdev;       /* Borrowed: gets the names of the chains that
                                * left the table 'netdev loden'. */
    bool changed;              /* Has anything in nftables changed? */
    bool overflow;             /* Were messages lost?  Then anything may have
                                * been. */
};

struct host_watch *host_watch_open(void);
void host_watch_close(struct host_watch *);

void host_watch_run(struct host_watch *, struct host_losses *);
void host_watch_wait(const struct host_watch *);

#endif /* controller/host-watch.h */
