/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_IP_H
#define CNI_IP_H 1

/* IPv4 addresses and prefixes as values, in host byte order, and Ethernet
 * addresses; text in and out. */

#include <stdbool.h>
#include <stdint.h>

struct ip_prefix {
    uint32_t address;    /* May have bits beyond 'length'. */
    unsigned int length; /* 0 to 32. */
};

struct ip_mac {
    uint8_t bytes[6];
};

#define IP_STRLEN 16        /* Of an address, with the NUL. */
#define IP_PREFIX_STRLEN 19 /* Of a prefix, with the NUL. */
#define IP_MAC_STRLEN 18    /* Of an Ethernet address, with the NUL. */

bool ip_parse(const char *, uint32_t *ret_ip);
bool ip_parse_prefix(const char *, struct ip_prefix *ret_prefix);
bool ip_parse_mac(const char *, struct ip_mac *ret_mac);

void ip_format(uint32_t ip, char buf[static IP_STRLEN]);
void ip_format_prefix(struct ip_prefix, char buf[static IP_PREFIX_STRLEN]);
void ip_format_mac(struct ip_mac, char buf[static IP_MAC_STRLEN]);

/* The first and the last address of a prefix. */
uint32_t ip_first(struct ip_prefix);
uint32_t ip_last(struct ip_prefix);

bool ip_contains(struct ip_prefix, uint32_t ip);

/* True if both are the same network, whatever their bits beyond it. */
bool ip_same_network(struct ip_prefix, struct ip_prefix);

/* The Ethernet address of the pod that has 'ip': a locally administered
 * prefix that container networks commonly use, then the address. */
struct ip_mac ip_pod_mac(uint32_t ip);

#endif /* cni/ip.h */
