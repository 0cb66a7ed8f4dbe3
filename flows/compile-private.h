/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_COMPILE_PRIVATE_H
#define LODEN_FLOWS_COMPILE_PRIVATE_H 1

/* What the files compile*.c share; nobody else includes this.
 *
 *     compile.c        the pipeline itself, and networks
 *     compile-peer.c   peers
 *     compile-pod.c    pods
 *     compile-flood.c  broadcast and multicast
 *     compile-bridged.c   bridged networks, and their pods
 *     compile-endpoint.c  what other nodes have in them
 *     compile-snoop.c     their multicast, if it is for listeners only
 *     compile-storm.c     how much may be flooded there
 *     compile-mtu.c    what is too large for a tunnel
 *     compile-v6.c     what only IPv6 has
 *     compile-nd.c     neighbour discovery, answered in the switch
 *     compile-ask.c    how often a pod may ask for neighbours */

#include "flow.h"
#include "flows/compile.h"
#include "flows/flowset.h"
#include "flows/pipeline.h"
#include "flows/world.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"

struct compile {
    const struct world *world; /* What to make true; borrowed. */
    struct flowset *rules;     /* Where the rules go; borrowed. */
    ovs_be64 cookie;           /* Whose rules put() adds now. */
    struct ds text;            /* For put(): the rule's. */
    const struct world_network *sized; /* Whose packets are... */
    unsigned int largest;              /* ...at most this large, in bytes. */
};

void compile_own(struct compile *, enum pipeline_kind, const char *object);
void compile_put(struct compile *, enum pipeline_table,
                 enum pipeline_priority, const char *format, ...)
    OVS_PRINTF_FORMAT(4, 5);
void compile_pod(struct compile *, const struct world_pod *);
void compile_flood(struct compile *, const struct world_network *);

/* compile-peer.c */

/* How a peer's packets come in: a match, "in_port=PORT" and, of the shared
 * port, ",tun_src=ADDRESS". */
struct way_in {
    char match[48 + ADDR_STRLEN];
    bool shared;
};
#define MAX_WAYS_IN (TUNNELS_N_ENCAPS + TUNNELS_N_SHARED)

/* Where what is for a peer leaves, for the end of actions: the shared port's
 * tun_dst, if needed, and the port. */
struct way_out {
    char tunnel[2 * (32 + ADDR_STRLEN)]; /* "set_field:...->tun_dst," or the
                                          * like, or "". */
    ofp_port_t port;               /* OFPP_NONE: there is no way. */
};

/* What a routed network changes in a packet for another node. */
struct hop {
    char actions[96]; /* "dec_ttl,...," */
};

struct hop compile_hop(const struct world_network *);
size_t compile_ways_in(const struct compile *, const struct world_peer *,
                       struct way_in ways[MAX_WAYS_IN]);
struct way_out compile_way_out(const struct compile *,
                               const struct world_peer *);
void compile_peers(struct compile *);

/* compile-bridged.c */
void compile_bridged_network(struct compile *, const struct world_network *);
void compile_bridged_pod(struct compile *, const struct world_pod *,
                         const struct world_network *, const char *meter);

/* compile-storm.c */
void compile_storm_meter(struct compile *, const struct world_network *,
                         struct ds *actions);
void compile_storm_share(struct compile *, const struct world_pod *,
                         const struct world_network *);
void compile_storm_routed(struct compile *, const struct world_pod *,
                          const struct world_network *);

/* compile-snoop.c */
bool compile_snoop(struct compile *, const struct world_network *);

/* compile-endpoint.c */
void compile_bridged_answers(struct compile *, const struct world_network *,
                             const struct world_endpoint *, const char *who);
void compile_bridged_announcements(struct compile *,
                                   const struct world_pod *);
void compile_endpoints(struct compile *, const struct world_network *);

/* compile-mtu.c */

/* How large a packet for a peer may be, and where that is judged. */
struct size_check {
    char actions[80];  /* At the start; "" if nothing can be too large. */
    const char *table; /* The one to go to at the end. */
};

struct size_check compile_check_size(struct compile *,
                                     const struct world_network *,
                                     const struct world_peer *);
void compile_mtu(struct compile *, const struct world_network *,
                 const char *hop);

/* compile-v6.c */
void compile_v6_router(struct compile *, const struct world_network *);
void compile_v6_pipeline(struct compile *);
void compile_v6_network(struct compile *, const struct world_network *);
void compile_v6_source(struct compile *, const struct world_pod *);
void compile_v6_link(struct compile *, const struct world_pod *);

/* compile-nd.c */
struct nd_answer {
    uint32_t vni;        /* Of the network in which it is asked. */
    struct prefix about; /* The addresses asked for. */
    struct eth_addr mac; /* The answer. */
    bool router;         /* Is it a router's? */
};
void compile_nd_pipeline(struct compile *);
void compile_nd_answer(struct compile *, enum pipeline_priority,
                       const struct nd_answer *);
void compile_nd_own(struct compile *, ofp_port_t, const struct in6_addr *own);
void compile_nd_announcement(struct compile *, const char *from,
                             const struct in6_addr *, const char *tll);

/* compile-ask.c */
enum ask { ASK_ARP, ASK_ND };
struct ask_actions {
    char text[48];
};
struct ask_actions compile_ask(struct compile *, enum ask, ofp_port_t);

/* Short, since most lines of rules begin with one of them. */
#define own compile_own
#define put compile_put

/* How rules speak of a family. */
struct compile_words {
    const char *ip;  /* Its packets... */
    const char *src; /* ...the address they come from... */
    const char *dst; /* ...and the one they go to. */
};
extern const struct compile_words compile_words[ADDR_N_FAMILIES];

/* Actions that drop a packet for a reason (a format and its argument). */
#define DROP_FMT "set_field:%d->@reason,goto_table:drop"
#define DROP(SYMBOL) REASON_##SYMBOL

/* Actions that send a packet to a port (a format and its argument). */
#define OUT_FMT "set_field:%"PRIu32"->@out_port,goto_table:output"
#define OUT(PORT) ofp_to_u16(PORT)

#endif /* flows/compile-private.h */
