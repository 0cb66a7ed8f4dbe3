/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The underlay's routes to the peers: the MTU of each, which is the route's
 * own (RTAX_MTU) if it has one and never more than its device's.
 *
 * The kernel is asked for the very route that a tunnel's packets take, from
 * the tunnel's address to the peer's.  Of a route with several next hops the
 * least counts: which one a packet takes can depend on its UDP ports
 * (net.ipv4.fib_multipath_hash_policy).  The kernel tells of devices and
 * routes that change, and we ask again if a route to a peer can be among them;
 * at most twice in a second, as routes come in crowds.  A route that is gone
 * for the moment, as while a device is set down, changes nothing: what was
 * known stands.  Nor is what a router has said of a path, for some minutes, a
 * reason to change all pods' MTU: that goes to host-errors.c.  Without peers
 * the device that has the tunnel's address says how large a packet may be
 * (host-underlay.c).  Source: rtnetlink(7), linux/rtnetlink.h. */

#include <config.h>
#include "controller/host-paths.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "controller/host-errors.h"
#include "controller/host-rtnl.h"
#include "controller/host-veth.h"
#include "controller/host.h"
#include "flows/world.h"
#include "netlink-notifier.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_paths);

/* Between two looks because of changes, in ms. */
#define PAUSE_MS 500

/* What can change a path: the kernel's multicast groups. */
static const int groups[] = {
    RTNLGRP_LINK, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE,
    RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE
};
#define N_GROUPS ARRAY_SIZE(groups)

/* The way to a peer. */
struct path {
    struct in6_addr from;  /* Where our tunnel ends. */
    struct in6_addr to;    /* Where the peer's does. */
    int ifindex;           /* The device that it leaves by; 0: not known, or
                            * one of several. */
    unsigned int mtu;      /* In bytes; 0: not known. */
    bool seen;             /* Used only within host_paths_put(). */
};

/* What the kernel tells of. */
struct path_change {
    enum { CHANGED_DEVICE, CHANGED_ROUTE, CHANGED_ANY } kind;
    int ifindex;               /* The device. */
    struct prefix destination; /* Of the route. */
};

struct host_paths {
    struct host_errors *errors; /* What routers said; borrowed. */
    struct shash paths;  /* Of "struct path", by the peer's address. */
    unsigned int device; /* The MTU of the least of our tunnels' devices;
                          * 0: not known. */
    struct in6_addr own[ADDR_N_FAMILIES]; /* The addresses of that. */
    unsigned int seqno;  /* Raised when an MTU changes. */
    bool dirty;          /* Has something changed since the last look? */
    long long int next;  /* Not before, in time_msec(). */

    struct nln *nln;                          /* The kernel's notifications. */
    struct nln_notifier *notifiers[N_GROUPS]; /* NULL if refused. */
    struct path_change change;                /* What 'nln' parses into. */
};

/* ---- Notifications ------------------------------------------------------ */

/* Stores what the route in 'buf' leads to into 'change'. */
static void
parse_route(struct ofpbuf *buf, const struct rtmsg *rtm,
            struct path_change *change)
{
    static const struct nl_policy policy[] = {
        [RTA_DST] = { .type = NL_A_UNSPEC, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];

    if (nl_policy_parse(buf, NLMSG_HDRLEN + sizeof *rtm, policy, attrs,
                        ARRAY_SIZE(policy))
        && rtnl_get_addr(attrs[RTA_DST], rtm->rtm_family,
                         &change->destination.addr)) {
        change->kind = CHANGED_ROUTE;
        change->destination.plen = rtm->rtm_dst_len;
    }
}

/* Returns the multicast group of 'buf', parsed into 'change_', or 0. */
static int
parse_change(struct ofpbuf *buf, void *change_)
{
    struct path_change *change = change_;
    const struct nlmsghdr *nlmsg = buf->data;
    const struct ifinfomsg *ifi;
    const struct rtmsg *rtm;

    *change = (struct path_change) { .kind = CHANGED_ANY };
    switch (nlmsg->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        ifi = ofpbuf_at(buf, NLMSG_HDRLEN, sizeof *ifi);
        if (ifi) {
            change->kind = CHANGED_DEVICE;
            change->ifindex = ifi->ifi_index;
        }
        return RTNLGRP_LINK;

    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        rtm = ofpbuf_at(buf, NLMSG_HDRLEN, sizeof *rtm);
        if (rtm) {
            parse_route(buf, rtm, change);
        }
        return (rtm && rtm->rtm_family == AF_INET6
                ? RTNLGRP_IPV6_ROUTE : RTNLGRP_IPV4_ROUTE);

    case RTM_NEWRULE:
    case RTM_DELRULE:
        return RTNLGRP_IPV4_RULE;

    default:
        return 0;
    }
}

/* Can 'change' be about 'path'? */
static bool
concerns(const struct path_change *change, const struct path *path)
{
    switch (change->kind) {
    case CHANGED_DEVICE:
        return !path->ifindex || change->ifindex == path->ifindex;
    case CHANGED_ROUTE:
        return prefix_has_addr(&change->destination, &path->to);
    case CHANGED_ANY:
    default:
        return true;
    }
}

/* Something happened; anything, if 'change_' is NULL. */
static void
underlay_changed(const void *change_, void *paths_)
{
    const struct path_change *change = change_;
    struct host_paths *paths = paths_;
    struct shash_node *node;

    if (!change || shash_is_empty(&paths->paths)) {
        paths->dirty = true;
        return;
    }
    SHASH_FOR_EACH (node, &paths->paths) {
        if (paths->dirty || concerns(change, node->data)) {
            paths->dirty = true;
            return;
        }
    }
}

struct host_paths *
host_paths_open(struct host_errors *errors)
{
    struct host_paths *paths = xzalloc(sizeof *paths);

    paths->errors = errors;
    shash_init(&paths->paths);
    paths->nln = nln_create(NETLINK_ROUTE, parse_change, &paths->change);
    for (size_t i = 0; i < N_GROUPS; i++) {
        paths->notifiers[i] = nln_notifier_create(paths->nln, groups[i],
                                                  underlay_changed, paths);
    }
    return paths;
}

void
host_paths_close(struct host_paths *paths)
{
    if (paths) {
        for (size_t i = 0; i < N_GROUPS; i++) {
            nln_notifier_destroy(paths->notifiers[i]);
        }
        nln_destroy(paths->nln);
        shash_destroy_free_data(&paths->paths);
        free(paths);
    }
}

/* ---- Looking ------------------------------------------------------------ */

/* If the route of 'path' has several next hops, forgets by which device it
 * leaves and makes '*mtu' the least of theirs. */
static void
look_at_hops(struct path *path, unsigned int *mtu)
{
    int hops[RTNL_MAX_HOPS];
    size_t n;

    if (rtnl_path_get_hops(&path->from, &path->to, hops, &n)) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        unsigned int device;

        path->ifindex = 0;
        if (!veth_get_mtu(NULL, hops[i], &device)) {
            *mtu = MIN(*mtu, device);
        }
    }
}

