/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A table.  The specification's own history is in containernetworking/cni,
 * tags spec-v0.1.0 to spec-v1.1.0. */

#include "cni/version.h"

#include <stdlib.h>
#include <string.h>

const struct version versions[] = {
    { "0.1.0", true, false, false }, { "0.2.0", true, false, false },
    { "0.3.0", false, true, false }, { "0.3.1", false, true, false },
    { "0.4.0", false, true, false }, { "1.0.0", false, false, false },
    { "1.1.0", false, false, true },
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

bool
version_is_valid(const char *name)
{
    unsigned int n_parts = 0;

    do {
        size_t n = strspn(name, "0123456789");

        /* Nine digits fit into an int. */
        if (!n || n > 9 || ++n_parts > 3) {
            return false;
        }
        name += n;
    } while (*name == '.' && *++name);
    return !*name && name[-1] != '.';
}

int
version_compare(const char *a, const char *b)
{
    for (int i = 0; i < 3; i++) {
        char *a_end, *b_end;
        long int x = strtol(a, &a_end, 10);
        long int y = strtol(b, &b_end, 10);

        if (x != y) {
            return x < y ? -1 : 1;
        }
        a = a_end + (*a_end == '.');
        b = b_end + (*b_end == '.');
    }
    return 0;
}
