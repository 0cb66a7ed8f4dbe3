/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The runtime's bytes on stdin: whatever they are, they are a configuration
 * that can be used or an error that can be told. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cni/capability.h"
#include "cni/checkprev.h"
#include "cni/config.h"
#include "cni/options.h"
#include "cni/result.h"
#include "cni/value.h"
#include "cni/wish.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
tell(const struct cni_error *err, const struct version *version)
{
    char *text = result_format_error(err, version);

    if (!text) {
        abort();
    }
    free(text);
}

/* What an ADD takes from a configuration.  What is written on a row must be
 * words that stand for themselves. */
static void
use(const struct config *config)
{
    static const struct env_args args = { .pod_name = "" };
    struct capability capability;
    struct options options;
    struct cni_error err;
    struct wish wish;

    if (options_parse(config, &options, &err)) {
        tell(&err, config->version);
    } else if (!options.network && !options.subnet_file) {
        abort();
    }
    if (wish_parse(config, &args, &wish, &err)) {
        tell(&err, config->version);
    }
    if (result_check_prev(value_find(config->root, "prevResult"), &err)) {
        tell(&err, config->version);
    }
    if (capability_parse(config, &capability, &err)) {
        tell(&err, config->version);
    } else {
        if (strspn(capability.ports,
                   "abcdefghijklmnopqrstuvwxyz/.:0123456789 ")
            != strlen(capability.ports)) {
            abort();
        }
        capability_destroy(&capability);
    }
}

/* What a CHECK takes from a configuration. */
static void
check(const struct config *config)
{
    static const struct env env = { .ifname = "eth0", .netns = "/n" };
    struct checkprev prev;
    struct cni_error err;

    if (checkprev_parse(config, &env, "ldn1", &prev, &err)) {
        tell(&err, config->version);
    } else if (!prev.n_addresses && !value_find(config->root, "ipam")) {
        abort();
    }
    json_decref(value_restore_integers(config->root));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    struct cni_error err;
    struct config config;
    char path[108];

    memcpy(text, data, size);
    if (config_parse(text, size, ENV_CHECK, &config, &err)) {
        tell(&err, version_newest());
        return 0;
    }
    use(&config);
    check(&config);
    if (config_get_ovsdb(&config, "", path, sizeof path, &err)) {
        tell(&err, config.version);
    }
    config_destroy(&config);
    return 0;
}
