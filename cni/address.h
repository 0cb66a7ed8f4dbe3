/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_ADDRESS_H
#define CNI_ADDRESS_H 1

/* The choice of a pod's address among the free ones of the node's subnet. */

#include <stdint.h>

#include "cni/error.h"
#include "cni/ip.h"

/* Of a larger subnet the first so many addresses are allotted, which makes
 * short ones; others can be wished. */
#define ADDRESS_POOL_MAX 65536

/* Who has what, as of one reply of the database.  The subnet's first address,
 * with IPv4 its last one, and the gateway are nobody's to have. */
struct address_pool {
    struct ip_prefix subnet;
    uint32_t size;     /* Addresses from the subnet's first one. */
    uint32_t n_usable; /* Of these, what pods can have at all. */
    uint32_t n_free;   /* Those that none has. */
    uint8_t *taken;    /* One bit an address.  Owned. */
};

int address_pool_init(struct address_pool *, struct ip_prefix subnet,
                      struct ip gateway, struct cni_error *);
void address_pool_destroy(struct address_pool *);

/* Leaves only those in 'text', prefixes with commas between; NULL has none.
 * What makes no sense is no matter. */
int address_pool_limit(struct address_pool *, const char *text,
                       struct cni_error *);

/* Records that 'ip' is somebody's.  One outside the pool is no matter. */
void address_pool_take(struct address_pool *, struct ip);

/* Fails if there is none free. */
int address_check_free(const struct address_pool *, struct cni_error *);

/* Each stores a free address, or fails because there is none. */
int address_choose_first(const struct address_pool *, uint64_t hash,
                         struct ip last, struct ip *ret_ip,
                         struct cni_error *);
int address_choose_other(const struct address_pool *, uint64_t hash,
                         unsigned int attempt, struct ip *ret_ip,
                         struct cni_error *);

#endif /* cni/address.h */
