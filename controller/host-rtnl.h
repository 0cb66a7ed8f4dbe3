/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_RTNL_H
#define LODEN_CONTROLLER_HOST_RTNL_H 1

/* One device's addresses and routes, and the way to an address, by
 * rtnetlink(7), in small steps.  All functions that return an integer return
 * 0 or a positive errno. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/addr.h"

struct nlattr;
struct ofpbuf;

/* Something with an address and a length: an address on its subnet, or the
 * destination of a route. */
struct rtnl_entry {
    struct in6_addr addr; /* For a route, without bits beyond 'plen'. */
    unsigned int plen;    /* In the family's own bits. */
};

/* What rtnl_link_get() finds. */
struct rtnl_link {
    int ifindex;       /* Never 0. */
    bool up;           /* IFF_UP? */
    bool has_ipv6;     /* Does the kernel do IPv6 there? */
    bool makes_own_v6; /* Does it give itself IPv6 addresses? */
};

/* The way that packets to some address take. */
struct rtnl_path {
    int ifindex;      /* The device that they leave by. */
    unsigned int mtu; /* The route's own, in bytes; 0: as the device has. */
    int learned;      /* For how many seconds more 'mtu' is what a router has
                       * said; 0: it is not. */
};

int rtnl_link_get(const char *name, struct rtnl_link *ret_link);
int rtnl_link_quieten(int ifindex);
int rtnl_link_set_up(int ifindex);

/* The caller frees '*ret_entries'. */
int rtnl_addrs(int ifindex, struct rtnl_entry **ret_entries, size_t *ret_n);
int rtnl_addr_add(int ifindex, const struct rtnl_entry *);
int rtnl_addr_delete(int ifindex, const struct rtnl_entry *);

/* Only routes of 'proto' in the main table are seen.  The caller frees
 * '*ret_entries'. */
int rtnl_routes(int ifindex, unsigned int proto,
                struct rtnl_entry **ret_entries, size_t *ret_n);
int rtnl_route_add(int ifindex, unsigned int proto, const struct rtnl_entry *,
                   const struct in6_addr *source);
int rtnl_route_delete(int ifindex, unsigned int proto,
                      const struct rtnl_entry *);

/* Asks which way a packet from 'from' to 'to' takes. */
int rtnl_path_get(const struct in6_addr *from, const struct in6_addr *to,
                  struct rtnl_path *ret_path);

/* Asks for the devices of all next hops of the route there, if it has several
 * (RTA_MULTIPATH): packets of one tunnel take them all.  Else stores 0. */
#define RTNL_MAX_HOPS 16
int rtnl_path_get_hops(const struct in6_addr *from, const struct in6_addr *to,
                       int hops[RTNL_MAX_HOPS], size_t *ret_n);

/* Asks which device has the address 'addr': ENODEV if none has.  The addresses
 * of one family are few, unlike the devices of a node with many pods. */
int rtnl_addr_get_device(const struct in6_addr *addr, int *ret_ifindex);

/* Reads 'msg', an RTM_NEWADDR.  Returns false if it is none. */
bool rtnl_parse_addr(struct ofpbuf *msg, struct rtnl_entry *,
                     int *ret_ifindex);

/* Stores the address in 'attr' into 'ret_addr'; "::" or 0.0.0.0 if it is
 * NULL.  Returns false if the size is not one of the family 'af'. */
bool rtnl_get_addr(const struct nlattr *attr, uint8_t af,
                   struct in6_addr *ret_addr);

#endif /* controller/host-rtnl.h */
