/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Prints what test/trace/trace loads into a switch: the tables and reasons,
 * ports, who is who, and the rules of node n1 in a world with a network of
 * each kind:
 *
 *     default  routed, both families     p1 p2, p3 p4 isolated, p5 IPv4 only
 *     vault    routed, internal          v1 v2
 *     blue     bridged, both families    b1 b2
 *     quiet    bridged, internal         q1, isolated
 *
 * n2 has a port of its own, n3 one over IPv6, n4 comes by the shared port, n5
 * has one for Geneve.
 * What pods of vault and blue send, and all that is for n3, can be too large
 * for a tunnel. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "flows/compile.h"
#include "flows/flowset.h"
#include "flows/pipeline.h"
#include "flows/world.h"
#include "packets.h"
#include "util.h"

/* What all the functions below add to. */
static struct world world;

/* Returns the address 'text', or none if it is NULL. */
static struct in6_addr
addr(const char *text)
{
    struct in6_addr ip = in6addr_any;
    char *error = text ? addr_parse(text, &ip) : NULL;

    if (error) {
        ovs_fatal(0, "%s", error);
    }
    return ip;
}

static struct prefix
prefix(const char *text)
{
    struct prefix parsed;
    char *error = prefix_parse(text, &parsed);

    if (error) {
        ovs_fatal(0, "%s", error);
    }
    return parsed;
}

/* Says that 'name' has 'mac', 'ip' and 'ip6' in 'network', which is NULL for
 * what is in none. */
static void
print_name(const char *name, const struct world_network *network,
           struct eth_addr mac, const char *ip, const char *ip6)
{
    printf("name %s %s mac=" ETH_ADDR_FMT " ip=%s ip6=%s\n", name,
           network ? network->name : "-", ETH_ADDR_ARGS(mac), ip ? ip : "-",
           ip6 ? ip6 : "-");
}

static void
print_port(const char *name, ofp_port_t number, const char *type,
           const char *options)
{
    printf("port %s %d %s %s\n", name, ofp_to_u16(number), type, options);
}

/* A network and this node's part in it. */
struct plan {
    const char *name;
    const char *ranges[2];
    const char *subnets[2];
    const char *gateways[2];
    uint32_t vni;
    enum world_mode mode;
    uint16_t host_port; /* 0: internal. */
};

static struct world_network *
add_network(const struct plan *plan)
{
    struct world_network *network =
        world_add_network(&world, plan->name, plan->vni);
    char *gateway = xasprintf("%s-gw", plan->name);

    network->mode = plan->mode;
    network->ranges = xcalloc(2, sizeof *network->ranges);
    network->mtu = 1450;
    network->internal = !plan->host_port;
    network->host_port =
        (plan->host_port ? u16_to_ofp(plan->host_port) : OFPP_NONE);
    for (int i = 0; i < 2 && plan->ranges[i]; i++) {
        struct prefix subnet = prefix(plan->subnets[i]);

        network->ranges[network->n_ranges++] = prefix(plan->ranges[i]);
        network->node_plen[i] = subnet.plen - (i ? 0 : 96);
        world_network_set_subnet(network, &subnet);
    }
    printf("network %s %d %s " ETH_ADDR_FMT "\n", plan->name, plan->vni,
           plan->mode == WORLD_BRIDGED ? "bridged" : "routed",
           ETH_ADDR_ARGS(network->gateway_mac));
    print_name(gateway, network, network->gateway_mac, plan->gateways[0],
               plan->gateways[1]);
    if (plan->host_port) {
        char *host = xasprintf("host-%s", plan->name);

        print_port(host, network->host_port, "internal", "");
        print_name(host, network, network->gateway_mac, plan->gateways[0],
                   plan->gateways[1]);
        free(host);
    }
    free(gateway);
    return network;
}

static void
add_peer(const char *name, const char *ip, uint16_t port,
         enum tunnels_encap encap)
{
    struct in6_addr tunnel_ip = addr(ip);
    struct world_peer *peer = world_add_peer(&world, name, &tunnel_ip);
    char *options = xasprintf("options:remote_ip=%s options:key=flow", ip);

