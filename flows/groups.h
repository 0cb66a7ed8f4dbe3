/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_GROUPS_H
#define LODEN_FLOWS_GROUPS_H 1

/* Groups, which send a packet to many ports or have it come in again, and
 * sets of them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds;

/* A message that makes a group, and the answer that tells of one, must fit
 * into 64 KiB: at 40 bytes and more for each port, this is on the safe side.
 * Who has more ports uses more groups. */
#define GROUP_MAX_PORTS 512

/* An OpenFlow group of type "all" with a bucket for each port, which does
 * nothing but output; or one of type "select" with a single bucket, for which
 * the datapath takes the packet in again. */
struct group {
    uint32_t number; /* Its own in the switch. */
    uint8_t again;   /* The table (not 0) that looks at the packet then... */
    uint32_t *ports; /* ...or 0.  In the order of the buckets; owned. */
    size_t n_ports;  /* Number of 'ports', at most GROUP_MAX_PORTS. */
    bool foreign;    /* Is it of another kind?  Then 'n_ports' is 0. */
};

struct groupset {
    struct group *groups; /* By number. */
    size_t n;             /* Number of 'groups'. */
};

void groupset_init(struct groupset *);
void groupset_destroy(struct groupset *);
void groupset_swap(struct groupset *, struct groupset *);
void groupset_put(struct groupset *, const struct group *);
void groupset_remove(struct groupset *, uint32_t number);
const struct group *groupset_find(const struct groupset *, uint32_t number);

/* What turns an installed set into a wanted one; borrows from both. */
struct groupdiff {
    const struct group **put; /* Missing or different; of the wanted. */
    size_t n_put;             /* Number of 'put'. */
    uint32_t *delete;         /* Not wanted. */
    size_t n_delete;          /* Number of 'delete'. */
};

void groupdiff_init(struct groupdiff *, const struct groupset *wanted,
                    const struct groupset *installed);
void groupdiff_destroy(struct groupdiff *);
bool groupdiff_is_empty(const struct groupdiff *);

void group_format(const struct group *, struct ds *);
void groupset_format(const struct groupset *, struct ds *);
void groupdiff_format(const struct groupdiff *, struct ds *);

#endif /* flows/groups.h */
