/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A table.  The specification's own history is in containernetworking/cni,
 * tags spec-v0.3.0 to spec-v1.1.0. */

#include "cni/version.h"

#include <string.h>

const struct version versions[] = {
    { "0.3.0", .address_family = true, .interface_mtu = false },
    { "0.3.1", .address_family = true, .interface_mtu = false },
    { "0.4.0", .address_family = true, .interface_mtu = false },
    { "1.0.0", .address_family = false, .interface_mtu = false },
    { "1.1.0", .address_family = false, .interface_mtu = true },
};
const size_t n_versions = sizeof versions / sizeof versions[0];

const struct version *
version_find(const char *name)
{
    for (size_t i = 0; i < n_versions; i++) {
        if (!strcmp(name, versions[i].name)) {
            return &versions[i];
        }
    }
    return NULL;
}

const struct version *
version_newest(void)
{
    return &versions[n_versions - 1];
}
