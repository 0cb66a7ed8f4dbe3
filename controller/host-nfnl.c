/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* nf_tables over netlink, as much of it as a chain that drops everything
 * takes.  What nft would be told is
 *
 *     table netdev loden {
 *         chain DEVICE {
 *             type filter hook ingress device DEVICE priority -500
 *             policy drop
 *         }
 *     }
 *
 * The kernel takes changes only as a batch: a message that begins it, the
 * changes, a message that ends it, in one datagram, all or nothing.  Each
 * device has a batch of its own, so that one that is gone spoils no other's.
 * Adding what exists is no error.  Source: linux/netfilter/nf_tables.h,
 * linux/netfilter/nfnetlink.h, and nft --debug=mnl.
 *
 * Which devices it must be is host-deaf.c's; rules and sets are nft's. */

#include <config.h>
#include "controller/host-nfnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink-socket.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "sset.h"
#include "util.h"

/* Before everything else that could answer a packet. */
#define PRIORITY (-500)

/* The only place to hook in that this file knows (linux/netfilter.h). */
#define HOOK NF_NETDEV_INGRESS

/* Starts 'msg' of 'type', which is the subsystem's or of a batch's limit. */
void
nfnl_start(struct ofpbuf *msg, int type, int flags,
              const struct nfgenmsg *header)
{
    ofpbuf_init(msg, 256);
    nl_msg_put_nlmsghdr(msg, 256, type, NLM_F_REQUEST | flags);
    nl_msg_put(msg, header, sizeof *header);
}

/* Adds a message of 'type' to 'batch' and returns it, to be completed. */
struct ofpbuf *
nfnl_batch_add(struct nfnl_batch *batch, int type, int flags,
          const struct nfgenmsg *header)
{
    struct ofpbuf *msg = &batch->messages[batch->n];

    ovs_assert(batch->n < ARRAY_SIZE(batch->messages));
    batch->transactions[batch->n].request = msg;
    batch->transactions[batch->n].reply = NULL;
    batch->n++;
    nfnl_start(msg, type, flags, header);
    return msg;
}

/* Adds the beginning or the end of a batch. */
static void
add_limit(struct nfnl_batch *batch, int type)
{
    struct nfgenmsg header = {
        .nfgen_family = AF_UNSPEC,
        .version = NFNETLINK_V0,
        .res_id = htons(NFNL_SUBSYS_NFTABLES),
    };
    nfnl_batch_add(batch, type, 0, &header);
}

void
nfnl_batch_begin(struct nfnl_batch *batch)
{
    batch->n = 0;
    add_limit(batch, NFNL_MSG_BATCH_BEGIN);
}

/* Adds a change in our table of devices, named by the attribute
 * 'table_attr'. */
static struct ofpbuf *
batch_change(struct nfnl_batch *batch, int type, int flags, int table_attr)
{
    struct nfgenmsg header = {
        .nfgen_family = NFPROTO_NETDEV,
        .version = NFNETLINK_V0,
    };
    struct ofpbuf *msg = nfnl_batch_add(batch,
                                        NFNL_SUBSYS_NFTABLES << 8 | type,
                                        flags | NLM_F_ACK, &header);
    nl_msg_put_string(msg, table_attr, NFNL_TABLE);
    return msg;
}

/* Sends the batch, waits for the answers, and frees it.  Returns 0 if all of
 * it was done, otherwise a positive errno and nothing was. */
int
nfnl_batch_commit(struct nfnl_batch *batch)
{
    struct nl_transaction *transactions[ARRAY_SIZE(batch->transactions)];
    int error = 0;

    add_limit(batch, NFNL_MSG_BATCH_END);
    for (size_t i = 0; i < batch->n; i++) {
        transactions[i] = &batch->transactions[i];
    }
    nl_transact_multiple(NETLINK_NETFILTER, transactions, batch->n);
    for (size_t i = 0; i < batch->n; i++) {
        if (!error) {
            error = batch->transactions[i].error;
        }
        ofpbuf_uninit(&batch->messages[i]);
    }
    return error;
}

int
nfnl_add_drop_chain(const char *device)
{
    struct nfnl_batch batch;

    nfnl_batch_begin(&batch);
    batch_change(&batch, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFTA_TABLE_NAME);

    struct ofpbuf *msg = batch_change(&batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE,
                                      NFTA_CHAIN_TABLE);
    nl_msg_put_string(msg, NFTA_CHAIN_NAME, device);
    size_t hook = nl_msg_start_nested(msg, NFTA_CHAIN_HOOK | NLA_F_NESTED);
    nl_msg_put_be32(msg, NFTA_HOOK_HOOKNUM, htonl(HOOK));
    nl_msg_put_be32(msg, NFTA_HOOK_PRIORITY, htonl(PRIORITY));
    nl_msg_put_string(msg, NFTA_HOOK_DEV, device);
    nl_msg_end_nested(msg, hook);
    nl_msg_put_be32(msg, NFTA_CHAIN_POLICY, htonl(NF_DROP));
    nl_msg_put_string(msg, NFTA_CHAIN_TYPE, "filter");
    return nfnl_batch_commit(&batch);
}

/* Removes the chain of 'device', if it exists. */
int
nfnl_delete_chain(const char *device)
{
    struct nfnl_batch batch;

    nfnl_batch_begin(&batch);
    struct ofpbuf *msg = batch_change(&batch, NFT_MSG_DELCHAIN, 0,
                                      NFTA_CHAIN_TABLE);
    nl_msg_put_string(msg, NFTA_CHAIN_NAME, device);
    int error = nfnl_batch_commit(&batch);
    return error == ENOENT ? 0 : error;
}

/* Removes the table with all its chains, if it exists. */
int
nfnl_delete_table(void)
{
    struct nfnl_batch batch;

    nfnl_batch_begin(&batch);
    batch_change(&batch, NFT_MSG_DELTABLE, 0, NFTA_TABLE_NAME);
    int error = nfnl_batch_commit(&batch);
    return error == ENOENT ? 0 : error;
}

/* Adds the chain in 'msg' to 'chains' if it is in our table. */
static void
parse_chain(struct ofpbuf *msg, struct sset *chains)
{
    static const struct nl_policy policy[] = {
        [NFTA_CHAIN_TABLE] = { .type = NL_A_STRING },
        [NFTA_CHAIN_NAME] = { .type = NL_A_STRING },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];

    if (nl_policy_parse(msg, NLMSG_HDRLEN + sizeof(struct nfgenmsg), policy,
                        attrs, ARRAY_SIZE(policy))
        && !strcmp(nl_attr_get_string(attrs[NFTA_CHAIN_TABLE]), NFNL_TABLE)) {
        sset_add(chains, nl_attr_get_string(attrs[NFTA_CHAIN_NAME]));
    }
}

int
nfnl_list_chains(struct sset *chains)
{
    struct nfgenmsg header = {
        .nfgen_family = NFPROTO_NETDEV,
        .version = NFNETLINK_V0,
    };
    uint64_t reply_stub[NL_DUMP_BUFSIZE / 8];
    struct ofpbuf request, reply, buf;
    struct nl_dump dump;

    nfnl_start(&request, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETCHAIN, 0,
                  &header);
    ofpbuf_use_stub(&buf, reply_stub, sizeof reply_stub);
    nl_dump_start(&dump, NETLINK_NETFILTER, &request);
    while (nl_dump_next(&dump, &reply, &buf)) {
        parse_chain(&reply, chains);
    }
    ofpbuf_uninit(&buf);
    ofpbuf_uninit(&request);
    return nl_dump_done(&dump);
}
