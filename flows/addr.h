/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_ADDR_H
#define LODEN_FLOWS_ADDR_H 1

/* Addresses and prefixes of both families as one type.
 *
 * An address is a struct in6_addr; IPv4 is held IPv4-mapped (RFC 4291,
 * 2.5.5.2).  The unspecified address "::" means that there is none. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/compiler.h"

enum addr_family {
    ADDR_V4,
    ADDR_V6,
    ADDR_N_FAMILIES
};

/* A network prefix.  'addr' has no bits beyond 'plen'. */
struct prefix {
    struct in6_addr addr; /* Network address; "::" with 'plen' 0: none. */
    unsigned int plen;    /* In the family's own bits: 0 to 32 or 128. */
};

/* Room for any address or prefix as text, with its NUL. */
#define ADDR_STRLEN (INET6_ADDRSTRLEN + 4)

bool addr_is_set(const struct in6_addr *);
enum addr_family addr_family(const struct in6_addr *);
char *addr_parse(const char *text, struct in6_addr *ret_addr)
    OVS_WARN_UNUSED_RESULT;
char *addr_parse_families(const char *text,
                          struct in6_addr ret_addrs[ADDR_N_FAMILIES])
    OVS_WARN_UNUSED_RESULT;
const char *addr_format(const struct in6_addr *, char buf[ADDR_STRLEN]);

bool prefix_is_set(const struct prefix *);
enum addr_family prefix_family(const struct prefix *);
char *prefix_parse(const char *text, struct prefix *ret_prefix)
    OVS_WARN_UNUSED_RESULT;
const char *prefix_format(const struct prefix *, char buf[ADDR_STRLEN]);
int prefix_compare(const struct prefix *, const struct prefix *);
bool prefix_has_addr(const struct prefix *, const struct in6_addr *);
bool prefix_has_prefix(const struct prefix *outer, const struct prefix *inner);
bool prefix_overlaps(const struct prefix *, const struct prefix *);
struct in6_addr prefix_gateway(const struct prefix *);
struct in6_addr prefix_last(const struct prefix *);
bool addr_is_group(const struct in6_addr *);
struct in6_addr addr_gateway_link_local(void);

size_t prefix_n_subnets(const struct prefix *range, unsigned int plen);
struct prefix prefix_subnet(const struct prefix *range, unsigned int plen,
                            size_t i);
size_t prefix_n_before(const struct prefix *range, unsigned int plen,
                       const struct in6_addr *);

#endif /* flows/addr.h */
