/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What others' base chains at the forward hook do with what they do not know,
 * as far as that can be told without running packets through them: their
 * policy drops, or their last rule drops or rejects everything.
 *
 * A chain is taken for open to our ports as soon as some rule of its table
 * compares a name with "loden": whoever wrote that knows about us.  What is
 * made of it is host-forward.c's.  Source: linux/netfilter/nf_tables.h, and
 * nft --debug=mnl. */

#include <config.h>
#include "controller/host-filters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h> /* Before linux/netfilter.h, which clashes. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "byte-order.h"
#include "controller/host-nfnl.h"
#include "netlink.h"
#include "util.h"

/* The beginning of the names of all host ports. */
#define PORTS "loden"

/* Where Docker does not touch what users put. */
#define DOCKER_CHAIN "DOCKER-USER"

/* Of a comment in NFTA_RULE_USERDATA (libnftnl/udata.h). */
#define UDATA_COMMENT 0

/* All base chains at the forward hook, while rules are read. */
struct reading {
    struct filters *filters;   /* What is found. */
    bool *drops;               /* By filter: does the last rule drop? */
    size_t n_docker;           /* Number of DOCKER_CHAINs, */
    struct filter_rule *docker; /* of which 'handle' says nothing. */
};

const char *
filters_family(uint8_t family)
{
    return (family == NFPROTO_IPV4 ? "ip" : family == NFPROTO_IPV6 ? "ip6"
            : family == NFPROTO_INET ? "inet" : "?");
}

static void
rule_destroy(struct filter_rule *rule)
{
    free(rule->table);
    free(rule->chain);
}

/* Frees what 'filters' holds. */
void
filters_destroy(struct filters *filters)
{
    for (size_t i = 0; i < filters->n; i++) {
        free(filters->filters[i].table);
        free(filters->filters[i].chain);
        free(filters->filters[i].place);
    }
    for (size_t i = 0; i < filters->n_rules; i++) {
        rule_destroy(&filters->rules[i]);
    }
    free(filters->filters);
    free(filters->rules);
    memset(filters, 0, sizeof *filters);
}

/* ---- Reading ------------------------------------------------------------ */

/* What is asked for. */
struct question {
    int type;          /* NFT_MSG_*. */
    uint8_t family;    /* NFPROTO_UNSPEC: any. */
    const char *table; /* Of rules only; NULL: any. */

    /* Takes an answer. */
    void (*parse)(struct ofpbuf *, uint8_t family, struct reading *);
};

/* Has the answers to 'question' parsed. */
static int
dump(const struct question *question, struct reading *reading)
{
    struct nfgenmsg header = {
        .nfgen_family = question->family,
        .version = NFNETLINK_V0,
    };
    uint64_t reply_stub[NL_DUMP_BUFSIZE / 8];
    struct ofpbuf request, reply, buf;
    struct nl_dump dump;

    nfnl_start(&request, NFNL_SUBSYS_NFTABLES << 8 | question->type, 0,
               &header);
    if (question->table) {
        nl_msg_put_string(&request, NFTA_RULE_TABLE, question->table);
    }
    ofpbuf_use_stub(&buf, reply_stub, sizeof reply_stub);
    nl_dump_start(&dump, NETLINK_NETFILTER, &request);
    while (nl_dump_next(&dump, &reply, &buf)) {
        const struct nfgenmsg *found = ofpbuf_at(&reply, NLMSG_HDRLEN,
                                                 sizeof *found);
        if (found && (found->nfgen_family == NFPROTO_IPV4
                      || found->nfgen_family == NFPROTO_IPV6
                      || found->nfgen_family == NFPROTO_INET)) {
            question->parse(&reply, found->nfgen_family, reading);
        }
    }
    ofpbuf_uninit(&buf);
    ofpbuf_uninit(&request);
    return nl_dump_done(&dump);
}

/* Is 'hook', which may be NULL, the forward hook? */
static bool
is_forward(const struct nlattr *hook)
{
    const struct nlattr *number
        = hook ? nl_attr_find_nested(hook, NFTA_HOOK_HOOKNUM) : NULL;
    return (number && nl_attr_get_size(number) == 4
            && ntohl(nl_attr_get_be32(number)) == NF_INET_FORWARD);
}

