/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The file with the last good world: written whole, put aside when it is not
 * as it was written, and no disk stops the daemon. */

#include <config.h>
#include "controller/last-good.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

#include "test/unit/unit.h"
#include "test/unit/values.h"

static const struct cluster_identity identity = {
    .cluster_id = (char *) "a cluster",
    .generation = 3,
    .config_seq = 9,
};

static void
make_world(struct world *world)
{
    struct in6_addr ip = addr("192.0.2.2");

    world_init(world, "n1");
    world_add_network(world, "red", 7)->mtu = 1400;
    world_add_peer(world, "n2", &ip);
}

static char *
sealed_world(void)
{
    struct world world;

    make_world(&world);
    char *text = last_good_format(&identity, &world);
    char *sealed = last_good_seal(text);
    free(text);
    world_destroy(&world);
    return sealed;
}

static void
assert_unusable(const char *sealed, size_t n)
{
    char *error = NULL;
    bool newer;

    assert_null(last_good_unseal(sealed, n, &error, &newer));
    assert_non_null(error);
    free(error);
}

static void
every_truncation_is_noticed(void **state OVS_UNUSED)
{
    char *sealed = sealed_world();

    for (size_t n = strlen(sealed); n-- > 0;) {
        sealed[n] = '\0';
        assert_unusable(sealed, n);
    }
    free(sealed);
}

static void
every_flipped_bit_is_noticed(void **state OVS_UNUSED)
{
    char *sealed = sealed_world();
    size_t n = strlen(sealed);

    for (size_t bit = 0; bit < 8 * n; bit++) {
        sealed[bit / 8] ^= 1 << bit % 8;
        assert_unusable(sealed, n);
        sealed[bit / 8] ^= 1 << bit % 8;
    }
    free(sealed);
}

