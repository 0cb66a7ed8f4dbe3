/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Arithmetic on addresses and prefixes of both families.
 *
 * Everything works on the 128 bits of an IPv6 address, where IPv4 stands
 * IPv4-mapped in the last 32.  Parsing is strict: one network has one
 * spelling, so that an index over the text excludes the same network twice.
 * Nothing here does name lookups. */

#include <config.h>
#include "flows/addr.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "util.h"

/* Bits of IPv6 text that stand before an IPv4-mapped address. */
#define MAPPED_BITS 96

/* Returns true unless 'addr' is "::", which stands for no address. */
bool
addr_is_set(const struct in6_addr *addr)
{
    return ipv6_addr_is_set(addr);
}

enum addr_family
addr_family(const struct in6_addr *addr)
{
    return IN6_IS_ADDR_V4MAPPED(addr) ? ADDR_V4 : ADDR_V6;
}

/* Parses 'text' as an IPv4 or IPv6 address.  Returns NULL and stores the
 * address into 'ret_addr', or returns a malloc'd error that the caller must
 * free.  Spellings other than the canonical one (RFC 5952) are errors. */
char *
addr_parse(const char *text, struct in6_addr *ret_addr)
{
    struct in6_addr addr;
    ovs_be32 ip4;

    if (inet_pton(AF_INET, text, &ip4) == 1) {
        in6_addr_set_mapped_ipv4(&addr, ip4);
    } else if (inet_pton(AF_INET6, text, &addr) != 1) {
        return xasprintf("'%s' is not an IPv4 or IPv6 address", text);
    } else if (IN6_IS_ADDR_V4MAPPED(&addr)) {
        return xasprintf("'%s' is an IPv4 address in IPv6 form", text);
    }

    char canonical[ADDR_STRLEN];
    if (strcmp(text, addr_format(&addr, canonical))) {
        return xasprintf("'%s' is not canonical: write '%s'", text,
                         canonical);
    }
    *ret_addr = addr;
    return NULL;
}

/* Parses 'text' as one address, or as one of each family with a comma between
 * them.  Returns NULL and stores them into 'ret_addrs', "::" where there is
 * none, or returns a malloc'd error that the caller must free. */
char *
addr_parse_families(const char *text,
                    struct in6_addr ret_addrs[ADDR_N_FAMILIES])
{
    struct in6_addr addrs[ADDR_N_FAMILIES] = { in6addr_any, in6addr_any };
    char *copy = xstrdup(text);
    char *error = NULL;
    char *rest = copy;
    char *word;

    while (!error && (word = strsep(&rest, ","))) {
        struct in6_addr addr;

        error = addr_parse(word, &addr);
        if (!error && addr_is_set(&addrs[addr_family(&addr)])) {
            error = xasprintf("'%s' has two addresses of one family", text);
        } else if (!error) {
            addrs[addr_family(&addr)] = addr;
        }
    }
    free(copy);
    if (!error) {
        memcpy(ret_addrs, addrs, sizeof addrs);
    }
    return error;
}

/* Writes 'addr' into 'buf' in its canonical spelling and returns 'buf'. */
const char *
addr_format(const struct in6_addr *addr, char buf[ADDR_STRLEN])
{
    if (addr_family(addr) == ADDR_V4) {
        ovs_be32 ip4 = in6_addr_get_mapped_ipv4(addr);
        inet_ntop(AF_INET, &ip4, buf, ADDR_STRLEN);
    } else {
        inet_ntop(AF_INET6, addr, buf, ADDR_STRLEN);
    }
    return buf;
}

bool
prefix_is_set(const struct prefix *prefix)
{
    return addr_is_set(&prefix->addr) || prefix->plen;
}

enum addr_family
prefix_family(const struct prefix *prefix)
{
    return addr_family(&prefix->addr);
}

/* Returns the length of 'prefix' in bits of a 128-bit address. */
static unsigned int
prefix_bits(const struct prefix *prefix)
{
    return prefix->plen
           + (prefix_family(prefix) == ADDR_V4 ? MAPPED_BITS : 0);
}

/* Returns 'addr' with all bits after the first 'n' cleared. */
static struct in6_addr
first_bits(const struct in6_addr *addr, unsigned int n)
{
    struct in6_addr mask = ipv6_create_mask(n);
    return ipv6_addr_bitand(addr, &mask);
}

/* Parses 'text', e.g. "172.18.6.0/24", strictly: the network's own address
 * in its canonical spelling, a slash, a length without leading zeros.
 * Returns NULL and stores the prefix into 'ret_prefix', or returns a
 * malloc'd error that says what would be right. */
char *
prefix_parse(const char *text, struct prefix *ret_prefix)
{
    const char *slash = strchr(text, '/');
    if (!slash || slash - text >= ADDR_STRLEN) {
        return xasprintf("'%s' is not of the form ADDRESS/LENGTH", text);
    }

    char *addr_text = xmemdup0(text, slash - text);
    struct prefix prefix;
    char *error = addr_parse(addr_text, &prefix.addr);
    free(addr_text);
    if (error) {
        return error;
    }

    unsigned int max = addr_family(&prefix.addr) == ADDR_V4 ? 32 : 128;
    char *canonical;
    if (!str_to_uint(slash + 1, 10, &prefix.plen) || prefix.plen > max) {
        return xasprintf("'%s' has no length from 0 to %u after the slash",
                         text, max);
    }
    canonical = xasprintf("%u", prefix.plen);
    bool spelled = !strcmp(canonical, slash + 1);
    free(canonical);

    struct in6_addr whole = prefix.addr;
    prefix.addr = first_bits(&whole, prefix_bits(&prefix));
    if (!spelled || memcmp(&whole, &prefix.addr, sizeof whole)) {
        char right[ADDR_STRLEN];
        return xasprintf("'%s' is not canonical: write '%s'", text,
                         prefix_format(&prefix, right));
    }
    *ret_prefix = prefix;
    return NULL;
}

