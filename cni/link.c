/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Each public function sends one datagram of one or several requests.  Only
 * the last one asks for an acknowledgement: the kernel handles them in order
 * and reports any that fails. */

#include "cni/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* Requests under construction.  Their number is bounded by the routes of a
 * network, and so their size. */
struct batch {
    char buf[4096];        /* The requests, one behind the other. */
    size_t used;           /* Bytes of 'buf' before 'last'. */
    struct nlmsghdr *last; /* The request to which attributes go, or NULL. */
};

int
link_open(struct link *link, struct cni_error *err)
{
    *link =
        (struct link){ .nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC) };
    if (!link->nl || mnl_socket_bind(link->nl, 0, MNL_SOCKET_AUTOPID)) {
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

/* Begins another request in 'batch': 'type' with NLM_F_* 'flags' and a fixed
 * part of 'size' bytes, which is returned, zeroed. */
static void *
batch_add(struct batch *batch, struct link *link, uint16_t type,
          uint16_t flags, size_t size)
{
    if (batch->last) {
        batch->used += MNL_ALIGN(batch->last->nlmsg_len);
    }
    batch->last = mnl_nlmsg_put_header(batch->buf + batch->used);
    batch->last->nlmsg_type = type;
    batch->last->nlmsg_flags = NLM_F_REQUEST | flags;
    batch->last->nlmsg_seq = ++link->seq;
    return mnl_nlmsg_put_extra_header(batch->last, size);
}

/* Looks at 'n' bytes received.  Keeps the first error in '*error', a positive
 * errno.  Returns true once the request 'seq' has been answered. */
static bool
read_answers(const char *buf, int n, unsigned int seq, int *error)
{
    const struct nlmsghdr *nlh = (const struct nlmsghdr *) buf;
    bool done = false;

    for (; mnl_nlmsg_ok(nlh, n); nlh = mnl_nlmsg_next(nlh, &n)) {
        const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);

        if (nlh->nlmsg_type == NLMSG_ERROR
            && mnl_nlmsg_get_payload_len(nlh) >= sizeof *answer) {
            if (!*error) {
                *error = -answer->error;
            }
            done = done || nlh->nlmsg_seq == seq;
        }
    }
    return done;
}

/* Sends the requests of 'batch' and reads all answers.  Returns 0, or a
 * positive errno and sets errno to it. */
