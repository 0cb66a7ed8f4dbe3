/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The subnet file: what it says, and that readers never see half of it. */

#include <config.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/subnet-file.h"
#include "flows/world.h"
#include "util.h"

#include "test/unit/unit.h"
#include "test/unit/values.h"

static void
add_range(struct world_network *network, const char *range)
{
    network->ranges = xrealloc(network->ranges, (network->n_ranges + 1)
                               * sizeof *network->ranges);
    network->ranges[network->n_ranges++] = prefix(range);
}

static struct world_network *
add_network(struct world *world, const char *name)
{
    struct world_network *network = world_add_network(world, name, 1);
    struct prefix subnet = prefix("172.18.6.0/24");

    add_range(network, "172.18.0.0/16");
    network->mtu = 1450;
    network->masquerade = true;
    world_network_set_subnet(network, &subnet);
    return network;
}

/* A folder to write in, and the file in it, in a folder that is to be
 * made. */
struct place {
    char dir[32];   /* Exists. */
    char *run;      /* Does not, at first. */
    char *file;     /* In 'run'. */
};

static int
place_init(void **state)
{
    struct place *place = xzalloc(sizeof *place);

    strcpy(place->dir, "/tmp/loden-subnet-XXXXXX");
    assert_non_null(mkdtemp(place->dir));
    place->run = xasprintf("%s/run", place->dir);
    place->file = xasprintf("%s/subnet.env", place->run);
    *state = place;
    return 0;
}

static int
place_destroy(void **state)
{
    struct place *place = *state;

    unlink(place->file);
    rmdir(place->run);
    rmdir(place->dir);
    free(place->run);
    free(place->file);
    free(place);
    return 0;
}

static void
put(const struct place *place, const char *text)
{
    char *error = subnet_file_put(place->file, text);
    if (error) {
        fail_msg("%s", error);
    }
}

static char *
read_fd(int fd)
{
    char *text = xzalloc(4096);

    assert_true(fd >= 0);
    assert_true(pread(fd, text, 4095, 0) >= 0);
    close(fd);
    return text;
}

static void
assert_file_is(const struct place *place, const char *text)
{
    char *content = read_fd(open(place->file, O_RDONLY));
    assert_string_equal(content, text);
    free(content);
}

static size_t
count_files(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir)) {
        n++;
    }
    closedir(dir);
    return n - 2;
}

static void
the_text_is_flannels(void **state OVS_UNUSED)
{
    struct prefix subnet6 = prefix("fd00:18:6::/64");
    struct world world;
    char *text;

    world_init(&world, "n1");
    struct world_network *network = add_network(&world, "default");
    text = subnet_file_text(&world);
    assert_string_equal(text,
                        "FLANNEL_NETWORK=172.18.0.0/16\n"
                        "FLANNEL_SUBNET=172.18.6.1/24\n"
                        "FLANNEL_MTU=1450\n"
                        "FLANNEL_IPMASQ=true\n");
    free(text);

    add_range(network, "172.30.0.0/16");
    add_range(network, "fd00:18::/32");
    world_network_set_subnet(network, &subnet6);
    network->masquerade = false;
    text = subnet_file_text(&world);
    assert_string_equal(text,
                        "FLANNEL_NETWORK=172.18.0.0/16,172.30.0.0/16\n"
                        "FLANNEL_SUBNET=172.18.6.1/24\n"
                        "FLANNEL_IPV6_NETWORK=fd00:18::/32\n"
                        "FLANNEL_IPV6_SUBNET=fd00:18:6::1/64\n"
                        "FLANNEL_MTU=1450\n"
                        "FLANNEL_IPMASQ=true\n");
    free(text);
    world_destroy(&world);
}

static void
only_the_default_network_has_a_file(void **state OVS_UNUSED)
{
    struct world world;

    world_init(&world, "n1");
    assert_null(subnet_file_text(&world));
    add_network(&world, "blue");
    assert_null(subnet_file_text(&world));
    world_add_network(&world, "default", 1);
    assert_null(subnet_file_text(&world));
    world_destroy(&world);
}

static void
a_subnet_that_another_node_has_is_not_offered(void **state OVS_UNUSED)
{
    struct world world;

    world_init(&world, "n1");
    add_network(&world, "default")->lost_to = xstrdup("n2");
    assert_null(subnet_file_text(&world));
    world_destroy(&world);
}

static void
the_file_can_be_read_by_all_in_a_new_folder(void **state)
{
    const struct place *place = *state;
    mode_t old = umask(077);
    struct stat s;

    put(place, "A=1\n");
    umask(old);
    assert_file_is(place, "A=1\n");
    assert_int_equal(stat(place->file, &s), 0);
    assert_int_equal(s.st_mode & 07777, 0644);
    assert_int_equal(count_files(place->run), 1);
}

static void
a_reader_sees_the_old_file_or_the_new(void **state)
{
    const struct place *place = *state;

    put(place, "A=1\nB=2\n");
    int fd = open(place->file, O_RDONLY);
    put(place, "A=3\n");
    char *old = read_fd(fd);
    assert_string_equal(old, "A=1\nB=2\n");
    free(old);
    assert_file_is(place, "A=3\n");
    assert_int_equal(count_files(place->run), 1);
}

static void
an_equal_file_is_not_written_again(void **state)
{
    const struct place *place = *state;
    struct stat before, after;

    put(place, "A=1\n");
    assert_int_equal(stat(place->file, &before), 0);
    put(place, "A=1\n");
    assert_int_equal(stat(place->file, &after), 0);
    assert_true(before.st_ino == after.st_ino);

    /* A longer or a shorter one is not equal. */
    put(place, "A=1\nB=2\n");
    assert_file_is(place, "A=1\nB=2\n");
    put(place, "A=1\n");
    assert_file_is(place, "A=1\n");
}

static void
without_a_subnet_there_is_no_file(void **state)
{
    const struct place *place = *state;
    struct stat s;

    put(place, "A=1\n");
    put(place, NULL);
    assert_int_equal(stat(place->file, &s), -1);
    put(place, NULL);
    assert_int_equal(count_files(place->run), 0);
}

static void
a_folder_that_cannot_be_made_is_an_error(void **state OVS_UNUSED)
{
    char *error = subnet_file_put("/proc/no/such/subnet.env", "A=1\n");

    assert_string_equal(error, "/proc/no/such: No such file or directory");
    free(error);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_flannels),
        cmocka_unit_test(only_the_default_network_has_a_file),
        cmocka_unit_test(a_subnet_that_another_node_has_is_not_offered),
        cmocka_unit_test_setup_teardown(
            the_file_can_be_read_by_all_in_a_new_folder,
            place_init, place_destroy),
        cmocka_unit_test_setup_teardown(a_reader_sees_the_old_file_or_the_new,
                                        place_init, place_destroy),
        cmocka_unit_test_setup_teardown(an_equal_file_is_not_written_again,
                                        place_init, place_destroy),
        cmocka_unit_test_setup_teardown(without_a_subnet_there_is_no_file,
                                        place_init, place_destroy),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
