/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A node's database, as one reply shows it: which bridge, which networks, who
 * has which address. */

#include <string.h>

#include "cni/reply.h"
#include "cni/view.h"
#include "test/unit/cnitest.h"

#define SWITCH(IDS) "{'rows': [{'external_ids': ['map', [" IDS "]]}]}"
#define BRIDGE(NAME, TYPE, IDS)                                               \
    "{'_uuid': ['uuid', 'of-" NAME "'], 'name': '" NAME "',"                  \
    " 'datapath_type': '" TYPE "', 'external_ids': ['map', [" IDS "]]}"
#define POD(NAME, IDS)                                                        \
    "{'_uuid': ['uuid', 'of-" NAME "'], 'name': '" NAME "',"                  \
    " 'external_ids': ['map', [" IDS "]]}"
#define OWNED "['loden-owner', 'n1']"
#define DEFAULT                                                               \
    "['loden-net:default', 'mode=routed range=172.18.0.0/16"                  \
    " subnet=172.18.6.0/24 gateway=172.18.6.1 mtu=1450 host=loden0']"
#define BLUE                                                                  \
    "['loden-net:blue', 'mode=routed range=10.9.0.0/16"                       \
    " subnet=10.9.1.0/29 gateway=10.9.1.1 mtu=1450 host=loden-2']"

/* Three results: the switch, 'bridges', 'interfaces'. */
#define NODE(SWITCH_IDS, BRIDGES, INTERFACES)                                 \
    "[" SWITCH(SWITCH_IDS) ", {'rows': [" BRIDGES "]},"                       \
                           " {'rows': [" INTERFACES "]}]"

/* A pod in each of two networks, and a device of somebody else's. */
static const char two_pods[] =
    NODE(
        "",
        BRIDGE("br-int", "netdev",
               OWNED ", ['x', 'y'], " DEFAULT ", " BLUE
                     ", ['loden-last:default', '172.18.6.9']"),
        POD("ldn1",
            "['loden-id', 'cbr0/c1/eth0'],"
            " ['loden-ip', 'default/172.18.6.9']") "," POD("ldn2", "['loden-"
                                                                   "id', "
                                                                   "'blue/c1/"
                                                                   "eth1'],"
                                                                   " ['loden-"
                                                                   "ip', "
                                                                   "'blue/"
                                                                   "10.9.1.2'"
                                                                   "]") "," POD("eth9",
                                                                                ""));

static struct view
view_of(const char *text)
{
    struct view view;
    struct cni_error err;

    if (view_parse(json(text), &view, &err)) {
        fail_msg("%s: %s", err.msg, text);
    }
    return view;
}

static void
assert_refused(const char *text, enum cni_error_code code, const char *msg,
               const char *details)
{
    struct view view;
    struct cni_error err;

    assert_int_equal(view_parse(json(text), &view, &err), -1);
    assert_error(&err, code, msg, details);
}

/* ---- The bridge --------------------------------------------------------- */

static void
the_bridge_is_br_int_unless_told(void **state)
{
    struct view view = view_of(NODE(
        "", BRIDGE("br0", "", OWNED) "," BRIDGE("br-int", "", OWNED), ""));

    assert_string_equal(view.name, "br-int");
    assert_string_equal(view.uuid, "of-br-int");
    assert_false(view.userspace);
    assert_false(view_is_draining(&view));
    view_destroy(&view);

    view = view_of(
        NODE("['loden-bridge', 'br0']",
             BRIDGE("br-int", "", OWNED) "," BRIDGE(
                 "br0", "netdev", OWNED ", ['loden-draining', 'true']"),
             ""));
    assert_string_equal(view.name, "br0");
    assert_true(view.userspace);
    assert_true(view_is_draining(&view));
    view_destroy(&view);
}

static void
a_bridge_that_is_not_ours_is_left_alone(void **state)
{
    assert_refused(NODE("", BRIDGE("br0", "", OWNED), ""), ERROR_TRY_AGAIN,
                   "there is no bridge br-int",
                   "loden-controller makes it: is it running?");
    assert_refused(NODE("", BRIDGE("br-int", "", ""), ""), ERROR_TRY_AGAIN,
                   "bridge br-int is not Loden's",
                   "loden-controller marks it with loden-owner: is it "
                   "running?");
}

