/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Packets that are too large for a tunnel: the ICMP error that tells the
 * sender what would fit (RFC 1191, RFC 4443), or, if they may be cut up, their
 * fragments (RFC 791).
 *
 * The error comes from the address that the packet was for, as the one that
 * the kernel's own tunnel device makes: every sender has a way to hear that
 * one, also where the network has no router.
 *
 * Knows bytes only, of which none can be trusted: what sends them to us and
 * takes them is controller/ofanswer.c.  Uses no library, so that a fuzzer has
 * it alone (test/fuzz/fuzz-toobig.c). */

#include "controller/toobig.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define ETH_LEN 14
#define ETH_TYPE 12
#define V4_LEN 20
#define V6_LEN 40
#define ICMP_LEN 8

/* An error has as much of the packet as fits into what everybody must be able
 * to receive (RFC 1812, 4.3.2.3; RFC 4443, 3.2). */
#define V4_ERROR_MAX 576
#define V6_ERROR_MAX 1280

/* The least that IP lets a link take. */
#define V4_MTU_MIN 68
#define V6_MTU_MIN 1280

#define FRAG_DF 0x4000
#define FRAG_MF 0x2000
#define FRAG_OFFSET 0x1fff

static unsigned int
get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static void
put16(uint8_t *p, unsigned int value)
{
    p[0] = value >> 8;
    p[1] = value;
}

/* Adds the 'n' bytes 'p' to the sum 'sum' (RFC 1071). */
static uint32_t
sum_bytes(uint32_t sum, const uint8_t *p, size_t n)
{
    for (; n >= 2; p += 2, n -= 2) {
        sum += get16(p);
    }
    return n ? sum + (p[0] << 8) : sum;
}

static unsigned int
sum_finish(uint32_t sum)
{
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum & 0xffff;
}

/* Adds a frame of 'size' bytes, all zero, and returns them; NULL without
 * memory. */
static uint8_t *
add_frame(struct toobig *toobig, size_t size)
{
    struct toobig_frame *frames =
        realloc(toobig->frames, (toobig->n_frames + 1) * sizeof *frames);

    if (!frames) {
        return NULL;
    }
    toobig->frames = frames;
    uint8_t *data = calloc(1, size);
    if (data) {
        frames[toobig->n_frames++] =
            (struct toobig_frame) { .data = data, .size = size };
    }
    return data;
}

/* Begins the answer to 'frame', with 'size' bytes behind its Ethernet header.
 * Returns what comes there, or NULL without memory. */
static uint8_t *
add_answer(struct toobig *toobig, const uint8_t *frame, size_t size)
{
    uint8_t *eth = add_frame(toobig, ETH_LEN + size);

    if (!eth) {
        return NULL;
    }
    memcpy(eth, frame + 6, 6);
    memcpy(eth + 6, frame, 6);
    memcpy(eth + ETH_TYPE, frame + ETH_TYPE, 2);
    toobig->kind = TOOBIG_TELL;
    return eth + ETH_LEN;
}

/* ---- IPv4 --------------------------------------------------------------- */

/* Is 'ip' an address that one host can have? */
static bool
is_v4_host(const uint8_t *ip)
{
    return ip[0] != 0 && ip[0] != 127 && ip[0] < 224;
}

/* Is the IPv4 packet 'ip', of 'size' bytes, one that no error may be sent
 * about (RFC 1122, 3.2.2)? */
static bool
is_v4_silent(const uint8_t *ip, size_t header, size_t size)
{
    if (get16(ip + 6) & FRAG_OFFSET || !is_v4_host(ip + 12)
        || !is_v4_host(ip + 16)) {
        return true;
    }
    if (ip[9] != 1) {
        return false;
    }
    /* Of ICMP only what asks or answers. */
    unsigned int type = size > header ? ip[header] : 3;
    return type != 0 && type != 8 && (type < 13 || type > 18);
}

