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

#include "cni/linkread.h"
#include "cni/rtnl.h"

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

    return linkread_index(link, pair->host_name, &index)
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

/* ---- One end ------------------------------------------------------------ */

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