static int
batch_send(struct batch *batch, struct link *link)
{
    char buf[8192];
    int error = 0;
    ssize_t n;

    batch->last->nlmsg_flags |= NLM_F_ACK;
    n = batch->used + batch->last->nlmsg_len;
    if (mnl_socket_sendto(link->nl, batch->buf, n) < 0) {
        return errno;
    }
    do {
        n = mnl_socket_recvfrom(link->nl, buf, sizeof buf);
        if (n < 0 && errno != EINTR) {
            return errno;
        }
    } while (n < 0 || !read_answers(buf, n, link->seq, &error));
    errno = error;
    return error;
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
static int
forbid_link_local(struct link *link, const char *name)
{
    struct batch batch = { .used = 0 };
    struct nlattr *families, *inet6;
    struct nlmsghdr *nlh;
    int error;

    batch_add(&batch, link, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
    nlh = batch.last;
    mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
    families = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
    inet6 = mnl_attr_nest_start(nlh, AF_INET6);
    mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    mnl_attr_nest_end(nlh, inet6);
    mnl_attr_nest_end(nlh, families);

    error = batch_send(&batch, link);
    /* A kernel without IPv6, or an MTU below IPv6's. */
    return error == EAFNOSUPPORT ? 0 : error;
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

int
link_make_pair(struct link *link, const struct link_pair *pair,
               struct cni_error *err)
{
    struct batch batch = { .used = 0 };
    struct ifinfomsg *ifi;

    ifi = batch_add(&batch, link, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
                    sizeof *ifi);
    ifi->ifi_flags = ifi->ifi_change = IFF_UP;
    mnl_attr_put_strz(batch.last, IFLA_IFNAME, pair->host_name);
    mnl_attr_put_u32(batch.last, IFLA_MTU, pair->mtu);
    mnl_attr_put(batch.last, IFLA_ADDRESS, sizeof pair->host_mac,
                 &pair->host_mac);
    put_pod_end(batch.last, pair);
    if (batch_send(&batch, link)) {
        return errno == EEXIST
                   ? already_exists(link, pair, err)
                   : error_set(err, ERROR_KERNEL,
                               "cannot make the veth pair %s and %s: %m",
                               pair->host_name, pair->pod_name);
    }
    if (forbid_link_local(link, pair->host_name)) {
        struct cni_error ignored;

        error_set(err, ERROR_KERNEL, "cannot set %s's addr_gen_mode: %m",
                  pair->host_name);
        link_delete(link, pair->host_name, &ignored);
        return -1;
    }
    return 0;
}

/* ---- Setting up the pod's end ----------------------------------------- */

static void
put_mac_and_up(struct batch *batch, struct link *link, int index,
               struct ip_mac mac)
{
    struct ifinfomsg *ifi =
        batch_add(batch, link, RTM_NEWLINK, 0, sizeof *ifi);

    ifi->ifi_index = index;
    ifi->ifi_flags = ifi->ifi_change = IFF_UP;
    mnl_attr_put(batch->last, IFLA_ADDRESS, sizeof mac, &mac);
}

static void
put_address(struct batch *batch, struct link *link, int index,
            struct ip_prefix address)
{
    struct ifaddrmsg *ifa = batch_add(batch, link, RTM_NEWADDR,
                                      NLM_F_CREATE | NLM_F_EXCL, sizeof *ifa);

    ifa->ifa_family = AF_INET;
    ifa->ifa_prefixlen = address.length;
    ifa->ifa_scope = RT_SCOPE_UNIVERSE;
    ifa->ifa_index = index;
    mnl_attr_put_u32(batch->last, IFA_LOCAL, htonl(address.address));
    mnl_attr_put_u32(batch->last, IFA_ADDRESS, htonl(address.address));
    mnl_attr_put_u32(batch->last, IFA_BROADCAST, htonl(ip_last(address)));
}

/* NLM_F_APPEND: of two networks of one pod, the one attached first keeps the
 * default route, and the second one's is no conflict. */
static void
put_route(struct batch *batch, struct link *link, int index,
          struct ip_prefix dst, uint32_t gateway)
{
    struct rtmsg *rtm = batch_add(batch, link, RTM_NEWROUTE,
                                  NLM_F_CREATE | NLM_F_APPEND, sizeof *rtm);

    rtm->rtm_family = AF_INET;
    rtm->rtm_dst_len = dst.length;
    rtm->rtm_table = RT_TABLE_MAIN;
    rtm->rtm_protocol = RTPROT_BOOT;
    rtm->rtm_scope = RT_SCOPE_UNIVERSE;
    rtm->rtm_type = RTN_UNICAST;
    if (dst.length) {
        mnl_attr_put_u32(batch->last, RTA_DST, htonl(dst.address));
    }
    mnl_attr_put_u32(batch->last, RTA_GATEWAY, htonl(gateway));
    mnl_attr_put_u32(batch->last, RTA_OIF, index);
}

int
link_set_up(struct link *link, const struct link_setup *setup,
            struct cni_error *err)
{
    struct batch batch = { .used = 0 };
    int index;

    if (get_index(link, setup->name, &index)) {
        return error_set(err, ERROR_KERNEL, "the pod's %s is gone: %m",
                         setup->name);
    }
    put_mac_and_up(&batch, link, index, setup->mac);
    put_address(&batch, link, index, setup->address);
    for (size_t i = 0; i < setup->n_routes; i++) {
        put_route(&batch, link, index, setup->routes[i], setup->gateway);
    }
    if (batch_send(&batch, link)) {
        return error_set(err, ERROR_KERNEL, "cannot set up the pod's %s: %m",
                         setup->name);
    }
    return 0;
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
    struct batch batch = { .used = 0 };

    batch_add(&batch, link, RTM_DELLINK, 0, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(batch.last, IFLA_IFNAME, name);
    if (batch_send(&batch, link) && errno != ENODEV) {
        return error_set(err, ERROR_KERNEL, "cannot delete %s: %m", name);
    }
    return 0;
}
