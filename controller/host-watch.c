/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The kernel's notifications of changes to nftables.
 *
 * 'nft flush ruleset' is what many a host's firewall begins with, and it
 * takes our tables along.  The kernel tells of every object that comes or
 * goes, and then that the transaction is over; we count the transactions that
 * took something of ours or added to it.  Putting back is host-nft.c's and
 * host-deaf.c's, others' tables host-forward.c's.  Source: linux/netfilter/
 * nf_tables.h; libnftnl's examples/nft-events.c. */

#include <config.h>
#include "controller/host-watch.h"

#include <errno.h>
#include <netinet/in.h> /* Before linux/netfilter.h, which clashes. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "controller/host-nfnl.h"
#include "netlink-socket.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "sset.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_watch);

struct host_watch {
    struct nl_sock *sock; /* NULL if the kernel does not tell. */
    bool hit;             /* Did the transaction that is being told
                           * change 'inet loden'? */
};

struct host_watch *
host_watch_open(void)
{
    struct host_watch *watch = xzalloc(sizeof *watch);
    int error = nl_sock_create(NETLINK_NETFILTER, &watch->sock);

    if (!error) {
        error = nl_sock_join_mcgroup(watch->sock, NFNLGRP_NFTABLES);
    }
    if (error) {
        VLOG_WARN("changes to nftables by others cannot be noticed: %s",
                  ovs_strerror(error));
        nl_sock_destroy(watch->sock);
        watch->sock = NULL;
    }
    return watch;
}

void
host_watch_close(struct host_watch *watch)
{
    if (watch) {
        nl_sock_destroy(watch->sock);
        free(watch);
    }
}

/* Stores the name of the chain that 'msg' deleted into 'chains', if that was
 * in our table of devices. */
static void
note_netdev(struct ofpbuf *msg, struct sset *chains)
{
    static const struct nl_policy policy[] = {
        [NFTA_CHAIN_NAME] = { .type = NL_A_STRING },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];

    if (nl_policy_parse(msg, NLMSG_HDRLEN + sizeof(struct nfgenmsg), policy,
                        attrs, ARRAY_SIZE(policy))) {
        sset_add(chains, nl_attr_get_string(attrs[NFTA_CHAIN_NAME]));
    }
}

/* Returns true if 'msg' is about one of our tables, or something in it.
 * The table's name is the first attribute of everything that we use. */
static bool
is_ours(struct ofpbuf *msg)
{
    BUILD_ASSERT_DECL((int) NFTA_TABLE_NAME == (int) NFTA_CHAIN_TABLE
                      && (int) NFTA_TABLE_NAME == (int) NFTA_RULE_TABLE);
    static const struct nl_policy policy[] = {
        [NFTA_TABLE_NAME] = { .type = NL_A_STRING, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];

    return (nl_policy_parse(msg, NLMSG_HDRLEN + sizeof(struct nfgenmsg),
                            policy, attrs, ARRAY_SIZE(policy))
            && attrs[NFTA_TABLE_NAME]
            && !strcmp(nl_attr_get_string(attrs[NFTA_TABLE_NAME]),
                       NFNL_TABLE));
}

/* Is 'type' something that makes a table another? */
static bool
is_change(int type)
{
    return (type == NFT_MSG_DELTABLE || type == NFT_MSG_DELCHAIN
            || type == NFT_MSG_DELRULE || type == NFT_MSG_NEWCHAIN
            || type == NFT_MSG_NEWRULE || type == NFT_MSG_NEWSET);
}

/* Follows one notification. */
static void
run_message(struct host_watch *watch, struct ofpbuf *msg,
            struct host_losses *losses)
{
    const struct nlmsghdr *nlmsg = nl_msg_nlmsghdr(msg);
    const struct nfgenmsg *header = ofpbuf_at(msg, NLMSG_HDRLEN,
                                              sizeof *header);
    int type = nlmsg->nlmsg_type & 0xff;

    if (!header || nlmsg->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES) {
        return;
    }
    if (type == NFT_MSG_NEWGEN) {
        losses->changed = true;
        losses->inet += watch->hit;
        watch->hit = false;
    } else if (is_change(type) && is_ours(msg)) {
        if (header->nfgen_family == NFPROTO_INET) {
            watch->hit = true;
        } else if (header->nfgen_family == NFPROTO_NETDEV
                   && type == NFT_MSG_DELCHAIN) {
            note_netdev(msg, losses->netdev);
        }
    }
}

/* Reads what the kernel has told since the last call. */
void
host_watch_run(struct host_watch *watch, struct host_losses *losses)
{
    uint64_t stub[4096 / 8];
    struct ofpbuf buf, msg;
    int error = 0;

    losses->inet = 0;
    losses->changed = false;
    losses->overflow = false;
    ofpbuf_use_stub(&buf, stub, sizeof stub);
    while (watch->sock && !error) {
        error = nl_sock_recv(watch->sock, &buf, NULL, false);
        while (!error && buf.size) {
            if (!nl_msg_next(&buf, &msg)) {
                break;
            }
            run_message(watch, &msg, losses);
        }
        if (error == ENOBUFS) {
            losses->overflow = losses->changed = true;
            error = 0;
        }
    }
    ofpbuf_uninit(&buf);
}

void
host_watch_wait(const struct host_watch *watch)
{
    if (watch->sock) {
        nl_sock_wait(watch->sock, POLLIN);
    }
}
