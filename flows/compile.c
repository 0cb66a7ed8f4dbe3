/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The rules that make a world true on this node's switch.
 *
 * One function for each kind of thing in the world, each with all the rules
 * that the thing causes, in the order of the tables.  The same world always
 * gives the same rules.  Nothing is learned from packets, and nothing is sent
 * to the controller but what compile-mtu.c says.
 *
 * A number of a port that is not known yet (OFPP_NONE) only delays: the rules
 * come with the next world, which the number's arrival causes.  Other files
 * have their parts: see compile-private.h. */

#include <config.h>
#include "flows/compile-private.h"

#include <stdlib.h>

#include "util.h"

const struct compile_words compile_words[ADDR_N_FAMILIES] = {
    [ADDR_V4] = { "ip", "nw_src", "nw_dst" },
    [ADDR_V6] = { "ipv6", "ipv6_src", "ipv6_dst" },
};

/* Makes put() add rules of the 'object' of 'kind'. */
void
compile_own(struct compile *c, enum pipeline_kind kind, const char *object)
{
    c->cookie = pipeline_cookie(kind, object);
}

/* Adds a rule of the present owner to 'table': 'format' gives the rest of the
 * match and the actions, "match actions=...". */
void
compile_put(struct compile *c, enum pipeline_table table,
            enum pipeline_priority priority, const char *format, ...)
{
    va_list args;

    ds_clear(&c->text);
    ds_put_format(&c->text, "table=%s,priority=%d,",
                  pipeline_table_name(table), priority);
    va_start(args, format);
    ds_put_format_valist(&c->text, format, args);
    va_end(args);
    flowset_add_text(c->rules, c->cookie, ds_cstr(&c->text));
}

/* Nodes take part in tunnels, pods do not: what a pod sends to a node's
 * tunnel port would leave with this node's own address and be believed.
 * Another node may take Geneve before this one hears of it. */
static void
compile_pod_tunnels(struct compile *c)
{
    static const enum pipeline_reason reasons[TUNNELS_N_SHARED] = {
        [TUNNELS_VXLAN] = REASON_POD_VXLAN,
        [TUNNELS_GENEVE] = REASON_POD_GENEVE,
        [TUNNELS_ALSO] = REASON_POD_VXLAN,
    };
    static const char *const words[] = { "udp", "udp6" };
    uint16_t put_before[TUNNELS_N_SHARED] = { 0 };

    for (int encap = 0; encap < TUNNELS_N_SHARED; encap++) {
        uint16_t port = tunnels_udp_port(&c->world->tunnels, encap);
        bool is_new = port != 0;

        for (int i = 0; i < encap; i++) {
            is_new = is_new && put_before[i] != port;
        }
        put_before[encap] = port;
        for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
            if (is_new) {
                put(c, TABLE_SPOOF, PRIORITY_FORBIDDEN,
                    "@source=%d,%s,tp_dst=%"PRIu16" actions="DROP_FMT,
                    SOURCE_POD, words[i], port, reasons[encap]);
            }
        }
    }
}

/* Who may send what, whatever its addresses. */
static void
compile_sources(struct compile *c)
{
    /* A frame with a VLAN's tag is none that a port of ours may send, whatever
     * is behind the tag. */
    put(c, TABLE_SPOOF, PRIORITY_FORBIDDEN,
        "vlan_tci=0x1000/0x1000 actions="DROP_FMT, DROP(NOT_IP));
    compile_pod_tunnels(c);
    put(c, TABLE_SPOOF, PRIORITY_FORBIDDEN,
        "@source=%d,udp,tp_src=67,tp_dst=68 actions="DROP_FMT,
        SOURCE_POD, DROP(DHCP_SERVER));
    for (size_t i = 0; i < ADDR_N_FAMILIES; i++) {
        /* A peer routes for its pods and for the world behind it. */
        put(c, TABLE_SPOOF, PRIORITY_OTHER,
            "@source=%d,%s actions=goto_table:route", SOURCE_TUNNEL,
            compile_words[i].ip);
        put(c, TABLE_SPOOF, PRIORITY_EXACT,
            "@source=%d,%s actions=goto_table:route", SOURCE_GATEWAY,
            compile_words[i].ip);
    }
    put(c, TABLE_SPOOF, PRIORITY_REST, "@source=%d actions="DROP_FMT,
        SOURCE_TUNNEL, DROP(NOT_IP));
    put(c, TABLE_SPOOF, PRIORITY_EXACT,
        "@source=%d,arp actions=goto_table:neighbour", SOURCE_GATEWAY);
    put(c, TABLE_SPOOF, PRIORITY_REST, "@source=%d actions="DROP_FMT,
        SOURCE_GATEWAY, DROP(NOT_IP));
}