static void
parse_chain(struct ofpbuf *msg, uint8_t family, struct reading *reading)
{
    static const struct nl_policy policy[] = {
        [NFTA_CHAIN_TABLE] = { .type = NL_A_STRING },
        [NFTA_CHAIN_NAME] = { .type = NL_A_STRING },
        [NFTA_CHAIN_HOOK] = { .type = NL_A_NESTED, .optional = true },
        [NFTA_CHAIN_POLICY] = { .type = NL_A_BE32, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    struct filters *filters = reading->filters;

    if (!nl_policy_parse(msg, NLMSG_HDRLEN + sizeof(struct nfgenmsg), policy,
                         attrs, ARRAY_SIZE(policy))) {
        return;
    }
    const char *table = nl_attr_get_string(attrs[NFTA_CHAIN_TABLE]);
    const char *name = nl_attr_get_string(attrs[NFTA_CHAIN_NAME]);
    if (!strcmp(name, DOCKER_CHAIN)) {
        reading->docker = xrealloc(reading->docker, (reading->n_docker + 1)
                                   * sizeof *reading->docker);
        reading->docker[reading->n_docker++] = (struct filter_rule) {
            .family = family, .table = xstrdup(table),
        };
    }
    if (!is_forward(attrs[NFTA_CHAIN_HOOK]) || !strcmp(table, NFNL_TABLE)) {
        return;
    }
    filters->filters = xrealloc(filters->filters, (filters->n + 1)
                                * sizeof *filters->filters);
    filters->filters[filters->n++] = (struct filter) {
        .family = family,
        .table = xstrdup(table),
        .chain = xstrdup(name),
        .policy = (attrs[NFTA_CHAIN_POLICY]
                   && !nl_attr_get_be32(attrs[NFTA_CHAIN_POLICY])),
    };
}

/* What the expressions of a rule come to. */
struct verdict {
    bool always; /* Nothing decides whether it applies. */
    bool drops;  /* Drops or rejects. */
    bool ours;   /* Compares something with our ports' names. */
};

/* Follows one expression 'name' with its 'data', which may be NULL. */
static void
follow_expression(const char *name, const struct nlattr *data,
                  struct verdict *verdict)
{
    if (!strcmp(name, "reject")) {
        verdict->drops = true;
    } else if (!strcmp(name, "target") && data) {
        /* That of iptables. */
        const struct nlattr *target
            = nl_attr_find_nested(data, NFTA_TARGET_NAME);
        verdict->drops |= (target && nl_attr_get_size(target) == 7
                           && !memcmp(nl_attr_get(target), "REJECT", 7));
    } else if (!strcmp(name, "immediate") && data) {
        const struct nlattr *value
            = nl_attr_find_nested(data, NFTA_IMMEDIATE_DATA);
        const struct nlattr *outcome
            = value ? nl_attr_find_nested(value, NFTA_DATA_VERDICT) : NULL;
        const struct nlattr *code
            = outcome ? nl_attr_find_nested(outcome, NFTA_VERDICT_CODE) : NULL;
        verdict->drops |= (code && nl_attr_get_size(code) == 4
                           && !nl_attr_get_be32(code));
    } else if (!strcmp(name, "cmp") && data) {
        const struct nlattr *value
            = nl_attr_find_nested(data, NFTA_CMP_DATA);
        const struct nlattr *bytes
            = value ? nl_attr_find_nested(value, NFTA_DATA_VALUE) : NULL;
        verdict->always = false;
        verdict->ours |= (bytes && nl_attr_get_size(bytes) >= strlen(PORTS)
                          && !memcmp(nl_attr_get(bytes), PORTS,
                                     strlen(PORTS)));
    } else if (strcmp(name, "counter") && strcmp(name, "log")) {
        verdict->always = false;
    }
}

static struct verdict
follow_expressions(const struct nlattr *expressions)
{
    struct verdict verdict = { .always = true };
    const struct nlattr *elem;
    size_t left;

    NL_NESTED_FOR_EACH (elem, left, expressions) {
        const struct nlattr *name = nl_attr_find_nested(elem, NFTA_EXPR_NAME);
        if (name && nl_attr_get_size(name)
            && memchr(nl_attr_get(name), '\0', nl_attr_get_size(name))) {
            follow_expression(nl_attr_get_string(name),
                              nl_attr_find_nested(elem, NFTA_EXPR_DATA),
                              &verdict);
        }
    }
    return verdict;
}

/* Does the rule's comment in 'data', which may be NULL, say that it is ours?
 */
static bool
has_our_comment(const struct nlattr *data)
{
    size_t len = strlen(FILTER_COMMENT);
    const uint8_t *bytes = data ? nl_attr_get(data) : NULL;

    return (data && nl_attr_get_size(data) > 2 + len
            && bytes[0] == UDATA_COMMENT
            && !memcmp(bytes + 2, FILTER_COMMENT, len));
}

static void
add_rule(struct filters *filters, uint8_t family, const char *table,
         const char *chain, uint64_t handle)
{
    filters->rules = xrealloc(filters->rules, (filters->n_rules + 1)
                              * sizeof *filters->rules);
    filters->rules[filters->n_rules++] = (struct filter_rule) {
        .family = family, .table = xstrdup(table), .chain = xstrdup(chain),
        .handle = handle,
    };
}

static void
parse_rule(struct ofpbuf *msg, uint8_t family, struct reading *reading)
{
    static const struct nl_policy policy[] = {
        [NFTA_RULE_TABLE] = { .type = NL_A_STRING },
        [NFTA_RULE_CHAIN] = { .type = NL_A_STRING },
        [NFTA_RULE_HANDLE] = { .type = NL_A_BE64 },
        [NFTA_RULE_EXPRESSIONS] = { .type = NL_A_NESTED, .optional = true },
        [NFTA_RULE_USERDATA] = { .type = NL_A_UNSPEC, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    struct filters *filters = reading->filters;
    struct verdict verdict = { .always = false };

    if (!nl_policy_parse(msg, NLMSG_HDRLEN + sizeof(struct nfgenmsg), policy,
                         attrs, ARRAY_SIZE(policy))) {
        return;
    }
    const char *table = nl_attr_get_string(attrs[NFTA_RULE_TABLE]);
    const char *chain = nl_attr_get_string(attrs[NFTA_RULE_CHAIN]);
    if (attrs[NFTA_RULE_EXPRESSIONS]) {
        verdict = follow_expressions(attrs[NFTA_RULE_EXPRESSIONS]);
    }
    if (strcmp(table, NFNL_TABLE)
        && has_our_comment(attrs[NFTA_RULE_USERDATA])) {
        add_rule(filters, family, table, chain,
                 ntohll(nl_attr_get_be64(attrs[NFTA_RULE_HANDLE])));
    }
    for (size_t i = 0; i < filters->n; i++) {
        struct filter *filter = &filters->filters[i];
        if (filter->family == family && !strcmp(filter->table, table)) {
            filter->accepts |= verdict.ours;
            if (!strcmp(filter->chain, chain)) {
                reading->drops[i] = verdict.always && verdict.drops;
            }
        }
    }
}

/* Forgets the chains that let pass what they do not know, and finds the place
 * for rules of ours in the others. */
static void
keep_droppers(struct reading *reading)
{
    struct filters *filters = reading->filters;
    size_t n = 0;

    for (size_t i = 0; i < filters->n; i++) {
        struct filter *filter = &filters->filters[i];
        const char *place = filter->chain;

        for (size_t j = 0; j < reading->n_docker; j++) {
            if (reading->docker[j].family == filter->family
                && !strcmp(reading->docker[j].table, filter->table)) {
                place = DOCKER_CHAIN;
            }
        }
        if (filter->policy || reading->drops[i]) {
            filter->place = xstrdup(place);
            filters->filters[n++] = *filter;
        } else {
            free(filter->table);
            free(filter->chain);
        }
    }
    filters->n = n;
}

/* Reads the rules of the tables that have a base chain at the forward hook,
 * each once: others may be large, and are nothing to us. */
static int
read_rules(struct reading *reading)
{
    const struct filters *filters = reading->filters;
    int error = 0;

    for (size_t i = 0; i < filters->n && !error; i++) {
        const struct filter *filter = &filters->filters[i];
        bool seen = false;

        for (size_t j = 0; j < i && !seen; j++) {
            seen = (filters->filters[j].family == filter->family
                    && !strcmp(filters->filters[j].table, filter->table));
        }
        if (!seen) {
            error = dump(&(struct question) { .type = NFT_MSG_GETRULE,
                                              .family = filter->family,
                                              .table = filter->table,
                                              .parse = parse_rule }, reading);
        }
    }
    return error;
}

/* Stores into 'filters' what the kernel has now; to be destroyed by the
 * caller, also after an error. */
int
filters_read(struct filters *filters)
{
    struct reading reading = { .filters = filters };

    memset(filters, 0, sizeof *filters);
    int error = dump(&(struct question) { .type = NFT_MSG_GETCHAIN,
                                          .parse = parse_chain }, &reading);
    reading.drops = xcalloc(filters->n + 1, sizeof *reading.drops);
    if (!error) {
        error = read_rules(&reading);
    }
    keep_droppers(&reading);
    for (size_t i = 0; i < reading.n_docker; i++) {
        rule_destroy(&reading.docker[i]);
    }
    free(reading.docker);
    free(reading.drops);
    return error;
}
