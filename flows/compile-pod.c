/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The rules of one pod, in the order of the tables: what it may send, and
 * the way to it.  Their number does not depend on how many pods there are.
 * What reaches all pods of a network at once is compile.c's, queues are
 * ovsdb/local-limits.c's. */

#include <config.h>
#include "flows/compile-private.h"

#include "util.h"

/* An action, "meter:NUMBER,"; "" without a limit. */
struct meter_action {
    char text[24];
};

/* Adds meter 'number' with 'limit', if that is one, and returns its use. */
static struct meter_action
put_meter(struct compile *c, uint32_t number, const struct world_limit *limit)
{
    struct meter_action action = { .text = "" };

    if (limit->rate) {
        const struct meter meter = {
            .number = number,
            .kbps = DIV_ROUND_UP(limit->rate, 1000),
            .burst = DIV_ROUND_UP(limit->burst, 1000),
        };
        meterset_put(&c->rules->meters, &meter);
        snprintf(action.text, sizeof action.text, "meter:%"PRIu32",", number);
    }
    return action;
}

/* Where what 'pod' sends comes from, and how fast it may come. */
static void
compile_pod_port(struct compile *c, const struct world_pod *pod,
                 const struct world_network *network)
{
    const struct meter_action meter = put_meter(c, METER_SENT + OUT(pod->port),
                                                &pod->options.from_pod);

    put(c, TABLE_CLASSIFY, PRIORITY_EXACT,
        "in_port=%"PRIu32" actions=%sset_field:%d->@source,%s"
        "set_field:%"PRIu32"->@network,goto_table:spoof",
        OUT(pod->port), meter.text, SOURCE_POD,
        pod->options.isolated ? "set_field:1->@isolated," : "",
        network->vni);
}

/* The matches of a source MAC, in frames and in ARP; "" for any. */
struct mac_match {
    char frame[32]; /* "dl_src=MAC," */
    char arp[32];   /* ",arp_sha=MAC" */
};

static struct mac_match
match_mac(const struct world_pod *pod)
{
    struct mac_match match = { .frame = "" };

    if (!pod->options.any_mac) {
        snprintf(match.frame, sizeof match.frame, "dl_src="ETH_ADDR_FMT",",
                 ETH_ADDR_ARGS(pod->mac));
        snprintf(match.arp, sizeof match.arp, ",arp_sha="ETH_ADDR_FMT,
                 ETH_ADDR_ARGS(pod->mac));
    }
    return match;
}

/* What 'pod', which has an IPv4 address, may send: from its own MAC, unless
 * any will do, and its own address. */
static void
compile_v4_source(struct compile *c, const struct world_pod *pod)
{
    const struct mac_match mac = match_mac(pod);
    char ip[ADDR_STRLEN];
    /* A probe before an address is used (RFC 5227) has no sender address. */
    const char *const senders[] = { ip, "0.0.0.0" };
    const struct ask_actions ask = compile_ask(c, ASK_ARP, pod->port);

    addr_format(&pod->ip[ADDR_V4], ip);
    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "in_port=%"PRIu32",%sip,nw_src=%s actions=goto_table:route",
        OUT(pod->port), mac.frame, ip);
    for (size_t i = 0; i < ARRAY_SIZE(senders); i++) {
        put(c, TABLE_SPOOF, PRIORITY_EXACT,
            "in_port=%"PRIu32",%sarp,arp_spa=%s%s actions=%s",
            OUT(pod->port), mac.frame, senders[i], mac.arp, ask.text);
    }
    put(c, TABLE_NEIGHBOUR, PRIORITY_EXACT,
        "in_port=%"PRIu32",arp,arp_tpa=%s actions="DROP_FMT,
        OUT(pod->port), ip, DROP(ARP_OWN));
}

/* Whatever else 'pod' sends is dropped for what is wrong with it. */
static void
compile_pod_refusals(struct compile *c, const struct world_pod *pod)
{
    static const struct {
        const char *what;
        enum addr_family family;
    } checked[] = {
        { "ip", ADDR_V4 }, { "arp", ADDR_V4 }, { "ipv6", ADDR_V6 },
    };
    const struct mac_match mac = match_mac(pod);

    for (size_t i = 0; i < ARRAY_SIZE(checked); i++) {
        put(c, TABLE_SPOOF, PRIORITY_OTHER,
            "in_port=%"PRIu32",%s%s actions="DROP_FMT,
            OUT(pod->port), mac.frame, checked[i].what,
            addr_is_set(&pod->ip[checked[i].family])
            ? DROP(SPOOFED_ADDRESS) : DROP(NO_FAMILY));
    }
    put(c, TABLE_SPOOF, PRIORITY_REST, "in_port=%"PRIu32",%s actions="DROP_FMT,
        OUT(pod->port), mac.frame, DROP(NOT_IP));
    if (mac.frame[0]) {
        put(c, TABLE_SPOOF, PRIORITY_LIE, "in_port=%"PRIu32" actions="
            DROP_FMT, OUT(pod->port), DROP(SPOOFED_MAC));
    }
    put(c, TABLE_WHOSE, PRIORITY_EXACT, "in_port=%"PRIu32" actions=drop",
        OUT(pod->port));
}

