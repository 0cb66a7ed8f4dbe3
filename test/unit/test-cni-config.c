/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The configuration on stdin: what the plugin takes from it, what it leaves
 * alone, and what it refuses with which code. */

#include <string.h>

#include "cni/config.h"
#include "test/unit/cnitest.h"

static struct config
parse(const char *text)
{
    struct config config;
    struct cni_error err;

    if (config_parse(strdup(text), strlen(text), ENV_ADD, &config, &err)) {
        fail_msg("%s: %s", err.msg, text);
    }
    return config;
}

static void
assert_refused(const char *text, enum cni_error_code code, const char *msg,
               const char *details)
{
    struct config config;
    struct cni_error err;

    assert_int_equal(
        config_parse(strdup(text), strlen(text), ENV_ADD, &config, &err), -1);
    assert_error(&err, code, msg, details);
}

/* The same for 'command' and the version alone. */
static void
assert_version_refused(enum env_command command, const char *version,
                       enum cni_error_code code, const char *msg)
{
    struct config config;
    struct cni_error err;
    char *text;

    assert_true(
        asprintf(&text, "{\"cniVersion\":\"%s\",\"name\":\"n\"}", version)
        > 0);
    assert_int_equal(config_parse(text, strlen(text), command, &config, &err),
                     -1);
    assert_string_equal(err.msg, msg);
    assert_int_equal(err.code, code);
}

/* An object with a good name and version, and then 'rest'. */
#define GOOD(REST) "{\"cniVersion\":\"1.0.0\",\"name\":\"cbr0\"" REST "}"

static void
name_and_version_are_for_every_command(void **state)
{
    struct config config = parse("{\"cniVersion\":\"0.4.0\",\"name\":\"a.b\","
                                 "\"type\":\"loden\"}");

    assert_string_equal(config.name, "a.b");
    assert_string_equal(config.version->name, "0.4.0");
    config_destroy(&config);
}

static void
each_supported_version_is_taken(void **state)
{
    static const char *const names[] = { "0.1.0", "0.2.0", "0.3.0", "0.3.1",
                                         "0.4.0", "1.0.0", "1.1.0" };

    for (size_t i = 0; i < 7; i++) {
        char text[64];

        snprintf(text, sizeof text, "{\"cniVersion\":\"%s\",\"name\":\"n\"}",
                 names[i]);
        struct config config = parse(text);
        assert_string_equal(config.version->name, names[i]);
        config_destroy(&config);
    }
}

static void
no_version_means_the_first_one(void **state)
{
    struct config config = parse("{\"name\":\"n\"}");

    assert_string_equal(config.version->name, "0.1.0");
    config_destroy(&config);
    config = parse("{\"name\":\"n\",\"cniVersion\":\"\"}");
    assert_string_equal(config.version->name, "0.1.0");
    config_destroy(&config);
}

#define ALL_VERSIONS                                                          \
    "plugin supports [\"0.1.0\" \"0.2.0\" \"0.3.0\" \"0.3.1\" \"0.4.0\" "     \
    "\"1.0.0\" \"1.1.0\"]"

static void
other_versions_are_refused_with_the_list(void **state)
{
    assert_refused("{\"cniVersion\":\"9.9.9\",\"name\":\"n\"}", ERROR_VERSION,
                   "incompatible CNI versions",
                   "config is \"9.9.9\", " ALL_VERSIONS);
    assert_refused("{\"cniVersion\":\"1.1\",\"name\":\"n\"}", ERROR_VERSION,
                   "incompatible CNI versions",
                   "config is \"1.1\", " ALL_VERSIONS);
    assert_refused("{\"cniVersion\":\"x\",\"name\":\"n\"}", ERROR_VERSION,
                   "incompatible CNI versions",
                   "config is \"x\", " ALL_VERSIONS);
}

static void
commands_come_with_a_version(void **state)
{
    static const char *const nonsense[] = { "x",    "1.",     "1.1.0.0",
                                            "1..0", "-1.0.0", "1.1.0x",
                                            "1.1.", "1.1.0 ", "9999999999" };

    assert_version_refused(ENV_CHECK, "0.3.1", ERROR_VERSION,
                           "config version does not allow CHECK");
    assert_version_refused(ENV_CHECK, "", ERROR_VERSION,
                           "config version does not allow CHECK");
    assert_version_refused(ENV_CHECK, "0.5.0", ERROR_VERSION,
                           "incompatible CNI versions");
    assert_version_refused(ENV_CHECK, "1.10.0", ERROR_VERSION,
                           "plugin version does not allow CHECK");
    assert_version_refused(ENV_GC, "1.0.0", ERROR_VERSION,
                           "config version does not allow GC");
    assert_version_refused(ENV_STATUS, "1.0.9", ERROR_VERSION,
                           "config version does not allow STATUS");
    assert_version_refused(ENV_STATUS, "2", ERROR_VERSION,
                           "plugin version does not allow STATUS");
    for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
        char msg[64];

        snprintf(msg, sizeof msg, "invalid version \"%s\"", nonsense[i]);
        assert_version_refused(ENV_GC, nonsense[i], ERROR_DECODE, msg);
    }
}

