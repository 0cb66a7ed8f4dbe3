/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Sets of typed OpenFlow rules, and the difference between two.  How they are
 * made of text, and become text, is flowset-text.c's; sending them is
 * controller/ofctl.c's. */

#include <config.h>
#include "flows/flowset.h"

#include <stdlib.h>

#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "util.h"

void
flowset_init(struct flowset *set)
{
    hmap_init(&set->rules);
    hmap_init(&set->texts);
    set->n_duplicates = 0;
    meterset_init(&set->meters);
    groupset_init(&set->groups);
    set->older = NULL;
    pipeline_table_map_init(&set->tables);
}

/* The same for a set that will have much of what 'older' has, which must
 * outlive the adding of texts. */
void
flowset_init_after(struct flowset *set, const struct flowset *older)
{
    flowset_init(set);
    set->older = older;
}

/* Frees what 'set' holds, not 'set' itself. */
void
flowset_destroy(struct flowset *set)
{
    struct rule *rule;

    HMAP_FOR_EACH_POP (rule, node, &set->rules) {
        rule_destroy(rule);
    }
    hmap_destroy(&set->rules);
    hmap_destroy(&set->texts);
    meterset_destroy(&set->meters);
    groupset_destroy(&set->groups);
    ofputil_table_map_destroy(&set->tables);
}

/* Exchanges what two sets have.  Neither remembers an older one. */
void
flowset_swap(struct flowset *a, struct flowset *b)
{
    size_t n = a->n_duplicates;

    a->older = b->older = NULL;
    hmap_swap(&a->rules, &b->rules);
    hmap_swap(&a->texts, &b->texts);
    a->n_duplicates = b->n_duplicates;
    b->n_duplicates = n;
    meterset_swap(&a->meters, &b->meters);
    groupset_swap(&a->groups, &b->groups);
}

size_t
flowset_count(const struct flowset *set)
{
    return hmap_count(&set->rules);
}

static uint32_t
rule_hash(const struct rule *rule)
{
    return minimatch_hash(&rule->match, rule->table << 16 | rule->priority);
}

static bool
rule_same_identity(const struct rule *a, const struct rule *b)
{
    return (a->table == b->table && a->priority == b->priority
            && minimatch_equal(&a->match, &b->match));
}

/* Returns true if 'a' and 'b' do the same for the same owner.  Actions that
 * were parsed and actions that a switch sent can differ in bytes that mean
 * nothing, such as padding: their text decides then. */
static bool
rule_same_content(const struct rule *a, const struct rule *b)
{
    return (a->cookie == b->cookie
            && (ofpacts_equal(a->ofpacts, a->ofpacts_len,
                              b->ofpacts, b->ofpacts_len)
                || ofpacts_equal_stringwise(a->ofpacts, a->ofpacts_len,
                                            b->ofpacts, b->ofpacts_len)));
}

/* As flowset_find(), for a 'rule' whose hash is known. */
static const struct rule *
find_hashed(const struct flowset *set, const struct rule *rule, uint32_t hash)
{
    const struct rule *other;

    HMAP_FOR_EACH_WITH_HASH (other, node, hash, &set->rules) {
        if (rule_same_identity(rule, other)) {
            return other;
        }
    }
    return NULL;
}

/* Returns the rule in 'set' with the table, priority and match of 'rule', or
 * NULL. */
const struct rule *
flowset_find(const struct flowset *set, const struct rule *rule)
{
    return find_hashed(set, rule, rule_hash(rule));
}

/* Adds 'rule', which it takes.  A rule of that table, priority and match that
 * is there already stays and the new one is freed and counted: which of two
 * would win in the switch must not depend on their order.  Returns true if
 * 'rule' was added. */
bool
flowset_add(struct flowset *set, struct rule *rule)
{
    uint32_t hash = rule_hash(rule);

    if (find_hashed(set, rule, hash)) {
        set->n_duplicates++;
        rule_destroy(rule);
        return false;
    }
    hmap_insert(&set->rules, &rule->node, hash);
    return true;
}