/* Asks the kernel for 'path'.  Returns true if its MTU is another now. */
static bool
look_at(struct path *path, const char *name, struct host_errors *errors)
{
    unsigned int was = path->mtu;
    struct rtnl_path now;
    unsigned int device;

    if (rtnl_path_get(&path->from, &path->to, &now)
        || veth_get_mtu(NULL, now.ifindex, &device)) {
        return false;
    }
    if (now.learned) {
        host_errors_learn(errors, &path->to, now.mtu, now.learned);
        now.mtu = path->mtu;
    }
    path->ifindex = now.ifindex;
    look_at_hops(path, &device);
    path->mtu = now.mtu ? MIN(now.mtu, device) : device;
    if (was && was != path->mtu) {
        VLOG_INFO("the underlay's MTU on the way to %s is now %u (was %u)",
                  name, path->mtu, was);
    }
    return path->mtu != was;
}

/* Looks up the least MTU of the devices with our tunnels' addresses.  Returns
 * NULL or a malloc'd error. */
static char *
look_at_devices(struct host_paths *paths)
{
    unsigned int least = 0;

    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        const struct in6_addr *ip = &paths->own[family];
        unsigned int mtu;

        if (addr_is_set(ip)) {
            char *error = host_underlay_mtu(ip, &mtu);
            if (error) {
                return error;
            }
            least = least ? MIN(least, mtu) : mtu;
        }
    }
    paths->device = least;
    return NULL;
}

void
host_paths_run(struct host_paths *paths)
{
    unsigned int device = paths->device;
    struct shash_node *node;

    nln_run(paths->nln);
    if (!paths->dirty || time_msec() < paths->next) {
        return;
    }
    paths->dirty = false;
    paths->next = time_msec() + PAUSE_MS;
    SHASH_FOR_EACH (node, &paths->paths) {
        if (look_at(node->data, node->name, paths->errors)) {
            paths->seqno++;
        }
    }
    free(look_at_devices(paths));
    if (paths->device != device) {
        paths->seqno++;
    }
}

void
host_paths_wait(const struct host_paths *paths)
{
    nln_wait(paths->nln);
    if (paths->dirty) {
        poll_timer_wait_until(paths->next);
    }
}

unsigned int
host_paths_seqno(const struct host_paths *paths)
{
    return paths->seqno;
}

/* ---- The world ---------------------------------------------------------- */

/* Returns the path from 'from' to 'to', which has just been looked at if it is
 * a new one. */
static struct path *
find(struct host_paths *paths, const struct in6_addr *from,
     const struct in6_addr *to)
{
    char name[ADDR_STRLEN];
    struct path *path = shash_find_data(&paths->paths, addr_format(to, name));

    if (!path) {
        path = xzalloc(sizeof *path);
        path->to = *to;
        shash_add(&paths->paths, name, path);
    } else if (ipv6_addr_equals(&path->from, from)) {
        return path;
    }
    path->from = *from;
    look_at(path, name, paths->errors);
    return path;
}

/* Forgets the paths that the last world does not have. */
static void
forget_rest(struct host_paths *paths)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &paths->paths) {
        struct path *path = node->data;

        if (path->seen) {
            path->seen = false;
        } else {
            free(path);
            shash_delete(&paths->paths, node);
        }
    }
}

char *
host_paths_put(struct host_paths *paths, struct world *world)
{
    unsigned int least = 0;

    memcpy(paths->own, world->tunnel_ip, sizeof paths->own);
    char *error = look_at_devices(paths);
    for (size_t i = 0; i < world->n_peers; i++) {
        struct world_peer *peer = &world->peers[i];
        enum addr_family family = addr_family(&peer->tunnel_ip);
        struct path *path = find(paths, &world->tunnel_ip[family],
                                 &peer->tunnel_ip);

        path->seen = true;
        peer->path_mtu = path->mtu;
        if (peer->path_mtu) {
            least = least ? MIN(least, peer->path_mtu) : peer->path_mtu;
        }
    }
    forget_rest(paths);
    world->underlay_mtu = least ? least : paths->device;
    return error;
}