/* What is wrong with the JSON is in the parser's words. */
static void
what_is_no_object_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "{",
        "{\"name\":\"n\",}",
        "{\"name\":\"n\"} {}",
        "5",
        "{\"name\":\"\xff\"}",
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *said = "error unmarshall network config: ";
        struct config config;
        struct cni_error err;

        assert_int_equal(config_parse(strdup(texts[i]), strlen(texts[i]),
                                      ENV_ADD, &config, &err),
                         -1);
        assert_int_equal(err.code, ERROR_DECODE);
        assert_memory_equal(err.msg, said, strlen(said));
    }
}

static void
the_name_is_checked_before_the_version(void **state)
{
    assert_refused("{\"cniVersion\":\"9.9.9\"}", ERROR_CONFIG,
                   "missing network name", "");
    assert_refused("{\"name\":\"\"}", ERROR_CONFIG, "missing network name",
                   "");
    assert_refused("{\"name\":null}", ERROR_CONFIG, "missing network name",
                   "");
    assert_refused("{\"name\":\"a/b\",\"cniVersion\":\"9.9.9\"}", ERROR_CONFIG,
                   "invalid characters found in network name", "a/b");
    assert_refused("{\"name\":5}", ERROR_DECODE, "\"name\" must be a string",
                   "");
    assert_refused("{\"name\":\"n\",\"cniVersion\":1}", ERROR_DECODE,
                   "\"cniVersion\" must be a string", "");
}

static void
keys_of_others_are_left_alone(void **state)
{
    struct config config =
        parse(GOOD(",\"capabilities\":{\"portMappings\":true},\"ipam\":[],"
                   "\"args\":1e300,\"big\":100000000000000000000,"
                   "\"prevResult\":null"));

    config_destroy(&config);
}

/* ---- The database ------------------------------------------------------- */

static void
assert_path(const char *text, const char *rundir, const char *want)
{
    struct config config = parse(text);
    struct cni_error err;
    char path[108];

    assert_int_equal(
        config_get_ovsdb(&config, rundir, path, sizeof path, &err), 0);
    assert_string_equal(path, want);
    config_destroy(&config);
}

static void
the_database_is_where_open_vswitch_puts_it(void **state)
{
    assert_path(GOOD(""), "", "/var/run/openvswitch/db.sock");
    assert_path(GOOD(""), "/run/n1", "/run/n1/db.sock");
    assert_path(GOOD(",\"ovsdb\":\"unix:/x/y.sock\""), "/run/n1", "/x/y.sock");
}

static void
other_remotes_are_refused(void **state)
{
    struct config config = parse(GOOD(",\"ovsdb\":\"tcp:127.0.0.1:6640\""));
    struct cni_error err;
    char path[108], small[16];

    assert_int_equal(config_get_ovsdb(&config, "", path, sizeof path, &err),
                     -1);
    assert_error(&err, ERROR_UNSUPPORTED,
                 "\"ovsdb\": \"tcp:127.0.0.1:6640\" is not supported, "
                 "only unix:PATH",
                 "");
    config_destroy(&config);

    config = parse(GOOD(""));
    assert_int_equal(config_get_ovsdb(&config, "", small, sizeof small, &err),
                     -1);
    assert_int_equal(err.code, ERROR_CONFIG);
    config_destroy(&config);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(name_and_version_are_for_every_command),
        cmocka_unit_test(each_supported_version_is_taken),
        cmocka_unit_test(no_version_means_the_first_one),
        cmocka_unit_test(other_versions_are_refused_with_the_list),
        cmocka_unit_test(commands_come_with_a_version),
        cmocka_unit_test(what_is_no_object_is_refused),
        cmocka_unit_test(the_name_is_checked_before_the_version),
        cmocka_unit_test(keys_of_others_are_left_alone),
        cmocka_unit_test(the_database_is_where_open_vswitch_puts_it),
        cmocka_unit_test(other_remotes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
