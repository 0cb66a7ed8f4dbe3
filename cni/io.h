/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_IO_H
#define CNI_IO_H 1

/* What lies outside: the runtime's pipes, files, random numbers, signals. */

#include <stddef.h>

#include "cni/error.h"

/* Reads from 'fd' until its end; the caller must free '*ret_text'. */
int io_read_all(int fd, char **ret_text, size_t *ret_len, struct cni_error *);

/* Writes 'text' and a new-line character. */
int io_write_line(int fd, const char *text, struct cni_error *);

/* Reads the small file 'path' into 'buf' of 'size' bytes, NUL-terminated. */
int io_read_file(const char *path, char buf[], size_t size,
                 struct cni_error *);

#define IO_NONCE_STRLEN 33 /* With the NUL. */
#define IO_BOOT_STRLEN 37  /* With the NUL. */

/* A number that nobody used before, in hexadecimal digits. */
int io_make_nonce(char nonce[static IO_NONCE_STRLEN], struct cni_error *);

/* Another one after each start of the kernel. */
int io_get_boot_id(char boot[static IO_BOOT_STRLEN], struct cni_error *);

/* Returns a file descriptor that is readable once the runtime wants the plugin
 * to stop, which from now on does not stop it by itself; or -1. */
int io_catch_signals(void);

#endif /* cni/io.h */