/* Rules that stand in every world. */
static void
compile_pipeline(struct compile *c)
{
    own(c, KIND_PIPELINE, "");

    for (int table = 0; table < TABLE_DROP; table++) {
        put(c, table, PRIORITY_MISS, "actions="DROP_FMT,
            pipeline_table_miss(table));
    }
    compile_sources(c);
    compile_v6_pipeline(c);

    for (size_t i = 0; i < ADDR_N_FAMILIES; i++) {
        put(c, TABLE_ROUTE, PRIORITY_FORBIDDEN,
            "%s,nw_ttl=0 actions="DROP_FMT, compile_words[i].ip,
            DROP(TTL_EXPIRED));
    }
    /* What a tunnel brings ends here or nowhere: no loop, no transit. */
    put(c, TABLE_ROUTE, PRIORITY_GUARD, "@source=%d actions="DROP_FMT,
        SOURCE_TUNNEL, DROP(NOT_LOCAL));
    put(c, TABLE_ROUTE, PRIORITY_OTHER, "@source=%d actions="DROP_FMT,
        SOURCE_GATEWAY, DROP(GATEWAY_STRAY));

    put(c, TABLE_OUTPUT, PRIORITY_EXACT,
        "actions=output:NXM_NX_REG2[]");

    for (int reason = 1; reason < PIPELINE_N_REASONS; reason++) {
        put(c, TABLE_DROP, PRIORITY_EXACT,
            "@reason=%d actions=goto_table:whose", reason);
    }
    put(c, TABLE_DROP, PRIORITY_MISS, "actions=drop");
    put(c, TABLE_WHOSE, PRIORITY_MISS, "actions=drop");
}

/* ARP for any address of 'range' gets the gateway's MAC, whoever has the
 * address: the switch routes between pods of one node too, so that no
 * neighbour entry can be stale. */
static void
compile_arp(struct compile *c, const struct world_network *network,
            const struct prefix *range)
{
    char text[ADDR_STRLEN];

    put(c, TABLE_NEIGHBOUR, PRIORITY_RANGE,
        "@network=%"PRIu32",arp,arp_op=1,arp_tpa=%s actions="
        "move:eth_src->eth_dst,set_field:"ETH_ADDR_FMT"->eth_src,"
        "set_field:2->arp_op,"
        "move:arp_sha->arp_tha,set_field:"ETH_ADDR_FMT"->arp_sha,"
        "move:arp_spa->@scratch[],move:arp_tpa->arp_spa,"
        "move:@scratch[]->arp_tpa,in_port",
        network->vni, prefix_format(range, text),
        ETH_ADDR_ARGS(network->gateway_mac),
        ETH_ADDR_ARGS(network->gateway_mac));
}

/* What has no hop left, in 'range' of 'network'.  The host's kernel tells a
 * pod so.  The host itself would take that for a packet of its own come back.
 */
static void
compile_last_hop(struct compile *c, const struct world_network *network,
                 const struct prefix *range)
{
    const struct compile_words *words = &compile_words[prefix_family(range)];
    char text[ADDR_STRLEN];
    prefix_format(range, text);

    if (!network->internal && network->host_port != OFPP_NONE) {
        put(c, TABLE_ROUTE, PRIORITY_TTL,
            "@source=%d,@network=%"PRIu32",%s,nw_ttl=1,%s=%s actions="
            "set_field:"ETH_ADDR_FMT"->eth_dst,"OUT_FMT,
            SOURCE_POD, network->vni, words->ip, words->dst, text,
            ETH_ADDR_ARGS(network->gateway_mac), OUT(network->host_port));
    } else {
        put(c, TABLE_ROUTE, PRIORITY_TTL,
            "@source=%d,@network=%"PRIu32",%s,nw_ttl=1,%s=%s actions="
            DROP_FMT, SOURCE_POD, network->vni, words->ip, words->dst, text,
            DROP(TTL_EXPIRED));
    }
    put(c, TABLE_ROUTE, PRIORITY_TTL,
        "@source=%d,@network=%"PRIu32",%s,nw_ttl=1,%s=%s actions="
        DROP_FMT, SOURCE_GATEWAY, network->vni, words->ip, words->dst, text,
        DROP(TTL_EXPIRED));
}

