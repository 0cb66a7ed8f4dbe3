/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Who listens to which group in networks that send multicast only there.
 *
 * Every pod has a segment of its own, its port, on which the gateway is the
 * querier: it asks in general when a pod comes and from time to time, and for
 * one group when the pod says that it has left it.  Timers and numbers are
 * those of RFC 3376, 8, and RFC 3810, 9.  What pods say comes by the switch
 * (controller/ofanswer.c), is read by mcast-parse.c, and ends in the world,
 * from where the rules and this node's Endpoint rows have it.
 *
 * A controller that starts takes what its node's rows say for as true as if it
 * had just been heard: no packet is lost until the pods have answered.
 *
 * No pod can have more than MEMBERSHIPS_MAX groups, and what is new is told
 * the world at most every SETTLE_TIME. */

#include <config.h>
#include "controller/mcast.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "controller/mcast-parse.h"
#include "flows/world.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(mcast);

/* How many groups a pod can listen to. */
#define MEMBERSHIPS_MAX 32

/* Times, in ms: between general queries, and at first; after the last report;
 * after a pod has said that it leaves a group. */
#define QUERY_INTERVAL 125000
#define STARTUP_INTERVAL (QUERY_INTERVAL / 4)
#define MEMBERSHIP_TIME (2 * QUERY_INTERVAL + 10000)
#define LAST_MEMBER_INTERVAL 1000
#define LAST_MEMBER_TIME (2 * LAST_MEMBER_INTERVAL)

/* How long changes are collected, in ms. */
#define SETTLE_TIME 100

struct membership {
    struct in6_addr group; /* Listened to... */
    long long int ends;    /* ...until this time_msec(). */
};

/* A pod of such a network. */
struct listener {
    char *id;              /* The pod's. */
    ofp_port_t port;       /* Its port. */
    struct membership groups[MEMBERSHIPS_MAX]; /* What it listens to. */
    size_t n_groups;       /* Number of 'groups'. */
    struct mcast_querier queriers[ADDR_N_FAMILIES]; /* Who asks it... */
    bool asked[ADDR_N_FAMILIES];                    /* ...for which family. */
    long long int query_at; /* When it is asked next. */
    long long int ask_groups_at; /* When it is asked for those that it may
                                  * have left; 0: there are none. */
    bool asked_again;       /* Will that be the second time? */
    bool starting;          /* Has it been asked once at most? */
    bool seen;              /* Is it in the world that is being read? */
};

struct mcast {
    struct listener **listeners; /* In no order. */
    size_t n_listeners;          /* Number of 'listeners'. */
    unsigned int seqno;          /* Raised when reading gives something new. */
    long long int changed_at;    /* When that will be; 0: nothing is new. */
};

struct mcast *
mcast_open(void)
{
    return xzalloc(sizeof(struct mcast));
}

static void
listener_destroy(struct listener *listener)
{
    free(listener->id);
    free(listener);
}

void
mcast_close(struct mcast *mcast)
{
    if (mcast) {
        for (size_t i = 0; i < mcast->n_listeners; i++) {
            listener_destroy(mcast->listeners[i]);
        }
        free(mcast->listeners);
        free(mcast);
    }
}

static void
note_change(struct mcast *mcast)
{
    if (!mcast->changed_at) {
        mcast->changed_at = time_msec() + SETTLE_TIME;
    }
}

/* ---- Queries ------------------------------------------------------------ */

static void
ask(const struct listener *listener, const struct in6_addr *group,
    mcast_send *send, void *aux)
{
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (listener->asked[family]
            && (!group || addr_family(group) == family)) {
            uint8_t frame[MCAST_QUERY_MAX];
            size_t size = mcast_query(frame, &listener->queriers[family],
                                      group);
            send(aux, listener->port, frame, size);
        }
    }
}

/* Asks 'listener' for each group that it may have left. */
static void
ask_for_groups(const struct listener *listener, mcast_send *send, void *aux)
{
    for (size_t i = 0; i < listener->n_groups; i++) {
        const struct membership *membership = &listener->groups[i];
        long long int left = membership->ends - time_msec();

        if (left <= LAST_MEMBER_TIME && left > 0) {
            ask(listener, &membership->group, send, aux);
        }
    }
}

