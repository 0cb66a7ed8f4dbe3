/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* IGMP (RFC 2236, RFC 3376) and MLD (RFC 2710, RFC 3810), as far as a switch
 * needs them (RFC 4541): who listens to which group.  Sources are not told
 * apart: who wants a group from any of them gets it from all.
 *
 * Knows bytes only, of which none can be trusted; when a membership ends is
 * controller/mcast.c's.  Uses no library, so that a fuzzer has it alone
 * (test/fuzz/fuzz-mcast.c). */

#include "controller/mcast-parse.h"

#include <string.h>

#define ETH_LEN 14
#define ETH_TYPE 12
#define V4_LEN 20
#define V6_LEN 40
#define PROTO_HOP_BY_HOP 0
#define PROTO_IGMP 2
#define PROTO_ICMPV6 58

/* Types of messages. */
#define IGMP_QUERY 0x11
#define IGMP_V1_REPORT 0x12
#define IGMP_V2_REPORT 0x16
#define IGMP_V2_LEAVE 0x17
#define IGMP_V3_REPORT 0x22
#define MLD_QUERY 130
#define MLD_V1_REPORT 131
#define MLD_V1_DONE 132
#define MLD_V2_REPORT 143

/* Types of records in an IGMPv3 or MLDv2 report (RFC 3376, 4.2.12). */
enum record {
    MODE_IS_INCLUDE = 1,
    MODE_IS_EXCLUDE = 2,
    CHANGE_TO_INCLUDE = 3,
    CHANGE_TO_EXCLUDE = 4,
    ALLOW_NEW_SOURCES = 5,
    BLOCK_OLD_SOURCES = 6
};

/* How long hosts may take to answer, in 1/10 s and in ms: in general, and for
 * one group that somebody has left. */
#define RESPONSE_GENERAL 100
#define RESPONSE_GROUP 10

/* The querier's robustness, and how often it asks, in seconds. */
#define ROBUSTNESS 2
#define QUERY_INTERVAL 125

/* Bytes that are to be read, from the start. */
struct bytes {
    const uint8_t *p; /* The next one. */
    size_t n;         /* How many there are. */
};

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