    peer->speaks = encap;
    peer->tunnels[encap].port = port ? u16_to_ofp(port) : OFPP_NONE;
    peer->tunnels[encap].there = port != 0;
    if (port) {
        print_port(name, u16_to_ofp(port), tunnels_encap_name(encap),
                   options);
    }
    printf("peer %s %s\n", name, ip);
    free(options);
}

/* Gives the peer 'node' a subnet of the network 'network'. */
static void
add_lease(const char *node, const char *network, const char *cidr)
{
    struct prefix subnet = prefix(cidr);

    for (size_t i = 0; i < world.n_peers; i++) {
        if (!strcmp(world.peers[i].name, node)) {
            world_peer_add_lease(&world.peers[i], network, &subnet);
        }
    }
}

static struct eth_addr
mac_of(uint32_t vni, uint16_t number)
{
    return (struct eth_addr){ .ea = { 0x0a, 0x58, 0, vni, number >> 8,
                                      number & 0xff } };
}

static struct world_pod *
add_pod(const char *name, const struct world_network *network, uint16_t port,
        const char *ip, const char *ip6)
{
    char *id = xasprintf("%s/%s/eth0", network->name, name);
    struct world_pod *pod = world_add_pod(&world, id, network->name);

    pod->ip[ADDR_V4] = addr(ip);
    pod->ip[ADDR_V6] = addr(ip6);
    pod->mac = mac_of(network->vni, port);
    pod->port = u16_to_ofp(port);
    pod->port_name = xstrdup(name);
    print_port(name, pod->port, "dummy", "");
    print_name(name, network, pod->mac, ip, ip6);
    free(id);
    return pod;
}

/* A member of a bridged network on another node. */
static void
add_endpoint(const char *name, const struct world_network *network,
             const char *node, const char *ip, const char *ip6)
{
    struct eth_addr mac = mac_of(network->vni, 0x100 + ip[strlen(ip) - 1]);
    struct world_endpoint *endpoint =
        world_add_endpoint(&world, network->name, mac, node);
    const char *const ips[] = { ip, ip6 };

    endpoint->sequence = 1;
    for (size_t i = 0; i < ARRAY_SIZE(ips); i++) {
        if (ips[i]) {
            struct in6_addr in6 = addr(ips[i]);
            world_endpoint_add_ip(endpoint, &in6);
        }
    }
    print_name(name, network, mac, ip, ip6);
}

static void
add_routed(void)
{
    static const struct plan plans[] = {
        { "default",
          { "172.18.0.0/16", "fd18::/48" },
          { "172.18.6.0/24", "fd18:0:0:6::/64" },
          { "172.18.6.1", "fd18:0:0:6::1" },
          1,
          WORLD_ROUTED,
          32768 },
        { "vault",
          { "10.7.0.0/16", "fd07::/48" },
          { "10.7.6.0/24", "fd07:0:0:6::/64" },
          { "10.7.6.1", "fd07:0:0:6::1" },
          2,
          WORLD_ROUTED,
          0 },
    };
    struct world_network *routed = add_network(&plans[0]);

    add_pod("p1", routed, 1, "172.18.6.2", "fd18:0:0:6::2");
    add_pod("p2", routed, 2, "172.18.6.3", "fd18:0:0:6::3");
    add_pod("p3", routed, 3, "172.18.6.4", "fd18:0:0:6::4")->options.isolated =
        true;
    add_pod("p4", routed, 4, "172.18.6.5", "fd18:0:0:6::5")->options.isolated =
        true;
    add_pod("p5", routed, 5, "172.18.6.6", NULL);
    add_pod("free", routed, 6, "172.18.6.7", "fd18:0:0:6::7")
        ->options.any_mac = true;
    print_name("r2", routed, routed->gateway_mac, "172.18.7.2",
               "fd18:0:0:7::2");
    print_name("r3", routed, routed->gateway_mac, "172.18.8.2",
               "fd18:0:0:8::2");
    print_name("r4", routed, routed->gateway_mac, "172.18.9.2",
               "fd18:0:0:9::2");
    print_name("r5", routed, routed->gateway_mac, "172.18.10.2",
               "fd18:0:0:a::2");
    struct world_network *vault = add_network(&plans[1]);
    vault->mtu = 1500;
    add_pod("v1", vault, 11, "10.7.6.2", "fd07:0:0:6::2");
    add_pod("v2", vault, 12, "10.7.6.3", "fd07:0:0:6::3");
    print_name("w2", vault, vault->gateway_mac, "10.7.7.2", "fd07:0:0:7::2");
}

