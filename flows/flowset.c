/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Sets of typed OpenFlow rules.
 *
 * A rule enters as text, which people can read, and is typed at once: text
 * that does not parse, or that OpenFlow 1.5 could not carry, is a bug of
 * ours and ends the program where it stands, rather than later as the
 * refusal of a whole bundle.  Sending rules is controller/ofctl.c's. */

#include <config.h>
#include "flows/flowset.h"

#include <stdlib.h>

#include "byte-order.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofp-table.h"
#include "util.h"

void
flowset_init(struct flowset *set)
{
    hmap_init(&set->rules);
    set->n_duplicates = 0;
    meterset_init(&set->meters);
    groupset_init(&set->groups);
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
    meterset_destroy(&set->meters);
    groupset_destroy(&set->groups);
}

void
flowset_swap(struct flowset *a, struct flowset *b)
{
    size_t n = a->n_duplicates;

    hmap_swap(&a->rules, &b->rules);
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

/* Returns the rule in 'set' with the table, priority and match of 'rule', or
 * NULL. */
const struct rule *
flowset_find(const struct flowset *set, const struct rule *rule)
{
    const struct rule *other;

    HMAP_FOR_EACH_WITH_HASH (other, node, rule_hash(rule), &set->rules) {
        if (rule_same_identity(rule, other)) {
            return other;
        }
    }
    return NULL;
}

/* Adds 'rule', which it takes.  A rule of that table, priority and match that
 * is there already stays and the new one is freed and counted: which of two
 * would win in the switch must not depend on their order.  Returns true if
 * 'rule' was added. */
bool
flowset_add(struct flowset *set, struct rule *rule)
{
    if (flowset_find(set, rule)) {
        set->n_duplicates++;
        rule_destroy(rule);
        return false;
    }
    hmap_insert(&set->rules, &rule->node, rule_hash(rule));
    return true;
}

/* Fills 'map' with the pipeline's table names; the caller destroys it. */
static void
table_map_init(struct ofputil_table_map *map)
{
    ofputil_table_map_init(map);
    for (int i = 0; i < PIPELINE_N_TABLES; i++) {
        ofputil_table_map_put(map, i, pipeline_table_name(i));
    }
}

/* Adds the rule that 'text' says in the syntax of ovs-ofctl(8), with the
 * pipeline's names for tables and "@name" for registers. */
void
flowset_add_text(struct flowset *set, ovs_be64 cookie, const char *text)
{
    struct ofputil_table_map tables;
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    char *expanded = pipeline_expand(text);

    table_map_init(&tables);
    char *error = parse_ofp_flow_mod_str(&fm, expanded, NULL, &tables,
                                         OFPFC_ADD, &usable);
    if (error) {
        ovs_abort(0, "bad rule \"%s\": %s", expanded, error);
    }
    if (!(usable & OFPUTIL_P_OF15_OXM)) {
        ovs_abort(0, "rule \"%s\" is not for OpenFlow 1.5", expanded);
    }

    struct rule *rule = xzalloc(sizeof *rule);
    minimatch_move(&rule->match, &fm.match);
    rule->table = fm.table_id;
    rule->priority = fm.priority;
    rule->cookie = cookie;
    rule->ofpacts = fm.ofpacts;
    rule->ofpacts_len = fm.ofpacts_len;
    flowset_add(set, rule);

    ofputil_table_map_destroy(&tables);
    free(expanded);
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

static void
rule_format(const struct rule *rule, const struct ofputil_table_map *tables,
            struct ds *s)
{
    const struct ofpact_format_params params = {
        .table_map = tables,
        .s = s,
    };

    ds_put_format(s, "cookie=0x%"PRIx64", table=%s, ", ntohll(rule->cookie),
                  rule->table < PIPELINE_N_TABLES
                  ? pipeline_table_name(rule->table) : "?");
    minimatch_format(&rule->match, NULL, NULL, s, rule->priority);
    ds_put_cstr(s, " actions=");
    ofpacts_format(rule->ofpacts, rule->ofpacts_len, &params);
}

/* Returns 'rule' as text; the caller frees it. */
char *
rule_to_string(const struct rule *rule)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct ofputil_table_map tables;

    table_map_init(&tables);
    rule_format(rule, &tables, &s);
    ofputil_table_map_destroy(&tables);
    return ds_steal_cstr(&s);
}

/* A rule and its text, for sorting. */
struct printed_rule {
    const struct rule *rule; /* Borrowed. */
    char *text;              /* Owned. */
};

static int
compare_printed(const void *a_, const void *b_)
{
    const struct printed_rule *a = a_, *b = b_;

    if (a->rule->table != b->rule->table) {
        return a->rule->table < b->rule->table ? -1 : 1;
    } else if (a->rule->priority != b->rule->priority) {
        return a->rule->priority > b->rule->priority ? -1 : 1;
    }
    return strcmp(a->text, b->text);
}

/* Appends the 'n' 'rules' to 's', each on a line after 'lead', by table,
 * falling priority, and text. */
static void
put_rules(struct ds *s, const char *lead, const struct rule **rules, size_t n)
{
    struct printed_rule *printed = xmalloc(n * sizeof *printed);
    struct ofputil_table_map tables;

    table_map_init(&tables);
    for (size_t i = 0; i < n; i++) {
        struct ds text = DS_EMPTY_INITIALIZER;
        rule_format(rules[i], &tables, &text);
        printed[i].rule = rules[i];
        printed[i].text = ds_steal_cstr(&text);
    }
    qsort(printed, n, sizeof *printed, compare_printed);
    for (size_t i = 0; i < n; i++) {
        ds_put_format(s, "%s%s\n", lead, printed[i].text);
        free(printed[i].text);
    }
    ofputil_table_map_destroy(&tables);
    free(printed);
}

/* Returns meters, groups and rules as text, a line each, in an order that
 * depends on them alone; the caller frees it. */
char *
flowset_to_string(const struct flowset *set)
{
    const struct rule **rules = xmalloc((flowset_count(set) + 1)
                                        * sizeof *rules);
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct rule *rule;
    size_t n = 0;

    HMAP_FOR_EACH (rule, node, &set->rules) {
        rules[n++] = rule;
    }
    meterset_format(&set->meters, &s);
    groupset_format(&set->groups, &s);
    put_rules(&s, "", rules, n);
    free(rules);
    return ds_steal_cstr(&s);
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
        const struct rule *old = flowset_find(installed, rule);
        if (!old || !rule_same_content(rule, old)) {
            diff->add[diff->n_add++] = rule;
        }
    }
    HMAP_FOR_EACH (rule, node, &installed->rules) {
        if (!flowset_find(wanted, rule)) {
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

/* Returns the difference as text, "-" before what goes and "+" before what
 * comes; the caller frees it. */
char *
flowdiff_to_string(const struct flowdiff *diff)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    meterdiff_format(&diff->meters, &s);
    groupdiff_format(&diff->groups, &s);
    put_rules(&s, "-", diff->delete, diff->n_delete);
    put_rules(&s, "+", diff->add, diff->n_add);
    return ds_steal_cstr(&s);
}
