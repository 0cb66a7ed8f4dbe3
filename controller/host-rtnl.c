/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* rtnetlink messages about one device: what it is, its addresses, its routes.
 * The way to an address is host-rtnl-path.c's.
 *
 * Each function is one request.  What a device should have is decided in
 * host-link.c; nothing here remembers anything. */

#include <config.h>
#include "controller/host-rtnl.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink-socket.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* ---- Messages ----------------------------------------------------------- */

static uint8_t
af_of(const struct in6_addr *addr)
{
    return addr_family(addr) == ADDR_V4 ? AF_INET : AF_INET6;
}

/* Starts a request whose fixed part is 'header', of 'size' bytes. */
static void
start_request(struct ofpbuf *request, int type, int flags,
              const void *header, size_t size)
{
    ofpbuf_init(request, 0);
    nl_msg_put_nlmsghdr(request, size, type, NLM_F_REQUEST | flags);
    nl_msg_put(request, header, size);
}

/* Sends 'request', waits for the answer, and frees 'request'. */
static int
transact(struct ofpbuf *request, struct ofpbuf **replyp)
{
    int error = nl_transact(NETLINK_ROUTE, request, replyp);
    ofpbuf_uninit(request);
    return error;
}

static void
put_addr(struct ofpbuf *msg, uint16_t type, const struct in6_addr *addr)
{
    if (addr_family(addr) == ADDR_V4) {
        nl_msg_put_be32(msg, type, in6_addr_get_mapped_ipv4(addr));
    } else {
        nl_msg_put_in6_addr(msg, type, addr);
    }
}

bool
rtnl_get_addr(const struct nlattr *attr, uint8_t af,
              struct in6_addr *ret_addr)
{
    size_t size = attr ? nl_attr_get_size(attr) : 0;

    if (af == AF_INET && (!attr || size == 4)) {
        in6_addr_set_mapped_ipv4(ret_addr, attr ? nl_attr_get_be32(attr) : 0);
        return true;
    } else if (af == AF_INET6 && (!attr || size == 16)) {
        *ret_addr = attr ? nl_attr_get_in6_addr(attr) : in6addr_any;
        return true;
    }
    return false;
}

/* ---- The device --------------------------------------------------------- */

/* Learns from IFLA_AF_SPEC, which may be NULL, what IPv6 does there. */
static void
parse_af_spec(const struct nlattr *af_spec, struct rtnl_link *link)
{
    const struct nlattr *inet6, *mode;

    inet6 = af_spec ? nl_attr_find_nested(af_spec, AF_INET6) : NULL;
    mode = inet6 ? nl_attr_find_nested(inet6, IFLA_INET6_ADDR_GEN_MODE) : NULL;
    link->has_ipv6 = inet6 != NULL;
    link->makes_own_v6 = (mode
                          && nl_attr_get_u8(mode) != IN6_ADDR_GEN_MODE_NONE);
}

