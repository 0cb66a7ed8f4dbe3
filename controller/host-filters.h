/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_FILTERS_H
#define LODEN_CONTROLLER_HOST_FILTERS_H 1

/* Others' chains of nftables that drop what the host forwards, and rules of
 * ours in them, by netlink.  Functions return 0 or a positive errno. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every rule of ours in a chain of others' carries a comment that begins with
 * this. */
#define FILTER_COMMENT "loden: "

/* A chain that drops what it does not accept. */
struct filter {
    uint8_t family;    /* NFPROTO_IPV4, NFPROTO_IPV6 or NFPROTO_INET. */
    char *table;       /* Its table. */
    char *chain;       /* Its name. */
    char *place;       /* The chain for rules of ours: DOCKER-USER, where
                        * there is one, else 'chain'. */
    bool policy;       /* Drops by its policy, else by its last rule? */
    bool accepts;      /* Has a rule that names our ports, ours or not? */
};

/* A rule of ours in a chain of others'. */
struct filter_rule {
    uint8_t family;    /* As above. */
    char *table;       /* Its table. */
    char *chain;       /* Its chain. */
    uint64_t handle;   /* Its number in the table. */
};

struct filters {
    struct filter *filters;    /* Those that drop. */
    size_t n;                  /* Number of 'filters'. */
    struct filter_rule *rules; /* Ours, wherever they are. */
    size_t n_rules;            /* Number of 'rules'. */
};

int filters_read(struct filters *);
void filters_destroy(struct filters *);

/* Lets what comes from and goes to our ports pass 'filter'. */
int filters_accept(const struct filter *);
int filters_delete(const struct filter_rule *);

const char *filters_family(uint8_t family);

#endif /* controller/host-filters.h */
