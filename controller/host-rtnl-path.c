/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The rtnetlink messages that ask for the way to an address, for all ways that
 * a route knows, and for the device that has an address. */

#include <config.h>
#include "controller/host-rtnl.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink-socket.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* Begins the question for the way from 'from' to 'to'; 'flags' are the
 * kernel's RTM_F_*. */
static void
start_question(struct ofpbuf *request, const struct in6_addr *from,
               const struct in6_addr *to, unsigned int flags)
{
    bool v4 = addr_family(to) == ADDR_V4;
    struct rtmsg rtm = {
        .rtm_family = v4 ? AF_INET : AF_INET6,
        .rtm_dst_len = v4 ? 32 : 128,
        .rtm_src_len = v4 ? 32 : 128,
        .rtm_flags = flags,
    };

    ofpbuf_init(request, 0);
    nl_msg_put_nlmsghdr(request, sizeof rtm, RTM_GETROUTE, NLM_F_REQUEST);
    nl_msg_put(request, &rtm, sizeof rtm);
    if (v4) {
        nl_msg_put_be32(request, RTA_DST, in6_addr_get_mapped_ipv4(to));
        nl_msg_put_be32(request, RTA_SRC, in6_addr_get_mapped_ipv4(from));
    } else {
        nl_msg_put_in6_addr(request, RTA_DST, to);
        nl_msg_put_in6_addr(request, RTA_SRC, from);
    }
}

/* If the route 'rtm' is one that the kernel has made itself because of what a
 * router said, returns for how many seconds more, else 0.  'cacheinfo' may be
 * NULL.  With IPv4 such a one has an end; with IPv6 others can have one, but
 * it is a copy. */
static int
learned_for(const struct rtmsg *rtm, const struct nlattr *cacheinfo)
{
    const struct rta_cacheinfo *info = cacheinfo ? nl_attr_get(cacheinfo)
                                                 : NULL;

    if (!info || !info->rta_expires
        || (rtm->rtm_family == AF_INET6
            && !(rtm->rtm_flags & RTM_F_CLONED))) {
        return 0;
    }
    int seconds = info->rta_expires / (int) sysconf(_SC_CLK_TCK);
    return MAX(seconds, 1);
}

int
rtnl_path_get(const struct in6_addr *from, const struct in6_addr *to,
              struct rtnl_path *ret_path)
{
    static const struct nl_policy policy[] = {
        [RTA_OIF] = { .type = NL_A_U32 },
        [RTA_METRICS] = { .type = NL_A_NESTED, .optional = true },
        [RTA_CACHEINFO] = { .type = NL_A_UNSPEC, .optional = true,
                            .min_len = sizeof(struct rta_cacheinfo) },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    struct ofpbuf request, *reply;

    start_question(&request, from, to, 0);
    int error = nl_transact(NETLINK_ROUTE, &request, &reply);
    ofpbuf_uninit(&request);
    if (error) {
        return error;
    }
    const struct rtmsg *rtm = ofpbuf_at(reply, NLMSG_HDRLEN, sizeof *rtm);
    if (rtm && nl_policy_parse(reply, NLMSG_HDRLEN + sizeof *rtm, policy,
                               attrs, ARRAY_SIZE(policy))) {
        const struct nlattr *metrics = attrs[RTA_METRICS];
        const struct nlattr *mtu
            = metrics ? nl_attr_find_nested(metrics, RTAX_MTU) : NULL;

        ret_path->ifindex = nl_attr_get_u32(attrs[RTA_OIF]);
        ret_path->mtu = mtu ? nl_attr_get_u32(mtu) : 0;
        ret_path->learned = (mtu ? learned_for(rtm, attrs[RTA_CACHEINFO])
                             : 0);
    } else {
        error = EPROTO;
    }
    ofpbuf_delete(reply);
    return error;
}

/* Stores the devices of those next hops in 'multipath' that work into 'hops'.
 * Returns their number. */
static size_t
read_hops(const struct nlattr *multipath, int hops[RTNL_MAX_HOPS])
{
    const struct rtnexthop *hop = nl_attr_get(multipath);
    int left = nl_attr_get_size(multipath);
    size_t n = 0;

    while (left >= (int) sizeof *hop && RTNH_OK(hop, left)
           && n < RTNL_MAX_HOPS) {
        if (!(hop->rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN))) {
            hops[n++] = hop->rtnh_ifindex;
        }
        left -= RTNH_ALIGN(hop->rtnh_len);
        hop = RTNH_NEXT(hop);
    }
    return n;
}

int
rtnl_path_get_hops(const struct in6_addr *from, const struct in6_addr *to,
                   int hops[RTNL_MAX_HOPS], size_t *ret_n)
{
    static const struct nl_policy policy[] = {
        [RTA_MULTIPATH] = { .type = NL_A_UNSPEC, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    struct ofpbuf request, *reply;

    start_question(&request, from, to, RTM_F_FIB_MATCH);
    int error = nl_transact(NETLINK_ROUTE, &request, &reply);
    ofpbuf_uninit(&request);
    if (error) {
        return error;
    }
    if (nl_policy_parse(reply, NLMSG_HDRLEN + sizeof(struct rtmsg), policy,
                        attrs, ARRAY_SIZE(policy))) {
        *ret_n = (attrs[RTA_MULTIPATH]
                  ? read_hops(attrs[RTA_MULTIPATH], hops) : 0);
    } else {
        error = EPROTO;
    }
    ofpbuf_delete(reply);
    return error;
}

int
rtnl_addr_get_device(const struct in6_addr *addr, int *ret_ifindex)
{
    struct ifaddrmsg ifa = {
        .ifa_family = addr_family(addr) == ADDR_V4 ? AF_INET : AF_INET6,
    };
    uint64_t reply_stub[NL_DUMP_BUFSIZE / 8];
    struct ofpbuf request, reply, buf;
    struct nl_dump dump;
    struct rtnl_entry entry;
    bool found = false;
    int ifindex;

    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, sizeof ifa, RTM_GETADDR, NLM_F_REQUEST);
    nl_msg_put(&request, &ifa, sizeof ifa);
    ofpbuf_use_stub(&buf, reply_stub, sizeof reply_stub);
    nl_dump_start(&dump, NETLINK_ROUTE, &request);
    while (nl_dump_next(&dump, &reply, &buf)) {
        if (!found && rtnl_parse_addr(&reply, &entry, &ifindex)
            && ipv6_addr_equals(&entry.addr, addr)) {
            found = true;
            *ret_ifindex = ifindex;
        }
    }
    ofpbuf_uninit(&buf);
    ofpbuf_uninit(&request);

    int error = nl_dump_done(&dump);
    return error || found ? error : ENODEV;
}
