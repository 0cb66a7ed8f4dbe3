/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "test/unit/awaited.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "test/unit/logged.h"
#include "test/unit/rows.h"
#include "util.h"

#include "test/unit/unit.h"

int
cluster_setup(void **state OVS_UNUSED)
{
    rows_clear(server);
    logged_clear();
    return 0;
}

bool
awaited_is_there(void *awaited_)
{
    const struct awaited *awaited = awaited_;
    char *text = dbserver_dump(server, awaited->table, awaited->columns);
    size_t n = 0;

    for (char *p = text; *p; p++) {
        n += *p == '\n';
    }
    bool same = awaited->text ? !strcmp(text, awaited->text)
                : n == awaited->n;
    free(text);
    return same;
}

void
run_until(struct member *member, const char *table, const char *columns,
          const char *text)
{
    struct awaited awaited = { table, columns, text, 0 };
    members_run(member, 1, awaited_is_there, &awaited, text);
}

void
run_until_subnets(struct member *members, size_t n, const char *text)
{
    struct awaited awaited = AWAITED_SUBNETS(text);

    members_run(members, n, awaited_is_there, &awaited, text);
    members_settle(members, n, server);
    assert_subnets(text);
}

void
assert_subnets(const char *expected)
{
    char *text = dbserver_dump(server, "Subnet", "node,cidr");
    assert_string_equal(text, expected);
    free(text);
}

bool
world_is(void *reading_)
{
    const struct reading *reading = reading_;
    char *text = world_to_string(&reading->member->world);
    bool same = !strcmp(text, reading->text);

    free(text);
    return same;
}

void
run_until_world(struct member *member, const char *text)
{
    struct reading reading = { member, text };

    members_run(member, 1, world_is, &reading, text);
}

void
turn(struct member *member)
{
    for (int i = 0; i < 20; i++) {
        member_step(member);
        free(dbserver_dump(server, "Loden_Global", "config_seq"));
        cluster_wait(member->cluster);
        poll_immediate_wake();
        poll_block();
    }
}