static void
nonsense_is_refused(void **state)
{
    assert_refused("[]", ERROR_DATABASE, "the database answers \"error\"", "");
    assert_refused("[{}, {}, {}]", ERROR_DATABASE,
                   "an answer of the database has no rows", "");
    assert_refused(
        "[{'rows': []}, {'rows': [" BRIDGE("br-int", "", OWNED) "]}, {}]",
        ERROR_DATABASE, "an answer of the database has no rows", "");
    assert_refused("[{'rows': []}, {'rows': []}, {'error': 'x'}]",
                   ERROR_DATABASE, "the database answers \"x\"", "");
}

/* ---- Networks ----------------------------------------------------------- */

static void
a_network_is_found_by_its_name(void **state)
{
    struct view view = view_of(two_pods);
    struct network network;
    struct cni_error err;

    assert_int_equal(view_get_network(&view, "blue", NULL, &network, &err), 0);
    assert_string_equal(network.name, "blue");
    assert_prefix(network.subnet[IP_V4], "10.9.1.0/29");
    network_destroy(&network);
    view_destroy(&view);
}

static void
a_network_is_found_by_its_subnet(void **state)
{
    const struct subnetfile gateway = { { prefix_of("172.18.6.1/24") } };
    const struct subnetfile other = { { prefix_of("172.18.6.1/25") } };
    struct view view = view_of(two_pods);
    struct network network;
    struct cni_error err;

    assert_int_equal(view_get_network(&view, NULL, &gateway, &network, &err),
                     0);
    assert_string_equal(network.name, "default");
    network_destroy(&network);
    assert_int_equal(view_get_network(&view, NULL, &other, &network, &err),
                     -1);
    assert_error(&err, ERROR_TRY_AGAIN,
                 "a network with subnet 172.18.6.0/25 is not published on "
                 "this node",
                 "published are: default, blue");
    view_destroy(&view);
}

static void
a_network_whose_subnet_another_node_has_is_refused(void **state)
{
    struct view view = view_of(NODE(
        "",
        BRIDGE("br-int", "", OWNED ", " BLUE ", ['loden-lost:blue', 'n2']"),
        ""));
    struct network network;
    struct cni_error err;

    assert_int_equal(view_get_network(&view, "blue", NULL, &network, &err),
                     -1);
    assert_error(&err, ERROR_TRY_AGAIN,
                 "network \"blue\": node n2 has this node's subnet by now, "
                 "and a person has to decide whose it is: see 'lodenctl "
                 "status'",
                 "");
    view_destroy(&view);
}

static void
name_and_subnet_must_agree(void **state)
{
    const struct subnetfile gateway = { { prefix_of("172.18.6.1/24") } };
    struct view view = view_of(two_pods);
    struct network network;
    struct cni_error err;

    assert_int_equal(
        view_get_network(&view, "default", &gateway, &network, &err), 0);
    network_destroy(&network);
    assert_int_equal(view_get_network(&view, "blue", &gateway, &network, &err),
                     -1);
    assert_error(&err, ERROR_TRY_AGAIN,
                 "network \"blue\" has subnet 10.9.1.0/29 here, and not that "
                 "of FLANNEL_SUBNET=172.18.6.1/24",
                 "");
    view_destroy(&view);
}

static void
a_network_that_is_not_published_is_named_with_those_that_are(void **state)
{
    struct view view = view_of(two_pods);
    struct network network;
    struct cni_error err;

    assert_int_equal(view_get_network(&view, "red", NULL, &network, &err), -1);
    assert_error(&err, ERROR_TRY_AGAIN,
                 "network \"red\" is not published on this node",
                 "published are: default, blue");
    view_destroy(&view);

    view = view_of(NODE("", BRIDGE("br-int", "", OWNED), ""));
    assert_int_equal(view_get_network(&view, "default", NULL, &network, &err),
                     -1);
    assert_error(&err, ERROR_TRY_AGAIN,
                 "network \"default\" is not published on this node",
                 "no network is published: is loden-controller running, and "
                 "does this node hold a subnet?");
    view_destroy(&view);
}

