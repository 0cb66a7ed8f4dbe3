/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Problems and refusals, in the log when they change and in 'status' while
 * they last.  What is wrong is found elsewhere; here it is only kept and
 * said. */

#include <config.h>
#include "controller/report.h"

#include <stdlib.h>

#include "flow.h"
#include "flows/world.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "smap.h"
#include "sset.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(report);

/* Any node can write a row that all others refuse, and another a moment later;
 * 'status' has them all. */
static struct vlog_rate_limit refusal_rl = VLOG_RATE_LIMIT_INIT(60, 100);

struct report {
    char *problems[N_PROBLEMS]; /* NULL where there is none. */
    struct sset refusals;       /* "WHAT: WHY" of each refused row. */
};

struct report *
report_open(void)
{
    struct report *report = xzalloc(sizeof *report);

    sset_init(&report->refusals);
    return report;
}

void
report_close(struct report *report)
{
    if (report) {
        for (int i = 0; i < N_PROBLEMS; i++) {
            free(report->problems[i]);
        }
        sset_destroy(&report->refusals);
        free(report);
    }
}

/* Says that 'problem' is now 'error', or gone if that is NULL.  Takes
 * 'error'. */
void
report_problem(struct report *report, enum problem problem, char *error)
{
    char **old = &report->problems[problem];

    if (nullable_string_is_equal(*old, error)) {
        free(error);
        return;
    }
    if (error) {
        VLOG_WARN("%s", error);
    } else {
        VLOG_INFO("no longer: %s", *old);
    }
    free(*old);
    *old = error;
}

/* Says which rows are refused in 'world' that were not before, and the
 * reverse. */
void
report_world(struct report *report, const struct world *world)
{
    struct sset now = SSET_INITIALIZER(&now);
    const char *refusal;

    for (size_t i = 0; i < world->n_refusals; i++) {
        char *text = xasprintf("%s: %s", world->refusals[i].what,
                               world->refusals[i].why);
        if (sset_add(&now, text)
            && !sset_contains(&report->refusals, text)) {
            VLOG_WARN_RL(&refusal_rl, "refused: %s", text);
        }
        free(text);
    }
    SSET_FOR_EACH (refusal, &report->refusals) {
        if (!sset_contains(&now, refusal)) {
            VLOG_INFO_RL(&refusal_rl, "no longer refused: %s", refusal);
        }
    }
    sset_swap(&report->refusals, &now);
    sset_destroy(&now);
}

static void
put_addr(struct json *object, const char *key, const struct in6_addr *addr)
{
    char text[ADDR_STRLEN];

    if (addr_is_set(addr)) {
        json_object_put_string(object, key, addr_format(addr, text));
    }
}

static void
put_port(struct json *object, const char *name, ofp_port_t port)
{
    json_object_put_string(object, "port", name ? name : "");
    if (port != OFPP_NONE) {
        json_object_put(object, "ofport",
                        json_integer_create(ofp_to_u16(port)));
    }
}

static struct json *
prefix_json(const struct prefix *prefix)
{
    char text[ADDR_STRLEN];
    return json_string_create(prefix_format(prefix, text));
}

static struct json *
network_status(const struct world_network *network)
{
    struct json *object = json_object_create();
    struct json *ranges = json_array_create_empty();
    char mac[ETH_ADDR_STRLEN + 1];

    json_object_put_string(object, "name", network->name);
    json_object_put(object, "vni", json_integer_create(network->vni));
    if (network->also_vni) {
        json_object_put(object, "also_vni",
                        json_integer_create(network->also_vni));
    }
    json_object_put_string(object, "mode", network->mode == WORLD_ROUTED
                           ? "routed" : "bridged");
    for (size_t i = 0; i < network->n_ranges; i++) {
        json_array_add(ranges, prefix_json(&network->ranges[i]));
    }
    json_object_put(object, "ranges", ranges);
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        bool v4 = family == ADDR_V4;

        if (prefix_is_set(&network->subnet[family])) {
            json_object_put(object, v4 ? "subnet" : "subnet6",
                            prefix_json(&network->subnet[family]));
            put_addr(object, v4 ? "gateway" : "gateway6",
                     &network->gateway[family]);
        }
    }
    snprintf(mac, sizeof mac, ETH_ADDR_FMT,
             ETH_ADDR_ARGS(network->gateway_mac));
    json_object_put_string(object, "mac", mac);
    json_object_put(object, "mtu", json_integer_create(network->mtu));
    json_object_put(object, "masquerade",
                    json_boolean_create(network->masquerade));
    json_object_put(object, "closing",
                    json_boolean_create(network->closing));
    json_object_put(object, "internal",
                    json_boolean_create(network->internal));
    if (!network->internal) {
        put_port(object, network->host_name, network->host_port);
    }
    return object;
}

/* Puts what differs from Open vSwitch's own choice. */
static void
put_outer(struct json *object, const struct outer *outer)
{
    struct smap options = SMAP_INITIALIZER(&options);
    const struct smap_node *node;

    outer_put_options(outer, &options);
    SMAP_FOR_EACH (node, &options) {
        json_object_put_string(object, node->key, node->value);
    }
    smap_destroy(&options);
}

static struct json *
tunnels_status(const struct world_tunnels *tunnels)
{
    struct json *object = json_object_create();

    json_object_put_string(object, "mode", tunnels_mode_name(tunnels->mode));
    json_object_put_string(object, "asked", tunnels_mode_name(tunnels->asked));
    json_object_put(object, "dst_port",
                    json_integer_create(tunnels->dst_port));
    if (tunnels->also_dst_port) {
        json_object_put(object, "also_dst_port",
                        json_integer_create(tunnels->also_dst_port));
    }
    put_outer(object, &tunnels->outer);
    json_object_put_string(object, "encap", tunnels_encap_name(tunnels->wish));
    json_object_put_string(object, "speaks",
                           tunnels_encap_name(tunnels->speaks));
    if (tunnels->shared[TUNNELS_VXLAN].port != OFPP_NONE) {
        char name[TUNNELS_NAME_SIZE];

        put_port(object, tunnels_shared_name(tunnels, TUNNELS_VXLAN, name),
                 tunnels->shared[TUNNELS_VXLAN].port);
    }
    return object;
}

