/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* CNI_* variables: what is required, in which order it is checked, and which
 * syntax is refused with which words. */

#include <string.h>

#include "cni/env.h"
#include "test/unit/cnitest.h"

#define ADD "CNI_COMMAND=ADD"
#define DEL "CNI_COMMAND=DEL"
#define ID "CNI_CONTAINERID=abc"
#define NETNS "CNI_NETNS=/run/netns/p1"
#define IFNAME "CNI_IFNAME=eth0"
#define PATH "CNI_PATH=/opt/cni/bin"

#define ENVIRONMENT(...) ((char *[]){ __VA_ARGS__, NULL })

static struct env
parse(char *envp[])
{
    struct env env;
    struct cni_error err;

    if (env_parse(envp, &env, &err)) {
        fail_msg("%s", err.msg);
    }
    return env;
}

static struct cni_error
refusal(char *envp[])
{
    struct cni_error err;
    struct env env;

    assert_int_equal(env_parse(envp, &env, &err), -1);
    return err;
}

static void
assert_refused(char *envp[], const char *msg)
{
    struct cni_error err = refusal(envp);

    assert_string_equal(err.msg, msg);
    assert_int_equal(err.code, ERROR_ENVIRONMENT);
}

static void
add_has_all(void **state)
{
    struct env env = parse(ENVIRONMENT("PATH=/bin", "CNI_ARGS=A=B", ADD, ID,
                                       NETNS, IFNAME, PATH, "OVS_RUNDIR=/o"));

    assert_int_equal(env.command, ENV_ADD);
    assert_string_equal(env.container_id, "abc");
    assert_string_equal(env.netns, "/run/netns/p1");
    assert_string_equal(env.ifname, "eth0");
    assert_string_equal(env.args, "A=B");
    assert_string_equal(env.path, "/opt/cni/bin");
    assert_string_equal(env.ovs_rundir, "/o");
    assert_false(env.netns_override);
}

static void
del_needs_no_namespace(void **state)
{
    assert_string_equal(parse(ENVIRONMENT(DEL, ID, IFNAME, PATH)).netns, "");
    assert_string_equal(
        parse(ENVIRONMENT(DEL, ID, "CNI_NETNS=", IFNAME, PATH)).netns, "");
}

static void
a_namespace_that_no_result_can_name_is_refused(void **state)
{
    struct env env;
    struct cni_error err;

    assert_int_equal(
        env_parse(ENVIRONMENT(ADD, ID, "CNI_NETNS=/run/\xff", IFNAME, PATH),
                  &env, &err),
        -1);
    assert_error(&err, ERROR_ENVIRONMENT,
                 "CNI_NETNS=/run/\xff is not UTF-8, and cannot stand in a "
                 "result", "");
    assert_int_equal(
        parse(ENVIRONMENT(DEL, ID, "CNI_NETNS=/run/\xff", IFNAME, PATH))
            .command,
        ENV_DEL);
}

static void
version_needs_nothing_and_looks_at_nothing(void **state)
{
    assert_int_equal(parse(ENVIRONMENT("CNI_COMMAND=VERSION")).command,
                     ENV_VERSION);
    assert_int_equal(parse(ENVIRONMENT("CNI_COMMAND=VERSION",
                                       "CNI_CONTAINERID=", "CNI_NETNS=dummy",
                                       "CNI_IFNAME=a/b", "CNI_PATH=d"))
                         .command,
                     ENV_VERSION);
}

static void
each_command_needs_its_own(void **state)
{
    assert_int_equal(
        parse(ENVIRONMENT("CNI_COMMAND=CHECK", ID, NETNS, IFNAME, PATH))
            .command,
        ENV_CHECK);
    assert_refused(ENVIRONMENT("CNI_COMMAND=CHECK", ID, IFNAME, PATH),
                   "required env variables [CNI_NETNS] missing");
    assert_int_equal(parse(ENVIRONMENT("CNI_COMMAND=GC", PATH,
                                       "CNI_CONTAINERID=", "CNI_IFNAME="))
                         .command,
                     ENV_GC);
    assert_refused(ENVIRONMENT("CNI_COMMAND=GC"),
                   "required env variables [CNI_PATH] missing");
    assert_int_equal(parse(ENVIRONMENT("CNI_COMMAND=STATUS", PATH)).command,
                     ENV_STATUS);
    assert_refused(ENVIRONMENT("CNI_COMMAND=STATUS"),
                   "required env variables [CNI_PATH] missing");
}

