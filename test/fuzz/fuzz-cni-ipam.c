/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What an IPAM plugin writes, in success and in failure. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cni/ipam.h"
#include "cni/result.h"
#include "cni/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
tell(const struct cni_error *err)
{
    char *text = result_format_error(err, version_newest());

    if (!text) {
        abort();
    }
    free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *) data, size);
    struct routes routes = { .n = 0 };
    struct ipam_result result;
    struct cni_error err;

    if (ipam_parse_result(text, version_newest(), &result, &err)) {
        tell(&err);
    } else {
        for (size_t i = 0; i < IP_N_FAMILIES; i++) {
            if (routes_parse(&routes, result.routes[i], result.gateways,
                             &err)) {
                tell(&err);
            }
        }
        json_decref(routes_format(&routes));
        ipam_result_destroy(&result);
    }
    ipam_parse_error(text, "x", &err);
    tell(&err);
    free(text);
    return 0;
}
