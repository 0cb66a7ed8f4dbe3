/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The rules that IPv6 needs and IPv4 has no like of: neighbour discovery and
 * its abuses, link-local addresses.  What both families have in common is in
 * compile.c and compile-pod.c, the answers themselves in compile-nd.c.
 *
 * A link-local address is good for one link, and in a routed network a pod's
 * link ends at the switch: it may ask for neighbours and speak to multicast
 * groups from there, and reaches the gateway's by asking, nothing else.  A
 * bridged network is one link on all nodes: there pods reach each other's,
 * which follow from their MACs (RFC 4291, appendix A). */

#include <config.h>
#include "flows/compile-private.h"

#include <netinet/icmp6.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

/* What no pod may send, whatever its addresses. */
static void
compile_forbidden(struct compile *c)
{
    static const struct {
        int type;
        enum pipeline_reason reason;
    } forbidden[] = {
        { ND_ROUTER_SOLICIT, REASON_ND_UNANSWERED },
        { ND_ROUTER_ADVERT, REASON_ROUTER },
        { ND_REDIRECT, REASON_REDIRECT },
    };

    for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
        put(c, TABLE_SPOOF, PRIORITY_FORBIDDEN,
            "@source=%d,icmp6,icmp_type=%d actions="DROP_FMT, SOURCE_POD,
            forbidden[i].type, forbidden[i].reason);
    }
    put(c, TABLE_SPOOF, PRIORITY_NOT_ND,
        "@source=%d,icmp6,icmp_type=%d actions="DROP_FMT, SOURCE_POD,
        ND_NEIGHBOR_ADVERT, DROP(ND_UNANSWERED));
    put(c, TABLE_SPOOF, PRIORITY_FORBIDDEN,
        "@source=%d,udp6,tp_src=547,tp_dst=546 actions="DROP_FMT,
        SOURCE_POD, DROP(DHCP_SERVER));
    /* The host, which sees a packet that it has given another destination
     * leave where it came from, advises to go there at once. */
    put(c, TABLE_SPOOF, PRIORITY_FORBIDDEN,
        "@source=%d,icmp6,icmp_type=%d actions="DROP_FMT,
        SOURCE_GATEWAY, ND_REDIRECT, DROP(REDIRECT));
}

/* Rules that stand in every world. */
void
compile_v6_pipeline(struct compile *c)
{
    compile_forbidden(c);

    /* A peer's packet has lost a hop, and comes from no link of ours. */
    for (int type = ND_ROUTER_SOLICIT; type <= ND_REDIRECT; type++) {
        put(c, TABLE_SPOOF, type == ND_NEIGHBOR_ADVERT
            ? PRIORITY_NOT_ND : PRIORITY_FORBIDDEN,
            "@source=%d,icmp6,icmp_type=%d actions="DROP_FMT,
            SOURCE_TUNNEL, type, DROP(ND_INVALID));
    }
    put(c, TABLE_SPOOF, PRIORITY_GUARD,
        "@source=%d,ipv6,ipv6_src=fe80::/10 actions="DROP_FMT,
        SOURCE_TUNNEL, DROP(TUNNEL_SPOOF));
    put(c, TABLE_SPOOF, PRIORITY_ND,
        "@source=%d,icmp6,icmp_type=%d actions=goto_table:neighbour",
        SOURCE_GATEWAY, ND_NEIGHBOR_SOLICIT);
    compile_nd_pipeline(c);
}

/* The link of 'network': everybody's MAC is the gateway's, and its link-local
 * address is the host's. */
static void
compile_link(struct compile *c, const struct world_network *network)
{
    struct nd_answer answer = {
        .vni = network->vni,
        .mac = network->gateway_mac,
    };

    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_family(&network->ranges[i]) == ADDR_V6) {
            answer.about = network->ranges[i];
            compile_nd_answer(c, PRIORITY_RANGE, &answer);
        }
    }
    put(c, TABLE_ROUTE, PRIORITY_GUARD,
        "@network=%"PRIu32",@source=%d,ipv6,ipv6_dst=fe80::/10 "
        "actions="DROP_FMT, network->vni, SOURCE_POD, DROP(LINK_LOCAL));
    put(c, TABLE_ROUTE, PRIORITY_FLOOD,
        "@network=%"PRIu32",ipv6,ipv6_dst=ff00::/8 actions=goto_table:flood",
        network->vni);
}

/* The host's port is a router on that link. */
void
compile_v6_router(struct compile *c, const struct world_network *network)
{
    const struct in6_addr own[] = {
        network->gateway[ADDR_V6], addr_gateway_link_local(),
    };
    struct nd_answer answer = {
        .vni = network->vni,
        .mac = network->gateway_mac,
        .router = true,
    };

    if (network->internal || network->host_port == OFPP_NONE
        || !addr_is_set(&own[0])) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
        answer.about = (struct prefix) { .addr = own[i], .plen = 128 };
        compile_nd_own(c, network->host_port, &own[i]);
        compile_nd_answer(c, PRIORITY_SUBNET, &answer);
    }
}

/* What 'network' needs besides ranges and subnets, if it has IPv6. */
void
compile_v6_network(struct compile *c, const struct world_network *network)
{
    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_family(&network->ranges[i]) == ADDR_V6) {
            compile_link(c, network);
            compile_v6_router(c, network);
            return;
        }
    }
}

