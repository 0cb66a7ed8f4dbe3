/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Parsing that fails the test when the test itself is wrong. */

#include <config.h>

#include "test/unit/unit.h"
#include "test/unit/values.h"

struct prefix
prefix(const char *text)
{
    struct prefix p;
    char *error = prefix_parse(text, &p);
    assert_null(error);
    return p;
}

struct in6_addr
addr(const char *text)
{
    struct in6_addr a;
    char *error = addr_parse(text, &a);
    assert_null(error);
    return a;
}