/* The rules of one of 'network''s ranges. */
static void
compile_range(struct compile *c, const struct world_network *network,
              const struct prefix *range)
{
    const struct compile_words *words = &compile_words[prefix_family(range)];
    char text[ADDR_STRLEN];
    prefix_format(range, text);

    put(c, TABLE_SPOOF, PRIORITY_RANGE,
        "@source=%d,@network=%"PRIu32",%s,%s=%s actions="DROP_FMT,
        SOURCE_TUNNEL, network->vni, words->ip, words->src, text,
        DROP(TUNNEL_SPOOF));
    if (prefix_family(range) == ADDR_V4) {
        compile_arp(c, network, range);
    }
    compile_last_hop(c, network, range);
    put(c, TABLE_ROUTE, PRIORITY_RANGE,
        "@network=%"PRIu32",%s,%s=%s actions="DROP_FMT,
        network->vni, words->ip, words->dst, text, DROP(NO_SUBNET));
}

/* The way to the host's address of 'family', and out through the host. */
static void
compile_way_to_host(struct compile *c, const struct world_network *network,
                enum addr_family family)
{
    const struct compile_words *words = &compile_words[family];
    char text[ADDR_STRLEN];

    if (!addr_is_set(&network->gateway[family])) {
        return;
    }
    addr_format(&network->gateway[family], text);
    if (family == ADDR_V4) {
        put(c, TABLE_NEIGHBOUR, PRIORITY_EXACT,
            "in_port=%"PRIu32",arp,arp_tpa=%s actions="DROP_FMT,
            OUT(network->host_port), text, DROP(ARP_OWN));
    }
    put(c, TABLE_ROUTE, PRIORITY_EXACT,
        "@network=%"PRIu32",%s,%s=%s actions="
        "set_field:"ETH_ADDR_FMT"->eth_dst,"OUT_FMT,
        network->vni, words->ip, words->dst, text,
        ETH_ADDR_ARGS(network->gateway_mac), OUT(network->host_port));
    put(c, TABLE_ROUTE, PRIORITY_OTHER,
        "@source=%d,@network=%"PRIu32",%s actions="
        "set_field:"ETH_ADDR_FMT"->eth_dst,"OUT_FMT,
        SOURCE_POD, network->vni, words->ip,
        ETH_ADDR_ARGS(network->gateway_mac), OUT(network->host_port));
}

/* The host's own port into 'network', and the way out through it. */
static void
compile_host_port(struct compile *c, const struct world_network *network)
{
    ofp_port_t port = network->host_port;

    if (network->internal || port == OFPP_NONE
        || (!addr_is_set(&network->gateway[ADDR_V4])
            && !addr_is_set(&network->gateway[ADDR_V6]))) {
        return;
    }
    put(c, TABLE_CLASSIFY, PRIORITY_EXACT,
        "in_port=%"PRIu32" actions=set_field:%d->@source,"
        "set_field:%"PRIu32"->@network,goto_table:spoof",
        OUT(port), SOURCE_GATEWAY, network->vni);
    put(c, TABLE_WHOSE, PRIORITY_EXACT, "in_port=%"PRIu32" actions=drop",
        OUT(port));
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        compile_way_to_host(c, network, family);
    }
}

static void
compile_network(struct compile *c, const struct world_network *network)
{
    own(c, KIND_NETWORK, network->name);
    for (size_t i = 0; i < network->n_ranges; i++) {
        compile_range(c, network, &network->ranges[i]);
    }
    for (size_t i = 0; i < ADDR_N_FAMILIES; i++) {
        const struct prefix *subnet = &network->subnet[i];
        char text[ADDR_STRLEN];

        if (prefix_is_set(subnet)) {
            put(c, TABLE_ROUTE, PRIORITY_SUBNET,
                "@network=%"PRIu32",%s,%s=%s actions="DROP_FMT,
                network->vni, compile_words[i].ip, compile_words[i].dst,
                prefix_format(subnet, text), DROP(NO_POD));
        }
    }
    compile_host_port(c, network);
    compile_v6_network(c, network);
    compile_flood(c, network);
    compile_mtu(c, network, compile_hop(network).actions);
}

/* Adds to 'rules' all rules that 'world', which must be sorted, wants on this
 * node's switch. */
void
compile_world(const struct world *world, struct flowset *rules)
{
    struct compile c = {
        .world = world,
        .rules = rules,
        .text = DS_EMPTY_INITIALIZER,
    };

    compile_pipeline(&c);
    for (size_t i = 0; i < world->n_networks; i++) {
        if (world->networks[i].mode == WORLD_BRIDGED) {
            compile_bridged_network(&c, &world->networks[i]);
        } else {
            compile_network(&c, &world->networks[i]);
        }
    }
    compile_peers(&c);
    for (size_t i = 0; i < world->n_pods; i++) {
        compile_pod(&c, &world->pods[i]);
    }
    ds_destroy(&c.text);
}
