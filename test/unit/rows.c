/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "test/unit/rows.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "test/unit/member.h"

#include "test/unit/unit.h"

void
rows_read_world(struct dbserver *server, const char *ip, unsigned int mtu,
                struct world *world)
{
    long long int deadline = real_msec() + 10000;
    struct member member;

    member_open(&member, server, "n1", ip);
    while (!cluster_is_ready(member.cluster)) {
        assert_true(real_msec() < deadline);
        cluster_run(member.cluster);
        cluster_wait(member.cluster);
        if (!cluster_is_ready(member.cluster)) {
            poll_timer_wait(1000);
            poll_block();
        }
    }
    world_init(world, "n1");
    memcpy(world->tunnel_ip, member.self.tunnel_ip, sizeof world->tunnel_ip);
    world->underlay_mtu = mtu;
    cluster_read(member.cluster, &member.self, world);
    member_close(&member);
}

char *
rows_read(struct dbserver *server, const char *ip, unsigned int mtu)
{
    struct world world;

    rows_read_world(server, ip, mtu, &world);
    char *text = world_to_string(&world);
    world_destroy(&world);
    return text;
}

void
assert_reads(struct dbserver *server, const char *ops, const char *expected)
{
    dbserver_do(server, "%s", ops);
    char *text = rows_read(server, "192.0.2.1", 1500);
    assert_string_equal(text, expected);
    free(text);
}

void
rows_clear(struct dbserver *server)
{
    dbserver_do(server,
                "{'op':'delete','table':'Loden_Global','where':[]},"
                "{'op':'delete','table':'Network','where':[]},"
                "{'op':'delete','table':'Node','where':[]},"
                "{'op':'delete','table':'Node_Status','where':[]},"
                "{'op':'delete','table':'Subnet','where':[]},"
                "{'op':'delete','table':'Reservation','where':[]},"
                INSERT("Loden_Global", "'cluster_id':'c'"));
}
