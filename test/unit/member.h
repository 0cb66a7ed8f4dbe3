/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_UNIT_MEMBER_H
#define LODEN_TEST_UNIT_MEMBER_H 1

/* Nodes of a cluster inside one test program: what a controller does with the
 * cluster database, and nothing else.  And the clock, which a test turns. */

#include <stdbool.h>

#include "flows/world.h"
#include "ovsdb/cluster.h"
#include "test/unit/dbserver.h"

struct member {
    struct cluster *cluster;  /* Its connection. */
    struct cluster_self self; /* Who it is. */
    struct world world;       /* What it read last. */
    bool idle;                /* Does it leave that undone? */
    int n_pods;               /* How many it has in network "default". */

    /* A pod in the bridged network "blue", if 'ip' is not NULL. */
    struct {
        const char *ip;               /* The address that it wishes. */
        struct eth_addr mac;          /* Its MAC. */
        bool moves;                   /* May it have come from elsewhere? */
        const char *group;            /* What it listens to; NULL: nothing. */
        enum world_claim_state state; /* What the cluster has said. */
    } blue;
    char *offered;        /* The blocks in "blue" that the plugin knows of. */
    bool offers_nothing_new; /* Do they stay whatever the world says? */
};

/* Opens a node 'name' whose system-id is "id-NAME" and whose tunnels end at
 * 'ip', or at an unknown address if it is NULL. */
void member_open(struct member *, const struct dbserver *, const char *name,
                 const char *ip);
void member_close(struct member *);

/* One turn of the loop: reads, and writes what differs. */
void member_step(struct member *);

/* Turns the loops of 'n' members until 'done' of 'aux'; fails the test if
 * that takes ten seconds.  'what' says what is waited for. */
void members_run(struct member *, size_t n, bool (*done)(void *aux),
                 void *aux, const char *what);

/* Makes everybody see that all earlier transactions have been dealt with:
 * raises config_seq and waits until every member's status says so. */
void members_settle(struct member *, size_t n, struct dbserver *);

/* Puts all clocks forward by 'ms', whole seconds. */
void clock_forward(long long int ms);

/* A deadline that the turned clock does not move. */
long long int real_msec(void);

#endif /* test/unit/member.h */
