/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_WISH_H
#define CNI_WISH_H 1

/* The addresses that somebody wants a pod to have. */

#include <stdbool.h>

#include "cni/config.h"
#include "cni/env.h"
#include "cni/error.h"
#include "cni/ip.h"
#include "cni/network.h"
#include "cni/view.h"

struct wish {
    /* One of each family, unset if any will do.  The length is the one told
     * with it, or that of a single address. */
    struct ip_prefix ip[IP_N_FAMILIES];

    bool has_mac; /* Is 'mac' wished? */
    struct ip_mac mac;
};

/* Takes the capabilities "ips" and "mac", else "args", else 'args'. */
int wish_parse(const struct config *, const struct env_args *args,
               struct wish *ret_wish, struct cni_error *);

/* Can each be granted in the network?  If another has it, that is told. */
int wish_check_ip(struct ip_prefix ip, const struct view *,
                  const struct network *, struct cni_error *);
int wish_check_mac(const struct wish *, const struct view *,
                   const struct network *, struct cni_error *);

#endif /* cni/wish.h */
