/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* IPv4 only: Loden does not publish IPv6 subnets to the plugin. */

#include "cni/ip.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
ip_parse(const char *s, uint32_t *ret_ip)
{
    struct in_addr in;

    if (inet_pton(AF_INET, s, &in) != 1) {
        return false;
    }
    *ret_ip = ntohl(in.s_addr);
    return true;
}

bool
ip_parse_prefix(const char *s, struct ip_prefix *ret_prefix)
{
    const char *slash = strchr(s, '/');
    char address[IP_STRLEN];
    unsigned int length = 0;
    const char *p;

    if (!slash || slash - s >= IP_STRLEN) {
        return false;
    }
    memcpy(address, s, slash - s);
    address[slash - s] = '\0';

    /* One or two digits, no sign, no space. */
    for (p = slash + 1; *p >= '0' && *p <= '9' && p - slash <= 2; p++) {
        length = length * 10 + (*p - '0');
    }
    if (p == slash + 1 || *p || length > 32) {
        return false;
    }
    if (!ip_parse(address, &ret_prefix->address)) {
        return false;
    }
    ret_prefix->length = length;
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
ip_format(uint32_t ip, char buf[static IP_STRLEN])
{
    snprintf(buf, IP_STRLEN, "%u.%u.%u.%u", ip >> 24, (ip >> 16) & 255,
             (ip >> 8) & 255, ip & 255);
}

void
ip_format_prefix(struct ip_prefix prefix, char buf[static IP_PREFIX_STRLEN])
{
    char address[IP_STRLEN];

    ip_format(prefix.address, address);
    snprintf(buf, IP_PREFIX_STRLEN, "%s/%u", address, prefix.length & 63);
}

void
ip_format_mac(struct ip_mac mac, char buf[static IP_MAC_STRLEN])
{
    const uint8_t *b = mac.bytes;

    snprintf(buf, IP_MAC_STRLEN, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1],
             b[2], b[3], b[4], b[5]);
}

static uint32_t
mask(unsigned int length)
{
    return length ? UINT32_MAX << (32 - length) : 0;
}

uint32_t
ip_first(struct ip_prefix prefix)
{
    return prefix.address & mask(prefix.length);
}

uint32_t
ip_last(struct ip_prefix prefix)
{
    return prefix.address | ~mask(prefix.length);
}

bool
ip_contains(struct ip_prefix prefix, uint32_t ip)
{
    return ip >= ip_first(prefix) && ip <= ip_last(prefix);
}

bool
ip_same_network(struct ip_prefix a, struct ip_prefix b)
{
    return a.length == b.length && ip_first(a) == ip_first(b);
}

struct ip_mac
ip_pod_mac(uint32_t ip)
{
    return (struct ip_mac){ { 0x0a, 0x58, ip >> 24, ip >> 16, ip >> 8, ip } };
}
