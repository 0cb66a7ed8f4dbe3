/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Multicast in a bridged network that sends it only to those who listen
 * (RFC 4541).
 *
 * What pods say about groups (IGMP, MLD) goes to the controller, which takes
 * it into the world, and to nobody else.  A group's packets go to the pods
 * here that listen, to the nodes that have such pods, and to the host, which
 * is the router of its pods.  Those of the groups of the link that nobody
 * reports go to all.
 *
 * A network with more than GROUPS_MAX groups floods instead: its rules would
 * be too many, and packets that are nobody's rule's would be lost. */

#include <config.h>
#include "flows/compile-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* How many groups a network can have. */
#define GROUPS_MAX 1024

/* How many nodes a group can be on: their ways must fit into one message of
 * 64 KiB, at 48 bytes each at most, and no packet is copied more often. */
#define GROUP_NODES_MAX 1000

/* How many reports of a pod are heard in a second, and at once. */
#define REPORT_RATE 50
#define REPORT_BURST 200

/* Frames for a group. */
#define TO_GROUP "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"

/* Somebody who listens to a group: a pod of this node, or a peer. */
struct listening {
    struct in6_addr group;        /* Which. */
    const struct world_pod *pod;  /* Or NULL. */
    const struct world_peer *peer; /* Or NULL. */
};

struct listenings {
    struct listening *array; /* Sorted by group; pods before peers. */
    size_t n;                /* Number of elements in 'array'. */
    size_t allocated;        /* Room in 'array'. */
};

static int
compare_listenings(const void *a_, const void *b_)
{
    const struct listening *a = a_, *b = b_;
    int cmp = memcmp(&a->group, &b->group, sizeof a->group);

    cmp = cmp ? cmp : (a->peer != NULL) - (b->peer != NULL);
    /* Elements of arrays that are in order. */
    cmp = cmp ? cmp : (a->pod > b->pod) - (a->pod < b->pod);
    return cmp ? cmp : (a->peer > b->peer) - (a->peer < b->peer);
}

static void
add_listenings(struct listenings *all, const struct listening *one,
               const struct in6_addr *groups, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (all->n >= all->allocated) {
            all->array = x2nrealloc(all->array, &all->allocated,
                                    sizeof *all->array);
        }
        all->array[all->n] = *one;
        all->array[all->n++].group = groups[i];
    }
}

/* Collects who listens to what in 'network'. */
static void
find_listenings(const struct compile *c, const struct world_network *network,
                struct listenings *all)
{
    const struct world *world = c->world;

    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        if (pod->port != OFPP_NONE && !strcmp(pod->network, network->name)) {
            add_listenings(all, &(struct listening) { .pod = pod },
                           pod->groups, pod->n_groups);
        }
    }
    for (size_t i = 0; i < world->n_endpoints; i++) {
        const struct world_endpoint *endpoint = &world->endpoints[i];
        const struct world_peer *peer
            = (endpoint->n_groups && !strcmp(endpoint->network, network->name)
               ? world_find_peer(world, endpoint->node) : NULL);
        if (peer && compile_way_out(c, peer).port != OFPP_NONE) {
            add_listenings(all, &(struct listening) { .peer = peer },
                           endpoint->groups, endpoint->n_groups);
        }
    }
    if (all->n) {
        qsort(all->array, all->n, sizeof *all->array, compare_listenings);
    }
}

/* Returns how many of the 'n' that begin at 'array' listen to the same group
 * as the first. */
static size_t
count_same(const struct listening *array, size_t n)
{
    size_t i = 1;

    while (i < n && ipv6_addr_equals(&array[i].group, &array[0].group)) {
        i++;
    }
    return i;
}

static size_t
count_groups(const struct listenings *all)
{
    size_t n = 0;

    for (size_t i = 0; i < all->n; n++) {
        i += count_same(&all->array[i], all->n - i);
    }
    return n;
}

/* Appends to 's' what sends to the pods among the 'n' that begin at 'array',
 * or only to those that are not isolated.  Returns how many are. */
static size_t
put_pods(const struct listening *array, size_t n, bool open, struct ds *s)
{
    size_t n_isolated = 0;

    for (size_t i = 0; i < n && array[i].pod; i++) {
        n_isolated += array[i].pod->options.isolated;
        if (!open || !array[i].pod->options.isolated) {
            ds_put_format(s, "output:%"PRIu32",", OUT(array[i].pod->port));
        }
    }
    return n_isolated;
}

/* Appends to 's' what sends to the peers among the 'n' that begin at 'array':
 * first those with ports of their own, as the shared one's actions stay in
 * force. */
static void
put_peers(struct compile *c, const struct world_network *network,
          const struct listening *array, size_t n, struct ds *s)
{
    size_t n_nodes = 0;

    for (int shared = 0; shared < 2; shared++) {
        const struct world_peer *last = NULL;

        for (size_t i = 0; i < n && n_nodes < GROUP_NODES_MAX; i++) {
            const struct world_peer *peer = array[i].peer;
            struct way_out way;

            if (!peer || peer == last) {
                continue;
            }
            last = peer;
            way = compile_way_out(c, peer);
            if ((way.tunnel[0] != '\0') == shared) {
                if (!n_nodes++) {
                    ds_put_format(s, "set_field:%"PRIu32"->tun_id,",
                                  network->vni);
                }
                ds_put_format(s, "%soutput:%"PRIu32",", way.tunnel,
                              OUT(way.port));
            }
        }
    }
}

