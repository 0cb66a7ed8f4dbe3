/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Each public function sends one datagram of one or several requests.  What
 * is there already is linkread.c's to tell. */

#include "cni/link.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cni/rtnl.h"

/* The metric of an IPv6 route that tells none: the kernel's
 * IP6_RT_PRIO_USER. */
#define LINK_V6_METRIC 1024

/* How many default routes a pod may have. */
#define LINK_MAX_NETWORKS 64

int
link_open(struct link *link, struct cni_error *err)
{
    return link_open_events(link, 0, err);
}

int
link_open_events(struct link *link, unsigned int groups,
                 struct cni_error *err)
{
    *link =
        (struct link){ .nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC) };
    if (!link->nl || mnl_socket_bind(link->nl, groups, MNL_SOCKET_AUTOPID)) {
        error_set(err, ERROR_KERNEL, "cannot open an rtnetlink socket: %m");
        link_close(link);
        return -1;
    }
    return 0;
}

void
link_close(struct link *link)
{
    if (link->nl) {
        mnl_socket_close(link->nl);
        link->nl = NULL;
    }
}

/* Stores the index of the device 'name' in 'link''s namespace.  An ioctl goes
 * to the namespace of the socket, of whatever family that is. */
static int
get_index(const struct link *link, const char *name, int *ret_index)
{
    struct ifreq ifr = { 0 };

    snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
    if (ioctl(mnl_socket_get_fd(link->nl), SIOCGIFINDEX, &ifr)) {
        return errno;
    }
    *ret_index = ifr.ifr_ifindex;
    return 0;
}

/* ---- Making the pair -------------------------------------------------- */

static void
put_pod_end(struct nlmsghdr *nlh, const struct link_pair *pair)
{
    struct nlattr *info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
    struct nlattr *data, *peer;

    mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
    data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
    peer = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
    mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(nlh, IFLA_IFNAME, pair->pod_name);
    mnl_attr_put_u32(nlh, IFLA_MTU, pair->mtu);
    mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, pair->pod_netns);
    mnl_attr_nest_end(nlh, peer);
    mnl_attr_nest_end(nlh, data);
    mnl_attr_nest_end(nlh, info);
}

/* Keeps the host from giving the device an IPv6 address of its own: the host
 * is not to be seen on a pod's wire.  The device is up, but has no carrier
 * until the pod's end is up, so that it has no address yet. */
static void
put_no_address(struct nlmsghdr *nlh)
{
    struct nlattr *families = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
    struct nlattr *inet6 = mnl_attr_nest_start(nlh, AF_INET6);

    mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    mnl_attr_nest_end(nlh, inet6);
    mnl_attr_nest_end(nlh, families);
}

/* Notes in the device's alias whose it is, so that it can be told should its
 * row in the database never come about.  A name that is too long is not worth
 * failing. */
