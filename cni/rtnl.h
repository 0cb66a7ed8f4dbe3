/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_RTNL_H
#define CNI_RTNL_H 1

/* rtnetlink's messages: building several, sending them at once, and reading
 * what comes back.  What they mean is link.c's and linkread.c's. */

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "cni/link.h"

/* Requests under construction.  Their number is bounded by ROUTE_MAX, and so
 * their size.  All zero is an empty batch. */
struct rtnl_batch {
    size_t used;           /* Bytes of 'buf' before 'last'. */
    struct nlmsghdr *last; /* The request to which attributes go, or NULL. */
    unsigned int n;        /* Requests. */
    unsigned int failed;   /* The first that did, counted from 0; valid after
                            * rtnl_send() has failed. */
    char buf[4096];        /* The requests, one behind the other. */
};

/* Begins another request in the batch: 'type' with NLM_F_* 'flags' and a fixed
 * part of 'size' bytes, which is returned, zeroed. */
void *rtnl_add(struct rtnl_batch *, struct link *, uint16_t type,
               uint16_t flags, size_t size);

/* Sends the requests and reads all answers.  Returns 0, or a positive errno
 * and sets errno to it. */
int rtnl_send(struct rtnl_batch *, struct link *);

/* The same for one request that asks for something: gives each message that
 * comes back to 'each'. */
typedef void rtnl_each(const struct nlmsghdr *, void *aux);
int rtnl_query(struct rtnl_batch *, struct link *, rtnl_each *, void *aux);

#endif /* cni/rtnl.h */