static void
run_listener(struct mcast *mcast, struct listener *listener,
             mcast_send *send, void *aux)
{
    for (size_t i = 0; i < listener->n_groups; ) {
        if (listener->groups[i].ends <= time_msec()) {
            listener->groups[i] = listener->groups[--listener->n_groups];
            note_change(mcast);
        } else {
            i++;
        }
    }
    if (listener->ask_groups_at && listener->ask_groups_at <= time_msec()) {
        ask_for_groups(listener, send, aux);
        /* A query may be lost, so there is another one a second later. */
        listener->ask_groups_at = (listener->asked_again ? 0
                                   : time_msec() + LAST_MEMBER_INTERVAL);
        listener->asked_again = !listener->asked_again;
    }
    if (listener->query_at <= time_msec()) {
        ask(listener, NULL, send, aux);
        listener->query_at = time_msec() + (listener->starting
                                            ? STARTUP_INTERVAL
                                            : QUERY_INTERVAL);
        listener->starting = false;
    }
}

/* Ends memberships, and asks with 'send' and 'aux' what is to be asked. */
void
mcast_run(struct mcast *mcast, mcast_send *send, void *aux)
{
    for (size_t i = 0; i < mcast->n_listeners; i++) {
        run_listener(mcast, mcast->listeners[i], send, aux);
    }
    if (mcast->changed_at && mcast->changed_at <= time_msec()) {
        mcast->changed_at = 0;
        mcast->seqno++;
    }
}

void
mcast_wait(const struct mcast *mcast)
{
    long long int next = mcast->changed_at ? mcast->changed_at : LLONG_MAX;

    for (size_t i = 0; i < mcast->n_listeners; i++) {
        const struct listener *listener = mcast->listeners[i];

        next = MIN(next, listener->query_at);
        if (listener->ask_groups_at) {
            next = MIN(next, listener->ask_groups_at);
        }
        for (size_t j = 0; j < listener->n_groups; j++) {
            next = MIN(next, listener->groups[j].ends);
        }
    }
    if (next != LLONG_MAX) {
        poll_timer_wait_until(next);
    }
}

/* ---- Reports ------------------------------------------------------------ */

static struct membership *
find_membership(struct listener *listener, const struct in6_addr *group)
{
    for (size_t i = 0; i < listener->n_groups; i++) {
        if (ipv6_addr_equals(&listener->groups[i].group, group)) {
            return &listener->groups[i];
        }
    }
    return NULL;
}

/* Lets 'listener' listen to 'group' from now on.  Returns false if it has too
 * many already. */
static bool
join(struct mcast *mcast, struct listener *listener,
     const struct in6_addr *group)
{
    struct membership *membership = find_membership(listener, group);

    if (!addr_is_group(group)) {
        return true;
    } else if (!membership && listener->n_groups >= MEMBERSHIPS_MAX) {
        return false;
    } else if (!membership) {
        membership = &listener->groups[listener->n_groups++];
        membership->group = *group;
        note_change(mcast);
    }
    membership->ends = time_msec() + MEMBERSHIP_TIME;
    return true;
}

/* 'group' ends unless somebody behind the port says soon that he still
 * listens. */
static void
leave(struct listener *listener, const struct in6_addr *group)
{
    struct membership *membership = find_membership(listener, group);
    long long int ends = time_msec() + LAST_MEMBER_TIME;

    if (membership && membership->ends > ends) {
        membership->ends = ends;
        listener->ask_groups_at = time_msec();
        listener->asked_again = false;
    }
}

/* Takes the report in the 'size' bytes of 'frame', any bytes at all, that the
 * pod at 'port' has sent. */
void
mcast_hear(struct mcast *mcast, ofp_port_t port, const uint8_t *frame,
           size_t size)
{
    struct listener *listener = NULL;
    struct mcast_report report;
    bool all = true;

    for (size_t i = 0; i < mcast->n_listeners && !listener; i++) {
        if (mcast->listeners[i]->port == port) {
            listener = mcast->listeners[i];
        }
    }
    if (!listener) {
        return;
    }
    mcast_parse(&report, frame, size);
    for (size_t i = 0; i < report.n; i++) {
        const struct mcast_change *change = &report.changes[i];

        if (change->leaves) {
            leave(listener, &change->group);
        } else {
            all &= join(mcast, listener, &change->group);
        }
    }
    if (!all) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
        VLOG_WARN_RL(&rl, "pod %s: it listens to more than %d multicast "
                     "groups, and gets nothing of the rest", listener->id,
                     MEMBERSHIPS_MAX);
    }
}

