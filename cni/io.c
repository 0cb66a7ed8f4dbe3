/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include "cni/io.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define READ_FIRST 4096

/* Doubles the room at '*text'. */
static int
grow(char **text, size_t *allocated, struct cni_error *err)
{
    size_t size = *allocated ? *allocated * 2 : READ_FIRST;
    char *larger = realloc(*text, size);

    if (!larger) {
        return error_no_memory(err);
    }
    *text = larger;
    *allocated = size;
    return 0;
}

int
io_read_all(int fd, char **ret_text, size_t *ret_len, struct cni_error *err)
{
    char *text = NULL;
    size_t allocated = 0;
    size_t len = 0;

    for (;;) {
        ssize_t n;

        if (len == allocated && grow(&text, &allocated, err)) {
            break;
        }
        n = read(fd, text + len, allocated - len);
        if (n > 0) {
            len += n;
        } else if (!n) {
            *ret_text = text;
            *ret_len = len;
            return 0;
        } else if (errno != EINTR) {
            error_set(err, ERROR_IO, "error reading from stdin: %m");
            break;
        }
    }
    free(text);
    return -1;
}

static int
write_all(int fd, const char *text, size_t left, struct cni_error *err)
{
    while (left) {
        ssize_t n = write(fd, text, left);

        if (n >= 0) {
            text += n;
            left -= n;
        } else if (errno != EINTR) {
            return error_set(err, ERROR_IO, "error writing to stdout: %m");
        }
    }
    return 0;
}

int
io_write_line(int fd, const char *text, struct cni_error *err)
{
    int retval = write_all(fd, text, strlen(text), err);

    return retval ? retval : write_all(fd, "\n", 1, err);
}

int
io_read_file(const char *path, char buf[], size_t size, struct cni_error *err)
{
    /* Opening a FIFO would wait for somebody to write to it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

    if (n < 0) {
        error_set(err, ERROR_KERNEL, "cannot read %s: %m", path);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (n < 0) {
        return -1;
    }
    buf[n] = '\0';
    return 0;
}

int
io_make_nonce(char nonce[static IO_NONCE_STRLEN], struct cni_error *err)
{
    uint64_t random[2];

    if (getrandom(random, sizeof random, 0) != sizeof random) {
        return error_set(err, ERROR_KERNEL, "getrandom: %m");
    }
    snprintf(nonce, IO_NONCE_STRLEN, "%016" PRIx64 "%016" PRIx64, random[0],
             random[1]);
    return 0;
}

int
io_get_boot_id(char boot[static IO_BOOT_STRLEN], struct cni_error *err)
{
    return io_read_file("/proc/sys/kernel/random/boot_id", boot,
                        IO_BOOT_STRLEN, err);
}

/* SIGPIPE is blocked too: a runtime that has gone is an error like another,
 * after which there is something to undo. */
int
io_catch_signals(void)
{
    sigset_t block, stop;

    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    block = stop;
    sigaddset(&block, SIGPIPE);
    return sigprocmask(SIG_BLOCK, &block, NULL)
               ? -1
               : signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
}