/* ---- Who is there ------------------------------------------------------- */

static void
addresses_are_taken_in_their_network_only(void **state)
{
    struct view view = view_of(two_pods);
    struct address_pool pool;
    struct network network;
    struct cni_error err;

    assert_int_equal(view_get_network(&view, "blue", NULL, &network, &err), 0);
    assert_int_equal(view_get_pool(&view, &network, IP_V4, &pool, &err), 0);
    assert_int_equal(pool.n_usable, 5);
    assert_int_equal(pool.n_free, 4);
    assert_false(ip_is_set(view_get_last(&view, &network, IP_V4)));
    address_pool_destroy(&pool);
    network_destroy(&network);

    assert_int_equal(view_get_network(&view, "default", NULL, &network, &err),
                     0);
    assert_int_equal(view_get_pool(&view, &network, IP_V4, &pool, &err), 0);
    assert_int_equal(pool.n_free, 252);
    assert_ip(view_get_last(&view, &network, IP_V4), "172.18.6.9");
    address_pool_destroy(&pool);
    network_destroy(&network);
    view_destroy(&view);
}

#define DUAL                                                                  \
    "['loden-net:dual', 'mode=routed subnet=10.9.1.0/29 gateway=10.9.1.1"     \
    " subnet6=fd00:9:0:1::/64 gateway6=fd00:9:0:1::1 mtu=1430 host=loden0']"

static void
both_families_are_taken_apart(void **state)
{
    struct view view = view_of(
        NODE("",
             BRIDGE("br-int", "",
                    OWNED ", " DUAL ", ['loden-last6:dual',"
                          " 'fd00:9:0:1::7']"),
             POD("ldn1", "['loden-id', 'a'], ['loden-ip', 'dual/10.9.1.2'],"
                         " ['loden-ip6', 'dual/fd00:9:0:1::7']")));
    const struct subnetfile file = {
        { prefix_of("10.9.1.1/29"), prefix_of("fd00:9:0:1::1/64") }
    };
    const struct subnetfile other = {
        { prefix_of("10.9.1.1/29"), prefix_of("fd00:9:0:2::1/64") }
    };
    struct address_pool pool;
    struct network network;
    struct cni_error err;

    assert_int_equal(view_get_network(&view, NULL, &other, &network, &err),
                     -1);
    assert_int_equal(view_get_network(&view, NULL, &file, &network, &err), 0);
    assert_int_equal(view_get_pool(&view, &network, IP_V6, &pool, &err), 0);
    assert_int_equal(pool.n_free, pool.n_usable - 1);
    assert_ip(view_get_last(&view, &network, IP_V6), "fd00:9:0:1::7");
    assert_false(ip_is_set(view_get_last(&view, &network, IP_V4)));
    assert_non_null(
        view_find_address(&view, &network, ip_of("fd00:9:0:1::7")));
    assert_null(view_find_address(&view, &network, ip_of("fd00:9:0:1::8")));
    assert_non_null(view_find_address(&view, &network, ip_of("10.9.1.2")));
    address_pool_destroy(&pool);
    network_destroy(&network);
    view_destroy(&view);
}

static void
an_attachment_is_found_by_its_id(void **state)
{
    struct view view = view_of(two_pods);
    const json_t *row = view_find_interface(&view, "loden-id", "blue/c1/eth1");

    assert_string_equal(reply_get_string(row, "name"), "ldn2");
    assert_null(view_find_interface(&view, "loden-id", "blue/c1/eth"));
    view_destroy(&view);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bridge_is_br_int_unless_told),
        cmocka_unit_test(a_bridge_that_is_not_ours_is_left_alone),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(a_network_is_found_by_its_name),
        cmocka_unit_test(a_network_is_found_by_its_subnet),
        cmocka_unit_test(a_network_whose_subnet_another_node_has_is_refused),
        cmocka_unit_test(name_and_subnet_must_agree),
        cmocka_unit_test(
            a_network_that_is_not_published_is_named_with_those_that_are),
        cmocka_unit_test(addresses_are_taken_in_their_network_only),
        cmocka_unit_test(both_families_are_taken_apart),
        cmocka_unit_test(an_attachment_is_found_by_its_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
