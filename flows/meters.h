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
 * above the number of the port, or the VNI, that it is for.  What it drops
 * has a name, as what rules drop has (flows/pipeline.h).
 *
 * METER(SYMBOL, first, whose (PORT or VNI), name, explanation) */
#define METER_KINDS                                                           \
    METER(SENT, 0x00000000, PORT, "over-rate-out",                            \
          "from a pod, faster than its rate")                                 \
    METER(RECEIVED, 0x00010000, PORT, "over-rate-in",                         \
          "for a pod, faster than its rate")                                  \
    METER(STORM, 0x01000000, VNI, "over-storm-rate",                          \
          "flooded by all pods here, faster than their network may")          \
    METER(TOO_LARGE, 0x02000000, PORT, "over-too-large-share",                \
          "too large for the tunnel, and too many to answer or cut up")       \
    METER(ND, 0x04000000, VNI, "over-nd-rate",                                \
          "neighbour discovery, more than is answered in a network")          \
    METER(REPORT, 0x05000000, PORT, "over-report-share",                      \
          "which groups a pod listens to, said too often")                    \
    METER(ND_SHARE, 0x06000000, PORT, "over-nd-share",                        \
          "neighbour discovery, more than is answered to a pod")              \
    METER(STORM_SHARE, 0x07000000, PORT, "over-storm-share",                  \
          "flooded by a pod, faster than one may")                            \
    METER(ARP, 0x08000000, PORT, "over-arp-share",                            \
          "ARP, more than is answered to a pod")

enum meter_first {
#define METER(SYMBOL, FIRST, WHOSE, NAME, WHAT) METER_##SYMBOL = FIRST,
    METER_KINDS
#undef METER
};

struct meter_kind {
    uint32_t first;      /* Of its numbers. */
    bool port;           /* Is such a meter a port's?  Else it is a VNI's. */
    const char *reason;  /* The name of why it drops... */
    const char *meaning; /* ...and that in words. */
};
enum {
    METER_N_KINDS = 0
#define METER(SYMBOL, FIRST, WHOSE, NAME, WHAT) + 1
    METER_KINDS
#undef METER
};
extern const struct meter_kind meter_kinds[METER_N_KINDS];
const struct meter_kind *meter_kind_of(uint32_t number);

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
