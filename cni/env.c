/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Reads the CNI_* variables.  Which are required by which command, their
 * syntax, the order of the checks and the texts are those of the reference
 * implementation (containernetworking/cni, pkg/skel and pkg/utils), since
 * runtimes and their tests know those.
 *
 * Nothing here looks at stdin or at the system. */

#include "cni/env.h"

#include <ctype.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cni/value.h"

static int check_container_id(const char *value, struct cni_error *);
static int check_netns(const char *value, struct cni_error *);
static int check_ifname(const char *value, struct cni_error *);

static const struct {
    const char *name;
    enum env_command command;
} commands[] = {
    { "ADD", ENV_ADD }, { "DEL", ENV_DEL },       { "CHECK", ENV_CHECK },
    { "GC", ENV_GC },   { "STATUS", ENV_STATUS }, { "VERSION", ENV_VERSION },
};

static const struct variable {
    const char *name;
    size_t offset;     /* Of the member of struct env. */
    unsigned required; /* Set of enum env_command. */
    int (*check)(const char *value, struct cni_error *); /* Or NULL. */
} variables[] = {
    { "CNI_CONTAINERID", offsetof(struct env, container_id), ENV_ATTACHMENT,
      check_container_id },
    { "CNI_NETNS", offsetof(struct env, netns), ENV_ADD | ENV_CHECK,
      check_netns },
    { "CNI_IFNAME", offsetof(struct env, ifname), ENV_ATTACHMENT,
      check_ifname },
    { "CNI_ARGS", offsetof(struct env, args), 0, NULL },
    { "CNI_PATH", offsetof(struct env, path),
      ENV_ATTACHMENT | ENV_GC | ENV_STATUS, NULL },
    { "OVS_RUNDIR", offsetof(struct env, ovs_rundir), 0, NULL },
};

#define N_ELEMENTS(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* Returns the value of 'name' in 'envp', "" if it is not there. */
static const char *
lookup(char *const envp[], const char *name)
{
    size_t n = strlen(name);

    for (; *envp; envp++) {
        if (!strncmp(*envp, name, n) && (*envp)[n] == '=') {
            return *envp + n + 1;
        }
    }
    return "";
}

static int
parse_command(const char *name, enum env_command *ret_command,
              struct cni_error *err)
{
    if (!*name) {
        return error_set(err, ERROR_ENVIRONMENT,
                         "required env variables [CNI_COMMAND] missing");
    }
    for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
        if (!strcmp(name, commands[i].name)) {
            *ret_command = commands[i].command;
            return 0;
        }
    }
    return error_set(err, ERROR_ENVIRONMENT, "CNI_COMMAND=%s is not supported",
                     name);
}

const char *
env_command_name(enum env_command command)
{
    for (size_t i = 0; i < N_ELEMENTS(commands); i++) {
        if (commands[i].command == command) {
            return commands[i].name;
        }
    }
    return "?";
}

/* Takes the variables out of 'envp', a NULL-terminated array of NAME=VALUE,
 * from which '*ret_env' borrows. */
int
env_parse(char *const envp[], struct env *ret_env, struct cni_error *err)
{
    struct env env = { 0 };
    char missing[128] = "";
    const char *override;

    if (parse_command(lookup(envp, "CNI_COMMAND"), &env.command, err)) {
        return -1;
    }
    for (size_t i = 0; i < N_ELEMENTS(variables); i++) {
        const struct variable *v = &variables[i];
        const char *value = lookup(envp, v->name);
        bool required = v->required & env.command;

        *(const char **) ((char *) &env + v->offset) = value;
        if (required && !*value) {
            size_t n = strlen(missing);
            snprintf(missing + n, sizeof missing - n, "%s%s", n ? "," : "",
                     v->name);
        } else if (required && v->check && v->check(value, err)) {
            return -1;
        }
    }
    if (*missing) {
        return error_set(err, ERROR_ENVIRONMENT,
                         "required env variables [%s] missing", missing);
    }
    override = lookup(envp, "CNI_NETNS_OVERRIDE");
    env.netns_override =
        !strcasecmp(override, "true") || !strcmp(override, "1");
    *ret_env = env;
    return 0;
}

bool
env_name_is_valid(const char *name)
{
    if (!isalnum((unsigned char) *name)) {
        return false;
    }
    for (; *name; name++) {
        if (!isalnum((unsigned char) *name) && !strchr("_.-", *name)) {
            return false;
        }
    }
    return true;
}

static int
check_container_id(const char *value, struct cni_error *err)
{
    if (!env_name_is_valid(value)) {
        error_set(err, ERROR_ENVIRONMENT, "invalid characters in containerID");
        return error_details(err, "%s", value);
    }
    return 0;
}

/* It stands in results, which are JSON, and on the pod's row. */
static int
check_netns(const char *value, struct cni_error *err)
{
    return value_is_utf8(value)
               ? 0
               : error_set(err, ERROR_ENVIRONMENT,
                           "CNI_NETNS=%s is not UTF-8, and cannot stand in a "
                           "result",
                           value);
}

static int
check_ifname(const char *value, struct cni_error *err)
{
    if (strlen(value) >= IFNAMSIZ) {
        return error_set(err, ERROR_ENVIRONMENT, "interface name is too long");
    }
    if (!strcmp(value, ".") || !strcmp(value, "..")) {
        return error_set(err, ERROR_ENVIRONMENT, "interface name is . or ..");
    }
    if (!value_is_utf8(value)) {
        return error_set(err, ERROR_ENVIRONMENT, "interface name is no UTF-8");
    }
    for (; *value; value++) {
        if (*value == '/' || *value == ':'
            || isspace((unsigned char) *value)) {
            return error_set(
                err, ERROR_ENVIRONMENT,
                "interface name contains / or : or whitespace characters");
        }
    }
    return 0;
}

