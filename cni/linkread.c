/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Each function asks once and looks at all that comes back. */

#include "cni/linkread.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "cni/rtnl.h"

/* ---- Devices ---------------------------------------------------------- */

static void
read_text(const struct nlattr *attr, char buf[], size_t size)
{
    snprintf(buf, size, "%.*s", (int) mnl_attr_get_payload_len(attr),
             mnl_attr_get_str(attr));
}

static bool
is_veth(const struct nlattr *info)
{
    const struct nlattr *attr;

    mnl_attr_for_each_nested(attr, info)
    {
        if (mnl_attr_get_type(attr) == IFLA_INFO_KIND) {
            return !strncmp(mnl_attr_get_str(attr), "veth",
                            mnl_attr_get_payload_len(attr));
        }
    }
    return false;
}

static void
parse_attribute(const struct nlattr *attr, struct link_state *state)
{
    const uint16_t n = mnl_attr_get_payload_len(attr);

    switch (mnl_attr_get_type(attr)) {
    case IFLA_IFNAME:
        read_text(attr, state->name, sizeof state->name);
        break;
    case IFLA_IFALIAS:
        read_text(attr, state->alias, sizeof state->alias);
        break;
    case IFLA_ADDRESS:
        if (n == sizeof state->mac) {
            memcpy(&state->mac, mnl_attr_get_payload(attr), n);
        }
        break;
    case IFLA_MTU:
        state->mtu = mnl_attr_get_u32(attr);
        break;
    case IFLA_OPERSTATE:
        state->sends = mnl_attr_get_u8(attr) == IF_OPER_UP;
        break;
    case IFLA_LINK:
        state->peer = mnl_attr_get_u32(attr);
        break;
    case IFLA_LINK_NETNSID:
        state->peer_netns = mnl_attr_get_u32(attr);
        break;
    case IFLA_LINKINFO:
        state->is_veth = is_veth(attr);
        break;
    }
}

static bool
parse_device(const struct nlmsghdr *nlh, struct link_state *ret_state)
{
    const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
    struct link_state state = { .exists = true, .peer_netns = -1 };
    const struct nlattr *attr;

    if (nlh->nlmsg_type != RTM_NEWLINK) {
        return false;
    }
    state.index = ifi->ifi_index;
    state.up = ifi->ifi_flags & IFF_UP;
    mnl_attr_for_each(attr, nlh, sizeof *ifi)
    {
        parse_attribute(attr, &state);
    }
    *ret_state = state;
    return true;
}

static void
take_device(const struct nlmsghdr *nlh, void *aux)
{
    parse_device(nlh, aux);
}

/* An ioctl goes to the namespace of the socket, of whatever family that is. */
int
linkread_index(const struct link *link, const char *name, int *ret_index)
{
    struct ifreq ifr = { 0 };

    snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
    if (ioctl(mnl_socket_get_fd(link->nl), SIOCGIFINDEX, &ifr)) {
        return errno;
    }
    *ret_index = ifr.ifr_ifindex;
    return 0;
}

int
linkread_device(struct link *link, const char *name, struct link_state *state,
                struct cni_error *err)
{
    struct rtnl_batch batch = { .used = 0 };

    *state = (struct link_state){ .exists = false };
    rtnl_add(&batch, link, RTM_GETLINK, 0, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(batch.last, IFLA_IFNAME, name);
    if (rtnl_query(&batch, link, take_device, state) && errno != ENODEV) {
        return error_set(err, ERROR_KERNEL, "cannot look at %s: %m", name);
    }
    return 0;
}

/* Whom to tell about each device. */
struct listener {
    linkread_each *each;
    void *aux;
};

static void
tell_device(const struct nlmsghdr *nlh, void *aux)
{
    const struct listener *listener = aux;
    struct link_state state;

    if (parse_device(nlh, &state)) {
        listener->each(&state, listener->aux);
    }
}

int
linkread_devices(struct link *link, linkread_each *each, void *aux,
                 struct cni_error *err)
{
    struct listener listener = { each, aux };
    struct rtnl_batch batch = { .used = 0 };

    rtnl_add(&batch, link, RTM_GETLINK, NLM_F_DUMP, sizeof(struct ifinfomsg));
    return rtnl_query(&batch, link, tell_device, &listener)
               ? error_set(err, ERROR_KERNEL, "cannot list devices: %m")
               : 0;
}

static void
take_netns(const struct nlmsghdr *nlh, void *aux)
{
    const struct nlattr *attr;

    mnl_attr_for_each(attr, nlh, sizeof(struct rtgenmsg))
    {
        if (mnl_attr_get_type(attr) == NETNSA_NSID) {
            *(int *) aux = mnl_attr_get_u32(attr);
        }
    }
}

int
linkread_netns(struct link *link, int fd, int *ret_number,
               struct cni_error *err)
{
    struct rtnl_batch batch = { .used = 0 };

    *ret_number = -1;
    rtnl_add(&batch, link, RTM_GETNSID, 0, sizeof(struct rtgenmsg));
    mnl_attr_put_u32(batch.last, NETNSA_FD, fd);
    return rtnl_query(&batch, link, take_netns, ret_number) ? error_set(
               err, ERROR_KERNEL, "cannot look at the pod's namespace: %m")
                                                            : 0;
}

/* ---- Addresses and routes --------------------------------------------- */

/* The address in an attribute; unset if there is none. */
static struct ip
get_ip(const struct nlattr *attr)
{
    struct ip ip = { .bytes = { 0 } };

    ip_from_bytes(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr),
                  &ip);
    return ip;
}

struct wanted_address {
    int index;
    struct ip_prefix address;

    /* The answer. */
    bool has;
    unsigned int flags; /* IFA_F_*. */
};

