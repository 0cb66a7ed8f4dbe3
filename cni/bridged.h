/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_BRIDGED_H
#define CNI_BRIDGED_H 1

/* What is different in a bridged network: one subnet on all nodes, of which
 * each node gives the addresses of its blocks. */

#include <stdbool.h>
#include <stdint.h>

#include "cni/address.h"
#include "cni/error.h"
#include "cni/ip.h"
#include "cni/network.h"
#include "cni/ovsdb.h"

struct view;

/* Leaves in 'pool' what this node gives. */
int bridged_limit(const struct network *, struct address_pool *pool,
                  struct cni_error *);

/* The family of the blocks: with IPv4, an IPv6 address follows from it. */
enum ip_family bridged_family(const struct network *);

/* Can this node give 'ip' without asking, to the pod that has 'v4'? */
bool bridged_gives(const struct network *, struct ip, struct ip v4);

/* Without a way out there is no gateway either. */
bool bridged_has_no_gateway(const struct network *);

/* The IPv6 address of the pod that has 'v4': nobody else has that. */
struct ip bridged_v6(struct ip_prefix subnet, struct ip v4);

/* The Ethernet address of a pod without an address, from its name. */
struct ip_mac bridged_silent_mac(uint64_t hash);

/* Asks for another block and waits for it, half of the connection's time at
 * most. */
int bridged_want(struct ovsdb *, const struct view *, const struct network *,
                 const char *nonce, struct cni_error *);

#endif /* cni/bridged.h */
