/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_PIPELINE_H
#define LODEN_FLOWS_PIPELINE_H 1

/* The pipeline, declared once.  From these lists come the enums, the names
 * that ovs-ofctl prints, the explicit rule for what no other rule matches,
 * the table in README.md and the tests of what must hold for every rule. */

#include <stdint.h>

#include "openvswitch/types.h"

struct ofputil_table_map;

/* Raised when the meaning of a rule's cookie or of a register changes. */
#define PIPELINE_VERSION 1

/* Tables, in the order in which a packet can pass through them.
 *
 * TABLE(SYMBOL, name, why a packet that no rule matches is dropped,
 *       the question asked there) */
#define PIPELINE_TABLES                                                       \
    TABLE(CLASSIFY, "classify", UNKNOWN_PORT,                                 \
          "Where does it come from (pod, tunnel, gateway) and which network?")\
    TABLE(SPOOF, "spoof", SPOOFED_MAC,                                        \
          "May this pod or peer send from this MAC and address?")             \
    TABLE(NEIGHBOUR, "neighbour", ARP_UNANSWERED,                             \
          "ARP and ND: whose address is it? Answered with the gateway's MAC.")\
    TABLE(ADVERTISE, "advertise", ND_UNANSWERED,                              \
          "The last word of an answer to ND, and send it back.")              \
    TABLE(ROUTE, "route", NO_WAY_OUT,                                         \
          "Local pod, peer's subnet, gateway, or nobody? Rewrite the MACs.")  \
    TABLE(BRIDGE, "bridge", UNKNOWN_MAC,                                      \
          "In a bridged network: whose MAC is it?")                           \
    TABLE(FLOOD, "flood", NO_MEMBERS,                                         \
          "Broadcast and multicast: who is there, here and on other nodes?")  \
    TABLE(MTU, "mtu", TOO_LARGE,                                              \
          "Too large for that tunnel? Tell the sender, or cut it up.")        \
    TABLE(OUTPUT, "output", NO_WAY_OUT, "Send it.")                           \
    TABLE(DROP, "drop", UNKNOWN_PORT, "Why was it dropped? Count it.")        \
    TABLE(WHOSE, "whose", UNKNOWN_PORT,                                       \
          "Whose packet was it that was dropped? Count it.")

/* Registers, each a field of its own.  In a rule's text "@name" stands for
 * the register.
 *
 * FIELD(SYMBOL, name, register's number, bits, what it holds) */
#define PIPELINE_FIELDS                                                       \
    FIELD(SOURCE, "source", 0, 8, "1 pod, 2 tunnel, 3 gateway")               \
    FIELD(NETWORK, "network", 1, 24, "the network's VNI")                     \
    FIELD(OUT_PORT, "out_port", 2, 32, "where table output sends it")         \
    FIELD(REASON, "reason", 3, 8, "why table drop drops it")                  \
    FIELD(SCRATCH, "scratch", 4, 32, "free within one rule")                  \
    FIELD(ISOLATED, "isolated", 5, 1, "1: from an isolated pod")              \
    FIELD(TOO_LARGE, "too_large", 6, 1, "1: larger than tunnel_mtu")          \
    FIELD(TUNNEL_MTU, "tunnel_mtu", 7, 16,                                    \
          "what fits into the tunnel, bytes")                                 \
    FIELD(SHARE, "share", 8, 1, "1: within its pod's share of floods")

/* Who a rule belongs to, in its cookie.  KIND(SYMBOL, name) */
#define PIPELINE_KINDS                                                        \
    KIND(PIPELINE, "pipeline")                                                \
    KIND(NETWORK, "network")                                                  \
    KIND(PEER, "peer")                                                        \
    KIND(POD, "pod")

/* Priorities, the most urgent first.  PRIORITY(SYMBOL, value, for what) */
#define PIPELINE_PRIORITIES                                                   \
    PRIORITY(FORBIDDEN, 900, "forbidden whatever else holds")                 \
    PRIORITY(BRIDGED, 860, "of a bridged network, where routed ones differ")  \
    PRIORITY(SHARE, 855, "first held to its pod's share")                     \
    PRIORITY(ISOLATED, 850, "from one isolated pod to another")               \
    PRIORITY(ND, 840, "neighbour discovery as it should be")                  \
    PRIORITY(NOT_ND, 820, "other neighbour discovery")                        \
    PRIORITY(EXACT, 800, "one pod, one address, one port")                    \
    PRIORITY(GUARD, 700, "what ends here unless it was exact")                \
    PRIORITY(FLOOD, 650, "broadcast and multicast")                           \
    PRIORITY(TTL, 600, "no hop left")                                         \
    PRIORITY(SUBNET, 500, "a node's subnet")                                  \
    PRIORITY(RANGE, 400, "the rest of the network's range")                   \
    PRIORITY(OTHER, 300, "the world outside")                                 \
    PRIORITY(REST, 200, "known source, nothing better")                       \
    PRIORITY(LIE, 100, "known source, but not who it says it is")             \
    PRIORITY(MISS, 0, "no other rule matches")

