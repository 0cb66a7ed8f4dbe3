/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Takes the plugin's configuration apart.  The order of the checks is the
 * reference implementation's: JSON, name, cniVersion.  Keys that are not known
 * here are looked at by options.c, wish.c and the like, for those commands
 * that need them: what makes no sense must not keep a DEL from its work. */

#include "cni/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cni/env.h"

#define OVS_RUNDIR "/var/run/openvswitch"

/* Integers are decoded as reals since libcni passes every number through a
 * double, and may so write one that is no 64-bit integer. */
#define DECODE_FLAGS JSON_DECODE_INT_AS_REAL

/* Stores the string 'key' of 'root', or NULL if it is absent, null or "". */
static int
get_string(const json_t *root, const char *key, const char **ret_value,
           enum cni_error_code code, struct cni_error *err)
{
    const json_t *value = json_object_get(root, key);

    if (value && !json_is_string(value) && !json_is_null(value)) {
        return error_set(err, code, "\"%s\" must be a string", key);
    }
    *ret_value = json_string_length(value) ? json_string_value(value) : NULL;
    return 0;
}

static int
check_name(const char *name, struct cni_error *err)
{
    if (!name) {
        return error_set(err, ERROR_CONFIG, "missing network name");
    } else if (!env_name_is_valid(name)) {
        error_set(err, ERROR_CONFIG,
                  "invalid characters found in network name");
        return error_details(err, "%s", name);
    }
    return 0;
}

/* Commands that came with a later version of the specification are errors in
 * an earlier one; then, and only then, the version must be one at all. */
static int
check_command(const char *version, enum env_command command,
              struct cni_error *err)
{
    const char *since = command == ENV_CHECK              ? "0.4.0"
                        : command & (ENV_GC | ENV_STATUS) ? "1.1.0"
                                                          : NULL;

    if (!since) {
        return 0;
    } else if (!version_is_valid(version)) {
        return error_set(err, ERROR_DECODE, "invalid version \"%s\"", version);
    } else if (version_compare(version, since) < 0) {
        return error_set(err, ERROR_VERSION,
                         "config version does not allow %s",
                         env_command_name(command));
    } else if (version_compare(version, version_newest()->name) > 0) {
        return error_set(err, ERROR_VERSION,
                         "plugin version does not allow %s",
                         env_command_name(command));
    }
    return 0;
}

static int
find_version(const char *name, enum env_command command,
             const struct version **ret_version, struct cni_error *err)
{
    char supported[128] = "";
    size_t n = 0;

    if (check_command(name, command, err)) {
        return -1;
    }
    *ret_version = version_find(name);
    if (*ret_version) {
        return 0;
    }
    for (size_t i = 0; i < n_versions; i++) {
        n += snprintf(supported + n, sizeof supported - n, "%s\"%s\"",
                      i ? " " : "", versions[i].name);
    }
    error_set(err, ERROR_VERSION, "incompatible CNI versions");
    return error_details(err, "config is \"%s\", plugin supports [%s]", name,
                         supported);
}

/* Parses the document; a runtime's bytes are not to be trusted. */
static int
load(struct config *config, struct cni_error *err)
{
    json_error_t bad;

    config->root = json_loadb(config->text, config->len, DECODE_FLAGS, &bad);
    if (!config->root) {
        return error_set(err, ERROR_DECODE,
                         "error unmarshall network config: line %d: %s",
                         bad.line, bad.text);
    }
    return json_is_object(config->root)
               ? 0
               : error_set(err, ERROR_DECODE,
                           "error unmarshall network config: not an object");
}

/* An absent cniVersion means 0.1.0, says the specification. */
int
config_parse(char *text, size_t len, enum env_command command,
             struct config *ret_config, struct cni_error *err)
{
    struct config config = { .text = text, .len = len };
    const char *version;

    if (load(&config, err)
        || get_string(config.root, "name", &config.name, ERROR_DECODE, err)
        || check_name(config.name, err)
        || get_string(config.root, "cniVersion", &version, ERROR_DECODE, err)
        || find_version(version ? version : "0.1.0", command, &config.version,
                        err)) {
        config_destroy(&config);
        return -1;
    }
    *ret_config = config;
    return 0;
}

void
config_destroy(struct config *config)
{
    json_decref(config->root);
    free(config->text);
    *config = (struct config){ .root = NULL };
}

int
config_get_ovsdb(const struct config *config, const char *rundir, char path[],
                 size_t size, struct cni_error *err)
{
    const char *remote;
    int n;

    if (get_string(config->root, "ovsdb", &remote, ERROR_CONFIG, err)) {
        return -1;
    } else if (!remote) {
        n = snprintf(path, size, "%s/db.sock", *rundir ? rundir : OVS_RUNDIR);
    } else if (!strncmp(remote, "unix:", 5)) {
        n = snprintf(path, size, "%s", remote + 5);
    } else {
        return error_set(err, ERROR_UNSUPPORTED,
                         "\"ovsdb\": \"%s\" is not supported, only unix:PATH",
                         remote);
    }
    if (n < 0 || (size_t) n >= size) {
        return error_set(err, ERROR_CONFIG,
                         "the path of the database's socket is too long: %s",
                         path);
    }
    return 0;
}
