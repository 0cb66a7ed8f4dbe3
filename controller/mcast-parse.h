/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_MCAST_PARSE_H
#define LODEN_CONTROLLER_MCAST_PARSE_H 1

/* Which multicast groups a host says that it listens to (IGMP, MLD), and the
 * question for them. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many groups of one report are looked at. */
#define MCAST_CHANGES_MAX 64

/* The longest frame that mcast_query() makes, in bytes. */
#define MCAST_QUERY_MAX 96

/* What a report says of one group. */
struct mcast_change {
    struct in6_addr group; /* Any address; IPv4 ones are mapped. */
    bool leaves;           /* Does it listen no longer? */
};

struct mcast_report {
    struct mcast_change changes[MCAST_CHANGES_MAX]; /* In their order. */
    size_t n;                                       /* How many there are. */
};

/* Reads the 'size' bytes of the Ethernet frame 'frame', any bytes at all.
 * What makes no sense says nothing. */
void mcast_parse(struct mcast_report *, const uint8_t *frame, size_t size);

/* Who asks. */
struct mcast_querier {
    uint8_t mac[6];         /* Its MAC. */
    struct in6_addr source; /* Its IPv4 address, mapped, or "::" for none, or
                             * its link-local one: which decides the family
                             * that is asked for. */
    bool v6;                /* That is IPv6? */
};

/* Composes a query for 'group', or for all groups if it is NULL, into 'frame',
 * which has room for MCAST_QUERY_MAX bytes.  Returns its length in bytes. */
size_t mcast_query(uint8_t *frame, const struct mcast_querier *,
                   const struct in6_addr *group);

#endif /* controller/mcast-parse.h */
