/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What makes the pod's end of a pair usable: addresses and routes, in the
 * order in which the kernel wants them. */

#include "cni/link.h"

#include <errno.h>
#include <net/if.h>

#include "cni/linkread.h"
#include "cni/rtnl.h"

/* The metric of an IPv6 route that tells none: the kernel's
 * IP6_RT_PRIO_USER. */
#define LINK_V6_METRIC 1024

/* How many default routes a pod may have. */
#define LINK_MAX_NETWORKS 64

static void
put_mac_and_up(struct rtnl_batch *batch, struct link *link, int index,
               struct ip_mac mac)
{
    struct ifinfomsg *ifi = rtnl_add(batch, link, RTM_NEWLINK, 0, sizeof *ifi);

    ifi->ifi_index = index;
    ifi->ifi_flags = ifi->ifi_change = IFF_UP;
    mnl_attr_put(batch->last, IFLA_ADDRESS, sizeof mac, &mac);
}

static void
put_ip(struct nlmsghdr *nlh, uint16_t type, struct ip ip)
{
    unsigned int n;
    const uint8_t *bytes = ip_bytes(&ip, &n);

    mnl_attr_put(nlh, type, n, bytes);
}

/* An IPv6 address that is not looked for duplicates of is good as soon as the
 * kernel has taken it in; an IPv4 address is at once. */
static void
put_address(struct rtnl_batch *batch, struct link *link, int index,
            const struct link_setup *setup, enum ip_family family)
{
    const struct ip_prefix address = setup->addresses[family];
    struct ifaddrmsg *ifa = rtnl_add(batch, link, RTM_NEWADDR,
                                     NLM_F_CREATE | NLM_F_EXCL, sizeof *ifa);

    ifa->ifa_family = ip_af(address.address);
    ifa->ifa_prefixlen = address.length;
    ifa->ifa_scope = RT_SCOPE_UNIVERSE;
    ifa->ifa_index = index;
    put_ip(batch->last, IFA_LOCAL, address.address);
    put_ip(batch->last, IFA_ADDRESS, address.address);
    if (ifa->ifa_family == AF_INET) {
        put_ip(batch->last, IFA_BROADCAST, ip_last(address));
    } else if (!setup->dad) {
        ifa->ifa_flags = IFA_F_NODAD;
    }
}

static void
put_route_metrics(struct nlmsghdr *nlh, const struct route *route)
{
    struct nlattr *metrics;

    if (route->priority) {
        mnl_attr_put_u32(nlh, RTA_PRIORITY, route->priority);
    }
    if (route->table) {
        mnl_attr_put_u32(nlh, RTA_TABLE, route->table);
    }
    if (route->mtu || route->advmss) {
        metrics = mnl_attr_nest_start(nlh, RTA_METRICS);
        if (route->mtu) {
            mnl_attr_put_u32(nlh, RTAX_MTU, route->mtu);
        }
        if (route->advmss) {
            mnl_attr_put_u32(nlh, RTAX_ADVMSS, route->advmss);
        }
        mnl_attr_nest_end(nlh, metrics);
    }
}

static void
put_route(struct rtnl_batch *batch, struct link *link, int index,
          const struct route *route, uint16_t flags)
{
    struct rtmsg *rtm =
        rtnl_add(batch, link, RTM_NEWROUTE, NLM_F_CREATE | flags, sizeof *rtm);

    rtm->rtm_family = ip_af(route->dst.address);
    rtm->rtm_dst_len = route->dst.length;
    rtm->rtm_table = route->table ? RT_TABLE_UNSPEC : RT_TABLE_MAIN;
    rtm->rtm_protocol = RTPROT_BOOT;
    rtm->rtm_scope = route->scope                ? route->scope
                     : ip_is_set(route->gateway) ? RT_SCOPE_UNIVERSE
                                                 : RT_SCOPE_LINK;
    rtm->rtm_type = RTN_UNICAST;
    if (route->dst.length) {
        put_ip(batch->last, RTA_DST, route->dst.address);
    }
    if (ip_is_set(route->gateway)) {
        put_ip(batch->last, RTA_GATEWAY, route->gateway);
    }
    mnl_attr_put_u32(batch->last, RTA_OIF, index);
    put_route_metrics(batch->last, route);
}