/* What a pod receives is held to its rate by a queue of its port.  But all
 * ports of a userspace datapath send through one socket: a queue that fills
 * would fill the socket, and packets for other pods would be lost.  There a
 * meter of the same rate and burst lets nothing pass that would have to wait.
 */
static struct meter_action
put_receiving_meter(struct compile *c, const struct world_pod *pod)
{
    static const struct world_limit none = { .rate = 0 };

    return put_meter(c, METER_RECEIVED + OUT(pod->port),
                     c->world->userspace ? &pod->options.to_pod : &none);
}

/* The way to 'pod', which an isolated one has for all but its like. */
static void
compile_pod_route(struct compile *c, const struct world_pod *pod,
                  const struct world_network *network,
                  enum addr_family family)
{
    const struct compile_words *words = &compile_words[family];
    const struct meter_action meter = put_receiving_meter(c, pod);
    char ip[ADDR_STRLEN];

    addr_format(&pod->ip[family], ip);
    put(c, TABLE_ROUTE, PRIORITY_EXACT,
        "@network=%"PRIu32",%s,%s=%s actions=%s"
        "set_field:"ETH_ADDR_FMT"->eth_src,set_field:"ETH_ADDR_FMT"->eth_dst,"
        OUT_FMT, network->vni, words->ip, words->dst, ip, meter.text,
        ETH_ADDR_ARGS(network->gateway_mac), ETH_ADDR_ARGS(pod->mac),
        OUT(pod->port));
    if (pod->options.isolated) {
        put(c, TABLE_ROUTE, PRIORITY_ISOLATED,
            "@network=%"PRIu32",@isolated=1,%s,%s=%s actions="DROP_FMT,
            network->vni, words->ip, words->dst, ip, DROP(ISOLATED));
    }
}

/* A pod that leases its address of the host may ask for that, now and later:
 * clients send from no address and to all (RFC 2131, 4.1), but only the host
 * is to hear it, as only the host may answer.  The answer may be for the
 * address that the pod is going to have. */
static void
compile_dhcp(struct compile *c, const struct world_pod *pod,
             const struct world_network *network)
{
    if (network->internal || network->host_port == OFPP_NONE) {
        return;
    }
    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "in_port=%"PRIu32",%sudp,nw_src=0.0.0.0,nw_dst=255.255.255.255,"
        "tp_src=68,tp_dst=67 actions="OUT_FMT,
        OUT(pod->port), match_mac(pod).frame, OUT(network->host_port));
    if (network->mode == WORLD_ROUTED) {
        put(c, TABLE_ROUTE, PRIORITY_GUARD,
            "@source=%d,@network=%"PRIu32",dl_dst="ETH_ADDR_FMT",udp,"
            "tp_src=67,tp_dst=68 actions="OUT_FMT, SOURCE_GATEWAY,
            network->vni, ETH_ADDR_ARGS(pod->mac), OUT(pod->port));
    }
}

void
compile_pod(struct compile *c, const struct world_pod *pod)
{
    const struct world_network *network
        = world_find_network(c->world, pod->network);

    if (!network || pod->port == OFPP_NONE) {
        return;
    }

    own(c, KIND_POD, pod->id);
    compile_pod_port(c, pod, network);
    compile_pod_refusals(c, pod);
    if (addr_is_set(&pod->ip[ADDR_V4])) {
        compile_v4_source(c, pod);
    }
    if (addr_is_set(&pod->ip[ADDR_V6])) {
        compile_v6_source(c, pod);
    }
    if (pod->options.dhcp) {
        compile_dhcp(c, pod, network);
    }
    if (network->mode == WORLD_BRIDGED) {
        const struct meter_action meter = put_receiving_meter(c, pod);
        compile_bridged_pod(c, pod, network, meter.text);
        return;
    }
    compile_storm_routed(c, pod, network);
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (addr_is_set(&pod->ip[family])) {
            compile_pod_route(c, pod, network, family);
        }
    }
}
