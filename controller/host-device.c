/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* One host port's device: up, silent about itself, with the gateway's
 * address and no other, and with our routes.  When to look at a device is
 * host-link.c's; the requests to the kernel are host-rtnl.c's. */

#include <config.h>
#include "controller/host-device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controller/host-rtnl.h"
#include "flows/world.h"
#include "packets.h"
#include "util.h"

static bool
contains(const struct rtnl_entry *entries, size_t n,
         const struct rtnl_entry *entry)
{
    for (size_t i = 0; i < n; i++) {
        if (entries[i].plen == entry->plen
            && !memcmp(&entries[i].addr, &entry->addr, sizeof entry->addr)) {
            return true;
        }
    }
    return false;
}

/* An error text that says which entry it is about. */
static char *
entry_error(const char *what, const struct rtnl_entry *entry, int error)
{
    struct prefix prefix = { .addr = entry->addr, .plen = entry->plen };
    char buf[ADDR_STRLEN];

    return xasprintf("%s %s: %s", what, prefix_format(&prefix, buf),
                     ovs_strerror(error));
}

/* Gives device 'ifindex' the addresses 'wanted', and no others. */
static char *
put_addrs(int ifindex, const struct rtnl_entry *wanted, size_t n_wanted)
{
    struct rtnl_entry *present;
    size_t n_present;
    char *problem = NULL;
    int error = rtnl_addrs(ifindex, &present, &n_present);

    if (error) {
        return xasprintf("reading its addresses: %s", ovs_strerror(error));
    }
    for (size_t i = 0; !problem && i < n_present; i++) {
        if (!contains(wanted, n_wanted, &present[i])) {
            error = rtnl_addr_delete(ifindex, &present[i]);
            if (error && error != EADDRNOTAVAIL) {
                problem = entry_error("removing address", &present[i], error);
            }
        }
    }
    for (size_t i = 0; !problem && i < n_wanted; i++) {
        if (!contains(present, n_present, &wanted[i])) {
            error = rtnl_addr_add(ifindex, &wanted[i]);
            if (error && error != EEXIST) {
                problem = entry_error("adding address", &wanted[i], error);
            }
        }
    }
    free(present);
    return problem;
}

/* Has device 'ifindex' lost 'addr' since put_addrs(), which ran just now? */
static bool
has_lost(int ifindex, const struct in6_addr *addr)
{
    struct rtnl_entry *present;
    bool lost = true;
    size_t n_present;

    if (rtnl_addrs(ifindex, &present, &n_present)) {
        return true;
    }
    for (size_t i = 0; i < n_present; i++) {
        lost = lost && !ipv6_addr_equals(&present[i].addr, addr);
    }
    free(present);
    return lost;
}

/* Adds the route to 'range' unless the kernel has made one itself, for the
 * subnet of the address. */
static char *
add_route(int ifindex, const struct world_network *network,
          const struct rtnl_entry *range)
{
    enum addr_family family = addr_family(&range->addr);
    const struct prefix *subnet = &network->subnet[family];

    if (range->plen == subnet->plen
        && !memcmp(&range->addr, &subnet->addr, sizeof range->addr)) {
        return NULL;
    }
    int error = rtnl_route_add(ifindex, HOST_ROUTE_PROTO, range,
                               &network->gateway[family]);
    if (error == ENETDOWN
        || (error == EINVAL
            && has_lost(ifindex, &network->gateway[family]))) {
        /* ovs-vswitchd takes a port down for a moment to set its Ethernet
         * address, or makes it anew, without the address that the route
         * starts from.  The kernel tells of either, and we are back. */
        return NULL;
    }
    if (error == EEXIST) {
        /* Ours to add, but not to replace. */
        char buf[ADDR_STRLEN];
        struct prefix prefix = { .addr = range->addr, .plen = range->plen };
        return xasprintf("somebody else's route leads to %s",
                         prefix_format(&prefix, buf));
    }
    return error ? entry_error("adding route", range, error) : NULL;
}

/* Gives device 'ifindex' routes to 'ranges' and takes away other routes of
 * ours.  Nobody else's are touched. */