/* Of two networks of one pod, the one attached first keeps the default route,
 * and the second one's is no conflict.  IPv4 puts it behind the first.  IPv6
 * would take two that are as good as each other for one with two gateways, and
 * use both: here the second one is a little worse, unless it is said how good
 * it is. */
static int
add_v6_route(struct link *link, int index, const struct route *route)
{
    struct route next = *route;
    int error;

    do {
        struct rtnl_batch batch = { .used = 0 };

        put_route(&batch, link, index, &next, NLM_F_EXCL);
        error = rtnl_send(&batch, link);
        next.priority = next.priority ? next.priority + 1
                                      : LINK_V6_METRIC + 1;
    } while (error == EEXIST && !route->priority
             && next.priority < LINK_V6_METRIC + LINK_MAX_NETWORKS);
    return error;
}

static int
find_device(const struct link *link, const struct link_setup *setup,
            int *ret_index, struct cni_error *err)
{
    return linkread_index(link, setup->name, ret_index)
               ? error_set(err, ERROR_KERNEL, "the pod's %s is gone: %m",
                           setup->name)
               : 0;
}

static int
cannot_set_up(const struct link_setup *setup, struct cni_error *err)
{
    return error_set(err, ERROR_KERNEL, "cannot set up the pod's %s: %m",
                     setup->name);
}

/* The kernel's reason alone would not say which of the routes it is. */
static int
cannot_add_route(const struct link_setup *setup, const struct route *route,
                 struct cni_error *err)
{
    const bool unreachable = errno == ENETUNREACH || errno == EHOSTUNREACH;
    char text[ROUTE_STRLEN];

    route_describe(route, text);
    error_set(err, ERROR_KERNEL, "cannot add the pod's route to %s on %s: %m",
              text, setup->name);
    if (unreachable) {
        error_details(err, "a gateway must be in the pod's subnet, or behind "
                           "a route that goes before");
    }
    return -1;
}

static int
add_v6_routes(struct link *link, int index, const struct link_setup *setup,
              struct cni_error *err)
{
    for (size_t i = 0; i < setup->routes->n; i++) {
        const struct route *route = &setup->routes->list[i];

        if (ip_family(route->dst.address) == IP_V6
            && add_v6_route(link, index, route)) {
            return cannot_add_route(setup, route, err);
        }
    }
    return 0;
}

int
link_set_up(struct link *link, const struct link_setup *setup,
            struct cni_error *err)
{
    const struct route *put[ROUTE_MAX];
    struct rtnl_batch batch = { .used = 0 };
    unsigned int n_others, n = 0;
    int index;

    if (find_device(link, setup, &index, err)) {
        return -1;
    }
    put_mac_and_up(&batch, link, index, setup->mac);
    if (ip_is_set(setup->addresses[IP_V4].address)) {
        put_address(&batch, link, index, setup, IP_V4);
    }
    n_others = batch.n;
    for (size_t i = 0; i < setup->routes->n; i++) {
        const struct route *route = &setup->routes->list[i];

        if (ip_family(route->dst.address) == IP_V4) {
            put_route(&batch, link, index, route, NLM_F_APPEND);
            put[n++] = route;
        }
    }
    if (!rtnl_send(&batch, link)) {
        return 0;
    }
    return batch.failed >= n_others && batch.failed - n_others < n
               ? cannot_add_route(setup, put[batch.failed - n_others], err)
               : cannot_set_up(setup, err);
}

int
link_add_v6(struct link *link, const struct link_setup *setup,
            struct cni_error *err)
{
    struct rtnl_batch batch = { .used = 0 };
    int index;

    if (find_device(link, setup, &index, err)) {
        return -1;
    }
    put_address(&batch, link, index, setup, IP_V6);
    return rtnl_send(&batch, link)
               ? cannot_set_up(setup, err)
               : add_v6_routes(link, index, setup, err);
}