/* Why a packet is dropped.  REASON(SYMBOL, name, explanation) */
#define PIPELINE_REASONS                                                      \
    REASON(UNKNOWN_PORT, "unknown-port", "from a port that is nobody's")      \
    REASON(UNKNOWN_VNI, "unknown-vni", "tunnelled for no network of ours")    \
    REASON(POD_VXLAN, "pod-vxlan", "a pod sends VXLAN itself")                \
    REASON(SPOOFED_MAC, "spoofed-mac", "not from the pod's own MAC")          \
    REASON(SPOOFED_ADDRESS, "spoofed-address",                                \
           "not from the pod's own address")                                  \
    REASON(TUNNEL_SPOOF, "tunnel-spoof",                                      \
           "from a peer, with an address that is not in its subnet")          \
    REASON(NOT_IP, "not-ip", "neither IP nor ARP")                            \
    REASON(DHCP_SERVER, "dhcp-server", "a pod answers DHCP")                  \
    REASON(ARP_OWN, "arp-own-address",                                        \
           "ARP for the sender's own address; answering would be a conflict") \
    REASON(ARP_UNANSWERED, "arp-unanswered",                                  \
           "ARP that asks for nothing of ours, or that answers")              \
    REASON(TTL_EXPIRED, "ttl-expired", "no hop left")                         \
    REASON(NOT_LOCAL, "tunnel-not-local",                                     \
           "from a peer, for nobody on this node")                            \
    REASON(NO_POD, "no-such-pod", "in this node's subnet, for nobody")        \
    REASON(NO_SUBNET, "no-such-subnet", "in the range, in nobody's subnet")   \
    REASON(GATEWAY_STRAY, "gateway-stray",                                    \
           "from the host, for outside the range")                            \
    REASON(NO_WAY_OUT, "no-way-out", "for outside, without a host port")      \
    REASON(NO_MEMBERS, "no-members", "flooded in a network without members") \
    REASON(ISOLATED, "isolated", "from one isolated pod to another")          \
    REASON(NO_FAMILY, "no-such-family",                                       \
           "from a pod without an address of that family")                    \
    REASON(ROUTER, "router-advertisement", "a pod poses as a router")         \
    REASON(REDIRECT, "redirect", "ICMPv6 that would lead around the switch")  \
    REASON(ND_INVALID, "nd-invalid",                                          \
           "neighbour discovery that lies, or that came from afar")           \
    REASON(ND_OWN, "nd-own-address",                                          \
           "neighbour discovery for the sender's own address")                \
    REASON(ND_DAD, "nd-duplicate-detection",                                  \
           "whether somebody has an address already: the switch knows who")   \
    REASON(ND_UNANSWERED, "nd-unanswered",                                    \
           "neighbour discovery that asks for nothing of ours, or answers")   \
    REASON(LINK_LOCAL, "link-local",                                          \
           "for a link-local address, nobody's here")                         \
    REASON(UNKNOWN_MAC, "unknown-mac", "for a MAC that is nobody's")          \
    REASON(MULTICAST, "multicast",                                            \
           "multicast that nobody listens to, or that the network drops")     \
    REASON(UNKNOWN_PEER, "unknown-peer",                                      \
           "tunnelled from an address that is no peer's")                     \
    REASON(TOO_LARGE, "too-large",                                            \
           "too large for the tunnel; its sender was told, or it was cut up") \
    REASON(POD_GENEVE, "pod-geneve", "a pod sends Geneve itself")

enum pipeline_table {
#define TABLE(SYMBOL, NAME, MISS, QUESTION) TABLE_##SYMBOL,
    PIPELINE_TABLES
#undef TABLE
    PIPELINE_N_TABLES
};

/* The registers' numbers. */
enum pipeline_field {
#define FIELD(SYMBOL, NAME, REG, BITS, WHAT) FIELD_##SYMBOL = REG,
    PIPELINE_FIELDS
#undef FIELD
};

enum pipeline_kind {
    KIND_NONE,
#define KIND(SYMBOL, NAME) KIND_##SYMBOL,
    PIPELINE_KINDS
#undef KIND
    PIPELINE_N_KINDS
};

enum pipeline_priority {
#define PRIORITY(SYMBOL, VALUE, WHAT) PRIORITY_##SYMBOL = VALUE,
    PIPELINE_PRIORITIES
#undef PRIORITY
};

enum pipeline_reason {
    REASON_NONE,
#define REASON(SYMBOL, NAME, WHAT) REASON_##SYMBOL,
    PIPELINE_REASONS
#undef REASON
    PIPELINE_N_REASONS
};

/* Values of the register "source". */
enum pipeline_source {
    SOURCE_POD = 1,
    SOURCE_TUNNEL = 2,
    SOURCE_GATEWAY = 3
};

/* The first 16 bits of every cookie of Loden's. */
#define PIPELINE_COOKIE_MAGIC 0x10de

const char *pipeline_table_name(enum pipeline_table);
const char *pipeline_table_question(enum pipeline_table);
void pipeline_table_map_init(struct ofputil_table_map *);
const char *pipeline_reason_name(enum pipeline_reason);
const char *pipeline_reason_text(enum pipeline_reason);
enum pipeline_reason pipeline_table_miss(enum pipeline_table);

ovs_be64 pipeline_cookie(enum pipeline_kind, const char *object);
char *pipeline_expand(const char *text);
char *pipeline_to_string(void);

#endif /* flows/pipeline.h */
