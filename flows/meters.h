/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_METERS_H
#define LODEN_FLOWS_METERS_H 1

/* Meters, which hold what a pod sends to a rate, and sets of them. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds;

/* What meters are for.  Numbers begin at 'first', and a meter's is that much
 * above the number of the port, or the VNI, that it is for.
 *
 * METER(SYMBOL, first, whose (PORT or VNI), what it holds to a rate) */
#define METER_KINDS                                                          \
    METER(SENT, 0, PORT, "what a pod sends")                                 \
    METER(RECEIVED, 0x00010000, PORT, "what a pod receives")                 \
    METER(STORM, 0x01000000, VNI, "what all pods here flood")                \
    METER(TOO_LARGE, 0x02000000, PORT, "too large, to the controller")       \
    METER(ND, 0x04000000, VNI, "questions of ND, to the controller")         \
    METER(REPORT, 0x05000000, PORT, "who listens, to the controller")        \
    METER(ND_SHARE, 0x06000000, PORT, "a pod's share of ND")                 \
    METER(STORM_SHARE, 0x07000000, PORT, "a pod's share of STORM")           \
    METER(ARP, 0x08000000, PORT, "ARP, to ovs-vswitchd")

enum meter_first {
#define METER(SYMBOL, FIRST, WHOSE, WHAT) METER_##SYMBOL = FIRST,
    METER_KINDS
#undef METER
};

/* An OpenFlow meter with one band, which drops what is too fast. */
struct meter {
    uint32_t number; /* Its own in the switch; not 0. */
    uint32_t kbps;   /* In 1000 bits/s, or 0... */
    uint32_t pps;    /* ...in packets/s; both 0: a meter of another kind. */
    uint32_t burst;  /* In 1000 bits, or packets. */
};

struct meterset {
    struct meter *meters; /* By number. */
    size_t n;             /* Number of 'meters'. */
};

void meterset_init(struct meterset *);
void meterset_destroy(struct meterset *);
void meterset_swap(struct meterset *, struct meterset *);
void meterset_put(struct meterset *, const struct meter *);
void meterset_remove(struct meterset *, uint32_t number);
const struct meter *meterset_find(const struct meterset *, uint32_t number);

/* What turns an installed set into a wanted one, in numbers and order. */
struct meterdiff {
    struct meter *put; /* Missing or different. */
    size_t n_put;      /* Number of 'put'. */
    uint32_t *delete;  /* Not wanted. */
    size_t n_delete;   /* Number of 'delete'. */
};

void meterdiff_init(struct meterdiff *, const struct meterset *wanted,
                    const struct meterset *installed);
void meterdiff_destroy(struct meterdiff *);
bool meterdiff_is_empty(const struct meterdiff *);

void meter_format(const struct meter *, struct ds *);
void meterset_format(const struct meterset *, struct ds *);
void meterdiff_format(const struct meterdiff *, struct ds *);

#endif /* flows/meters.h */