static void
tell_v4(struct toobig *toobig, const uint8_t *frame, size_t size,
        unsigned int mtu)
{
    const uint8_t *ip = frame + ETH_LEN;
    size_t quoted = (size < V4_ERROR_MAX - V4_LEN - ICMP_LEN
                         ? size
                         : V4_ERROR_MAX - V4_LEN - ICMP_LEN);
    size_t total = V4_LEN + ICMP_LEN + quoted;
    uint8_t *error = add_answer(toobig, frame, total);

    if (!error) {
        return;
    }
    error[0] = 0x45;
    error[1] = 0xc0; /* Internetwork control. */
    put16(error + 2, total);
    put16(error + 6, FRAG_DF);
    error[8] = 64;
    error[9] = 1;
    memcpy(error + 12, ip + 16, 4);
    memcpy(error + 16, ip + 12, 4);
    put16(error + 10, sum_finish(sum_bytes(0, error, V4_LEN)));

    uint8_t *icmp = error + V4_LEN;
    icmp[0] = 3; /* Destination unreachable, */
    icmp[1] = 4; /* fragmentation needed. */
    put16(icmp + 6, mtu);
    memcpy(icmp + ICMP_LEN, ip, quoted);
    put16(icmp + 2, sum_finish(sum_bytes(0, icmp, ICMP_LEN + quoted)));
}

/* Makes the options of a header of 'size' bytes those that every fragment
 * has: the rest becomes "no operation". */
static void
drop_options(uint8_t *ip, size_t size)
{
    size_t i = V4_LEN;

    while (i < size && ip[i] != 0) {
        size_t length = ip[i] == 1 ? 1 : i + 1 < size ? ip[i + 1] : 0;

        if (length == 0 || length > size - i || (length == 1 && ip[i] != 1)) {
            memset(ip + i, 0, size - i);
            return;
        } else if (!(ip[i] & 0x80)) {
            memset(ip + i, 1, length);
        }
        i += length;
    }
}

static void
cut_v4(struct toobig *toobig, const uint8_t *frame, size_t size,
       unsigned int mtu)
{
    const uint8_t *ip = frame + ETH_LEN;
    const size_t header = (ip[0] & 0xf) * 4;
    const size_t step = mtu > header ? (mtu - header) & ~(size_t) 7 : 0;
    const unsigned int flags = get16(ip + 6);
    const size_t first = (flags & FRAG_OFFSET) * 8;
    const size_t n = size - header;

    if (!step || n / step >= TOOBIG_MAX_FRAMES || first + n > UINT16_MAX) {
        return;
    }
    for (size_t i = 0; i < n; i += step) {
        size_t here = n - i < step ? n - i : step;
        bool more = i + here < n || flags & FRAG_MF;
        uint8_t *piece = add_frame(toobig, ETH_LEN + header + here);

        if (!piece) {
            return;
        }
        memcpy(piece, frame, ETH_LEN + header);
        piece += ETH_LEN;
        memcpy(piece + header, ip + header + i, here);
        if (i) {
            drop_options(piece, header);
        }
        put16(piece + 2, header + here);
        put16(piece + 6, (first + i) / 8 | (more ? FRAG_MF : 0));
        put16(piece + 10, 0);
        put16(piece + 10, sum_finish(sum_bytes(0, piece, header)));
    }
    toobig->kind = TOOBIG_CUT;
}

static void
judge_v4(struct toobig *toobig, const uint8_t *frame, size_t size,
         unsigned int mtu)
{
    const uint8_t *ip = frame + ETH_LEN;
    size_t header, total;

    if (size < V4_LEN || ip[0] >> 4 != 4) {
        return;
    }
    header = (ip[0] & 0xf) * 4;
    total = get16(ip + 2);
    if (header < V4_LEN || total < header || total > size || total <= mtu
        || mtu < V4_MTU_MIN) {
        return;
    } else if (!(get16(ip + 6) & FRAG_DF)) {
        cut_v4(toobig, frame, total, mtu);
    } else if (!is_v4_silent(ip, header, total)) {
        tell_v4(toobig, frame, total, mtu);
    }
}

