/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_WORLD_H
#define LODEN_FLOWS_WORLD_H 1

/* The world that this node should make true, as plain values: what
 * 'ovsdb/' reads out of the databases and 'flows/compile.c' and the host's
 * side turn into rules, addresses and routes.  Nothing here refers to a row
 * or a socket, so that a test can write a world by hand.
 *
 * A member that the cluster database fills, in a network, in a peer or in the
 * world itself, must be added to the tables in 'flows/world-fields.c' too:
 * else it is lost on the way from the database to here. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/addr.h"
#include "flows/endpoints.h"
#include "flows/options.h"
#include "flows/peers.h"
#include "flows/tunnels.h"
#include "openvswitch/compiler.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/flow.h"
#include "openvswitch/types.h"

/* What VXLAN, or Geneve without options, over IPv4 and IPv6 adds to a packet,
 * in bytes. */
#define WORLD_TUNNEL_OVERHEAD_V4 50
#define WORLD_TUNNEL_OVERHEAD_V6 70

/* The least that every IPv4 host must accept (RFC 791), and that IPv6 wants of
 * every link (RFC 8200, 5), in bytes. */
#define WORLD_MTU_MIN 576
#define WORLD_MTU_MIN_V6 1280

/* Numbers of OpenFlow ports that Open vSwitch never gives out by itself. */
#define WORLD_FIRST_OWN_OFPORT 32768
#define WORLD_LAST_OWN_OFPORT 65279

enum world_mode {
    WORLD_ROUTED, /* A subnet for each node, routed by the switch. */
    WORLD_BRIDGED /* One subnet and one layer-2 segment. */
};

/* A network that this node takes part in. */
struct world_network {
    char *name;                 /* Unique. */
    uint32_t vni;               /* 1 to 2^24 - 1; unique.  What is sent. */
    uint32_t also_vni;          /* Taken from tunnels, too, while the VNI
                                 * changes; 0: none. */
    enum world_mode mode;       /* How packets find their way. */
    struct prefix *ranges;      /* All addresses of the network. */
    size_t n_ranges;            /* Number of 'ranges'. */
    unsigned int node_plen[ADDR_N_FAMILIES];  /* A subnet's length; 0: none. */
    struct prefix subnet[ADDR_N_FAMILIES];    /* This node's; may be unset. */
    struct in6_addr first[ADDR_N_FAMILIES];   /* Where nodes' first and last */
    struct in6_addr last[ADDR_N_FAMILIES];    /* subnet begin; "::": anywhere
                                               * in 'ranges'. */
    bool closed;                 /* Are no more subnets to be claimed? */
    bool closing;                /* No more pods either, as somebody is about
                                  * to delete it? */
    char *lost_to;               /* Which node has 'subnet' by now, so that no
                                  * pods are to be added; NULL: we do. */
    struct in6_addr gateway[ADDR_N_FAMILIES]; /* The host port's; "::" if the
                                               * subnet is unset. */
    struct eth_addr gateway_mac; /* The same on all nodes. */
    unsigned int mtu;            /* Of the pods, in bytes. */
    bool mtu_follows;            /* Is 'mtu' what the tunnels leave? */
    bool masquerade;             /* Pods take the node's address outside? */
    bool internal;               /* No host port: no host, no world? */
    char *host_name;             /* The host port's; unused if internal. */
    ofp_port_t host_port;        /* Its number; OFPP_NONE while unknown. */
    struct world_bridged bridged; /* If it is. */
};

/* A container's interface on this node. */
struct world_pod {
    char *id;                           /* The value of KEY_ID; unique. */
    char *network;                      /* Name of a network in the world. */
    char *port_name;                    /* The veth's end on the host. */
    ofp_port_t port;                    /* OFPP_NONE while unknown. */
    unsigned int mtu;                   /* Of the veth's end on the host, so
                                         * of what it can send; 0: unknown. */
    struct eth_addr mac;                /* The only one it may use. */
    struct in6_addr ip[ADDR_N_FAMILIES]; /* The only ones; "::" for none. */
    char *netns;                        /* Path of its namespace, as its row
                                         * says; or NULL. */
    char *req;                          /* The plugin's nonce; never NULL. */
    bool acked;                         /* Has it been told that it works? */
    struct world_options options;       /* What else its row asks for. */
    struct world_claim claim;           /* In a bridged network. */
    struct in6_addr *groups;            /* Multicast groups that it listens
                                         * to, sorted, if that matters. */
    size_t n_groups;                    /* Number of 'groups'. */
};

/* A row that was not followed, and why. */
struct world_refusal {
    char *what; /* The row, e.g. "Subnet 172.18.6.0/25 of node n2". */
    char *why;  /* What is wrong with it and what would be right. */
    char *req;  /* Of a pod that asks for what cannot be: what its plugin
                 * knows its question by; else NULL. */
};

struct world {
    char *node;                 /* This node's name. */
    struct in6_addr tunnel_ip[ADDR_N_FAMILIES]; /* Where our tunnels end; "::"
                                                 * for none. */
    unsigned int underlay_mtu;  /* The least on the way to any peer, in
                                 * bytes; without peers, of the interfaces
                                 * with these; 0: not known. */
    unsigned int overhead;      /* What tunnels add to a packet, in bytes. */
    int64_t config_seq;         /* Number of the cluster's configuration that
                                 * it was made from; 0: none. */
    bool draining;              /* Shall this node take no new pods? */
    bool userspace;             /* Is the datapath "netdev"? */
    struct world_tunnels tunnels;   /* How they lead to the peers. */
    bool manages_forward;           /* May rules of ours stand in others'
                                     * chains that drop? */
    struct world_network *networks; /* By name. */
    size_t n_networks;              /* Number of 'networks'. */
    struct world_peer *peers;       /* By name. */
    size_t n_peers;                 /* Number of 'peers'. */
    struct world_pod *pods;         /* By id. */
    size_t n_pods;                  /* Number of 'pods'. */
    struct world_endpoint *endpoints; /* By network and MAC. */
    size_t n_endpoints;             /* Number of 'endpoints'. */
    struct world_refusal *refusals; /* In the order of their finding. */
    size_t n_refusals;              /* Number of 'refusals'. */
};

void world_init(struct world *, const char *node);
void world_destroy(struct world *);

struct world_network *world_add_network(struct world *, const char *name,
                                        uint32_t vni);
struct world_pod *world_add_pod(struct world *, const char *id,
                                const char *network);
bool world_pod_has_ip(const struct world_pod *);
bool world_pod_seeks_ip(const struct world_pod *);

/* Is it at a step of a change that goes on when all nodes have followed? */
bool world_is_changing(const struct world *);

void world_refuse(struct world *, char *what, const char *why_format, ...)
    OVS_PRINTF_FORMAT(3, 4);
void world_network_set_subnet(struct world_network *, const struct prefix *);
void world_network_derive(struct world_network *);

/* Orders every array by its key, so that equal worlds are equal bytes. */
void world_sort(struct world *);

uint32_t world_name_hash(const char *kind, const char *name);
char *world_to_string(const struct world *);

#endif /* flows/world.h */