/* ---- CNI_ARGS --------------------------------------------------------- */

/* One KEY=VALUE of CNI_ARGS, borrowed from it. */
struct pair {
    const char *key;
    size_t key_len; /* Bytes. */
    const char *value;
    size_t value_len; /* Bytes. */
};

static bool
pair_is(const struct pair *pair, const char *key)
{
    return strlen(key) == pair->key_len
           && !memcmp(pair->key, key, pair->key_len);
}

/* Takes the pair of 'len' bytes at 'text', which must have exactly one '='. */
static int
pair_parse(const char *text, size_t len, struct pair *ret_pair,
           struct cni_error *err)
{
    const char *equals = memchr(text, '=', len);

    if (!equals || memchr(equals + 1, '=', text + len - (equals + 1))) {
        return error_set(err, ERROR_ENVIRONMENT,
                         "CNI_ARGS: invalid pair \"%.*s\"", (int) len, text);
    }
    ret_pair->key = text;
    ret_pair->key_len = equals - text;
    ret_pair->value = equals + 1;
    ret_pair->value_len = len - ret_pair->key_len - 1;
    return 0;
}

static int
pair_copy(const struct pair *pair, char *dst, size_t size,
          struct cni_error *err)
{
    if (pair->value_len >= size) {
        return error_set(err, ERROR_ENVIRONMENT, "CNI_ARGS: %.*s is too long",
                         (int) pair->key_len, pair->key);
    }
    memcpy(dst, pair->value, pair->value_len);
    dst[pair->value_len] = '\0';
    return value_is_utf8(dst)
               ? 0
               : error_set(err, ERROR_ENVIRONMENT,
                           "CNI_ARGS: %.*s is not UTF-8",
                           (int) pair->key_len, pair->key);
}

static int
pair_parse_bool(const struct pair *pair, bool *ret_value,
                struct cni_error *err)
{
    char value[6];

    if (pair->value_len < sizeof value) {
        memcpy(value, pair->value, pair->value_len);
        value[pair->value_len] = '\0';
        if (!strcasecmp(value, "true") || !strcmp(value, "1")) {
            *ret_value = true;
            return 0;
        } else if (!strcasecmp(value, "false") || !strcmp(value, "0")) {
            *ret_value = false;
            return 0;
        }
    }
    return error_set(err, ERROR_ENVIRONMENT, "CNI_ARGS: %.*s is no boolean",
                     (int) pair->key_len, pair->key);
}

/* The keys that are of interest, and those of Kubernetes that are not. */
static const struct {
    const char *key;
    size_t offset; /* Of the member of struct env_args. */
    size_t size;   /* Of that member; 0 for a key that is ignored. */
} args_keys[] = {
#define MEMBER(NAME)                                                          \
    offsetof(struct env_args, NAME), sizeof((struct env_args *) NULL)->NAME
    { "K8S_POD_NAMESPACE", MEMBER(pod_namespace) },
    { "K8S_POD_NAME", MEMBER(pod_name) },
    { "IP", MEMBER(ip) },
    { "MAC", MEMBER(mac) },
    { "K8S_POD_INFRA_CONTAINER_ID", 0, 0 },
    { "K8S_POD_UID", 0, 0 },
#undef MEMBER
};

/* Puts 'pair' where it belongs.  Stores false if nobody knows its key. */
static int
take_pair(const struct pair *pair, struct env_args *args, bool *ret_known,
          struct cni_error *err)
{
    for (size_t i = 0; i < N_ELEMENTS(args_keys); i++) {
        if (pair_is(pair, args_keys[i].key)) {
            *ret_known = true;
            return args_keys[i].size
                       ? pair_copy(pair, (char *) args + args_keys[i].offset,
                                   args_keys[i].size, err)
                       : 0;
        }
    }
    *ret_known = false;
    return 0;
}

/* Parses 'args', KEY=VALUE;KEY=VALUE.  A key that is not known here is an
 * error unless IgnoreUnknown is there too. */
int
env_parse_args(const char *args, struct env_args *ret_args,
               struct cni_error *err)
{
    struct env_args parsed = { .pod_name = "" };
    char unknown[256] = "";
    bool ignore_unknown = false;

    while (*args) {
        size_t len = strcspn(args, ";");
        struct pair pair = { .key = NULL };
        bool known = true;

        if (pair_parse(args, len, &pair, err)
            || (pair_is(&pair, "IgnoreUnknown")
                    ? pair_parse_bool(&pair, &ignore_unknown, err)
                    : take_pair(&pair, &parsed, &known, err))) {
            return -1;
        } else if (!known && !*unknown) {
            snprintf(unknown, sizeof unknown, "%.*s", (int) len, args);
        }
        args += len;
        if (*args == ';' && !*++args) {
            return error_set(err, ERROR_ENVIRONMENT,
                             "CNI_ARGS: invalid pair \"\"");
        }
    }
    if (*unknown && !ignore_unknown) {
        return error_set(err, ERROR_ENVIRONMENT, "CNI_ARGS: unknown \"%s\"",
                         unknown);
    }
    *ret_args = parsed;
    return 0;
}