static void
add_bridged(void)
{
    static const struct plan plans[] = {
        { "blue",
          { "10.5.0.0/16", "fd05::/64" },
          { "10.5.0.0/16", "fd05::/64" },
          { "10.5.0.1", "fd05::1" },
          3,
          WORLD_BRIDGED,
          32771 },
        { "quiet",
          { "10.6.0.0/16" },
          { "10.6.0.0/16" },
          { "10.6.0.1" },
          4,
          WORLD_BRIDGED,
          0 },
    };
    struct world_network *blue = add_network(&plans[0]);

    blue->bridged.storm_rate = 20000000;
    blue->mtu = 1500;
    add_pod("b1", blue, 21, "10.5.0.2", "fd05::2");
    add_pod("b2", blue, 22, "10.5.0.3", "fd05::3");
    add_endpoint("e2", blue, "n2", "10.5.1.2", "fd05::1:2");
    add_endpoint("e3", blue, "n4", "10.5.1.3", "fd05::1:3");
    struct world_network *quiet = add_network(&plans[1]);
    quiet->bridged.drop_multicast = true;
    add_pod("q1", quiet, 31, "10.6.0.2", NULL)->options.isolated = true;
}

/* A tunnel port that all peers share. */
static void
add_shared(const char *name, uint16_t port, enum tunnels_encap encap)
{
    world.tunnels.shared[encap].port = u16_to_ofp(port);
    world.tunnels.shared[encap].there = true;
    print_port(name, u16_to_ofp(port), tunnels_encap_name(encap),
               "options:remote_ip=flow options:key=flow");
}

static void
add_peers(void)
{
    add_peer("n2", "192.0.2.12", 32769, TUNNELS_VXLAN);
    add_peer("n3", "2001:db8:2::13", 32770, TUNNELS_VXLAN);
    add_peer("n4", "192.0.2.14", 0, TUNNELS_VXLAN);
    add_peer("n5", "192.0.2.15", 32774, TUNNELS_GENEVE);
    add_lease("n2", "default", "172.18.7.0/24");
    add_lease("n2", "default", "fd18:0:0:7::/64");
    add_lease("n2", "vault", "10.7.7.0/24");
    add_lease("n2", "vault", "fd07:0:0:7::/64");
    add_lease("n3", "default", "172.18.8.0/24");
    add_lease("n3", "default", "fd18:0:0:8::/64");
    add_lease("n4", "default", "172.18.9.0/24");
    add_lease("n4", "default", "fd18:0:0:9::/64");
    add_lease("n5", "default", "172.18.10.0/24");
    add_lease("n5", "default", "fd18:0:0:a::/64");
}

int
main(void)
{
    struct flowset rules;

    for (int i = 0; i < PIPELINE_N_TABLES; i++) {
        printf("table %d %s\n", i, pipeline_table_name(i));
    }
    for (int i = 1; i < PIPELINE_N_REASONS; i++) {
        printf("reason %d %s\n", i, pipeline_reason_name(i));
    }

    world_init(&world, "n1");
    world.userspace = true;
    world.tunnel_ip[ADDR_V4] = addr("192.0.2.11");
    world.tunnel_ip[ADDR_V6] = addr("2001:db8:2::11");
    world.underlay_mtu = 1500;
    add_shared("shared", 32772, TUNNELS_VXLAN);
    add_shared("geneve", 32773, TUNNELS_GENEVE);
    world.tunnels.wish = world.tunnels.speaks = TUNNELS_GENEVE;
    print_port("stray", u16_to_ofp(99), "dummy", "");
    print_name("world", NULL, mac_of(0, 1), "198.51.100.1", "2001:db8::1");
    add_routed();
    add_bridged();
    add_peers();

    world_sort(&world);
    flowset_init(&rules);
    compile_world(&world, &rules);
    char *text = flowset_to_string(&rules);
    printf("rules\n%s", text);
    free(text);
    flowset_destroy(&rules);
    world_destroy(&world);
    return 0;
}
