/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A node that reads by one connection and writes by another. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "ovsdb/cluster-identity.h"
#include "util.h"

#include "test/unit/awaited.h"
#include "test/unit/rows.h"
#include "test/unit/unit.h"

static void
node_enters_and_claims_by_the_second_connection(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s",
                NETWORK("default", "1", "'172.18.0.0/16'") "," NODE(
                    "n2", "'192.0.2.2'") "," SUBNET("172.18.5.0/24", "n2"));
    member_open(&n1, server, "n1", "192.0.2.1");
    cluster_set_write_remote(n1.cluster, dbserver_remote(server));
    run_until(&n1, "Node", "name,system_id", "n1 id-n1\nn2 \n");
    run_until(&n1, "Node_Status", "node", "n1\n");
    run_until(&n1, "Subnet", "network,node",
              "default n1\ndefault n2\n");
    member_close(&n1);
}

static void
rows_that_somebody_deletes_are_put_back(void **state OVS_UNUSED)
{
    struct member n1;

    dbserver_do(server, "%s", NETWORK("default", "1", "'172.18.0.0/16'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    cluster_set_write_remote(n1.cluster, dbserver_remote(server));
    run_until(&n1, "Subnet", "node", "n1\n");
    members_settle(&n1, 1, server);
    char *before = dbserver_dump(server, "Subnet", "network,cidr,node");
    dbserver_do(server, "{'op':'delete','table':'Node','where':[]},"
                        "{'op':'delete','table':'Node_Status','where':[]},"
                        "{'op':'delete','table':'Subnet','where':[]}");
    run_until(&n1, "Node", "name", "n1\n");
    run_until(&n1, "Node_Status", "node", "n1\n");
    run_until(&n1, "Subnet", "network,cidr,node", before);
    free(before);
    member_close(&n1);
}

static bool
is_refused(void *member_)
{
    const struct member *member = member_;
    char *refusal = cluster_refusal(member->cluster);
    bool refused = refusal && strstr(refusal, "to write to: it is of cluster");

    free(refusal);
    return refused;
}

static void
another_clusters_server_is_not_written_to(void **state OVS_UNUSED)
{
    struct dbserver *other = dbtests_start(DBTESTS_CLUSTER, DBSERVER_STRICT);
    struct member n1;

    rows_clear(other);
    dbserver_do(other, "{'op':'update','table':'Loden_Global','where':[],"
                       "'row':{'cluster_id':'other'}}");
    dbserver_do(server, "%s", NODE("n2", "'192.0.2.2'"));
    member_open(&n1, server, "n1", "192.0.2.1");
    cluster_set_write_remote(n1.cluster, dbserver_remote(other));
    members_run(&n1, 1, is_refused, &n1, "it is refused");

    /* It reads all the same. */
    assert_true(cluster_is_ready(n1.cluster));
    assert_int_equal(n1.world.n_peers, 1);
    for (int i = 0; i < 5; i++) {
        clock_forward(60000);
        member_step(&n1);
    }
    char *there = dbserver_dump(other, "Node", "name");
    assert_string_equal(there, "");
    free(there);

    /* Once a person has corrected that, it writes. */
    cluster_set_write_remote(n1.cluster, NULL);
    run_until(&n1, "Node", "name", "n1\nn2\n");
    char *refusal = cluster_refusal(n1.cluster);
    assert_null(refusal);
    member_close(&n1);
    dbserver_stop(other);
}

#define TEST CLUSTER_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(node_enters_and_claims_by_the_second_connection),
        TEST(rows_that_somebody_deletes_are_put_back),
        TEST(another_clusters_server_is_not_written_to),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_CLUSTER, DBSERVER_STRICT, tests);
}