/* ---- IPv6 --------------------------------------------------------------- */

/* Is 'ip' an address that one host can have? */
static bool
is_v6_host(const uint8_t *ip)
{
    static const uint8_t none[16];
    return ip[0] != 0xff && memcmp(ip, none, sizeof none);
}

/* Is the IPv6 packet 'ip', of 'size' bytes, itself an error, or is that
 * hidden?  None may be sent about those (RFC 4443, 2.4). */
static bool
is_v6_error(const uint8_t *ip, size_t size)
{
    size_t i = V6_LEN;
    unsigned int next = ip[6];

    /* Hop-by-hop, routing and destination options, and fragments. */
    while (next == 0 || next == 43 || next == 60 || next == 44) {
        if (size - i < 8) {
            return true;
        } else if (next == 44) {
            if (get16(ip + i + 2) & ~7u) {
                return true;
            }
            next = ip[i];
            i += 8;
        } else {
            size_t length = (ip[i + 1] + 1) * 8;

            if (length > size - i) {
                return true;
            }
            next = ip[i];
            i += length;
        }
    }
    return next == 58 && (i >= size || ip[i] < 128 || ip[i] == 137);
}

static void
tell_v6(struct toobig *toobig, const uint8_t *frame, size_t size,
        unsigned int mtu)
{
    const uint8_t *ip = frame + ETH_LEN;
    size_t quoted = (size < V6_ERROR_MAX - V6_LEN - ICMP_LEN
                         ? size
                         : V6_ERROR_MAX - V6_LEN - ICMP_LEN);
    uint8_t *error = add_answer(toobig, frame, V6_LEN + ICMP_LEN + quoted);

    if (!error) {
        return;
    }
    error[0] = 0x60;
    put16(error + 4, ICMP_LEN + quoted);
    error[6] = 58;
    error[7] = 64;
    memcpy(error + 8, ip + 24, 16);
    memcpy(error + 24, ip + 8, 16);

    uint8_t *icmp = error + V6_LEN;
    icmp[0] = 2; /* Packet too big. */
    put16(icmp + 6, mtu < V6_MTU_MIN ? V6_MTU_MIN : mtu);
    memcpy(icmp + ICMP_LEN, ip, quoted);
    /* The pseudo-header: addresses, length and protocol. */
    uint32_t sum = sum_bytes(58 + ICMP_LEN + quoted, error + 8, 32);
    put16(icmp + 2, sum_finish(sum_bytes(sum, icmp, ICMP_LEN + quoted)));
}

static void
judge_v6(struct toobig *toobig, const uint8_t *frame, size_t size,
         unsigned int mtu)
{
    const uint8_t *ip = frame + ETH_LEN;
    size_t total;

    if (size < V6_LEN || ip[0] >> 4 != 6) {
        return;
    }
    total = V6_LEN + get16(ip + 4);
    if (total <= size && total > mtu && is_v6_host(ip + 8)
        && is_v6_host(ip + 24) && !is_v6_error(ip, total)) {
        tell_v6(toobig, frame, total, mtu);
    }
}

void
toobig_init(struct toobig *toobig, const uint8_t *frame, size_t size,
            unsigned int mtu)
{
    *toobig = (struct toobig) { .kind = TOOBIG_NOTHING };
    /* One that was for many is nobody's to complain of. */
    if (size < ETH_LEN || frame[0] & 1) {
        return;
    }
    switch (get16(frame + ETH_TYPE)) {
    case 0x0800:
        judge_v4(toobig, frame, size - ETH_LEN, mtu);
        break;
    case 0x86dd:
        judge_v6(toobig, frame, size - ETH_LEN, mtu);
        break;
    default:
        break;
    }
}

/* Frees what 'toobig' holds, not 'toobig' itself. */
void
toobig_destroy(struct toobig *toobig)
{
    for (size_t i = 0; i < toobig->n_frames; i++) {
        free(toobig->frames[i].data);
    }
    free(toobig->frames);
}
