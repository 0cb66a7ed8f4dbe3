/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Makes each network's host port what the world says: up, silent about
 * itself, with the gateway's address and nothing else, and with a route to
 * every range of the network, so that an address that nobody has dies in the
 * switch rather than leave by the default route.
 *
 * The devices are Open vSwitch's: it makes them, and gives them MAC and MTU.
 * They come and go with ovs-vswitchd, so the kernel's notifications say when
 * to look again, not a clock.  What is done to a device is host-device.c's. */

#include <config.h>
#include "controller/host-link.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "controller/host-device.h"
#include "controller/host-retry.h"
#include "flows/world.h"
#include "netlink-notifier.h"
#include "netlink.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "rtnetlink.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_link);

/* What can happen to a device: the kernel's multicast groups. */
static const int groups[] = {
    RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR,
    RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE
};
#define N_GROUPS ARRAY_SIZE(groups)

/* A host port. */
struct host_link {
    int ifindex;        /* 0 while the device does not exist. */
    bool expected;      /* Is there to be one?  Not without a subnet. */
    bool dirty;         /* Must be compared with the kernel? */
    bool wanted;        /* Used only within host_links_run(). */
    char *text;         /* What it should have, to notice changes. */
    struct retry retry; /* Of giving it that. */
};

struct host_links {
    struct shash links;     /* Of "struct host_link", by device's name. */
    struct nln *nln;        /* The kernel's notifications. */
    struct nln_notifier *notifiers[N_GROUPS]; /* NULL if refused. */
    struct rtnetlink_change change;           /* What 'nln' parses into. */
};

/* ---- Notifications ------------------------------------------------------ */

/* Is 'buf' about a route?  If so, stores the device that one of ours was
 * deleted from into 'change', or none.  Managers of networks flush routes that
 * they do not know, and the device notices nothing. */