/* The rules of the group of the 'n' that begin at 'array'. */
static void
put_group(struct compile *c, const struct world_network *network,
          const struct listening *array, size_t n)
{
    enum addr_family family = addr_family(&array->group);
    struct ds here = DS_EMPTY_INITIALIZER;
    struct ds open = DS_EMPTY_INITIALIZER;
    struct ds away = DS_EMPTY_INITIALIZER;
    struct ds meter = DS_EMPTY_INITIALIZER;
    char text[ADDR_STRLEN];
    char *match = xasprintf("@network=%"PRIu32","TO_GROUP",%s,%s=%s",
                            network->vni, compile_words[family].ip,
                            compile_words[family].dst,
                            addr_format(&array->group, text));

    compile_storm_meter(c, network, &meter);
    bool any_isolated = put_pods(array, n, false, &here) > 0;
    put_pods(array, n, true, &open);
    if (!network->internal && network->host_port != OFPP_NONE) {
        ds_put_format(&away, "output:%"PRIu32",", OUT(network->host_port));
    }
    put_peers(c, network, array, n, &away);
    ds_chomp(&away, ',');
    put(c, TABLE_BRIDGE, PRIORITY_SUBNET, "@source=%d,%s actions=%s%s%s",
        SOURCE_POD, match, ds_cstr(&meter), ds_cstr(&here), ds_cstr(&away));
    if (any_isolated && !open.length && !away.length) {
        put(c, TABLE_BRIDGE, PRIORITY_ISOLATED,
            "@source=%d,@isolated=1,%s actions="DROP_FMT, SOURCE_POD, match,
            DROP(ISOLATED));
    } else if (any_isolated) {
        put(c, TABLE_BRIDGE, PRIORITY_ISOLATED,
            "@source=%d,@isolated=1,%s actions=%s%s%s", SOURCE_POD, match,
            ds_cstr(&meter), ds_cstr(&open), ds_cstr(&away));
    }
    ds_chomp(&here, ',');
    if (here.length) {
        put(c, TABLE_BRIDGE, PRIORITY_RANGE, "%s actions=%s", match,
            ds_cstr(&here));
    }
    free(match);
    ds_destroy(&meter);
    ds_destroy(&away);
    ds_destroy(&open);
    ds_destroy(&here);
}

/* What 'pod' says about groups is for the controller alone. */
static void
compile_reports(struct compile *c, const struct world_pod *pod)
{
    /* Queries, and reports of MLD (RFC 2710, RFC 3810). */
    static const int types[] = { 130, 131, 132, 143 };
    const struct meter meter = {
        .number = METER_REPORT + OUT(pod->port),
        .pps = REPORT_RATE,
        .burst = REPORT_BURST,
    };

    own(c, KIND_POD, pod->id);
    meterset_put(&c->rules->meters, &meter);
    put(c, TABLE_BRIDGE, PRIORITY_BRIDGED,
        "in_port=%"PRIu32",ip,nw_proto=2 "
        "actions=meter:%"PRIu32",controller:65535", OUT(pod->port),
        meter.number);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        put(c, TABLE_BRIDGE, PRIORITY_BRIDGED,
            "in_port=%"PRIu32",icmp6,icmp_type=%d "
            "actions=meter:%"PRIu32",controller:65535", OUT(pod->port),
            types[i], meter.number);
    }
}

/* What nobody listens to goes to the host. */
static void
compile_unheard(struct compile *c, const struct world_network *network)
{
    static const char *const everybodys[] = {
        "ip,nw_dst=224.0.0.0/24", "ipv6,ipv6_dst=ff02::1",
    };
    const uint32_t vni = network->vni;

    for (size_t i = 0; i < ARRAY_SIZE(everybodys); i++) {
        put(c, TABLE_BRIDGE, PRIORITY_SUBNET,
            "@network=%"PRIu32","TO_GROUP",%s actions=goto_table:flood", vni,
            everybodys[i]);
    }
    if (!network->internal && network->host_port != OFPP_NONE) {
        struct ds meter = DS_EMPTY_INITIALIZER;

        compile_storm_meter(c, network, &meter);
        put(c, TABLE_BRIDGE, PRIORITY_RANGE,
            "@source=%d,@network=%"PRIu32","TO_GROUP" actions=%s"OUT_FMT,
            SOURCE_POD, vni, ds_cstr(&meter), OUT(network->host_port));
        ds_destroy(&meter);
    }
    put(c, TABLE_BRIDGE, PRIORITY_OTHER,
        "@network=%"PRIu32","TO_GROUP" actions="DROP_FMT, vni,
        DROP(MULTICAST));
}

/* Sends multicast of 'network', which has a pod here, to those who listen.
 * Returns false if it is to be flooded. */
bool
compile_snoop(struct compile *c, const struct world_network *network)
{
    struct listenings all = { .n = 0 };

    for (size_t i = 0; i < c->world->n_pods; i++) {
        const struct world_pod *pod = &c->world->pods[i];
        if (pod->port != OFPP_NONE && !strcmp(pod->network, network->name)) {
            compile_reports(c, pod);
        }
    }
    own(c, KIND_NETWORK, network->name);
    find_listenings(c, network, &all);
    bool few = count_groups(&all) <= GROUPS_MAX;
    for (size_t i = 0, n; few && i < all.n; i += n) {
        n = count_same(&all.array[i], all.n - i);
        put_group(c, network, &all.array[i], n);
    }
    if (few) {
        compile_unheard(c, network);
    }
    free(all.array);
    return few;
}
