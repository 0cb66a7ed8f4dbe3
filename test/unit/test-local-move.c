/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Another bridge takes over what is Loden's on the one before. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "test/unit/dbtests.h"
#include "test/unit/logged.h"
#include "test/unit/node.h"
#include "util.h"

#include "test/unit/unit.h"

static void
set_bridge(const char *name)
{
    dbserver_do(server, "{'op':'mutate','table':'Open_vSwitch','where':[],"
                "'mutations':[['external_ids','delete',['set',"
                "['loden-bridge']]],['external_ids','insert',['map',"
                "[['loden-bridge','%s']]]]]}", name);
    node_settle(&node);
}

#define TUNNELS "lt-564fdfef\nlt-cae24d48\n"

static void
all_of_loden_moves_and_the_old_bridge_goes(void **state OVS_UNUSED)
{
    node_settle(&node);
    node_add_port(&node, "ldn1", "['loden-id','pods/p1/eth0'],"
                  "['loden-network','default']");
    char *before = dbserver_dump(server, "Interface", "_uuid,name");
    set_bridge("br-two");
    node_assert(&node, "Bridge", "name", "br-two\n");
    node_assert(&node, "Port", "name", "br-two\nldn1\nloden0\n" TUNNELS);

    /* The pod's row is the one that it was. */
    char *after = dbserver_dump(server, "Interface", "_uuid,name");
    const char *line = strstr(before, " ldn1\n");
    assert_non_null(line);
    while (line > before && line[-1] != '\n') {
        line--;
    }
    char *pod = xmemdup0(line, strcspn(line, "\n") + 1);
    assert_non_null(strstr(after, pod));
    free(pod);
    free(after);
    free(before);
    set_bridge("br-int");
    node_assert(&node, "Port", "name", "br-int\nldn1\nloden0\n" TUNNELS);
}

static void
port_of_somebody_else_keeps_the_old_bridge(void **state OVS_UNUSED)
{
    node_settle(&node);
    node_add_port(&node, "tap0", "['iface-id','x']");
    set_bridge("br-two");
    node_assert(&node, "Bridge", "name,external_ids",
                "br-int [\"map\",[]]\nbr-two [\"map\",[[\"loden-net:default\","
                "\"mode=routed vni=1 range=172.18.0.0/16 "
                "subnet=172.18.6.0/24 gateway=172.18.6.1 "
                "mac=0e:a8:45:6a:f7:34 mtu=1450 host=loden0\"],"
                "[\"loden-owner\",\"n1\"]]]\n");
    node_assert(&node, "Port", "name",
                "br-int\nbr-two\nloden0\n" TUNNELS "tap0\n");
    assert_int_equal(logged_count("bridge br-int: it has 1 ports of others "
                                  "and stays, no longer Loden's"), 1);
}

#define TEST NODE_TEST

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        TEST(all_of_loden_moves_and_the_old_bridge_goes),
        TEST(port_of_somebody_else_keeps_the_old_bridge),
    };

    return DBTESTS_RUN(argv[0], DBTESTS_NODE, DBSERVER_STRICT, tests);
}
