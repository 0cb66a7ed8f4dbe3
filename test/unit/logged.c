/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include <config.h>
#include "test/unit/logged.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "openvswitch/vlog.h"

#include "test/unit/unit.h"

static char path[] = "/tmp/loden-log-XXXXXX";

void
logged_open(void)
{
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    close(fd);
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_OFF);
    vlog_set_levels(NULL, VLF_SYSLOG, VLL_OFF);
    vlog_set_levels(NULL, VLF_FILE, VLL_INFO);
    assert_int_equal(vlog_set_log_file(path), 0);
}

void
logged_close(void)
{
    vlog_close_log_file();
    remove(path);
}

void
logged_clear(void)
{
    assert_int_equal(truncate(path, 0), 0);
}

int
logged_count(const char *text)
{
    FILE *f = fopen(path, "r");
    char line[4096];
    int n = 0;

    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        n += strstr(line, text) != NULL;
    }
    fclose(f);
    return n;
}
