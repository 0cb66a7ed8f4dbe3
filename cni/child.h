/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_CHILD_H
#define CNI_CHILD_H 1

/* Runs another program, as CNI's plugins run each other. */

#include <stddef.h>

#include "cni/error.h"

/* All borrowed. */
struct child {
    const char *path;   /* The program. */
    char *const *envp;  /* Its whole environment, NULL-terminated. */
    const char *input;  /* For its standard input... */
    size_t input_len;   /* ...so many bytes. */
    long long deadline; /* ovsdb_now(), until which it may run. */
    int stop_fd;        /* Readable when it is to be killed; or -1. */
};

/* Runs the program to its end.  Stores what it wrote to standard output, NUL-
 * terminated, to be freed by the caller, and waitpid()'s status.  Fails, with
 * nothing stored, if it could not be run or was killed for its time. */
int child_run(const struct child *, char **ret_output, int *ret_status,
              struct cni_error *);

#endif /* cni/child.h */