static void
missing_variables_are_all_named(void **state)
{
    assert_refused(ENVIRONMENT("A=B"),
                   "required env variables [CNI_COMMAND] missing");
    assert_refused(ENVIRONMENT("CNI_COMMAND=", ID),
                   "required env variables [CNI_COMMAND] missing");
    assert_refused(ENVIRONMENT(ADD),
                   "required env variables "
                   "[CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME,CNI_PATH] missing");
    assert_refused(ENVIRONMENT(ADD, ID, "CNI_NETNS=", IFNAME),
                   "required env variables [CNI_NETNS,CNI_PATH] missing");
    assert_refused(ENVIRONMENT(DEL),
                   "required env variables "
                   "[CNI_CONTAINERID,CNI_IFNAME,CNI_PATH] missing");
}

static void
an_ill_formed_value_is_told_before_missing_ones(void **state)
{
    assert_refused(ENVIRONMENT(ADD, "CNI_CONTAINERID=a/b"),
                   "invalid characters in containerID");
    assert_refused(ENVIRONMENT(ADD, "CNI_IFNAME=."),
                   "interface name is . or ..");
}

static void
commands_that_are_not_there_are_refused(void **state)
{
    assert_refused(ENVIRONMENT("CNI_COMMAND=add"),
                   "CNI_COMMAND=add is not supported");
}

static void
container_ids_have_a_syntax(void **state)
{
    static char *const bad[] = {
        "CNI_CONTAINERID=-a", "CNI_CONTAINERID=.a", "CNI_CONTAINERID=a b",
        "CNI_CONTAINERID=_a", "CNI_CONTAINERID=a;", "CNI_CONTAINERID=\xc3",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct cni_error err =
            refusal(ENVIRONMENT(ADD, bad[i], NETNS, IFNAME, PATH));

        assert_error(&err, ERROR_ENVIRONMENT,
                     "invalid characters in containerID",
                     strchr(bad[i], '=') + 1);
    }
    assert_string_equal(
        parse(ENVIRONMENT(ADD, "CNI_CONTAINERID=0.A_b-c", PATH, NETNS, IFNAME))
            .container_id,
        "0.A_b-c");
}

static void
interface_names_have_a_syntax(void **state)
{
    static const struct {
        char *variable;
        const char *msg;
    } bad[] = {
        { "CNI_IFNAME=abcdefghijklmnop", "interface name is too long" },
        { "CNI_IFNAME=.", "interface name is . or .." },
        { "CNI_IFNAME=..", "interface name is . or .." },
        { "CNI_IFNAME=a/b",
          "interface name contains / or : or whitespace characters" },
        { "CNI_IFNAME=a:1",
          "interface name contains / or : or whitespace characters" },
        { "CNI_IFNAME=a\tb",
          "interface name contains / or : or whitespace characters" },
        { "CNI_IFNAME=\xff", "interface name is no UTF-8" },
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_refused(ENVIRONMENT(ADD, ID, NETNS, bad[i].variable, PATH),
                       bad[i].msg);
    }
    assert_string_equal(
        parse(ENVIRONMENT(ADD, ID, NETNS, "CNI_IFNAME=abcdefghijklmno", PATH))
            .ifname,
        "abcdefghijklmno");
}

static void
the_own_namespace_may_be_allowed(void **state)
{
    assert_true(
        parse(ENVIRONMENT("CNI_COMMAND=VERSION", "CNI_NETNS_OVERRIDE=True"))
            .netns_override);
    assert_true(
        parse(ENVIRONMENT("CNI_COMMAND=VERSION", "CNI_NETNS_OVERRIDE=1"))
            .netns_override);
    assert_false(
        parse(ENVIRONMENT("CNI_COMMAND=VERSION", "CNI_NETNS_OVERRIDE=yes"))
            .netns_override);
}