static void
look_at_address(const struct nlmsghdr *nlh, void *aux)
{
    const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
    struct wanted_address *wanted = aux;
    const struct nlattr *attr;

    if (nlh->nlmsg_type != RTM_NEWADDR || (int) ifa->ifa_index != wanted->index
        || ifa->ifa_prefixlen != wanted->address.length) {
        return;
    }
    mnl_attr_for_each(attr, nlh, sizeof *ifa)
    {
        /* IPv6 knows no peers' addresses. */
        if (mnl_attr_get_type(attr)
                == (ifa->ifa_family == AF_INET ? IFA_LOCAL : IFA_ADDRESS)
            && ip_equal(get_ip(attr), wanted->address.address)) {
            wanted->has = true;
            wanted->flags = ifa->ifa_flags;
        }
    }
}

static int
find_address(struct link *link, struct wanted_address *wanted,
             struct cni_error *err)
{
    struct rtnl_batch batch = { .used = 0 };
    struct ifaddrmsg *ifa;

    ifa = rtnl_add(&batch, link, RTM_GETADDR, NLM_F_DUMP, sizeof *ifa);
    ifa->ifa_family = ip_af(wanted->address.address);
    return rtnl_query(&batch, link, look_at_address, wanted)
               ? error_set(err, ERROR_KERNEL, "cannot list addresses: %m")
               : 0;
}

int
linkread_has_address(struct link *link, int index, struct ip_prefix address,
                     bool *ret_has, struct cni_error *err)
{
    struct wanted_address wanted = { .index = index, .address = address };

    if (find_address(link, &wanted, err)) {
        return -1;
    }
    *ret_has = wanted.has;
    return 0;
}

static void
look_at_type(const struct nlmsghdr *nlh, void *aux)
{
    const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

    if (nlh->nlmsg_type == RTM_NEWROUTE) {
        *(bool *) aux = rtm->rtm_type == RTN_LOCAL;
    }
}

/* Does the kernel take what comes for an IPv6 address?  It adds the route to
 * itself not with the address, but later, by a worker, also if it does not
 * look for duplicates (addrconf_dad_work() in net/ipv6/addrconf.c). */
static bool
is_local(struct link *link, struct ip ip)
{
    struct rtnl_batch batch = { .used = 0 };
    unsigned int n;
    const uint8_t *bytes = ip_bytes(&ip, &n);
    struct rtmsg *rtm = rtnl_add(&batch, link, RTM_GETROUTE, 0, sizeof *rtm);
    bool local = false;

    rtm->rtm_family = ip_af(ip);
    rtm->rtm_dst_len = n * 8;
    mnl_attr_put(batch.last, RTA_DST, n, bytes);
    /* That there is no route is an error, too. */
    return !rtnl_query(&batch, link, look_at_type, &local) && local;
}

int
linkread_address_state(struct link *link, int index, struct ip_prefix address,
                       enum link_address_state *ret_state,
                       struct cni_error *err)
{
    struct wanted_address wanted = { .index = index, .address = address };

    if (find_address(link, &wanted, err)) {
        return -1;
    }
    *ret_state = !wanted.has || wanted.flags & IFA_F_DADFAILED
                     ? LINK_ADDRESS_REFUSED
                 : wanted.flags & IFA_F_TENTATIVE
                         || !is_local(link, address.address)
                     ? LINK_ADDRESS_TENTATIVE
                     : LINK_ADDRESS_USABLE;
    return 0;
}

struct wanted_routes {
    const struct routes *routes;
    bool *has; /* The answers. */
};

/* A route as the kernel tells it. */
static void
parse_route(const struct nlmsghdr *nlh, struct route *route)
{
    const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
    const struct nlattr *attr;

    *route = (struct route){ .dst.length = rtm->rtm_dst_len,
                             .table = rtm->rtm_table };
    /* A default route has no destination. */
    ip_from_bytes((uint8_t[16]){ 0 }, rtm->rtm_family == AF_INET ? 4 : 16,
                  &route->dst.address);
    mnl_attr_for_each(attr, nlh, sizeof *rtm)
    {
        switch (mnl_attr_get_type(attr)) {
        case RTA_DST:
            route->dst.address = get_ip(attr);
            break;
        case RTA_GATEWAY:
            route->gateway = get_ip(attr);
            break;
        case RTA_TABLE:
            route->table = mnl_attr_get_u32(attr);
            break;
        }
    }
}

static void
look_at_route(const struct nlmsghdr *nlh, void *aux)
{
    struct wanted_routes *wanted = aux;
    struct route have;

    const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);

    if (nlh->nlmsg_type != RTM_NEWROUTE
        || (rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6)) {
        return;
    }
    parse_route(nlh, &have);
    for (size_t i = 0; i < wanted->routes->n; i++) {
        const struct route *want = &wanted->routes->list[i];

        if (ip_same_network(want->dst, have.dst)
            && (!ip_is_set(want->gateway)
                || ip_equal(want->gateway, have.gateway))
            && (want->table ? want->table : RT_TABLE_MAIN) == have.table) {
            wanted->has[i] = true;
        }
    }
}

int
linkread_has_routes(struct link *link, const struct routes *routes, bool has[],
                    struct cni_error *err)
{
    struct wanted_routes wanted = { routes, has };
    struct rtnl_batch batch = { .used = 0 };
    struct rtmsg *rtm;

    memset(has, 0, routes->n * sizeof *has);
    rtm = rtnl_add(&batch, link, RTM_GETROUTE, NLM_F_DUMP, sizeof *rtm);
    rtm->rtm_family = AF_UNSPEC;
    return rtnl_query(&batch, link, look_at_route, &wanted)
               ? error_set(err, ERROR_KERNEL, "cannot list routes: %m")
               : 0;
}
