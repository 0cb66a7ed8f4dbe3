/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The network under the tunnels: which of this node's addresses they end at
 * unless somebody says, and how large a packet fits there.  Only asks the
 * kernel, changes nothing. */

#include <config.h>
#include "controller/host.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/host-rtnl.h"
#include "controller/host-veth.h"
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

/* Stores into 'ret_mtu' the MTU, in bytes, of the interface that has the
 * address 'ip'.  Returns NULL or a malloc'd error. */
char *
host_underlay_mtu(const struct in6_addr *ip, unsigned int *ret_mtu)
{
    char buf[ADDR_STRLEN];
    int ifindex;
    int error = rtnl_addr_get_device(ip, &ifindex);

    if (!error) {
        error = veth_get_mtu(NULL, ifindex, ret_mtu);
    }
    if (error && error != ENODEV) {
        return xasprintf("the interface with this node's address %s cannot "
                         "be read: %s",
                         addr_format(ip, buf), ovs_strerror(error));
    } else if (error) {
        return xasprintf("no interface of this node has the tunnels' address "
                         "%s: give it to one, or choose another with "
                         "external_ids:"KEY_ENCAP_IP,
                         addr_format(ip, buf));
    }
    return NULL;
}
