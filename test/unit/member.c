/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "test/unit/member.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

#include "test/unit/unit.h"

#define PATIENCE_MS 10000

/* The test programs are linked with --wrap for this one, from which all of
 * Open vSwitch's clocks come. */
int __real_clock_gettime(clockid_t, struct timespec *);
int __wrap_clock_gettime(clockid_t, struct timespec *);

static long long int forward_ms;

int
__wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    int error = __real_clock_gettime(clock, time);

    time->tv_sec += forward_ms / 1000;
    return error;
}

void
clock_forward(long long int ms)
{
    assert_int_equal(ms % 1000, 0);
    forward_ms += ms;
}

long long int
real_msec(void)
{
    return time_msec() - forward_ms;
}

void
member_open(struct member *member, const struct dbserver *server,
            const char *name, const char *ip)
{
    memset(member, 0, sizeof *member);
    member->cluster = cluster_open();
    member->self.node = xstrdup(name);
    member->self.system_id = xasprintf("id-%s", name);
    if (ip) {
        char *error = addr_parse_families(ip, member->self.tunnel_ip);
        assert_null(error);
    }
    world_init(&member->world, name);
    cluster_set_remote(member->cluster, dbserver_remote(server));
}

void
member_close(struct member *member)
{
    cluster_close(member->cluster);
    free(member->offered);
    world_destroy(&member->world);
    free(CONST_CAST(char *, member->self.node));
    free(CONST_CAST(char *, member->self.system_id));
}

/* Adds the pod in network "blue" as the plugin has left it: it waits until
 * the cluster has said something, and ends if somebody else has its MAC. */
static void
add_blue(struct member *member)
{
    struct world *world = &member->world;
    const struct world_endpoint *endpoint
        = world_find_endpoint(world, "blue", member->blue.mac);
    bool granted = member->blue.state == WORLD_CLAIM_GRANTED;

    if (!world_find_network(world, "blue")
        || member->blue.state == WORLD_CLAIM_REFUSED
        || (granted && endpoint && strcmp(endpoint->node, world->node))) {
        return;
    }
    struct world_pod *pod = world_add_pod(world, "blue", "blue");
    struct in6_addr ip;
    char *error = addr_parse(member->blue.ip, &ip);
    assert_null(error);
    pod->ip[addr_family(&ip)] = ip;
    pod->mac = member->blue.mac;
    if (member->blue.group) {
        struct in6_addr group;
        error = addr_parse(member->blue.group, &group);
        assert_null(error);
        pod->groups = xmemdup(&group, sizeof group);
        pod->n_groups = 1;
    }
    pod->claim.moves = member->blue.moves;
    pod->claim.state = granted ? WORLD_CLAIM_NONE : WORLD_CLAIM_PENDING;
    cluster_judge(member->cluster, world);
    if (!granted) {
        member->blue.state = pod->claim.state;
    }
}

/* Tells the plugin of the blocks in "blue", as local-publish.c does. */
static void
offer_blocks(struct member *member)
{
    const struct world_network *network
        = world_find_network(&member->world, "blue");
    struct ds s = DS_EMPTY_INITIALIZER;

    if (member->offers_nothing_new) {
        return;
    }
    for (size_t i = 0; network && i < network->bridged.n_blocks; i++) {
        char buf[ADDR_STRLEN];
        ds_put_format(&s, "%s%s", i ? "," : "",
                      prefix_format(&network->bridged.blocks[i], buf));
    }
    free(member->offered);
    member->offered = ds_steal_cstr(&s);
}

/* Adds what the plugin knows to the world. */
static void
read_offer(struct member *member)
{
    struct world_network *network = world_find_network(&member->world,
                                                       "blue");
    if (network) {
        network->bridged.offered = nullable_xstrdup(member->offered);
    }
}

void
member_step(struct member *member)
{
    cluster_run(member->cluster);
    cluster_set_self(member->cluster, member->self.node);
    if (cluster_is_ready(member->cluster)) {
        offer_blocks(member);
        world_destroy(&member->world);
        world_init(&member->world, member->self.node);
        memcpy(member->world.tunnel_ip, member->self.tunnel_ip,
               sizeof member->world.tunnel_ip);
        cluster_read(member->cluster, &member->self, &member->world);
        for (int i = 0; i < member->n_pods; i++) {
            char id[16];
            snprintf(id, sizeof id, "p%d", i);
            world_add_pod(&member->world, id, "default");
        }
        read_offer(member);
        if (member->blue.ip) {
            add_blue(member);
        }
        if (!member->idle) {
            member->self.applied_seq = member->world.config_seq;
        }
        cluster_put(member->cluster, &member->self, &member->world);
    }
}

void
members_run(struct member *members, size_t n, bool (*done)(void *aux),
            void *aux, const char *what)
{
    long long int deadline = real_msec() + PATIENCE_MS;

    for (;;) {
        for (size_t i = 0; i < n; i++) {
            member_step(&members[i]);
        }
        if (done(aux)) {
            return;
        } else if (real_msec() > deadline) {
            fail_msg("waited in vain until %s", what);
        }
        for (size_t i = 0; i < n; i++) {
            cluster_wait(members[i].cluster);
        }
        /* What 'done' looks at may change without waking the members. */
        poll_timer_wait(20);
        poll_block();
    }
}

/* What members_settle() waits for. */
struct settled {
    struct dbserver *server; /* To ask. */
    size_t n;                /* Number of nodes. */
};

static bool
is_settled(void *settled_)
{
    struct settled *settled = settled_;
    char *seq = dbserver_dump(settled->server, "Loden_Global", "config_seq");
    char *applied = dbserver_dump(settled->server, "Node_Status",
                                  "applied_seq");
    size_t n = 0;

    for (char *p = applied; !strncmp(p, seq, strlen(seq)); p += strlen(seq)) {
        n++;
    }
    free(applied);
    free(seq);
    return n == settled->n;
}

void
members_settle(struct member *members, size_t n, struct dbserver *server)
{
    struct settled settled = { .server = server, .n = n };

    dbserver_do(server, "{'op':'mutate','table':'Loden_Global','where':[],"
                "'mutations':[['config_seq','+=',1]]}");
    members_run(members, n, is_settled, &settled,
                "every node has applied the configuration");

    /* In each turn the server has answered what was asked in the one before.
     */
    for (int i = 0; i < 10; i++) {
        free(dbserver_dump(server, "Loden_Global", "config_seq"));
        for (size_t j = 0; j < n; j++) {
            member_step(&members[j]);
            cluster_wait(members[j].cluster);
        }
        poll_immediate_wake();
        poll_block();
    }
}