/* Returns the sum of 'bytes' and 'sum', folded (RFC 1071). */
static unsigned int
add_up(unsigned int sum, struct bytes bytes)
{
    for (; bytes.n > 1; bytes.p += 2, bytes.n -= 2) {
        sum += get16(bytes.p);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum += bytes.n ? bytes.p[0] << 8 : 0;
    return (sum & 0xffff) + (sum >> 16);
}

/* Returns the sum of the pseudo header of an ICMPv6 message of 'n' bytes in
 * the IPv6 packet 'ip' (RFC 8200, 8.1). */
static unsigned int
add_up_pseudo(const uint8_t *ip, size_t n)
{
    const uint8_t tail[4] = { n >> 8, n, 0, PROTO_ICMPV6 };
    unsigned int sum = add_up(0, (struct bytes){ ip + 8, 32 });

    return add_up(sum, (struct bytes){ tail, sizeof tail });
}

static struct in6_addr
get_group(const uint8_t *p, bool v6)
{
    struct in6_addr group = { .s6_addr = { [10] = 0xff, 0xff } };

    if (v6) {
        memcpy(&group, p, 16);
    } else {
        memcpy(group.s6_addr + 12, p, 4);
    }
    return group;
}

static void
add_change(struct mcast_report *report, struct in6_addr group, bool leaves)
{
    if (report->n < MCAST_CHANGES_MAX) {
        report->changes[report->n++]
            = (struct mcast_change){ .group = group, .leaves = leaves };
    }
}

/* Reads the records of a report, each of which has a group and perhaps
 * sources (RFC 3376, 4.2.4; RFC 3810, 5.2.5). */
static void
parse_records(struct mcast_report *report, struct bytes bytes, bool v6)
{
    const size_t len = v6 ? 16 : 4;
    unsigned int n = get16(bytes.p + 6);

    bytes.p += 8;
    bytes.n -= 8;
    while (n-- && bytes.n >= 4 + len) {
        const enum record type = bytes.p[0];
        const unsigned int n_sources = get16(bytes.p + 2);
        const size_t size = 4 + len + n_sources * len + bytes.p[1] * 4;
        const struct in6_addr group = get_group(bytes.p + 4, v6);

        if (size > bytes.n) {
            return;
        } else if (type == MODE_IS_EXCLUDE || type == CHANGE_TO_EXCLUDE
                   || (type != BLOCK_OLD_SOURCES
                       && type >= MODE_IS_INCLUDE
                       && type <= ALLOW_NEW_SOURCES && n_sources)) {
            add_change(report, group, false);
        } else if (type == MODE_IS_INCLUDE || type == CHANGE_TO_INCLUDE) {
            add_change(report, group, true);
        }
        bytes.p += size;
        bytes.n -= size;
    }
}

static void
parse_igmp(struct mcast_report *report, struct bytes bytes)
{
    if (bytes.n < 8 || add_up(0, bytes) != 0xffff) {
        return;
    }
    switch (bytes.p[0]) {
    case IGMP_V1_REPORT:
    case IGMP_V2_REPORT:
        add_change(report, get_group(bytes.p + 4, false), false);
        break;
    case IGMP_V2_LEAVE:
        add_change(report, get_group(bytes.p + 4, false), true);
        break;
    case IGMP_V3_REPORT:
        parse_records(report, bytes, false);
        break;
    }
}

/* 'ip' is the packet that 'bytes', the message, is in. */
static void
parse_mld(struct mcast_report *report, const uint8_t *ip, struct bytes bytes)
{
    if (bytes.n < 8
        || add_up(add_up_pseudo(ip, bytes.n), bytes) != 0xffff) {
        return;
    }
    switch (bytes.p[0]) {
    case MLD_V1_REPORT:
    case MLD_V1_DONE:
        if (bytes.n >= 24) {
            add_change(report, get_group(bytes.p + 8, true),
                       bytes.p[0] == MLD_V1_DONE);
        }
        break;
    case MLD_V2_REPORT:
        parse_records(report, bytes, true);
        break;
    }
}

static void
parse_v4(struct mcast_report *report, struct bytes ip)
{
    size_t len = ip.n >= V4_LEN ? (ip.p[0] & 0xf) * 4u : 0;
    size_t total = ip.n >= V4_LEN ? get16(ip.p + 2) : 0;

    /* A report is never in fragments. */
    if (len >= V4_LEN && total >= len && total <= ip.n
        && ip.p[0] >> 4 == 4 && ip.p[9] == PROTO_IGMP
        && !(get16(ip.p + 6) & 0x3fff)) {
        parse_igmp(report, (struct bytes){ ip.p + len, total - len });
    }
}

/* A report has a header of options (RFC 2710, 3) and comes from no router. */
static void
parse_v6(struct mcast_report *report, struct bytes ip)
{
    struct bytes bytes;
    uint8_t next;

    if (ip.n < V6_LEN || ip.p[0] >> 4 != 6 || ip.p[7] != 1
        || get16(ip.p + 4) > ip.n - V6_LEN) {
        return;
    }
    bytes = (struct bytes){ ip.p + V6_LEN, get16(ip.p + 4) };
    next = ip.p[6];
    if (next == PROTO_HOP_BY_HOP && bytes.n >= 8) {
        size_t len = bytes.p[1] * 8u + 8;

        if (len > bytes.n) {
            return;
        }
        next = bytes.p[0];
        bytes.p += len;
        bytes.n -= len;
    }
    if (next == PROTO_ICMPV6) {
        parse_mld(report, ip.p, bytes);
    }
}

void
mcast_parse(struct mcast_report *report, const uint8_t *frame, size_t size)
{
    report->n = 0;
    if (size > ETH_LEN) {
        const struct bytes ip = { frame + ETH_LEN, size - ETH_LEN };

        if (get16(frame + ETH_TYPE) == 0x0800) {
            parse_v4(report, ip);
        } else if (get16(frame + ETH_TYPE) == 0x86dd) {
            parse_v6(report, ip);
        }
    }
}

/* ---- Asking ------------------------------------------------------------ */

/* An IGMPv3 query, with the router alert option (RFC 3376, 4.1; RFC 2113).
 * Hosts that know older versions only take it as one of these. */
static size_t
query_v4(uint8_t *frame, const struct mcast_querier *querier,
         const struct in6_addr *group)
{
    static const uint8_t all[4] = { 224, 0, 0, 1 };
    static const size_t head = V4_LEN + 4;
    const uint8_t *to = group ? group->s6_addr + 12 : all;
    uint8_t *ip = frame + ETH_LEN;
    uint8_t *igmp = ip + head;

    memcpy(frame, "\x01\x00\x5e", 3);
    frame[3] = to[1] & 0x7f;
    memcpy(frame + 4, to + 2, 2);
    put16(frame + ETH_TYPE, 0x0800);
    ip[0] = 0x46;
    ip[1] = 0xc0;
    put16(ip + 2, head + 12);
    ip[8] = 1;
    ip[9] = PROTO_IGMP;
    memcpy(ip + 12, querier->source.s6_addr + 12, 4);
    memcpy(ip + 16, to, 4);
    ip[20] = 0x94;
    ip[21] = 4;
    put16(ip + 10, ~add_up(0, (struct bytes){ ip, head }));
    igmp[0] = IGMP_QUERY;
    igmp[1] = group ? RESPONSE_GROUP : RESPONSE_GENERAL;
    memcpy(igmp + 4, group ? to : (const uint8_t[4]){ 0 }, 4);
    igmp[8] = ROBUSTNESS;
    igmp[9] = QUERY_INTERVAL;
    put16(igmp + 2, ~add_up(0, (struct bytes){ igmp, 12 }));
    return ETH_LEN + head + 12;
}

/* An MLDv2 query, with the router alert option (RFC 3810, 5.1; RFC 2711). */
static size_t
query_v6(uint8_t *frame, const struct mcast_querier *querier,
         const struct in6_addr *group)
{
    static const uint8_t all[16] = { 0xff, 0x02, [15] = 1 };
    static const uint8_t options[8] = { PROTO_ICMPV6, 0, 5, 2, 0, 0, 1, 0 };
    const uint8_t *to = group ? group->s6_addr : all;
    uint8_t *ip = frame + ETH_LEN;
    uint8_t *mld = ip + V6_LEN + sizeof options;
    unsigned int sum;

    memcpy(frame, "\x33\x33", 2);
    memcpy(frame + 2, to + 12, 4);
    put16(frame + ETH_TYPE, 0x86dd);
    ip[0] = 0x60;
    put16(ip + 4, sizeof options + 28);
    ip[7] = 1;
    memcpy(ip + 8, &querier->source, 16);
    memcpy(ip + 24, to, 16);
    memcpy(ip + V6_LEN, options, sizeof options);
    mld[0] = MLD_QUERY;
    put16(mld + 4, 100 * (group ? RESPONSE_GROUP : RESPONSE_GENERAL));
    memcpy(mld + 8, group ? to : (const uint8_t[16]){ 0 }, 16);
    mld[24] = ROBUSTNESS;
    mld[25] = QUERY_INTERVAL;
    sum = add_up_pseudo(ip, 28);
    put16(mld + 2, ~add_up(sum, (struct bytes){ mld, 28 }));
    return ETH_LEN + V6_LEN + sizeof options + 28;
}

size_t
mcast_query(uint8_t *frame, const struct mcast_querier *querier,
            const struct in6_addr *group)
{
    memset(frame, 0, MCAST_QUERY_MAX);
    memcpy(frame + 6, querier->mac, 6);
    return (querier->v6 ? query_v6(frame, querier, group)
            : query_v4(frame, querier, group));
}
