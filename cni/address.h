/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_ADDRESS_H
#define CNI_ADDRESS_H 1

/* The choice of a pod's address among the free ones of the node's subnet. */

#include <stdint.h>

#include "cni/error.h"
#include "cni/ip.h"

/* Who has what, as of one reply of the database.  The subnet's network
 * address, its broadcast address and the gateway are nobody's to have. */
struct address_pool {
    struct ip_prefix subnet;
    uint32_t n_usable; /* Addresses that pods can have at all. */
    uint32_t n_free;   /* Those that none has. */
    uint8_t *taken;    /* One bit an address of the subnet.  Owned. */
};

int address_pool_init(struct address_pool *, struct ip_prefix subnet,
                      uint32_t gateway, struct cni_error *);
void address_pool_destroy(struct address_pool *);

/* Records that 'ip' is somebody's.  One outside the subnet is no matter. */
void address_pool_take(struct address_pool *, uint32_t ip);

/* Fails if there is none free. */
int address_check_free(const struct address_pool *, struct cni_error *);

/* Each stores a free address, or fails because there is none. */
int address_choose_first(const struct address_pool *, uint64_t hash,
                         uint32_t last, uint32_t *ret_ip, struct cni_error *);
int address_choose_other(const struct address_pool *, uint64_t hash,
                         unsigned int attempt, uint32_t *ret_ip,
                         struct cni_error *);

#endif /* cni/address.h */
