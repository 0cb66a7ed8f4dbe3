/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Everything works on 128 bits, of which IPv4 has the last 32. */

#include "cni/ip.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes before an IPv4 address, the last two of which are 0xff. */
#define MAPPED_BYTES 12

bool
ip_is_set(struct ip ip)
{
    static const struct ip none;

    return memcmp(&ip, &none, sizeof ip);
}

bool
ip_is_zero(struct ip ip)
{
    return !ip_is_set(ip)
           || (ip_family(ip) == IP_V4
               && !memcmp(ip.bytes + MAPPED_BYTES, "\0\0\0\0", 4));
}

bool
ip_equal(struct ip a, struct ip b)
{
    return !memcmp(&a, &b, sizeof a);
}

bool
ip_mac_equal(struct ip_mac a, struct ip_mac b)
{
    return !memcmp(&a, &b, sizeof a);
}

enum ip_family
ip_family(struct ip ip)
{
    static const uint8_t mapped[MAPPED_BYTES] = { [10] = 0xff, [11] = 0xff };

    return memcmp(ip.bytes, mapped, sizeof mapped) ? IP_V6 : IP_V4;
}

const char *
ip_family_name(enum ip_family family)
{
    return family == IP_V4 ? "IPv4" : "IPv6";
}

int
ip_af(struct ip ip)
{
    return ip_family(ip) == IP_V4 ? AF_INET : AF_INET6;
}

unsigned int
ip_max(struct ip ip)
{
    return ip_family(ip) == IP_V4 ? 32 : 128;
}

const uint8_t *
ip_bytes(const struct ip *ip, unsigned int *ret_n)
{
    *ret_n = ip_max(*ip) / 8;
    return ip->bytes + sizeof ip->bytes - *ret_n;
}

/* Returns false if 'n' is no family's size. */
bool
ip_from_bytes(const void *bytes, unsigned int n, struct ip *ret_ip)
{
    struct ip ip = { .bytes = { [10] = 0xff, [11] = 0xff } };

    if (n != 4 && n != sizeof ip.bytes) {
        return false;
    }
    memcpy(ip.bytes + sizeof ip.bytes - n, bytes, n);
    *ret_ip = ip;
    return true;
}

/* The same for a prefix, whose address may be "::". */
static bool
parse_any(const char *s, struct ip *ret_ip)
{
    struct in6_addr in6;
    struct in_addr in;

    if (inet_pton(AF_INET, s, &in) == 1) {
        return ip_from_bytes(&in, sizeof in, ret_ip);
    }
    return inet_pton(AF_INET6, s, &in6) == 1 && !IN6_IS_ADDR_V4MAPPED(&in6)
           && ip_from_bytes(&in6, sizeof in6, ret_ip);
}

bool
ip_parse(const char *s, struct ip *ret_ip)
{
    struct ip ip;

    if (!parse_any(s, &ip) || !ip_is_set(ip)) {
        return false;
    }
    *ret_ip = ip;
    return true;
}

bool
ip_parse_prefix(const char *s, struct ip_prefix *ret_prefix)
{
    const char *slash = strchr(s, '/');
    char address[IP_STRLEN];
    unsigned int length = 0;
    struct ip ip;
    const char *p;

    if (!slash || slash - s >= IP_STRLEN) {
        return false;
    }
    memcpy(address, s, slash - s);
    address[slash - s] = '\0';

    /* One to three digits, no sign, no space, no zero before others. */
    for (p = slash + 1; *p >= '0' && *p <= '9' && p - slash <= 3; p++) {
        length = length * 10 + (*p - '0');
    }
    if (p == slash + 1 || *p || (slash[1] == '0' && slash[2])) {
        return false;
    }
    if (!parse_any(address, &ip) || length > ip_max(ip)) {
        return false;
    }
    *ret_prefix = (struct ip_prefix){ ip, length };
    return true;
}

/* Six times two hexadecimal digits, with colons or hyphens between. */
bool
ip_parse_mac(const char *s, struct ip_mac *ret_mac)
{
    struct ip_mac mac;

    for (int i = 0; i < 6; i++, s += 3) {
        if (!isxdigit((unsigned char) s[0]) || !isxdigit((unsigned char) s[1])
            || (i < 5 ? s[2] != ':' && s[2] != '-' : s[2])) {
            return false;
        }
        mac.bytes[i] = strtoul((char[]){ s[0], s[1], 0 }, NULL, 16);
    }
    *ret_mac = mac;
    return true;
}

void
ip_format(struct ip ip, char buf[static IP_STRLEN])
{
    unsigned int n;

    inet_ntop(ip_af(ip), ip_bytes(&ip, &n), buf, IP_STRLEN);
}

void
ip_format_prefix(struct ip_prefix prefix, char buf[static IP_PREFIX_STRLEN])
{
    char address[IP_STRLEN];

    ip_format(prefix.address, address);
    snprintf(buf, IP_PREFIX_STRLEN, "%s/%u", address, prefix.length & 255);
}

void
ip_format_mac(struct ip_mac mac, char buf[static IP_MAC_STRLEN])
{
    const uint8_t *b = mac.bytes;

    snprintf(buf, IP_MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1],
             b[2], b[3], b[4], b[5]);
}

/* Sets the bits beyond the prefix to those of 'fill'. */
static struct ip
fill(struct ip_prefix prefix, uint8_t fill)
{
    struct ip ip = prefix.address;
    unsigned int bits = prefix.length + 128 - ip_max(ip);

    for (unsigned int i = bits / 8; i < sizeof ip.bytes; i++) {
        uint8_t beyond = i == bits / 8 ? 0xff >> bits % 8 : 0xff;

        ip.bytes[i] = (ip.bytes[i] & ~beyond) | (fill & beyond);
    }
    return ip;
}

struct ip
ip_first(struct ip_prefix prefix)
{
    return fill(prefix, 0);
}

struct ip
ip_last(struct ip_prefix prefix)
{
    return fill(prefix, 0xff);
}

struct ip
ip_plus(struct ip ip, uint32_t n)
{
    uint64_t carry = n;

    for (int i = sizeof ip.bytes - 1; i >= 0 && carry; i--) {
        carry += ip.bytes[i];
        ip.bytes[i] = carry;
        carry >>= 8;
    }
    return ip;
}

bool
ip_contains(struct ip_prefix prefix, struct ip ip)
{
    return ip_family(prefix.address) == ip_family(ip)
           && ip_equal(ip_first(prefix),
                       ip_first((struct ip_prefix){ ip, prefix.length }));
}

bool
ip_same_network(struct ip_prefix a, struct ip_prefix b)
{
    return a.length == b.length && ip_contains(a, b.address);
}

/* Two addresses of one family that end alike need not be told apart: each pod
 * has a port of its own. */
struct ip_mac
ip_pod_mac(struct ip ip)
{
    const uint8_t *b = ip.bytes + MAPPED_BYTES;

    return (struct ip_mac){ { 0x0a, ip_family(ip) == IP_V4 ? 0x58 : 0x59, b[0],
                              b[1], b[2], b[3] } };
}
