/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_TEST_UNIT_LOGGED_H
#define LODEN_TEST_UNIT_LOGGED_H 1

/* What the code under test logs, from INFO up. */

/* From now on the log is kept, and nothing of it is shown. */
void logged_open(void);
void logged_close(void);

/* Forgets what was logged so far. */
void logged_clear(void);

/* Returns how many lines have 'text'. */
int logged_count(const char *text);

#endif /* test/unit/logged.h */
