/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The network under the tunnels: which of this node's addresses they end at
 * unless somebody says, and how large a packet fits there.  Only asks the
 * kernel, changes nothing. */

#include <config.h>
#include "controller/host.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ovsdb/keys.h"
#include "packets.h"
#include "util.h"

/* Addresses that nobody has (RFC 5737, RFC 3849), so that only a default
 * route leads there.  Nothing is sent: connecting a UDP socket only makes the
 * kernel choose a source. */
static const struct sockaddr_in far_v4 = {
    .sin_family = AF_INET,
    .sin_port = CONSTANT_HTONS(9),
    .sin_addr.s_addr = CONSTANT_HTONL(0xcb007101), /* 203.0.113.1 */
};
static const struct sockaddr_in6 far_v6 = {
    .sin6_family = AF_INET6,
    .sin6_port = CONSTANT_HTONS(9),
    .sin6_addr.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 },
};

/* Returns the address in 'sa', which may be NULL; "::" if there is none. */
static struct in6_addr
sockaddr_addr(const struct sockaddr *sa)
{
    struct in6_addr addr = in6addr_any;

    if (sa && sa->sa_family == AF_INET) {
        struct sockaddr_in sin;
        memcpy(&sin, sa, sizeof sin);
        in6_addr_set_mapped_ipv4(&addr, sin.sin_addr.s_addr);
    } else if (sa && sa->sa_family == AF_INET6) {
        struct sockaddr_in6 sin6;
        memcpy(&sin6, sa, sizeof sin6);
        addr = sin6.sin6_addr;
    }
    return addr;
}

/* Stores into 'ret_source' the address that packets to 'to' would carry.
 * Returns 0 or a positive errno. */
static int
source_towards(const struct sockaddr *to, socklen_t len,
               struct in6_addr *ret_source)
{
    int fd = socket(to->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_storage from;
    socklen_t from_len = sizeof from;
    int error = 0;

    if (fd < 0) {
        return errno;
    }
    if (connect(fd, to, len)
        || getsockname(fd, (struct sockaddr *) &from, &from_len)) {
        error = errno;
    } else {
        *ret_source = sockaddr_addr((const struct sockaddr *) &from);
    }
    close(fd);
    return error;
}

/* Stores into 'ret_ip' the address that this node sends from towards its
 * default route: IPv4's, or without one, IPv6's.  Returns NULL or a malloc'd
 * error that says how to choose an address. */
char *
host_default_tunnel_ip(struct in6_addr *ret_ip)
{
    int error = source_towards((const struct sockaddr *) &far_v4,
                               sizeof far_v4, ret_ip);

    if (error && !source_towards((const struct sockaddr *) &far_v6,
                                 sizeof far_v6, ret_ip)) {
        error = 0;
    }
    return (error
            ? xasprintf("there is no default route to take the tunnels' "
                        "address from (%s): choose one of this node's "
                        "addresses with 'ovs-vsctl set open . "
                        "external_ids:"KEY_ENCAP_IP"=ADDRESS'",
                        ovs_strerror(error))
            : NULL);
}

/* Returns the MTU of the interface 'name' in bytes, or 0 if it has gone. */
static unsigned int
interface_mtu(const char *name)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq ifr;
    unsigned int mtu = 0;

    memset(&ifr, 0, sizeof ifr);
    ovs_strzcpy(ifr.ifr_name, name, sizeof ifr.ifr_name);
    if (fd >= 0) {
        if (!ioctl(fd, SIOCGIFMTU, &ifr) && ifr.ifr_mtu > 0) {
            mtu = ifr.ifr_mtu;
        }
        close(fd);
    }
    return mtu;
}

/* Stores into 'ret_mtu' the MTU, in bytes, of the interface that has the
 * address 'ip'.  Returns NULL or a malloc'd error. */
char *
host_underlay_mtu(const struct in6_addr *ip, unsigned int *ret_mtu)
{
    struct ifaddrs *all, *ifa;
    unsigned int mtu = 0;
    char buf[ADDR_STRLEN];

    if (getifaddrs(&all)) {
        return xasprintf("this node's addresses cannot be read: %s",
                         ovs_strerror(errno));
    }
    for (ifa = all; ifa && !mtu; ifa = ifa->ifa_next) {
        struct in6_addr addr = sockaddr_addr(ifa->ifa_addr);

        if (addr_is_set(&addr) && ipv6_addr_equals(&addr, ip)) {
            mtu = interface_mtu(ifa->ifa_name);
        }
    }
    freeifaddrs(all);
    if (!mtu) {
        return xasprintf("no interface of this node has the tunnels' address "
                         "%s: give it to one, or choose another with "
                         "external_ids:"KEY_ENCAP_IP,
                         addr_format(ip, buf));
    }
    *ret_mtu = mtu;
    return NULL;
}
