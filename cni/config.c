/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Takes the plugin's configuration apart.  The order of the checks is the
 * reference implementation's: JSON, name, cniVersion, and then our own keys.
 * Keys that are not known here are others' (capabilities, runtimeConfig, args,
 * prevResult, ...) and are not looked at.
 *
 * Nothing here reads a file or knows which networks exist. */

#include "cni/config.h"

#include <stdio.h>
#include <string.h>

#include "cni/env.h"
#include "ovsdb/keys.h"

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

/* An absent cniVersion means 0.1.0, says the specification. */
static int
find_version(const char *name, const struct version **ret_version,
             struct cni_error *err)
{
    char supported[128] = "";
    size_t n = 0;

    name = name ? name : "0.1.0";
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

int
config_parse(const char *text, size_t len, struct config *ret_config,
             struct cni_error *err)
{
    struct config config = { .root = NULL };
    const char *version;
    json_error_t bad;

    config.root = json_loadb(text, len, DECODE_FLAGS, &bad);
    if (!config.root) {
        return error_set(err, ERROR_DECODE,
                         "error unmarshall network config: line %d: %s",
                         bad.line, bad.text);
    }
    if (!json_is_object(config.root)) {
        error_set(err, ERROR_DECODE,
                  "error unmarshall network config: not an object");
        goto error;
    }
    if (get_string(config.root, "name", &config.name, ERROR_DECODE, err)
        || check_name(config.name, err)
        || get_string(config.root, "cniVersion", &version, ERROR_DECODE, err)
        || find_version(version, &config.version, err)) {
        goto error;
    }
    *ret_config = config;
    return 0;

error:
    config_destroy(&config);
    return -1;
}

void
config_destroy(struct config *config)
{
    json_decref(config->root);
    config->root = NULL;
}

int
config_get_network(const struct config *config,
                   struct config_network *ret_network, struct cni_error *err)
{
    struct config_network network = { .network = NULL };
    const json_t *root = config->root;

    if (get_string(root, "network", &network.network, ERROR_CONFIG, err)
        || get_string(root, "subnetFile", &network.subnet_file, ERROR_CONFIG,
                      err)) {
        return -1;
    }
    if (!network.network && !network.subnet_file) {
        network.network = DEFAULT_NETWORK;
    }
    if (network.network && strlen(network.network) > CONFIG_NAME_MAX) {
        return error_set(err, ERROR_CONFIG, "\"network\" is too long");
    }
    network.dns = json_object_get(root, "dns");
    if (json_is_null(network.dns)) {
        network.dns = NULL;
    } else if (network.dns && !json_is_object(network.dns)) {
        return error_set(err, ERROR_CONFIG, "\"dns\" must be an object");
    }
    *ret_network = network;
    return 0;
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
