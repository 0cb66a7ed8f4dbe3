/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Which database a node follows, and whose word counts there. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ovsdb/cluster-identity.h"
#include "util.h"

#include "test/unit/awaited.h"
#include "test/unit/rows.h"
#include "test/unit/unit.h"

/* Makes the database that of 'cluster_id'. */
static void
identify(const char *cluster_id, int generation, int config_seq)
{
    dbserver_do(server,
                "{'op':'update','table':'Loden_Global','where':[],'row':{"
                "'cluster_id':'%s','generation':%d,'config_seq':%d}}",
                cluster_id, generation, config_seq);
}

/* Has 'member' follow 'cluster_id' as if it had done so before. */
static void
follow(struct member *member, const char *cluster_id, int generation,
       int config_seq)
{
    struct cluster_identity identity = { .cluster_id = NULL };

    identity_set(&identity, cluster_id, generation, config_seq);
    cluster_set_identity(member->cluster, &identity);
    identity_destroy(&identity);
}

static bool
is_refused(void *member_)
{
    const struct member *member = member_;
    char *refusal = cluster_refusal(member->cluster);
    bool refused = refusal != NULL;

    free(refusal);
    return refused;
}

static bool
is_entered(void *member OVS_UNUSED)
{
    char *names = dbserver_dump(server, "Node", "name");
    bool entered = !strcmp(names, "n1\n");

    free(names);
    return entered;
}

static const char *why;

static bool
is_refused_for_that(void *member_)
{
    const struct member *member = member_;
    char *refusal = cluster_refusal(member->cluster);
    bool refused = refusal && strstr(refusal, why);

    free(refusal);
    return refused;
}

/* Asserts that 'member' does not follow the database because of 'reason', and
 * writes nothing to it. */
static void
assert_refused(struct member *member, const char *reason)
{
    why = reason;
    members_run(member, 1, is_refused_for_that, member, reason);
    long long int size = dbserver_log_size(server);
    for (int i = 0; i < 5; i++) {
        clock_forward(60000);
        member_step(member);
    }
    assert_false(cluster_is_ready(member->cluster));
    assert_int_equal(dbserver_log_size(server), size);
}

static void
first_database_is_followed(void **state OVS_UNUSED)
{
    struct member n1;

    identify("a", 7, 9);
    member_open(&n1, server, "n1", "192.0.2.1");
    members_run(&n1, 1, is_entered, NULL, "n1 has entered");
    assert_string_equal(cluster_identity(n1.cluster)->cluster_id, "a");
    assert_int_equal(cluster_identity(n1.cluster)->generation, 7);
    assert_int_equal(cluster_identity(n1.cluster)->config_seq, 9);
    member_close(&n1);
}

static void
another_clusters_database_is_not(void **state OVS_UNUSED)
{
    struct member n1;

    identify("b", 7, 9);
    member_open(&n1, server, "n1", "192.0.2.1");
    follow(&n1, "a", 1, 1);
    assert_refused(&n1, "it is of cluster 'b', but this node is in cluster "
                        "'a'");

    /* Until a person says so. */
    follow(&n1, NULL, 0, 0);
    members_run(&n1, 1, is_entered, NULL, "n1 has entered");
    assert_string_equal(cluster_identity(n1.cluster)->cluster_id, "b");
    member_close(&n1);
}

static void
older_generation_is_not_and_higher_one_is(void **state OVS_UNUSED)
{
    struct member n1;

    identify("a", 2, 50);
    member_open(&n1, server, "n1", "192.0.2.1");
    follow(&n1, "a", 3, 9);
    assert_refused(&n1, "its generation is 2, that was 3");
    identify("a", 4, 1);
    members_run(&n1, 1, is_entered, NULL, "n1 has entered");
    assert_int_equal(cluster_identity(n1.cluster)->generation, 4);
    member_close(&n1);
}

static void
older_configuration_of_one_generation_is_not(void **state OVS_UNUSED)
{
    struct member n1;

    identify("a", 3, 8);
    member_open(&n1, server, "n1", "192.0.2.1");
    follow(&n1, "a", 3, 9);
    assert_refused(&n1, "its config_seq is 8, that was 9");
    identify("a", 3, 9);
    members_run(&n1, 1, is_entered, NULL, "n1 has entered");
    member_close(&n1);
}

static void
database_that_becomes_anothers_is_not_followed_on(void **state OVS_UNUSED)
{
    struct member n1;

    identify("a", 3, 9);
    member_open(&n1, server, "n1", "192.0.2.1");
    members_run(&n1, 1, is_entered, NULL, "n1 has entered");
    identify("b", 3, 9);
    members_run(&n1, 1, is_refused, &n1, "it is refused");
    assert_refused(&n1, "it is of cluster 'b'");
    dbserver_do(server, "{'op':'delete','table':'Loden_Global','where':[]}");
    assert_refused(&n1, "it has no Loden_Global row");
    member_close(&n1);
}

/* Returns the world that 'member' reads, without what it reads itself from. */
static void
assert_has(const struct member *member, const char *text)
{
    char *world = world_to_string(&member->world);

    if (!strstr(world, text)) {
        fail_msg("\"%s\" is not in\n%s", text, world);
    }
    free(world);
}

static void
nobody_takes_a_tunnel_address_from_a_peer(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, NODE("m", "'192.0.2.9'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    members_settle(&n1, 1, server);
    assert_has(&n1, "peer m ip=192.0.2.9");
    cluster_follow(n1.cluster, &n1.world);

    /* Its name comes first, which would decide if nobody knew better. */
    dbserver_do(server, NODE("a", "'192.0.2.9'"));
    members_settle(&n1, 1, server);
    assert_has(&n1, "peer m ip=192.0.2.9");
    assert_has(&n1, "refused Node a: its tunnel address 192.0.2.9 is that of "
                    "node m; if that one is gone, say 'lodenctl node delete "
                    "m'");

    dbserver_do(server, "{'op':'delete','table':'Node','where':[["
                        "'name','==','m']]}");
    members_settle(&n1, 1, server);
    assert_has(&n1, "peer a ip=192.0.2.9");
    member_close(&n1);
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(first_database_is_followed),
        TEST(another_clusters_database_is_not),
        TEST(older_generation_is_not_and_higher_one_is),
        TEST(older_configuration_of_one_generation_is_not),
        TEST(database_that_becomes_anothers_is_not_followed_on),
        TEST(nobody_takes_a_tunnel_address_from_a_peer),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_STRICT, tests);
}