/* ---- CNI_ARGS ---------------------------------------------------------- */

static void
assert_args_refused(const char *args, const char *msg)
{
    struct env_args parsed;
    struct cni_error err;

    assert_int_equal(env_parse_args(args, &parsed, &err), -1);
    assert_error(&err, ERROR_ENVIRONMENT, msg, "");
}

static void
args_tell_the_pods_name(void **state)
{
    struct env_args args;
    struct cni_error err;

    assert_int_equal(env_parse_args("", &args, &err), 0);
    assert_string_equal(args.pod_name, "");
    assert_int_equal(
        env_parse_args("K8S_POD_UID=1-2;IgnoreUnknown=1;K8S_POD_NAME=web-0;"
                       "IP=10.0.0.5;K8S_POD_NAMESPACE=shop;"
                       "K8S_POD_INFRA_CONTAINER_ID=0a",
                       &args, &err),
        0);
    assert_string_equal(args.pod_namespace, "shop");
    assert_string_equal(args.pod_name, "web-0");
}

static void
args_tell_wishes(void **state)
{
    struct env_args args;
    struct cni_error err;

    assert_int_equal(
        env_parse_args("IP=10.0.0.5;MAC=0a:0b:0c:0d:0e:0f", &args, &err), 0);
    assert_string_equal(args.ip, "10.0.0.5");
    assert_string_equal(args.mac, "0a:0b:0c:0d:0e:0f");
}

static void
what_nobody_knows_is_refused_unless_told(void **state)
{
    struct env_args args;
    struct cni_error err;

    assert_args_refused("GW=10.0.0.1", "CNI_ARGS: unknown \"GW=10.0.0.1\"");
    assert_args_refused("IgnoreUnknown=false;ip=10.0.0.5;B=1",
                        "CNI_ARGS: unknown \"ip=10.0.0.5\"");
    assert_int_equal(env_parse_args("A=1;IgnoreUnknown=TRUE", &args, &err), 0);
}

static void
args_have_a_syntax(void **state)
{
    char long_name[300] = "K8S_POD_NAME=";

    assert_args_refused("A", "CNI_ARGS: invalid pair \"A\"");
    assert_args_refused("A=B=C", "CNI_ARGS: invalid pair \"A=B=C\"");
    assert_args_refused(";A=B", "CNI_ARGS: invalid pair \"\"");
    assert_args_refused("K8S_POD_NAME=a;", "CNI_ARGS: invalid pair \"\"");
    assert_args_refused("IgnoreUnknown=maybe",
                        "CNI_ARGS: IgnoreUnknown is no boolean");
    memset(long_name + strlen(long_name), 'x', 280);
    assert_args_refused(long_name, "CNI_ARGS: K8S_POD_NAME is too long");
    assert_args_refused("K8S_POD_NAME=\xe9",
                        "CNI_ARGS: K8S_POD_NAME is not UTF-8");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_has_all),
        cmocka_unit_test(del_needs_no_namespace),
        cmocka_unit_test(a_namespace_that_no_result_can_name_is_refused),
        cmocka_unit_test(version_needs_nothing_and_looks_at_nothing),
        cmocka_unit_test(each_command_needs_its_own),
        cmocka_unit_test(missing_variables_are_all_named),
        cmocka_unit_test(an_ill_formed_value_is_told_before_missing_ones),
        cmocka_unit_test(commands_that_are_not_there_are_refused),
        cmocka_unit_test(container_ids_have_a_syntax),
        cmocka_unit_test(interface_names_have_a_syntax),
        cmocka_unit_test(the_own_namespace_may_be_allowed),
        cmocka_unit_test(args_tell_the_pods_name),
        cmocka_unit_test(args_tell_wishes),
        cmocka_unit_test(what_nobody_knows_is_refused_unless_told),
        cmocka_unit_test(args_have_a_syntax),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
