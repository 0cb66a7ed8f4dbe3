/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Only the last request of a batch asks for an acknowledgement: the kernel
 * handles them in order and reports any that fails. */

#include "cni/rtnl.h"

#include <errno.h>
#include <stdbool.h>

/* As much as the kernel gives at once of a dump. */
#define RECEIVE_SIZE 32768

/* What is to be done with the answers to the request 'seq'. */
struct answers {
    unsigned int seq; /* The last request's number. */
    rtnl_each *each;  /* Or NULL. */
    void *aux;        /* For 'each'. */
    int error;        /* The first one, a positive errno; or 0. */
    unsigned int failed; /* The number of the request that has 'error'. */
};

void *
rtnl_add(struct rtnl_batch *batch, struct link *link, uint16_t type,
         uint16_t flags, size_t size)
{
    if (batch->last) {
        batch->used += MNL_ALIGN(batch->last->nlmsg_len);
    }
    batch->last = mnl_nlmsg_put_header(batch->buf + batch->used);
    batch->last->nlmsg_type = type;
    batch->last->nlmsg_flags = NLM_F_REQUEST | flags;
    batch->last->nlmsg_seq = ++link->seq;
    batch->n++;
    return mnl_nlmsg_put_extra_header(batch->last, size);
}

/* Looks at 'n' bytes received.  Returns true once the last request has been
 * answered. */
static bool
read_answers(const char *buf, int n, struct answers *answers)
{
    const struct nlmsghdr *nlh = (const struct nlmsghdr *) buf;
    bool done = false;

    for (; mnl_nlmsg_ok(nlh, n); nlh = mnl_nlmsg_next(nlh, &n)) {
        const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);
        const bool is_last = nlh->nlmsg_seq == answers->seq;

        if (nlh->nlmsg_type == NLMSG_ERROR
            && mnl_nlmsg_get_payload_len(nlh) >= sizeof *answer) {
            if (!answers->error) {
                answers->error = -answer->error;
                answers->failed = nlh->nlmsg_seq;
            }
            done = done || is_last;
        } else if (nlh->nlmsg_type == NLMSG_DONE) {
            done = done || is_last;
        } else if (is_last && answers->each) {
            answers->each(nlh, answers->aux);
        }
    }
    return done;
}

static int
exchange(struct rtnl_batch *batch, struct link *link, struct answers *answers)
{
    char buf[RECEIVE_SIZE];
    ssize_t n = batch->used + batch->last->nlmsg_len;

    answers->seq = link->seq;
    if (mnl_socket_sendto(link->nl, batch->buf, n) < 0) {
        return errno;
    }
    do {
        n = mnl_socket_recvfrom(link->nl, buf, sizeof buf);
        if (n < 0 && errno != EINTR) {
            return errno;
        }
    } while (n < 0 || !read_answers(buf, n, answers));
    batch->failed = answers->failed - (answers->seq - batch->n + 1);
    errno = answers->error;
    return answers->error;
}

int
rtnl_send(struct rtnl_batch *batch, struct link *link)
{
    struct answers answers = { .each = NULL };

    batch->last->nlmsg_flags |= NLM_F_ACK;
    return exchange(batch, link, &answers);
}

int
rtnl_query(struct rtnl_batch *batch, struct link *link, rtnl_each *each,
           void *aux)
{
    struct answers answers = { .each = each, .aux = aux };

    /* A dump ends by itself, all else with its acknowledgement. */
    if (!(batch->last->nlmsg_flags & NLM_F_DUMP)) {
        batch->last->nlmsg_flags |= NLM_F_ACK;
    }
    return exchange(batch, link, &answers);
}
