/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_OPTIONS_H
#define LODEN_FLOWS_OPTIONS_H 1

/* What a pod of the world (flows/world.h) has besides its addresses. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds;

/* How fast something may go. */
struct world_limit {
    uint64_t rate;  /* Bits/s; 0: as fast as it can. */
    uint64_t burst; /* Bits that may pass at once; 0 if 'rate' is. */
};

enum world_proto {
    WORLD_TCP,
    WORLD_UDP,
    WORLD_SCTP,
    WORLD_N_PROTOS
};

/* A port of the node that leads to a port of a pod. */
struct world_host_port {
    enum world_proto proto;  /* Of both ports. */
    uint16_t host_port;      /* Of the node; not 0. */
    uint16_t pod_port;       /* Of the pod; not 0. */
    struct in6_addr host_ip; /* On that address only; "::": on all. */
};

/* What a pod has besides its address. */
struct world_options {
    struct world_limit to_pod;          /* On what it receives. */
    struct world_limit from_pod;        /* On what it sends. */
    struct world_host_port *host_ports; /* In the order of its row. */
    size_t n_host_ports;                /* Number of 'host_ports'. */
    unsigned int mtu;                   /* At most, bytes; 0: its network's. */
    bool any_mac;                       /* May it send from any MAC? */
    bool isolated;                      /* Kept from other such pods? */
    bool dhcp;                          /* Has the host leased its address, or
                                         * is it to? */
};

void world_options_destroy(struct world_options *);
struct world_host_port *world_options_add_host_port(struct world_options *);
void world_options_format(const struct world_options *, struct ds *);
const char *world_proto_name(enum world_proto);

#endif /* flows/options.h */
