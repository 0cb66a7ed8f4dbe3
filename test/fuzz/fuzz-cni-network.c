/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Words that the controller, or whoever can write to the node's database,
 * published; the same bytes as a subnet file and as CNI_ARGS. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cni/env.h"
#include "cni/network.h"
#include "cni/subnetfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *) data, size);
    struct subnetfile file;
    struct network network;
    struct cni_error err;
    struct env_args args;

    if (!network_parse("default", text, &network, &err)) {
        if (network.gateway <= ip_first(network.subnet)
            || network.gateway >= ip_last(network.subnet)) {
            abort();
        }
        network_destroy(&network);
    }
    env_parse_args(text, &args, &err);
    subnetfile_parse(text, &file, &err);
    free(text);
    return 0;
}
