/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Rules of ours in chains of others': what nft would be told is
 *
 *     insert rule FAMILY TABLE CHAIN iifname "loden*" accept comment "..."
 *     insert rule FAMILY TABLE CHAIN oifname "loden*" accept comment "..."
 *
 * Reading is host-filters.c's, and whether to write host-forward.c's. */

#include <config.h>
#include "controller/host-filters.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h> /* Before linux/netfilter.h, which clashes. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "byte-order.h"
#include "controller/host-nfnl.h"
#include "netlink.h"
#include "util.h"

/* Starts an expression; its data follows.  Stores what must be ended into
 * 'offsets'. */
static void
start_expression(struct ofpbuf *msg, const char *name, size_t offsets[2])
{
    offsets[0] = nl_msg_start_nested(msg, NFTA_LIST_ELEM | NLA_F_NESTED);
    nl_msg_put_string(msg, NFTA_EXPR_NAME, name);
    offsets[1] = nl_msg_start_nested(msg, NFTA_EXPR_DATA | NLA_F_NESTED);
}

static void
end_expression(struct ofpbuf *msg, const size_t offsets[2])
{
    nl_msg_end_nested(msg, offsets[1]);
    nl_msg_end_nested(msg, offsets[0]);
}

/* Adds the expressions that accept what has a name of ours in 'key'. */
static void
put_expressions(struct ofpbuf *msg, enum nft_meta_keys key)
{
    static const char ports[] = { 'l', 'o', 'd', 'e', 'n' };
    size_t all = nl_msg_start_nested(msg, NFTA_RULE_EXPRESSIONS
                                     | NLA_F_NESTED);
    size_t offsets[2];

    start_expression(msg, "meta", offsets);
    nl_msg_put_be32(msg, NFTA_META_KEY, htonl(key));
    nl_msg_put_be32(msg, NFTA_META_DREG, htonl(NFT_REG_1));
    end_expression(msg, offsets);

    start_expression(msg, "cmp", offsets);
    nl_msg_put_be32(msg, NFTA_CMP_SREG, htonl(NFT_REG_1));
    nl_msg_put_be32(msg, NFTA_CMP_OP, htonl(NFT_CMP_EQ));
    size_t value = nl_msg_start_nested(msg, NFTA_CMP_DATA | NLA_F_NESTED);
    nl_msg_put_unspec(msg, NFTA_DATA_VALUE, ports, sizeof ports);
    nl_msg_end_nested(msg, value);
    end_expression(msg, offsets);

    start_expression(msg, "immediate", offsets);
    nl_msg_put_be32(msg, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
    value = nl_msg_start_nested(msg, NFTA_IMMEDIATE_DATA | NLA_F_NESTED);
    size_t verdict = nl_msg_start_nested(msg, NFTA_DATA_VERDICT
                                         | NLA_F_NESTED);
    nl_msg_put_be32(msg, NFTA_VERDICT_CODE, htonl(NF_ACCEPT));
    nl_msg_end_nested(msg, verdict);
    nl_msg_end_nested(msg, value);
    end_expression(msg, offsets);
    nl_msg_end_nested(msg, all);
}

/* Adds a rule with a comment before all others of the chain. */
static void
put_rule(struct nfnl_batch *batch, const struct filter *filter,
         enum nft_meta_keys key, const char *comment)
{
    struct nfgenmsg header = {
        .nfgen_family = filter->family,
        .version = NFNETLINK_V0,
    };
    struct ofpbuf *msg = nfnl_batch_add(
        batch, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE,
        NLM_F_CREATE | NLM_F_ACK, &header);
    uint8_t udata[64];
    size_t len = strlen(comment) + 1;

    nl_msg_put_string(msg, NFTA_RULE_TABLE, filter->table);
    nl_msg_put_string(msg, NFTA_RULE_CHAIN, filter->place);
    put_expressions(msg, key);
    ovs_assert(len + 2 <= sizeof udata);
    udata[0] = 0; /* A comment. */
    udata[1] = len;
    memcpy(udata + 2, comment, len);
    nl_msg_put_unspec(msg, NFTA_RULE_USERDATA, udata, len + 2);
}

int
filters_accept(const struct filter *filter)
{
    struct nfnl_batch batch;

    nfnl_batch_begin(&batch);
    put_rule(&batch, filter, NFT_META_OIFNAME, FILTER_COMMENT"to pods");
    put_rule(&batch, filter, NFT_META_IIFNAME, FILTER_COMMENT"from pods");
    return nfnl_batch_commit(&batch);
}

/* Deletes 'rule', if it is there. */
int
filters_delete(const struct filter_rule *rule)
{
    struct nfgenmsg header = {
        .nfgen_family = rule->family,
        .version = NFNETLINK_V0,
    };
    struct nfnl_batch batch;

    nfnl_batch_begin(&batch);
    struct ofpbuf *msg = nfnl_batch_add(
        &batch, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELRULE, NLM_F_ACK,
        &header);
    nl_msg_put_string(msg, NFTA_RULE_TABLE, rule->table);
    nl_msg_put_string(msg, NFTA_RULE_CHAIN, rule->chain);
    nl_msg_put_be64(msg, NFTA_RULE_HANDLE, htonll(rule->handle));
    int error = nfnl_batch_commit(&batch);
    return error == ENOENT ? 0 : error;
}