/* Asserts that 'text', with ' for ", is refused because of 'why'. */
static void
assert_refused(const char *text, const char *why)
{
    struct last_good_content content;
    char *json = xstrdup(text);

    for (char *c = json; *c; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    char *error = last_good_parse(json, &content);
    assert_non_null(error);
    if (!strstr(error, why)) {
        fail_msg("%s: \"%s\" does not say \"%s\"", text, error, why);
    }
    free(error);
    free(json);
}

#define CONTENT(WORLD)                                                        \
    "{'node':'n1','generation':1,'config_seq':1,'world':{" WORLD "}}"
#define NET "'networks':[{'name':'a','vni':1,'mtu':1400}],"

static void
content_that_no_database_gives_is_refused(void **state OVS_UNUSED)
{
    assert_refused("", "");
    assert_refused("[]", "it is no JSON object");
    assert_refused("{'node':'n1'}", "it does not have just");
    assert_refused("{'node':'','generation':1,'config_seq':1,'world':{}}",
                   "node: its name is empty");
    assert_refused(CONTENT("'new':1"), "members that this version");
    assert_refused(CONTENT("'networks':{}"), "it is no list");
    assert_refused(CONTENT("'networks':[1]"), "a network is no object");
    assert_refused(CONTENT("'networks':[{'name':'a'}]"),
                   "network, vni: it is missing");
    assert_refused(CONTENT("'networks':[{'name':'a b','vni':1}]"),
                   "network, name: its name has other characters");
    assert_refused(CONTENT("'networks':[{'name':'a','vni':0}]"),
                   "no whole number from 1 to 16777215");
    assert_refused(CONTENT("'networks':[{'name':'a','vni':1,'mode':'x'}]"),
                   "network, mode: it is no word");
    assert_refused(CONTENT("'networks':[{'name':'b','vni':1,'mtu':1400},"
                           "{'name':'a','vni':2,'mtu':1400}]"),
                   "not in order");
    assert_refused(CONTENT("'networks':[{'name':'a','vni':1,'mtu':1400,"
                           "'subnet_v6':'10.0.0.0/24'}]"),
                   "where an IPv6 one belongs");
    assert_refused(CONTENT("'peers':[{'name':'n2','tunnel_ip':'::'}]"),
                   "tunnel_ip: it is missing");
    assert_refused(CONTENT("'peers':[{'name':'n1','tunnel_ip':'192.0.2.1'}]"),
                   "not in order");
    assert_refused(CONTENT("'peers':[{'name':'n2','tunnel_ip':'192.0.2.1',"
                           "'leases':[{'network':'a',"
                           "'subnet':'10.0.0.0/24'}]}]"),
                   "of a network that is not there");
    assert_refused(CONTENT(NET "'peers':[{'name':'n2',"
                               "'tunnel_ip':'192.0.2.1','leases':"
                               "[{'network':'a','subnet':'10.0.0.1/24'}]}]"),
                   "write '10.0.0.0/24'");
}

/* ---- Files -------------------------------------------------------------- */

static char *folder;
static char *path;

static void
write_text(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

/* Has 'lg' work until it has nothing to do or a problem. */
static void
run(struct last_good *lg)
{
    for (;;) {
        last_good_run(lg);
        char *problem = last_good_write_problem(lg);
        struct json *status = last_good_status(lg);
        bool saved =
            json_boolean(shash_find_data(json_object(status), "saved"));
        json_destroy(status);
        free(problem);
        if (saved || problem) {
            return;
        }
        last_good_wait(lg);
        poll_block();
    }
}

static void
put(struct last_good *lg)
{
    struct world world;

    make_world(&world);
    last_good_put(lg, &identity, &world);
    world_destroy(&world);
    run(lg);
}

static void
what_was_written_is_found(void **state OVS_UNUSED)
{
    struct last_good *lg = last_good_open(path);

    assert_null(last_good_found(lg));
    assert_null(last_good_read_problem(lg));
    put(lg);
    assert_null(last_good_write_problem(lg));
    last_good_close(lg);

    lg = last_good_open(path);
    const struct last_good_content *found = last_good_found(lg);
    assert_non_null(found);
    assert_string_equal(found->identity.cluster_id, "a cluster");
    assert_int_equal(found->world.n_networks, 1);
    assert_string_equal(found->world.peers[0].name, "n2");
    last_good_close(lg);
}

static void
assert_put_aside(const char *suffix, const char *why)
{
    struct last_good *lg = last_good_open(path);
    char *aside = xasprintf("%s.%s", path, suffix);
    char *problem = last_good_read_problem(lg);

    assert_null(last_good_found(lg));
    assert_non_null(strstr(problem, why));
    assert_non_null(strstr(problem, aside));
    assert_int_equal(access(aside, R_OK), 0);
    assert_int_equal(access(path, F_OK), -1);
    free(problem);

    /* It is a problem until there is a good one. */
    put(lg);
    assert_null(last_good_read_problem(lg));
    assert_int_equal(access(aside, R_OK), 0);
    free(aside);
    last_good_close(lg);
}

static void
damaged_file_is_put_aside(void **state OVS_UNUSED)
{
    write_text("loden-last-good 1 4 00\nbad");
    assert_put_aside("damaged", "its checksum is wrong");
    write_text("");
    assert_put_aside("damaged", "it does not begin as such a file does");
}

static void
file_of_a_newer_version_is_put_aside(void **state OVS_UNUSED)
{
    write_text("loden-last-good 2 anything\n{}");
    assert_put_aside("newer", "its version is 2: this program knows 1");
}

static void
disk_that_cannot_be_written_is_a_problem_until_it_can(void **state OVS_UNUSED)
{
    char *blocker = xasprintf("%s/no", folder);
    char *below = xasprintf("%s/no/last-good", folder);
    FILE *file = fopen(blocker, "w");
    fclose(file);

    struct last_good *lg = last_good_open(below);
    put(lg);
    char *problem = last_good_write_problem(lg);
    assert_non_null(strstr(problem, "cannot be written"));
    assert_non_null(strstr(problem, ovs_strerror(ENOTDIR)));
    free(problem);

    unlink(blocker);
    while ((problem = last_good_write_problem(lg))) {
        free(problem);
        last_good_run(lg);
        last_good_wait(lg);
        poll_timer_wait(100);
        poll_block();
    }
    assert_int_equal(access(below, R_OK), 0);
    last_good_close(lg);
    free(below);
    free(blocker);
}

static int
setup(void **state OVS_UNUSED)
{
    char template[] = "/tmp/loden-unit-XXXXXX";

    folder = xstrdup(mkdtemp(template));
    path = xasprintf("%s/sub/last-good", folder);
    char *sub = xasprintf("%s/sub", folder);
    assert_int_equal(mkdir(sub, 0755), 0);
    free(sub);
    return 0;
}

static int
teardown(void **state OVS_UNUSED)
{
    char *command = xasprintf("rm -r '%s'", folder);

    assert_int_equal(system(command), 0);
    free(command);
    free(path);
    free(folder);
    return 0;
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, setup, teardown)

int
main(int argc OVS_UNUSED, char *argv[])
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_truncation_is_noticed),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(content_that_no_database_gives_is_refused),
        TEST(what_was_written_is_found),
        TEST(damaged_file_is_put_aside),
        TEST(file_of_a_newer_version_is_put_aside),
        TEST(disk_that_cannot_be_written_is_a_problem_until_it_can),
    };

    set_program_name(argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
