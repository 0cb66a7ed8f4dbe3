/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Which addresses pods can have. */

#include <config.h>
#include "ovsdb/local-private.h"

#include "packets.h"
#include "util.h"

/* Returns NULL if a pod of 'network' can have 'ip', else why not. */
char *
local_check_ip(const struct world_network *network, const struct in6_addr *ip)
{
    enum addr_family family = addr_family(ip);
    const struct prefix *subnet = &network->subnet[family];
    struct in6_addr last = prefix_last(subnet);
    char ip_buf[ADDR_STRLEN];
    char buf[ADDR_STRLEN];

    addr_format(ip, ip_buf);
    if (!prefix_is_set(subnet)) {
        return xasprintf("this node has no subnet of that family in network "
                         "%s", network->name);
    } else if (!prefix_has_addr(subnet, ip)) {
        return xasprintf("%s is outside this node's subnet %s of network %s",
                         ip_buf, prefix_format(subnet, buf), network->name);
    } else if (ipv6_addr_equals(ip, &network->gateway[family])) {
        return xasprintf("%s is the gateway's", ip_buf);
    } else if (ipv6_addr_equals(ip, &subnet->addr)) {
        return xasprintf("%s is the subnet's own address", ip_buf);
    } else if (family == ADDR_V4 && ipv6_addr_equals(ip, &last)) {
        return xasprintf("%s is the subnet's broadcast address", ip_buf);
    }
    return NULL;
}