/* Looks up the device 'name'.  ENODEV if there is none. */
int
rtnl_link_get(const char *name, struct rtnl_link *ret_link)
{
    static const struct nl_policy policy[] = {
        [IFLA_AF_SPEC] = { .type = NL_A_UNSPEC, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
    struct ofpbuf request, *reply;

    start_request(&request, RTM_GETLINK, NLM_F_ACK, &ifi, sizeof ifi);
    nl_msg_put_string(&request, IFLA_IFNAME, name);
    int error = transact(&request, &reply);
    if (error) {
        return error;
    }

    const struct ifinfomsg *found = ofpbuf_at(reply, NLMSG_HDRLEN,
                                              sizeof *found);
    if (found && nl_policy_parse(reply, NLMSG_HDRLEN + sizeof *found, policy,
                                 attrs, ARRAY_SIZE(policy))) {
        ret_link->ifindex = found->ifi_index;
        ret_link->up = (found->ifi_flags & IFF_UP) != 0;
        parse_af_spec(attrs[IFLA_AF_SPEC], ret_link);
    } else {
        error = EPROTO;
    }
    ofpbuf_delete(reply);
    return error;
}

/* Keeps the device from giving itself IPv6 addresses: with one MAC on every
 * node, all nodes would give themselves the same. */
int
rtnl_link_quieten(int ifindex)
{
    struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
    struct ofpbuf request;

    start_request(&request, RTM_NEWLINK, NLM_F_ACK, &ifi, sizeof ifi);
    size_t spec = nl_msg_start_nested(&request, IFLA_AF_SPEC);
    size_t inet6 = nl_msg_start_nested(&request, AF_INET6);
    nl_msg_put_u8(&request, IFLA_INET6_ADDR_GEN_MODE,
                  IN6_ADDR_GEN_MODE_NONE);
    nl_msg_end_nested(&request, inet6);
    nl_msg_end_nested(&request, spec);
    return transact(&request, NULL);
}

int
rtnl_link_set_up(int ifindex)
{
    struct ifinfomsg ifi = {
        .ifi_family = AF_UNSPEC,
        .ifi_index = ifindex,
        .ifi_flags = IFF_UP,
        .ifi_change = IFF_UP,
    };
    struct ofpbuf request;

    start_request(&request, RTM_NEWLINK, NLM_F_ACK, &ifi, sizeof ifi);
    return transact(&request, NULL);
}

/* ---- Lists -------------------------------------------------------------- */

/* What is asked for. */
struct question {
    int ifindex;        /* Of the device. */
    unsigned int proto; /* RTPROT_*; of routes only. */

    /* Says whether 'msg' is about what is asked for, and if so, what. */
    bool (*parse)(struct ofpbuf *msg, const struct question *,
                  struct rtnl_entry *);
};

/* Collects what 'question' recognizes in the answers to 'request', which it
 * frees. */
static int
dump(struct ofpbuf *request, const struct question *question,
     struct rtnl_entry **ret_entries, size_t *ret_n)
{
    uint64_t reply_stub[NL_DUMP_BUFSIZE / 8];
    struct ofpbuf reply, buf;
    struct nl_dump dump;
    struct rtnl_entry *entries = NULL, entry;
    size_t n = 0, allocated = 0;

    ofpbuf_use_stub(&buf, reply_stub, sizeof reply_stub);
    nl_dump_start(&dump, NETLINK_ROUTE, request);
    while (nl_dump_next(&dump, &reply, &buf)) {
        if (question->parse(&reply, question, &entry)) {
            if (n >= allocated) {
                entries = x2nrealloc(entries, &allocated, sizeof *entries);
            }
            entries[n++] = entry;
        }
    }
    ofpbuf_uninit(&buf);
    ofpbuf_uninit(request);

    int error = nl_dump_done(&dump);
    if (error) {
        free(entries);
    } else {
        *ret_entries = entries;
        *ret_n = n;
    }
    return error;
}

bool
rtnl_parse_addr(struct ofpbuf *msg, struct rtnl_entry *entry, int *ret_ifindex)
{
    static const struct nl_policy policy[] = {
        [IFA_ADDRESS] = { .type = NL_A_UNSPEC, .optional = true },
        [IFA_LOCAL] = { .type = NL_A_UNSPEC, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    const struct ifaddrmsg *ifa = ofpbuf_at(msg, NLMSG_HDRLEN, sizeof *ifa);

    if (!ifa || !nl_policy_parse(msg, NLMSG_HDRLEN + sizeof *ifa, policy,
                                 attrs, ARRAY_SIZE(policy))) {
        return false;
    }
    *ret_ifindex = ifa->ifa_index;
    entry->plen = ifa->ifa_prefixlen;
    return rtnl_get_addr(attrs[IFA_LOCAL] ? attrs[IFA_LOCAL]
                         : attrs[IFA_ADDRESS],
                         ifa->ifa_family, &entry->addr);
}

static bool
parse_addr(struct ofpbuf *msg, const struct question *question,
           struct rtnl_entry *entry)
{
    int ifindex;

    return (rtnl_parse_addr(msg, entry, &ifindex)
            && ifindex == question->ifindex);
}

int
rtnl_addrs(int ifindex, struct rtnl_entry **ret_entries, size_t *ret_n)
{
    const struct question question = {
        .ifindex = ifindex,
        .parse = parse_addr,
    };
    struct ifaddrmsg ifa = { .ifa_family = AF_UNSPEC };
    struct ofpbuf request;

    start_request(&request, RTM_GETADDR, 0, &ifa, sizeof ifa);
    return dump(&request, &question, ret_entries, ret_n);
}

static bool
parse_route(struct ofpbuf *msg, const struct question *question,
            struct rtnl_entry *entry)
{
    static const struct nl_policy policy[] = {
        [RTA_DST] = { .type = NL_A_UNSPEC, .optional = true },
        [RTA_OIF] = { .type = NL_A_U32, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    const struct rtmsg *rtm = ofpbuf_at(msg, NLMSG_HDRLEN, sizeof *rtm);

    if (!rtm || rtm->rtm_table != RT_TABLE_MAIN
        || rtm->rtm_protocol != question->proto
        || !nl_policy_parse(msg, NLMSG_HDRLEN + sizeof *rtm, policy, attrs,
                            ARRAY_SIZE(policy))
        || !attrs[RTA_OIF]
        || nl_attr_get_u32(attrs[RTA_OIF]) != question->ifindex) {
        return false;
    }
    entry->plen = rtm->rtm_dst_len;
    return rtnl_get_addr(attrs[RTA_DST], rtm->rtm_family, &entry->addr);
}

int
rtnl_routes(int ifindex, unsigned int proto,
            struct rtnl_entry **ret_entries, size_t *ret_n)
{
    const struct question question = {
        .ifindex = ifindex,
        .proto = proto,
        .parse = parse_route,
    };
    struct rtmsg rtm = { .rtm_family = AF_UNSPEC };
    struct ofpbuf request;

    start_request(&request, RTM_GETROUTE, 0, &rtm, sizeof rtm);
    return dump(&request, &question, ret_entries, ret_n);
}

/* ---- Addresses ---------------------------------------------------------- */

static int
change_addr(int type, int flags, int ifindex, const struct rtnl_entry *entry)
{
    struct ifaddrmsg ifa = {
        .ifa_family = af_of(&entry->addr),
        .ifa_prefixlen = entry->plen,
        .ifa_scope = RT_SCOPE_UNIVERSE,
        .ifa_index = ifindex,
    };
    struct ofpbuf request;

    /* Every node has a host port with this MAC: what duplicate address
     * detection would find is ourselves. */
    ifa.ifa_flags = ifa.ifa_family == AF_INET6 ? IFA_F_NODAD : 0;
    start_request(&request, type, NLM_F_ACK | flags, &ifa, sizeof ifa);
    put_addr(&request, IFA_LOCAL, &entry->addr);
    put_addr(&request, IFA_ADDRESS, &entry->addr);
    return transact(&request, NULL);
}

int
rtnl_addr_add(int ifindex, const struct rtnl_entry *entry)
{
    return change_addr(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, ifindex,
                       entry);
}

int
rtnl_addr_delete(int ifindex, const struct rtnl_entry *entry)
{
    return change_addr(RTM_DELADDR, 0, ifindex, entry);
}

/* ---- Routes ------------------------------------------------------------- */

/* Starts a request about the route to 'entry' through the device. */
static void
start_route_request(struct ofpbuf *request, int type, int flags,
                    unsigned int proto, const struct rtnl_entry *entry)
{
    struct rtmsg rtm = {
        .rtm_family = af_of(&entry->addr),
        .rtm_dst_len = entry->plen,
        .rtm_table = RT_TABLE_MAIN,
        .rtm_protocol = proto,
        .rtm_scope = RT_SCOPE_LINK,
        .rtm_type = RTN_UNICAST,
    };

    start_request(request, type, NLM_F_ACK | flags, &rtm, sizeof rtm);
    put_addr(request, RTA_DST, &entry->addr);
}

/* Adds a route to 'entry', on which the host speaks from 'source'.  EEXIST
 * if somebody has one to the same destination. */
int
rtnl_route_add(int ifindex, unsigned int proto,
               const struct rtnl_entry *entry, const struct in6_addr *source)
{
    struct ofpbuf request;

    start_route_request(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
                        proto, entry);
    nl_msg_put_u32(&request, RTA_OIF, ifindex);
    put_addr(&request, RTA_PREFSRC, source);
    return transact(&request, NULL);
}

int
rtnl_route_delete(int ifindex, unsigned int proto,
                  const struct rtnl_entry *entry)
{
    struct ofpbuf request;

    start_route_request(&request, RTM_DELROUTE, 0, proto, entry);
    nl_msg_put_u32(&request, RTA_OIF, ifindex);
    return transact(&request, NULL);
}
