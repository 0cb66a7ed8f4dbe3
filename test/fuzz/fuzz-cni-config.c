/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The runtime's bytes on stdin: whatever they are, they are a configuration
 * that can be used or an error that can be told. */

#include <stdint.h>
#include <stdlib.h>

#include "cni/config.h"
#include "cni/result.h"

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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_network network;
    struct cni_error err;
    struct config config;
    char path[108];

    if (config_parse((const char *) data, size, &config, &err)) {
        tell(&err, version_newest());
        return 0;
    }
    if (config_get_network(&config, &network, &err)) {
        tell(&err, config.version);
    } else if (!network.network && !network.subnet_file) {
        abort();
    }
    if (config_get_ovsdb(&config, "", path, sizeof path, &err)) {
        tell(&err, config.version);
    }
    config_destroy(&config);
    return 0;
}