/* Returns a new rule without actions. */
struct rule *
rule_new(const struct match *match, uint8_t table, uint16_t priority)
{
    struct rule *rule = xzalloc(sizeof *rule);

    minimatch_init(&rule->match, match);
    rule->table = table;
    rule->priority = priority;
    return rule;
}

/* Gives 'rule' its cookie and a copy of the 'ofpacts_len' bytes of
 * actions. */
void
rule_set_actions(struct rule *rule, ovs_be64 cookie,
                 const struct ofpact *ofpacts, size_t ofpacts_len)
{
    free(rule->ofpacts);
    rule->cookie = cookie;
    rule->ofpacts = ofpacts_len ? xmemdup(ofpacts, ofpacts_len) : NULL;
    rule->ofpacts_len = ofpacts_len;
}

/* Returns a copy of 'rule' that is in no set. */
struct rule *
rule_clone(const struct rule *rule)
{
    struct rule *clone = xzalloc(sizeof *clone);

    minimatch_clone(&clone->match, &rule->match);
    clone->table = rule->table;
    clone->priority = rule->priority;
    rule_set_actions(clone, rule->cookie, rule->ofpacts, rule->ofpacts_len);
    return clone;
}

void
rule_destroy(struct rule *rule)
{
    if (rule) {
        minimatch_destroy(&rule->match);
        free(rule->ofpacts);
        free(rule->text);
        free(rule);
    }
}

/* Writes into 'ret_fm' the message for 'command' (OFPFC_ADD or
 * OFPFC_DELETE_STRICT).  It borrows the actions of 'rule'; the caller
 * destroys 'ret_fm->match'. */
void
rule_to_flow_mod(const struct rule *rule, int command,
                 struct ofputil_flow_mod *ret_fm)
{
    *ret_fm = (struct ofputil_flow_mod) {
        .priority = rule->priority,
        .table_id = rule->table,
        .command = command,
        .new_cookie = command == OFPFC_ADD ? rule->cookie : OVS_BE64_MAX,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .ofpacts = command == OFPFC_ADD ? rule->ofpacts : NULL,
        .ofpacts_len = command == OFPFC_ADD ? rule->ofpacts_len : 0,
    };
    minimatch_clone(&ret_fm->match, &rule->match);
}

/* Finds what has to be added to and deleted from 'installed' to make it
 * 'wanted'.  A rule that differs only in cookie or actions is added, which
 * replaces it and keeps its counters.  'diff' borrows rules of both sets. */
void
flowdiff_init(struct flowdiff *diff, const struct flowset *wanted,
              const struct flowset *installed)
{
    const struct rule *rule;

    diff->n_add = diff->n_delete = 0;
    meterdiff_init(&diff->meters, &wanted->meters, &installed->meters);
    groupdiff_init(&diff->groups, &wanted->groups, &installed->groups);
    diff->add = xmalloc((flowset_count(wanted) + 1) * sizeof *diff->add);
    diff->delete = xmalloc((flowset_count(installed) + 1)
                           * sizeof *diff->delete);

    HMAP_FOR_EACH (rule, node, &wanted->rules) {
        const struct rule *old = find_hashed(installed, rule,
                                             rule->node.hash);
        if (!old || !rule_same_content(rule, old)) {
            diff->add[diff->n_add++] = rule;
        }
    }
    HMAP_FOR_EACH (rule, node, &installed->rules) {
        if (!find_hashed(wanted, rule, rule->node.hash)) {
            diff->delete[diff->n_delete++] = rule;
        }
    }
}

void
flowdiff_destroy(struct flowdiff *diff)
{
    free(diff->add);
    free(diff->delete);
    meterdiff_destroy(&diff->meters);
    groupdiff_destroy(&diff->groups);
}

bool
flowdiff_is_empty(const struct flowdiff *diff)
{
    return (!diff->n_add && !diff->n_delete
            && meterdiff_is_empty(&diff->meters)
            && groupdiff_is_empty(&diff->groups));
}