/* The matches of a source MAC and what follows from it; "" for any. */
struct link_match {
    char mac[32];         /* "dl_src=MAC," */
    char sll[2][32];      /* ",nd_sll=MAC", and that of no option. */
    size_t n_sll;         /* Of these, how many count. */
    char addr[ADDR_STRLEN]; /* The link-local address. */
};

static void
match_link(struct link_match *match, const struct world_pod *pod)
{
    memset(match, 0, sizeof *match);
    match->n_sll = 1;
    strcpy(match->addr, "fe80::/10");
    if (!pod->options.any_mac) {
        struct in6_addr addr;

        in6_generate_lla(pod->mac, &addr);
        addr_format(&addr, match->addr);
        snprintf(match->mac, sizeof match->mac, "dl_src="ETH_ADDR_FMT",",
                 ETH_ADDR_ARGS(pod->mac));
        snprintf(match->sll[0], sizeof match->sll[0], ",nd_sll="ETH_ADDR_FMT,
                 ETH_ADDR_ARGS(pod->mac));
        snprintf(match->sll[1], sizeof match->sll[1],
                 ",nd_sll=00:00:00:00:00:00");
        match->n_sll = 2;
    }
}

/* Which solicitations 'pod' may send, from its address 'ip'. */
static void
compile_solicitations(struct compile *c, const struct world_pod *pod,
                      const struct link_match *link, const char *ip)
{
    const char *const senders[] = { ip, link->addr };
    const struct ask_actions ask = compile_ask(c, ASK_ND, pod->port);

    for (size_t i = 0; i < ARRAY_SIZE(senders); i++) {
        for (size_t j = 0; j < link->n_sll; j++) {
            put(c, TABLE_SPOOF, PRIORITY_ND,
                "in_port=%"PRIu32",%sicmp6,ipv6_src=%s,icmp_type=%d,"
                "icmp_code=0,nw_ttl=255%s actions=%s",
                OUT(pod->port), link->mac, senders[i], ND_NEIGHBOR_SOLICIT,
                link->sll[j], ask.text);
        }
    }
    /* Before it uses an address, a host asks from none and says no MAC. */
    put(c, TABLE_SPOOF, PRIORITY_ND,
        "in_port=%"PRIu32",%sicmp6,ipv6_src=::,icmp_type=%d,icmp_code=0,"
        "nw_ttl=255,nd_sll=00:00:00:00:00:00 actions=goto_table:neighbour",
        OUT(pod->port), link->mac, ND_NEIGHBOR_SOLICIT);
    put(c, TABLE_SPOOF, PRIORITY_NOT_ND,
        "in_port=%"PRIu32",%sicmp6,icmp_type=%d actions="DROP_FMT,
        OUT(pod->port), link->mac, ND_NEIGHBOR_SOLICIT, DROP(ND_INVALID));
}

/* What 'pod' may send from its link-local address, or from none, besides. */
static void
compile_link_local(struct compile *c, const struct world_pod *pod,
                   const struct link_match *link)
{
    static const int reports[] = { MLD_REPORT, MLD2_REPORT };

    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "in_port=%"PRIu32",%sipv6,ipv6_src=%s,ipv6_dst=ff02::/16 "
        "actions=goto_table:route", OUT(pod->port), link->mac, link->addr);
    /* Which groups it listens to (RFC 3590). */
    for (size_t i = 0; i < ARRAY_SIZE(reports); i++) {
        put(c, TABLE_SPOOF, PRIORITY_EXACT,
            "in_port=%"PRIu32",%sicmp6,ipv6_src=::,ipv6_dst=ff02::/16,"
            "icmp_type=%d actions=goto_table:route",
            OUT(pod->port), link->mac, reports[i]);
    }
}

/* What 'pod', which has an IPv6 address, may send: from its own MAC, unless
 * any will do, and its own addresses. */
void
compile_v6_source(struct compile *c, const struct world_pod *pod)
{
    struct link_match link;
    char ip[ADDR_STRLEN];

    match_link(&link, pod);
    addr_format(&pod->ip[ADDR_V6], ip);
    compile_solicitations(c, pod, &link, ip);
    compile_link_local(c, pod, &link);
    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "in_port=%"PRIu32",%sipv6,ipv6_src=%s actions=goto_table:route",
        OUT(pod->port), link.mac, ip);
    compile_nd_own(c, pod->port, &pod->ip[ADDR_V6]);
}

/* In a bridged network 'pod' may speak to others of its link as its link-local
 * address. */
void
compile_v6_link(struct compile *c, const struct world_pod *pod)
{
    struct link_match link;
    struct in6_addr own;
    char text[ADDR_STRLEN];

    match_link(&link, pod);
    in6_generate_lla(pod->mac, &own);
    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "in_port=%"PRIu32",%sipv6,ipv6_src=%s,ipv6_dst=fe80::/10 "
        "actions=goto_table:route", OUT(pod->port), link.mac,
        addr_format(&own, text));
    /* A report of MLDv1 goes to the group that it is about (RFC 2710, 8). */
    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "in_port=%"PRIu32",%sicmp6,ipv6_src=%s,ipv6_dst=ff00::/8,"
        "icmp_type=%d actions=goto_table:route", OUT(pod->port), link.mac,
        text, MLD_REPORT);
    compile_nd_own(c, pod->port, &own);
}
