/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "test/unit/dbtests.h"

#include <stdio.h>
#include <stdlib.h>

#include "util.h"

#include "test/unit/logged.h"

struct dbserver *server;

struct dbserver *
dbtests_start(enum dbtests_schema schema, enum dbserver_rules rules)
{
    char *file = schema == DBTESTS_CLUSTER
                     ? xasprintf("%s/ovsdb/loden.ovsschema", getenv("srcdir"))
                     : xstrdup(VSWITCH_SCHEMA);
    struct dbserver *started = dbserver_start(file, rules);

    free(file);
    return started;
}

int
dbtests_run(const char *program, enum dbtests_schema schema,
            enum dbserver_rules rules, const struct CMUnitTest tests[],
            size_t n_tests)
{
    set_program_name(program);
    if (!dbserver_exists()) {
        puts("skipped: there is no ovsdb-server or ovsdb-tool");
        return 77;
    }
    logged_open();
    server = dbtests_start(schema, rules);
    int failed = _cmocka_run_group_tests(program, tests, n_tests, NULL, NULL);
    dbserver_stop(server);
    logged_close();
    return failed;
}