static char *
put_routes(int ifindex, const struct world_network *network,
           const struct rtnl_entry *ranges, size_t n_ranges)
{
    struct rtnl_entry *present;
    size_t n_present;
    char *problem = NULL;
    int error = rtnl_routes(ifindex, HOST_ROUTE_PROTO, &present, &n_present);

    if (error) {
        return xasprintf("reading its routes: %s", ovs_strerror(error));
    }
    for (size_t i = 0; !problem && i < n_present; i++) {
        if (!contains(ranges, n_ranges, &present[i])) {
            error = rtnl_route_delete(ifindex, HOST_ROUTE_PROTO, &present[i]);
            if (error && error != ESRCH) {
                problem = entry_error("removing route", &present[i], error);
            }
        }
    }
    for (size_t i = 0; !problem && i < n_ranges; i++) {
        if (!contains(present, n_present, &ranges[i])) {
            problem = add_route(ifindex, network, &ranges[i]);
        }
    }
    free(present);
    return problem;
}

/* What a device should have. */
struct wanted {
    struct rtnl_entry addrs[ADDR_N_FAMILIES + 1]; /* The gateways. */
    size_t n_addrs;                           /* Number of 'addrs'. */
    struct rtnl_entry *ranges;                /* Destinations of routes. */
    size_t n_ranges;                          /* Number of 'ranges'. */
};

/* A family without a subnet here has neither address nor routes. */
static void
wanted_init(struct wanted *wanted, const struct world_network *network)
{
    memset(wanted, 0, sizeof *wanted);
    for (size_t i = 0; i < ADDR_N_FAMILIES; i++) {
        if (prefix_is_set(&network->subnet[i])) {
            struct rtnl_entry *addr = &wanted->addrs[wanted->n_addrs++];

            addr->addr = network->gateway[i];
            addr->plen = network->subnet[i].plen;
        }
    }
    if (prefix_is_set(&network->subnet[ADDR_V6])) {
        /* Without one the kernel asks no neighbour for a MAC on behalf of
         * somebody else. */
        wanted->addrs[wanted->n_addrs++] = (struct rtnl_entry) {
            .addr = addr_gateway_link_local(),
            .plen = 64,
        };
    }
    wanted->ranges = xcalloc(network->n_ranges, sizeof *wanted->ranges);
    for (size_t i = 0; i < network->n_ranges; i++) {
        const struct prefix *range = &network->ranges[i];

        if (prefix_is_set(&network->subnet[prefix_family(range)])) {
            struct rtnl_entry *entry = &wanted->ranges[wanted->n_ranges++];

            entry->addr = range->addr;
            entry->plen = range->plen;
        }
    }
}

static void
wanted_destroy(struct wanted *wanted)
{
    free(wanted->ranges);
}

/* Turns IPv6 on at the device 'name', which is ours, also where the host has
 * it off for new devices.  Returns 0 or a positive errno. */
static int
enable_ipv6(const char *name)
{
    char *path = xasprintf("/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    int error = fd < 0 ? errno : 0;
    char old;

    free(path);
    if (!error && (read(fd, &old, 1) != 1
                   || (old != '0' && pwrite(fd, "0", 1, 0) != 1))) {
        error = errno;
    }
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

/* Sets the device 'link' of 'network' up.  Returns 0 or a positive errno. */
static int
put_up(const struct rtnl_link *link, const struct world_network *network)
{
    int error = (prefix_is_set(&network->subnet[ADDR_V6])
                 ? enable_ipv6(network->host_name) : 0);

    if (!error && link->has_ipv6 && link->makes_own_v6) {
        error = rtnl_link_quieten(link->ifindex);
    }
    if (!error && !link->up) {
        error = rtnl_link_set_up(link->ifindex);
    }
    return error;
}

char *
host_device_put(const struct world_network *network, int *ret_ifindex)
{
    struct rtnl_link link = { .ifindex = 0 };
    struct wanted wanted;
    char *problem;
    int error = rtnl_link_get(network->host_name, &link);

    *ret_ifindex = error ? 0 : link.ifindex;
    if (!error) {
        error = put_up(&link, network);
    }
    if (error) {
        return error == ENODEV ? NULL : xstrdup(ovs_strerror(error));
    }

    wanted_init(&wanted, network);
    problem = put_addrs(link.ifindex, wanted.addrs, wanted.n_addrs);
    if (!problem) {
        problem = put_routes(link.ifindex, network, wanted.ranges,
                             wanted.n_ranges);
    }
    wanted_destroy(&wanted);
    return problem;
}
