/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_CHECKPREV_H
#define CNI_CHECKPREV_H 1

/* What ADD and the plugins after it told the runtime ("prevResult"), as far as
 * it is about one attachment. */

#include "cni/config.h"
#include "cni/env.h"
#include "cni/error.h"
#include "cni/ip.h"
#include "cni/route.h"

#define CHECKPREV_MAX_ADDRESSES 8

struct checkprev {
    struct ip_mac mac;     /* Of the pod's interface. */
    unsigned int mtu;      /* Of the pod's interface, bytes; 0 if not told. */
    unsigned int host_mtu; /* Of the host's end, likewise. */

    struct ip_prefix addresses[CHECKPREV_MAX_ADDRESSES]; /* Of the pod's... */
    size_t n_addresses;   /* ...interface; at least one. */
    struct routes routes; /* Of the pod, by whichever interface. */
};

/* 'host_name' is the host's end. */
int checkprev_parse(const struct config *, const struct env *,
                    const char *host_name, struct checkprev *ret_prev,
                    struct cni_error *);

#endif /* cni/checkprev.h */