static bool
parse_route(struct ofpbuf *buf, struct rtnetlink_change *change)
{
    static const struct nl_policy policy[] = {
        [RTA_OIF] = { .type = NL_A_U32, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    const struct nlmsghdr *nlmsg = buf->data;
    const struct rtmsg *rtm = ofpbuf_at(buf, NLMSG_HDRLEN, sizeof *rtm);

    if ((nlmsg->nlmsg_type != RTM_NEWROUTE
         && nlmsg->nlmsg_type != RTM_DELROUTE) || !rtm) {
        return false;
    }
    memset(change, 0, sizeof *change);
    change->if_index = -1;
    if (nlmsg->nlmsg_type == RTM_DELROUTE
        && rtm->rtm_protocol == HOST_ROUTE_PROTO
        && nl_policy_parse(buf, NLMSG_HDRLEN + sizeof *rtm, policy, attrs,
                           ARRAY_SIZE(policy)) && attrs[RTA_OIF]) {
        change->if_index = nl_attr_get_u32(attrs[RTA_OIF]);
    }
    return true;
}

/* Returns the multicast group of 'buf', parsed into 'change', or 0. */
static int
parse_change(struct ofpbuf *buf, void *change_)
{
    struct rtnetlink_change *change = change_;
    const struct nlmsghdr *nlmsg = buf->data;

    if (parse_route(buf, change)) {
        const struct rtmsg *rtm = ofpbuf_at(buf, NLMSG_HDRLEN, sizeof *rtm);
        return (rtm->rtm_family == AF_INET6
                ? RTNLGRP_IPV6_ROUTE : RTNLGRP_IPV4_ROUTE);
    } else if (!rtnetlink_parse(buf, change)) {
        return 0;
    } else if (rtnetlink_type_is_rtnlgrp_link(nlmsg->nlmsg_type)) {
        return RTNLGRP_LINK;
    }
    const struct ifaddrmsg *ifa = ofpbuf_at(buf, NLMSG_HDRLEN, sizeof *ifa);
    return (ifa && ifa->ifa_family == AF_INET6
            ? RTNLGRP_IPV6_IFADDR : RTNLGRP_IPV4_IFADDR);
}

/* Something happened to a device; to any of them, if 'change_' is NULL. */
static void
device_changed(const void *change_, void *links_)
{
    const struct rtnetlink_change *change = change_;
    struct host_links *links = links_;
    struct shash_node *node;

    SHASH_FOR_EACH (node, &links->links) {
        struct host_link *link = node->data;

        if (!change || link->ifindex == change->if_index
            || (change->ifname && !strcmp(change->ifname, node->name))) {
            link->dirty = true;
        }
    }
}

struct host_links *
host_links_open(void)
{
    struct host_links *links = xzalloc(sizeof *links);

    shash_init(&links->links);
    links->nln = nln_create(NETLINK_ROUTE, parse_change, &links->change);
    for (size_t i = 0; i < N_GROUPS; i++) {
        links->notifiers[i] = nln_notifier_create(links->nln, groups[i],
                                                  device_changed, links);
    }
    return links;
}

/* Forgets the host port 'node'; its device is Open vSwitch's to remove. */
static void
forget_link(struct host_links *links, struct shash_node *node)
{
    struct host_link *link = node->data;

    retry_destroy(&link->retry);
    free(link->text);
    free(link);
    shash_delete(&links->links, node);
}

/* Leaves devices, addresses and routes as they are. */
void
host_links_close(struct host_links *links)
{
    struct shash_node *node;

    if (!links) {
        return;
    }
    SHASH_FOR_EACH_SAFE (node, &links->links) {
        forget_link(links, node);
    }
    shash_destroy(&links->links);
    for (size_t i = 0; i < N_GROUPS; i++) {
        nln_notifier_destroy(links->notifiers[i]);
    }
    nln_destroy(links->nln);
    free(links);
}

/* ---- All devices -------------------------------------------------------- */

/* Returns what the device of 'network' should have, as a text. */
static char *
wanted_text(const struct world_network *network)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    char buf[ADDR_STRLEN];

    for (size_t i = 0; i < ADDR_N_FAMILIES; i++) {
        if (prefix_is_set(&network->subnet[i])) {
            ds_put_format(&s, "%s%s/%u", s.length ? " " : "",
                          addr_format(&network->gateway[i], buf),
                          network->subnet[i].plen);
        }
    }
    for (size_t i = 0; i < network->n_ranges; i++) {
        ds_put_format(&s, "%s%s", i ? "," : " for ",
                      prefix_format(&network->ranges[i], buf));
    }
    return ds_steal_cstr(&s);
}

static struct host_link *
link_of(struct host_links *links, const struct world_network *network)
{
    struct host_link *link = shash_find_data(&links->links,
                                             network->host_name);

    if (!link) {
        char *what = xasprintf("host port %s", network->host_name);

        link = xzalloc(sizeof *link);
        retry_init(&link->retry, what);
        free(what);
        link->text = xstrdup("");
        link->dirty = true;
        shash_add(&links->links, network->host_name, link);
    }
    return link;
}

static void
run_link(struct host_link *link, const struct world_network *network)
{
    char *text = wanted_text(network);

    if (strcmp(text, link->text)) {
        free(link->text);
        link->text = xstrdup(text);
        link->dirty = true;
    }
    free(text);
    if (link->dirty) {
        retry_at_once(&link->retry);
    }
    if (!link->dirty && !(link->retry.error && retry_is_due(&link->retry))) {
        return;
    }

    int before = link->ifindex;
    char *error = host_device_put(network, &link->ifindex);
    link->dirty = false;
    if (error) {
        retry_failed(&link->retry, error);
    } else {
        retry_succeeded(&link->retry);
    }
    if (!error && link->ifindex && link->ifindex != before) {
        VLOG_INFO("host port %s: is up with %s", network->host_name,
                  link->text);
    }
}

/* Makes the host ports agree with 'world', those that exist. */
void
host_links_run(struct host_links *links, const struct world *world)
{
    struct shash_node *node;

    nln_run(links->nln);
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];

        if (!network->internal) {
            struct host_link *link = link_of(links, network);
            link->wanted = true;
            link->expected = (prefix_is_set(&network->subnet[ADDR_V4])
                              || prefix_is_set(&network->subnet[ADDR_V6]));
            run_link(link, network);
        }
    }
    SHASH_FOR_EACH_SAFE (node, &links->links) {
        struct host_link *link = node->data;

        if (!link->wanted) {
            forget_link(links, node);
        } else {
            link->wanted = false;
        }
    }
}

void
host_links_wait(const struct host_links *links)
{
    struct shash_node *node;

    nln_wait(links->nln);
    SHASH_FOR_EACH (node, &links->links) {
        const struct host_link *link = node->data;

        if (link->dirty) {
            poll_immediate_wake();
        }
        retry_wait(&link->retry);
    }
}

bool
host_links_are_settled(const struct host_links *links)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &links->links) {
        const struct host_link *link = node->data;

        if (link->expected
            && (!link->ifindex || link->dirty || link->retry.error)) {
            return false;
        }
    }
    return true;
}

/* Returns an object for each host port. */
struct json *
host_links_status(const struct host_links *links)
{
    struct json *all = json_object_create();
    struct shash_node *node;

    SHASH_FOR_EACH (node, &links->links) {
        const struct host_link *link = node->data;
        struct json *status = json_object_create();

        json_object_put(status, "exists",
                        json_boolean_create(link->ifindex != 0));
        json_object_put_string(status, "wants", link->text);
        json_object_put(status, "error", retry_status(&link->retry));
        json_object_put(all, node->name, status);
    }
    return all;
}
