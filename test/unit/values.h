/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_VALUES_H
#define LODEN_TEST_VALUES_H 1

/* Addresses and prefixes as a test writes them. */

#include "flows/addr.h"

struct prefix prefix(const char *text);
struct in6_addr addr(const char *text);

#endif /* test/unit/values.h */
