/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* ICMP errors about tunnelled packets (RFC 792, RFC 1191, 4; RFC 4443, 3.2).
 *
 * Knows bytes only, of which none can be trusted: who believes them, and how
 * far, is host-errors.c.  Uses no library, so that a fuzzer has it alone
 * (test/fuzz/fuzz-icmp-error.c). */

#include "controller/icmp-error.h"

#include <string.h>

#define V4_LEN 20
#define V6_LEN 40
#define ICMP_LEN 8
#define UDP_LEN 8
#define PROTO_ICMP 1
#define PROTO_UDP 17

static unsigned int
get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static uint32_t
get32(const uint8_t *p)
{
    return (uint32_t) get16(p) << 16 | get16(p + 2);
}

static struct in6_addr
mapped(const uint8_t *ip)
{
    struct in6_addr addr = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

    memcpy(&addr.s6_addr[12], ip, 4);
    return addr;
}

/* Returns the length of the header of the IPv4 packet 'ip', of 'size' bytes,
 * or 0 if it is none that carries 'protocol', from its start on. */
static size_t
header_v4(const uint8_t *ip, size_t size, uint8_t protocol)
{
    size_t header = size >= V4_LEN ? (ip[0] & 0xf) * 4 : 0;

    return (header >= V4_LEN && header <= size && ip[0] >> 4 == 4
            && ip[9] == protocol && !(get16(ip + 6) & 0x1fff) ? header : 0);
}

bool
icmp_error_parse_v4(const uint8_t *packet, size_t size,
                    struct icmp_error *error)
{
    size_t header = header_v4(packet, size, PROTO_ICMP);
    const uint8_t *icmp = packet + header;

    if (!header || size - header < ICMP_LEN || icmp[0] != 3 || icmp[1] != 4) {
        return false;
    }
    const uint8_t *ip = icmp + ICMP_LEN;
    size_t rest = size - header - ICMP_LEN;
    size_t inner = header_v4(ip, rest, PROTO_UDP);
    if (!inner || rest - inner < UDP_LEN || !get16(icmp + 6)) {
        return false;
    }
    error->src = mapped(ip + 12);
    error->dst = mapped(ip + 16);
    error->dst_port = get16(ip + inner + 2);
    error->mtu = get16(icmp + 6);
    return true;
}

bool
icmp_error_parse_v6(const uint8_t *message, size_t size,
                    struct icmp_error *error)
{
    const uint8_t *ip = message + ICMP_LEN;

    if (size < ICMP_LEN + V6_LEN + UDP_LEN || message[0] != 2 || message[1]
        || ip[0] >> 4 != 6 || ip[6] != PROTO_UDP || !get32(message + 4)) {
        return false;
    }
    memcpy(&error->src, ip + 8, sizeof error->src);
    memcpy(&error->dst, ip + 24, sizeof error->dst);
    error->dst_port = get16(ip + V6_LEN + 2);
    error->mtu = get32(message + 4);
    return true;
}