/* Writes 'prefix' into 'buf' in its canonical spelling and returns 'buf'. */
const char *
prefix_format(const struct prefix *prefix, char buf[ADDR_STRLEN])
{
    addr_format(&prefix->addr, buf);
    size_t len = strlen(buf);
    snprintf(buf + len, ADDR_STRLEN - len, "/%u", prefix->plen);
    return buf;
}

/* Orders IPv4 before IPv6, then by address, then shorter before longer. */
int
prefix_compare(const struct prefix *a, const struct prefix *b)
{
    enum addr_family fa = prefix_family(a);
    enum addr_family fb = prefix_family(b);
    int cmp = fa < fb ? -1 : fa > fb;

    if (!cmp) {
        cmp = memcmp(&a->addr, &b->addr, sizeof a->addr);
    }
    return cmp ? cmp : a->plen < b->plen ? -1 : a->plen > b->plen;
}

bool
prefix_has_addr(const struct prefix *prefix, const struct in6_addr *addr)
{
    struct in6_addr net = first_bits(addr, prefix_bits(prefix));
    return prefix_family(prefix) == addr_family(addr)
           && ipv6_addr_equals(&net, &prefix->addr);
}

bool
prefix_has_prefix(const struct prefix *outer, const struct prefix *inner)
{
    return inner->plen >= outer->plen && prefix_has_addr(outer, &inner->addr);
}

bool
prefix_overlaps(const struct prefix *a, const struct prefix *b)
{
    return prefix_has_prefix(a, b) || prefix_has_prefix(b, a);
}

/* Returns the address after the network's own, which the host port has. */
struct in6_addr
prefix_gateway(const struct prefix *prefix)
{
    struct in6_addr addr = prefix->addr;
    addr.s6_addr[15] |= 1;
    return addr;
}

/* Returns the last address; for IPv4 that is the broadcast address. */
struct in6_addr
prefix_last(const struct prefix *prefix)
{
    struct in6_addr mask = ipv6_create_mask(prefix_bits(prefix));
    struct in6_addr addr = prefix->addr;

    for (size_t i = 0; i < sizeof addr.s6_addr; i++) {
        addr.s6_addr[i] |= ~mask.s6_addr[i];
    }
    return addr;
}

/* Returns into how many subnets of length 'plen' 'range' can be cut: 0 if
 * 'plen' is shorter than the range's, at most 2^24. */
size_t
prefix_n_subnets(const struct prefix *range, unsigned int plen)
{
    unsigned int max = prefix_family(range) == ADDR_V4 ? 32 : 128;

    if (plen < range->plen || plen > max) {
        return 0;
    }
    return (size_t) 1 << MIN(plen - range->plen, 24);
}

/* Returns subnet number 'i', from 0, of length 'plen' in 'range'. */
struct prefix
prefix_subnet(const struct prefix *range, unsigned int plen, size_t i)
{
    struct prefix subnet = { .addr = range->addr, .plen = plen };
    unsigned int end = prefix_bits(&subnet);

    for (unsigned int bit = 0; bit < 24 && bit < end; bit++) {
        if (i & ((size_t) 1 << bit)) {
            unsigned int at = end - 1 - bit;
            subnet.addr.s6_addr[at / 8] |= 0x80 >> (at % 8);
        }
    }
    return subnet;
}

/* Returns how many of the subnets of length 'plen' that 'range' can be cut
 * into begin before 'addr', which is of the same family. */
size_t
prefix_n_before(const struct prefix *range, unsigned int plen,
                const struct in6_addr *addr)
{
    struct prefix subnet = { .addr = range->addr, .plen = plen };
    unsigned int start = prefix_bits(range);
    unsigned int end = prefix_bits(&subnet);
    size_t n = prefix_n_subnets(range, plen);
    size_t before = 0;

    if (memcmp(addr, &range->addr, sizeof *addr) <= 0) {
        return 0;
    } else if (!prefix_has_addr(range, addr)) {
        return n;
    }
    for (unsigned int at = start; at < end; at++) {
        before = MIN(before << 1 | (addr->s6_addr[at / 8] >> (7 - at % 8) & 1),
                     n);
    }
    struct in6_addr first = first_bits(addr, end);
    return MIN(before + !ipv6_addr_equals(&first, addr), n);
}

/* Is 'addr' a multicast group that one can choose to listen to?  Those that
 * everybody has to get are none, the IPv4 groups of the link and IPv6's of all
 * nodes, nor those inside a host (RFC 4541, 2.1.2 and 3; RFC 4291, 2.7). */
bool
addr_is_group(const struct in6_addr *addr)
{
    static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };
    const uint8_t *b = addr->s6_addr;

    if (addr_family(addr) == ADDR_V4) {
        return b[12] >> 4 == 0xe && (b[12] != 224 || b[13] || b[14]);
    }
    return (b[0] == 0xff && (b[1] & 0xf) >= 2
            && memcmp(b, all_nodes, sizeof all_nodes));
}

/* Returns fe80::1, which every IPv6 host port has besides its gateway's
 * address: a router speaks to its link from such a one. */
struct in6_addr
addr_gateway_link_local(void)
{
    return (struct in6_addr) { .s6_addr = { 0xfe, 0x80, [15] = 1 } };
}
