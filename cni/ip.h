/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_IP_H
#define CNI_IP_H 1

/* Addresses and prefixes of both families as values, and Ethernet addresses;
 * text in and out. */

#include <stdbool.h>
#include <stdint.h>

enum ip_family {
    IP_V4,
    IP_V6,
    IP_N_FAMILIES
};

/* In network byte order; IPv4 as IPv6 has it, ::ffff:A.B.C.D (RFC 4291,
 * 2.5.5.2).  "::" stands for no address, and is what zeroes are. */
struct ip {
    uint8_t bytes[16];
};

struct ip_prefix {
    struct ip address;   /* May have bits beyond 'length'. */
    unsigned int length; /* In the family's own bits: to 32 or 128. */
};

struct ip_mac {
    uint8_t bytes[6];
};

#define IP_STRLEN 46        /* Of an address, with the NUL. */
#define IP_PREFIX_STRLEN 50 /* Of a prefix, with the NUL. */
#define IP_MAC_STRLEN 18    /* Of an Ethernet address, with the NUL. */

bool ip_is_set(struct ip);
bool ip_is_zero(struct ip); /* "::" or 0.0.0.0? */
bool ip_equal(struct ip, struct ip);
bool ip_mac_equal(struct ip_mac, struct ip_mac);
enum ip_family ip_family(struct ip);
const char *ip_family_name(enum ip_family);
int ip_af(struct ip);           /* AF_INET or AF_INET6. */
unsigned int ip_max(struct ip); /* The longest prefix: 32 or 128 bits. */

/* The family's own bytes, in network byte order, and how many there are. */
const uint8_t *ip_bytes(const struct ip *, unsigned int *ret_n);
bool ip_from_bytes(const void *, unsigned int n, struct ip *ret_ip);

/* "::" and IPv4 in IPv6's clothes are no address. */
bool ip_parse(const char *, struct ip *ret_ip);
bool ip_parse_prefix(const char *, struct ip_prefix *ret_prefix);
bool ip_parse_mac(const char *, struct ip_mac *ret_mac);

void ip_format(struct ip, char buf[static IP_STRLEN]);
void ip_format_prefix(struct ip_prefix, char buf[static IP_PREFIX_STRLEN]);
void ip_format_mac(struct ip_mac, char buf[static IP_MAC_STRLEN]);

/* The first and the last address of a prefix, and the 'n'th after another. */
struct ip ip_first(struct ip_prefix);
struct ip ip_last(struct ip_prefix);
struct ip ip_plus(struct ip, uint32_t n);

bool ip_contains(struct ip_prefix, struct ip);

/* True if both are the same network, whatever their bits beyond it. */
bool ip_same_network(struct ip_prefix, struct ip_prefix);

/* The Ethernet address of the pod that has 'ip': a locally administered
 * prefix that container networks commonly use, then the end of the address. */
struct ip_mac ip_pod_mac(struct ip);

#endif /* cni/ip.h */
