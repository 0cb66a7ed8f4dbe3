/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_CNITEST_H
#define LODEN_TEST_CNITEST_H 1

/* What the unit tests of the plugin share. */

#include <jansson.h>

#include "cni/config.h"
#include "cni/error.h"
#include "cni/ip.h"
#include "test/unit/unit.h"

/* Fails unless all of 'err' is as given. */
void assert_error(const struct cni_error *err, enum cni_error_code code,
                  const char *msg, const char *details);

/* Addresses by what they look like. */
struct ip ip_of(const char *text);
struct ip_prefix prefix_of(const char *text);
void assert_ip(struct ip, const char *want);
void assert_prefix(struct ip_prefix, const char *want);

/* JSON with ' instead of ", so that it can be read in C.  New reference. */
json_t *json(const char *text);

/* Fails unless 'got' is what 'text', for json(), says.  Takes 'got'. */
void assert_json(json_t *got, const char *text);

/* The configuration {"cniVersion": "1.0.0", "name": "cbr0", ...} with the rest
 * as 'text', for json(), says: "'key': value, ...".  To be destroyed. */
struct config config_of(const char *text);

#endif /* test/unit/cnitest.h */
