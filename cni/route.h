/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_ROUTE_H
#define CNI_ROUTE_H 1

/* A pod's routes, as values; JSON in and out, as CNI's results have them. */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "cni/error.h"
#include "cni/ip.h"

struct route {
    struct ip_prefix dst;
    struct ip gateway; /* Unset: none, on the link itself. */

    /* The specification's, since 1.1.0; 0 where not given. */
    uint32_t mtu;      /* Bytes. */
    uint32_t advmss;   /* Bytes. */
    uint32_t priority; /* The kernel's metric. */
    uint32_t table;    /* The kernel's table; 0 is the main one. */
    uint32_t scope;    /* The kernel's; 0 is universe. */
};

#define ROUTE_MAX 32 /* Of a pod. */

struct routes {
    struct route list[ROUTE_MAX];
    size_t n;
};

/* Appends a route, unless one of the same destination, table and priority is
 * there. */
int routes_add(struct routes *, const struct route *, struct cni_error *);

/* Appends those of 'array', "routes" of a result or a configuration; NULL has
 * none.  One without "gw" goes by way of its family's of 'gateways'. */
int routes_parse(struct routes *, const json_t *array,
                 const struct ip gateways[IP_N_FAMILIES], struct cni_error *);

/* Writes a route for people: "DESTINATION by way of GATEWAY". */
#define ROUTE_STRLEN (IP_PREFIX_STRLEN + IP_STRLEN + 16)
void route_describe(const struct route *, char buf[static ROUTE_STRLEN]);

/* New reference, or NULL without memory. */
json_t *routes_format(const struct routes *);

#endif /* cni/route.h */