static struct json *
peer_status(const struct world *world, const struct world_peer *peer)
{
    const struct tunnels_way way = tunnels_find_way(world, peer);
    struct json *object = json_object_create();
    struct json *subnets = json_object_create();
    struct json *subnets6 = json_object_create();

    json_object_put_string(object, "name", peer->name);
    put_addr(object, "tunnel_ip", &peer->tunnel_ip);
    json_object_put_string(object, "encap", tunnels_encap_name(way.encap));
    if (!way.shared && way.port != OFPP_NONE) {
        put_port(object, peer->port_names[way.encap], way.port);
    }
    for (size_t i = 0; i < peer->n_leases; i++) {
        const struct world_lease *lease = &peer->leases[i];
        json_object_put(prefix_family(&lease->subnet) == ADDR_V4 ? subnets
                        : subnets6, lease->network,
                        prefix_json(&lease->subnet));
    }
    json_object_put(object, "subnets", subnets);
    json_object_put(object, "subnets6", subnets6);
    return object;
}

static void
put_limit(struct json *object, const char *key,
          const struct world_limit *limit)
{
    if (limit->rate) {
        struct json *json = json_object_create();
        json_object_put(json, "bits_per_second",
                        json_integer_create(limit->rate));
        json_object_put(json, "burst_bits",
                        json_integer_create(limit->burst));
        json_object_put(object, key, json);
    }
}

/* Tells what a pod has that not every pod has. */
static void
put_options(struct json *object, const struct world_options *options)
{
    struct json *ports = json_array_create_empty();

    put_limit(object, "rate_in", &options->to_pod);
    put_limit(object, "rate_out", &options->from_pod);
    for (size_t i = 0; i < options->n_host_ports; i++) {
        const struct world_host_port *port = &options->host_ports[i];
        struct json *json = json_object_create();
        json_object_put_string(json, "protocol",
                               world_proto_name(port->proto));
        json_object_put(json, "host_port",
                        json_integer_create(port->host_port));
        json_object_put(json, "pod_port",
                        json_integer_create(port->pod_port));
        put_addr(json, "host_ip", &port->host_ip);
        json_array_add(ports, json);
    }
    json_object_put(object, "host_ports", ports);
    json_object_put(object, "mac_check",
                    json_boolean_create(!options->any_mac));
    json_object_put(object, "isolated",
                    json_boolean_create(options->isolated));
}

static struct json *
pod_status(const struct world_pod *pod)
{
    struct json *object = json_object_create();
    char mac[ETH_ADDR_STRLEN + 1];

    json_object_put_string(object, "id", pod->id);
    json_object_put_string(object, "network", pod->network);
    put_addr(object, "ip", &pod->ip[ADDR_V4]);
    put_addr(object, "ip6", &pod->ip[ADDR_V6]);
    snprintf(mac, sizeof mac, ETH_ADDR_FMT, ETH_ADDR_ARGS(pod->mac));
    json_object_put_string(object, "mac", mac);
    put_port(object, pod->port_name, pod->port);
    put_options(object, &pod->options);
    return object;
}

static void
put_world(struct json *status, const struct world *world)
{
    struct json *networks = json_array_create_empty();
    struct json *peers = json_array_create_empty();
    struct json *pods = json_array_create_empty();

    for (size_t i = 0; i < world->n_networks; i++) {
        json_array_add(networks, network_status(&world->networks[i]));
    }
    for (size_t i = 0; i < world->n_peers; i++) {
        json_array_add(peers, peer_status(world, &world->peers[i]));
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        json_array_add(pods, pod_status(&world->pods[i]));
    }
    json_object_put_string(status, "node", world->node);
    put_addr(status, "tunnel_ip", &world->tunnel_ip[ADDR_V4]);
    put_addr(status, "tunnel_ip6", &world->tunnel_ip[ADDR_V6]);
    json_object_put(status, "tunnel_overhead",
                    json_integer_create(world->overhead));
    json_object_put(status, "underlay_mtu",
                    json_integer_create(world->underlay_mtu));
    json_object_put(status, "draining",
                    json_boolean_create(world->draining));
    json_object_put(status, "tunnels", tunnels_status(&world->tunnels));
    json_object_put(status, "networks", networks);
    json_object_put(status, "peers", peers);
    json_object_put(status, "pods", pods);
}

/* Returns a new JSON object with problems, refusals, and what is in 'world',
 * which may be NULL. */
struct json *
report_status(const struct report *report, const struct world *world)
{
    struct json *status = json_object_create();
    struct json *problems = json_array_create_empty();
    struct json *refusals = json_array_create_empty();

    for (int i = 0; i < N_PROBLEMS; i++) {
        if (report->problems[i]) {
            json_array_add(problems, json_string_create(report->problems[i]));
        }
    }
    json_object_put(status, "problems", problems);
    for (size_t i = 0; world && i < world->n_refusals; i++) {
        struct json *refusal = json_object_create();
        json_object_put_string(refusal, "what", world->refusals[i].what);
        json_object_put_string(refusal, "why", world->refusals[i].why);
        json_array_add(refusals, refusal);
    }
    json_object_put(status, "refusals", refusals);
    if (world) {
        put_world(status, world);
    }
    return status;
}
