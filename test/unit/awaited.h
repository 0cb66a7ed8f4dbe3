/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_UNIT_AWAITED_H
#define LODEN_TEST_UNIT_AWAITED_H 1

/* What tests wait for in the cluster's database, the 'server' of dbtests.h,
 * and in the worlds that nodes make of it. */

#include "test/unit/dbtests.h"
#include "test/unit/member.h"

/* Tests that begin with an empty cluster and an empty log. */
#define CLUSTER_TEST(NAME) cmocka_unit_test_setup(NAME, cluster_setup)
int cluster_setup(void **state);

#define DELETE_SUBNET(CIDR) \
    "{'op':'delete','table':'Subnet','where':[['cidr','==','" CIDR "']]}"

/* What a table should become. */
struct awaited {
    const char *table;   /* Its name. */
    const char *columns; /* Which of its columns. */
    const char *text;    /* What dbserver_dump() should give; or NULL. */
    size_t n;            /* Else: that many rows. */
};

/* The Subnet table with 'text', lines "NODE CIDR", sorted; with 'n' rows. */
#define AWAITED_SUBNETS(TEXT) { "Subnet", "node,cidr", TEXT, 0 }
#define AWAITED_N_SUBNETS(N) { "Subnet", "node,cidr", NULL, N }

/* Whether it is so; for members_run(). */
bool awaited_is_there(void *awaited);

/* Runs 'member' until 'columns' of 'table' are 'text'. */
void run_until(struct member *, const char *table, const char *columns,
               const char *text);

/* Runs 'n' members until the Subnet table has 'text', and no further. */
void run_until_subnets(struct member *, size_t n, const char *text);

/* Fails unless the Subnet table has 'text'. */
void assert_subnets(const char *text);

/* What a node's world should become. */
struct reading {
    const struct member *member; /* Whose. */
    const char *text;            /* What world_to_string() should give. */
};

/* Whether it is so; for members_run(). */
bool world_is(void *reading);

/* Runs 'member' until its world is 'text'. */
void run_until_world(struct member *, const char *text);

/* Turns the loop often enough for whatever would be written.  In each turn
 * the server has answered what was asked in the one before. */
void turn(struct member *);

#endif /* test/unit/awaited.h */
