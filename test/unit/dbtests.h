/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_UNIT_DBTESTS_H
#define LODEN_TEST_UNIT_DBTESTS_H 1

/* Test programs whose tests share one database server. */

#include "test/unit/dbserver.h"

#include "test/unit/unit.h"

/* Whose database the server has. */
enum dbtests_schema {
    DBTESTS_CLUSTER, /* The cluster's. */
    DBTESTS_NODE     /* Open vSwitch's. */
};

/* The server, while the tests run. */
extern struct dbserver *server;

/* Starts another one; the caller stops it. */
struct dbserver *dbtests_start(enum dbtests_schema, enum dbserver_rules);

/* Runs 'tests', an array, with the log kept; returns what main() is to
 * return: 77 if the server cannot be run here. */
#define DBTESTS_RUN(PROGRAM, SCHEMA, RULES, TESTS) \
    dbtests_run(PROGRAM, SCHEMA, RULES, TESTS, \
                sizeof (TESTS) / sizeof (TESTS)[0])
int dbtests_run(const char *program, enum dbtests_schema,
                enum dbserver_rules, const struct CMUnitTest tests[],
                size_t n_tests);

#endif /* test/unit/dbtests.h */
