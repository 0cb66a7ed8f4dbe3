/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* ICMP errors about tunnels, as anybody can send them.  The first byte says
 * of which family. */

#include <stdint.h>
#include <stdlib.h>

#include "controller/icmp-error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct icmp_error error;
    bool parsed;

    if (!size) {
        return 0;
    }
    /* A copy, so that one byte too far is seen. */
    uint8_t *copy = malloc(size);
    for (size_t i = 1; i < size; i++) {
        copy[i - 1] = data[i];
    }
    parsed = (data[0] & 1 ? icmp_error_parse_v6(copy, size - 1, &error)
              : icmp_error_parse_v4(copy, size - 1, &error));
    if (parsed && !error.mtu) {
        abort();
    }
    free(copy);
    return 0;
}
