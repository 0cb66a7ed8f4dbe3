/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Rules from text and as text.
 *
 * A rule enters as text, which people can read, and is typed at once: text
 * that does not parse, or that OpenFlow 1.5 could not carry, is a bug of
 * ours and ends the program where it stands, rather than later as the
 * refusal of a whole bundle.
 *
 * Parsing is what costs, and of one world's rules the next one has nearly all
 * again: a rule whose text an older set has is copied from there. */

#include <config.h>
#include "flows/flowset.h"

#include <stdlib.h>
#include <string.h>

#include "byte-order.h"
#include "flows/pipeline.h"
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-protocol.h"
#include "util.h"

/* ---- From text ---------------------------------------------------------- */

/* Returns the rule that 'text' says. */
static struct rule *
parse_rule(const struct flowset *set, ovs_be64 cookie, const char *text)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    char *expanded = pipeline_expand(text);
    char *error = parse_ofp_flow_mod_str(&fm, expanded, NULL, &set->tables,
                                         OFPFC_ADD, &usable);

    if (error) {
        ovs_abort(0, "bad rule \"%s\": %s", expanded, error);
    }
    if (!(usable & OFPUTIL_P_OF15_OXM)) {
        ovs_abort(0, "rule \"%s\" is not for OpenFlow 1.5", expanded);
    }
    free(expanded);

    struct rule *rule = xzalloc(sizeof *rule);
    minimatch_move(&rule->match, &fm.match);
    rule->table = fm.table_id;
    rule->priority = fm.priority;
    rule->cookie = cookie;
    rule->ofpacts = fm.ofpacts;
    rule->ofpacts_len = fm.ofpacts_len;
    return rule;
}

/* Returns the rule in 'set' that was made of 'text', or NULL. */
static const struct rule *
find_text(const struct flowset *set, const char *text, uint32_t hash)
{
    const struct rule *rule;

    HMAP_FOR_EACH_WITH_HASH (rule, text_node, hash, &set->texts) {
        if (!strcmp(rule->text, text)) {
            return rule;
        }
    }
    return NULL;
}

/* Adds the rule that 'text' says in the syntax of ovs-ofctl(8), with the
 * pipeline's names for tables and "@name" for registers. */
void
flowset_add_text(struct flowset *set, ovs_be64 cookie, const char *text)
{
    const uint32_t hash = hash_string(text, 0);
    const struct rule *old = set->older ? find_text(set->older, text, hash)
                                        : NULL;
    struct rule *rule = old ? rule_clone(old) : parse_rule(set, cookie, text);

    rule->cookie = cookie;
    if (flowset_add(set, rule)) {
        rule->text = xstrdup(text);
        hmap_insert(&set->texts, &rule->text_node, hash);
    }
}

/* ---- As text ------------------------------------------------------------ */

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

    pipeline_table_map_init(&tables);
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

    pipeline_table_map_init(&tables);
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
