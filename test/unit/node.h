/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_UNIT_NODE_H
#define LODEN_TEST_UNIT_NODE_H 1

/* One node's Open_vSwitch database on a real server, without a switch, and
 * what a controller does with it.  'server' is that of dbtests.h. */

#include <stdbool.h>

#include "flows/world.h"
#include "ovsdb/local.h"
#include "simap.h"
#include "sset.h"
#include "test/unit/dbserver.h"

struct node {
    struct dbserver *server;      /* The database. */
    struct local *local;          /* Our connection. */
    void (*fill)(struct world *); /* Says what the cluster would. */
    const char *datapath;         /* What a person chose for the bridge. */
    struct simap ofports;         /* What the switch would. */
    struct sset acked;            /* Ids of pods whose flows are there. */
    bool acks_unknown;            /* Has the switch not said about them? */
    bool flows_unknown;           /* Nor about all flows? */
    struct world world;           /* What was made of it last. */
    char *problem;                /* Of the bridge; NULL: none. */
};

/* Empties the database of 'server', gives this node the name n1 and connects
 * to it.  The world is node_fill_three() until told otherwise. */
void node_open(struct node *, struct dbserver *);
void node_close(struct node *);

/* One turn of the loop. */
void node_step(struct node *);

/* Turns the loop until nothing more is written, and asserts that. */
void node_settle(struct node *);

/* Adds a port with an interface of that name and these external_ids, JSON
 * pairs "['KEY','VALUE'],...", to br-int. */
void node_add_port(struct node *, const char *name, const char *ids);

/* Asserts that 'columns' of 'table' are 'expected' (dbserver_dump()). */
void node_assert(struct node *, const char *table, const char *columns,
                 const char *expected);
void node_assert_world(const struct node *, const char *expected);

/* The node of the test that runs: with the world node_fill_three() before its
 * first step, or settled with node_fill_alone(). */
extern struct node node;
int node_setup(void **state);
int node_setup_alone(void **state);
int node_teardown(void **state);
#define NODE_TEST(NAME) \
    cmocka_unit_test_setup_teardown(NAME, node_setup, node_teardown)
#define NODE_TEST_ALONE(NAME) \
    cmocka_unit_test_setup_teardown(NAME, node_setup_alone, node_teardown)

/* This node n1 with a subnet of 'default', and peers n2 and n3. */
void node_fill_three(struct world *);
void node_fill_alone(struct world *);

#endif /* test/unit/node.h */
