/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_UNIT_H
#define LODEN_TEST_UNIT_H 1

/* What the unit tests share: cmocka with the headers it wants before it, and
 * comparison of whole texts. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Fails, showing a diff, unless 'text' equals the file NAME under
 * test/unit/golden.  With LODEN_GOLDEN=update in the environment the file is
 * written instead: read the change before you commit it. */
void assert_golden(const char *name, const char *text);

/* What world_to_string() says of tunnels unless somebody set them. */
#define TUNNELS_TEXT "tunnels mode=per-peer asked=auto dst_port=4789\n"

#endif /* test/unit/unit.h */
