/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_ICMP_ERROR_H
#define LODEN_CONTROLLER_ICMP_ERROR_H 1

/* What a router says of a UDP packet that was too large for its next link. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct icmp_error {
    struct in6_addr src; /* Of the packet; IPv4 mapped (RFC 4291, 2.5.5.2). */
    struct in6_addr dst;
    uint16_t dst_port;   /* Its UDP port. */
    unsigned int mtu;    /* What would have passed, in bytes; never 0. */
};

/* Reads the 'size' bytes of an IPv4 packet, any bytes at all.  Returns true if
 * it is an ICMP error "fragmentation needed" about a UDP packet. */
bool icmp_error_parse_v4(const uint8_t *packet, size_t size,
                         struct icmp_error *);

/* The same of an ICMPv6 message, without IPv6's header: "packet too big". */
bool icmp_error_parse_v6(const uint8_t *message, size_t size,
                         struct icmp_error *);

#endif /* controller/icmp-error.h */