static int
send_marks(struct link *link, const struct link_pair *pair, bool has_v6)
{
    struct rtnl_batch batch = { .used = 0 };

    rtnl_add(&batch, link, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(batch.last, IFLA_IFNAME, pair->host_name);
    if (strlen(pair->id) < LINK_ALIAS_MAX) {
        mnl_attr_put_str(batch.last, IFLA_IFALIAS, pair->id);
    }
    if (has_v6) {
        put_no_address(batch.last);
    }
    return rtnl_send(&batch, link);
}

/* A kernel without IPv6 refuses the whole message, and so does one with an MTU
 * below IPv6's. */
static int
mark_host_end(struct link *link, const struct link_pair *pair)
{
    int error = send_marks(link, pair, true);

    return error == EAFNOSUPPORT ? send_marks(link, pair, false) : error;
}

/* EEXIST does not say whose name it is. */
static int
already_exists(const struct link *link, const struct link_pair *pair,
               struct cni_error *err)
{
    int index;

    return get_index(link, pair->host_name, &index)
               ? error_set(err, ERROR_EXISTS,
                           "the pod has an interface %s already",
                           pair->pod_name)
               : error_set(err, ERROR_EXISTS,
                           "the host has an interface %s already",
                           pair->host_name);
}

/* Each change of a device makes ovs-vswitchd forget where tunnels go and learn
 * it anew; on the userspace datapath, a revalidator that looks meanwhile has
 * their packets dropped for some ms.  So there are few changes: the device is
 * promiscuous from the beginning, as Open vSwitch would make it. */
int
link_make_pair(struct link *link, const struct link_pair *pair,
               struct cni_error *err)
{
    struct rtnl_batch batch = { .used = 0 };
    struct ifinfomsg *ifi;

    ifi = rtnl_add(&batch, link, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
                   sizeof *ifi);
    ifi->ifi_flags = ifi->ifi_change = IFF_UP | IFF_PROMISC;
    mnl_attr_put_strz(batch.last, IFLA_IFNAME, pair->host_name);
    mnl_attr_put_u32(batch.last, IFLA_MTU, pair->mtu);
    mnl_attr_put(batch.last, IFLA_ADDRESS, sizeof pair->host_mac,
                 &pair->host_mac);
    put_pod_end(batch.last, pair);
    if (rtnl_send(&batch, link)) {
        return errno == EEXIST
                   ? already_exists(link, pair, err)
                   : error_set(err, ERROR_KERNEL,
                               "cannot make the veth pair %s and %s: %m",
                               pair->host_name, pair->pod_name);
    }
    if (mark_host_end(link, pair)) {
        struct cni_error ignored;

        error_set(err, ERROR_KERNEL, "cannot set up %s: %m", pair->host_name);
        link_delete(link, pair->host_name, &ignored);
        return -1;
    }
    return 0;
}

/* ---- Setting up the pod's end ----------------------------------------- */

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
add_v6_routes(struct link *link, int index, const struct routes *routes)
{
    int error = 0;

    for (size_t i = 0; i < routes->n && !error; i++) {
        if (ip_family(routes->list[i].dst.address) == IP_V6) {
            error = add_v6_route(link, index, &routes->list[i]);
        }
    }
    return error;
}

static int
find_device(const struct link *link, const struct link_setup *setup,
            int *ret_index, struct cni_error *err)
{
    return get_index(link, setup->name, ret_index)
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

int
link_set_up(struct link *link, const struct link_setup *setup,
            struct cni_error *err)
{
    struct rtnl_batch batch = { .used = 0 };
    int index;

    if (find_device(link, setup, &index, err)) {
        return -1;
    }
    put_mac_and_up(&batch, link, index, setup->mac);
    if (ip_is_set(setup->addresses[IP_V4].address)) {
        put_address(&batch, link, index, setup, IP_V4);
    }
    for (size_t i = 0; i < setup->routes->n; i++) {
        const struct route *route = &setup->routes->list[i];

        if (ip_family(route->dst.address) == IP_V4) {
            put_route(&batch, link, index, route, NLM_F_APPEND);
        }
    }
    return rtnl_send(&batch, link) ? cannot_set_up(setup, err) : 0;
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
    return rtnl_send(&batch, link) || add_v6_routes(link, index, setup->routes)
               ? cannot_set_up(setup, err)
               : 0;
}

int
link_disable_tx_offload(struct link *link, const char *name,
                        struct cni_error *err)
{
    struct ethtool_value value = { .cmd = ETHTOOL_STXCSUM, .data = 0 };
    struct ifreq ifr = { .ifr_data = (char *) &value };

    snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
    if (ioctl(mnl_socket_get_fd(link->nl), SIOCETHTOOL, &ifr)) {
        return error_set(err, ERROR_KERNEL,
                         "cannot turn off %s's checksum offload: %m", name);
    }
    return 0;
}

int
link_delete(struct link *link, const char *name, struct cni_error *err)
{
    struct rtnl_batch batch = { .used = 0 };

    rtnl_add(&batch, link, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(batch.last, IFLA_IFNAME, name);
    if (rtnl_send(&batch, link) && errno != ENODEV) {
        return error_set(err, ERROR_KERNEL, "cannot delete %s: %m", name);
    }
    return 0;
}
