/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_ANNOUNCE_H
#define CNI_ANNOUNCE_H 1

/* Telling a segment who has an address now. */

#include "cni/error.h"
#include "cni/ip.h"
#include "cni/netns.h"

/* All borrowed. */
struct announcement {
    const struct netns *netns;         /* The pod's. */
    const char *name;                  /* Its device. */
    struct ip_mac mac;                 /* That device's. */
    const struct ip_prefix *addresses; /* Of each family one, or unset. */
};

int announce_send(const struct announcement *, struct cni_error *);

#endif /* cni/announce.h */
