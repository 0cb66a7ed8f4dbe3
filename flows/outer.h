/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_OUTER_H
#define LODEN_FLOWS_OUTER_H 1

/* What tunnels put around a packet, as far as people can choose it.  The
 * values are those of a tunnel port's options, see ovs-vswitchd.conf.db(5).
 * All zero is what Open vSwitch does by itself. */

#include <stdbool.h>
#include <stdint.h>

struct ds;
struct smap;

/* Instead of a number: what the inner packet has. */
#define OUTER_INHERIT 256

struct outer {
    bool fragments; /* May routers cut the outer packet up? */
    bool csum;      /* Has it a UDP checksum over IPv4, too? */
    uint16_t ttl;   /* 1 to 255 or OUTER_INHERIT; 0: 64. */
    uint16_t tos;   /* 0 to 252, without the bits of ECN, or OUTER_INHERIT. */
};

/* Something that people can choose. */
struct outer_option {
    const char *name;   /* Of the cluster's option, and of the port's. */
    const char *key;    /* Of the node's, in external_ids. */
    const char *absent; /* What it is when nobody chose. */
    const char *wanted; /* What a value must be, for people. */

    /* Returns true and stores what 'value' says, or false. */
    bool (*parse)(const char *value, struct outer *);
};

#define OUTER_N_OPTIONS 4
extern const struct outer_option outer_options[OUTER_N_OPTIONS];

/* Adds what differs from Open vSwitch's own choice to a port's options. */
void outer_put_options(const struct outer *, struct smap *options);

/* Appends the same as text, a space before each. */
void outer_format(const struct outer *, struct ds *);

#endif /* flows/outer.h */