/* ---- The world ---------------------------------------------------------- */

/* Adds a listener for 'pod', with what this node's row says of it. */
static struct listener *
add_listener(struct mcast *mcast, const struct world *world,
             const struct world_pod *pod)
{
    const struct world_endpoint *endpoint
        = world_find_endpoint(world, pod->network, pod->mac);
    struct listener *listener = xzalloc(sizeof *listener);

    listener->id = xstrdup(pod->id);
    listener->starting = true;
    for (size_t i = 0; endpoint && !strcmp(endpoint->node, world->node)
         && i < endpoint->n_groups && i < MEMBERSHIPS_MAX; i++) {
        listener->groups[listener->n_groups++] = (struct membership) {
            .group = endpoint->groups[i],
            .ends = time_msec() + MEMBERSHIP_TIME,
        };
    }
    mcast->listeners = xrealloc(mcast->listeners, (mcast->n_listeners + 1)
                                * sizeof *mcast->listeners);
    mcast->listeners[mcast->n_listeners++] = listener;
    return listener;
}

/* Says who asks 'listener', a pod of 'network'.  In an internal network there
 * is no gateway, and the switch asks for nobody (RFC 4541, 2.1.1). */
static void
set_queriers(struct listener *listener, const struct world_network *network)
{
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        struct mcast_querier *querier = &listener->queriers[family];

        listener->asked[family] = prefix_is_set(&network->subnet[family]);
        querier->v6 = family == ADDR_V6;
        memcpy(querier->mac, &network->gateway_mac, sizeof querier->mac);
        querier->source = (querier->v6 ? addr_gateway_link_local()
                           : network->internal ? in6addr_any
                           : network->gateway[family]);
    }
}

static int
compare_groups(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct in6_addr));
}

/* Gives 'pod' of 'world' its groups, and what it has of them here the pod's
 * port. */
static void
read_pod(struct mcast *mcast, const struct world *world,
         const struct world_network *network, struct world_pod *pod)
{
    struct listener *listener = NULL;

    for (size_t i = 0; i < mcast->n_listeners && !listener; i++) {
        if (!strcmp(mcast->listeners[i]->id, pod->id)) {
            listener = mcast->listeners[i];
        }
    }
    if (!listener) {
        listener = add_listener(mcast, world, pod);
    }
    listener->seen = true;
    listener->port = pod->port;
    set_queriers(listener, network);
    if (listener->n_groups) {
        pod->groups = xcalloc(listener->n_groups, sizeof *pod->groups);
        for (size_t i = 0; i < listener->n_groups; i++) {
            pod->groups[pod->n_groups++] = listener->groups[i].group;
        }
        qsort(pod->groups, pod->n_groups, sizeof *pod->groups,
              compare_groups);
    }
}

/* Gives the pods of 'world', which is sorted, the groups that they listen to
 * where that matters, and forgets pods that are not in it. */
void
mcast_read(struct mcast *mcast, struct world *world)
{
    for (size_t i = 0; i < mcast->n_listeners; i++) {
        mcast->listeners[i]->seen = false;
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        struct world_pod *pod = &world->pods[i];
        const struct world_network *network
            = world_find_network(world, pod->network);

        if (network && network->bridged.snoop && pod->port != OFPP_NONE) {
            read_pod(mcast, world, network, pod);
        }
    }
    for (size_t i = 0; i < mcast->n_listeners; ) {
        if (!mcast->listeners[i]->seen) {
            listener_destroy(mcast->listeners[i]);
            mcast->listeners[i] = mcast->listeners[--mcast->n_listeners];
        } else {
            i++;
        }
    }
}

/* Returns a number that changes whenever mcast_read() may. */
unsigned int
mcast_seqno(const struct mcast *mcast)
{
    return mcast->seqno;
}
