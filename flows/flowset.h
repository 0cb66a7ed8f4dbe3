/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_FLOWSET_H
#define LODEN_FLOWS_FLOWSET_H 1

/* Rules, sets of rules, and the difference between two sets. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/groups.h"
#include "flows/meters.h"
#include "openvswitch/hmap.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-table.h"
#include "openvswitch/types.h"

struct ofpact;
struct ofputil_flow_mod;

/* One OpenFlow rule.  Table, priority and match are its identity. */
struct rule {
    struct hmap_node node;  /* In struct flowset's 'rules'. */
    struct hmap_node text_node; /* In its 'texts', if... */
    char *text;             /* ...it was made of that; owned. */
    struct minimatch match; /* What it matches. */
    uint8_t table;          /* Its table's number. */
    uint16_t priority;      /* 0 to 65535. */
    ovs_be64 cookie;        /* Whose it is; see pipeline_cookie(). */
    struct ofpact *ofpacts; /* What it does; owned. */
    size_t ofpacts_len;     /* In bytes. */
};

struct flowset {
    struct hmap rules;      /* Of struct rule. */
    struct hmap texts;      /* Those of the rules that were text. */
    size_t n_duplicates;    /* Rules refused as their identity was taken. */
    struct meterset meters; /* That the rules name... */
    struct groupset groups; /* ...and likewise. */
    struct ofputil_table_map tables; /* Names of tables in texts. */
    const struct flowset *older;     /* Has many of them; borrowed. */
};

void flowset_init(struct flowset *);
void flowset_init_after(struct flowset *, const struct flowset *older);
void flowset_destroy(struct flowset *);
void flowset_swap(struct flowset *, struct flowset *);
size_t flowset_count(const struct flowset *);

void flowset_add_text(struct flowset *, ovs_be64 cookie, const char *text);
bool flowset_add(struct flowset *, struct rule *);
const struct rule *flowset_find(const struct flowset *, const struct rule *);
char *flowset_to_string(const struct flowset *);

struct rule *rule_new(const struct match *, uint8_t table, uint16_t priority);
void rule_set_actions(struct rule *, ovs_be64 cookie, const struct ofpact *,
                      size_t ofpacts_len);
struct rule *rule_clone(const struct rule *);
void rule_destroy(struct rule *);
char *rule_to_string(const struct rule *);
void rule_to_flow_mod(const struct rule *, int command,
                      struct ofputil_flow_mod *ret_fm);

/* What turns an installed set into a wanted one. */
struct flowdiff {
    const struct rule **add;    /* Missing or different; of the wanted. */
    size_t n_add;               /* Number of 'add'. */
    const struct rule **delete; /* Not wanted at all; of the installed. */
    size_t n_delete;            /* Number of 'delete'. */
    struct meterdiff meters;    /* The meters'... */
    struct groupdiff groups;    /* ...and the groups'. */
};

void flowdiff_init(struct flowdiff *, const struct flowset *wanted,
                   const struct flowset *installed);
void flowdiff_destroy(struct flowdiff *);
bool flowdiff_is_empty(const struct flowdiff *);
char *flowdiff_to_string(const struct flowdiff *);

#endif /* flows/flowset.h */
