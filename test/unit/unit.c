/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Comparison of whole texts with files that people read and review. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/unit/unit.h"

static void
write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    if (!f || fputs(text, f) < 0 || fclose(f)) {
        fail_msg("%s: %s", path, strerror(errno));
    }
}

void
assert_golden(const char *name, const char *text)
{
    const char *update = getenv("LODEN_GOLDEN");
    const char *srcdir = getenv("srcdir");
    char path[4096], got[] = "/tmp/loden-golden-XXXXXX", command[8400];

    snprintf(path, sizeof path, "%s/test/unit/golden/%s",
             srcdir ? srcdir : ".", name);
    if (update && !strcmp(update, "update")) {
        write_file(path, text);
        return;
    }

    int fd = mkstemp(got);
    if (fd < 0) {
        fail_msg("%s: %s", got, strerror(errno));
    }
    write_file(got, text);
    snprintf(command, sizeof command, "diff -u '%s' '%s'", path, got);
    int status = system(command);
    remove(got);
    if (status) {
        fail_msg("the text differs from test/unit/golden/%s", name);
    }
}
