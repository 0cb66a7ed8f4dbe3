/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_RESULT_H
#define CNI_RESULT_H 1

/* The JSON documents that the plugin writes to stdout. */

#include <jansson.h>
#include <stddef.h>

#include "cni/error.h"
#include "cni/ip.h"
#include "cni/route.h"
#include "cni/version.h"

/* A successful attachment; all pointers are borrowed. */
struct result {
    const char *bridge;          /* The switch. */
    const char *host_name;       /* The veth's end on the host... */
    struct ip_mac host_mac;      /* ...and its Ethernet address. */
    const char *pod_name;        /* The veth's end in the pod... */
    struct ip_mac pod_mac;       /* ...and its Ethernet address... */
    const char *netns;           /* ...and where it is. */
    unsigned int mtu;            /* Of both ends, bytes. */
    const struct routes *routes; /* The pod's. */

    /* The pod's, one of each family or unset, and the gateways. */
    const struct ip_prefix *addresses; /* IP_N_FAMILIES. */
    const struct ip *gateways;         /* IP_N_FAMILIES. */
    const json_t *dns;           /* "dns" of the result, or NULL. */
    const json_t *prev; /* What earlier plugins made, to go before, or NULL. */
};

/* Fails unless 'prev', a "prevResult" or NULL, can be passed on. */
int result_check_prev(const json_t *prev, struct cni_error *);

/* Each returns a document that the caller must free, or NULL without
 * memory. */
char *result_format(const struct result *, const struct version *);
char *result_format_error(const struct cni_error *, const struct version *);
char *result_format_versions(void);

#endif /* cni/result.h */
