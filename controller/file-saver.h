/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_FILE_SAVER_H
#define LODEN_CONTROLLER_FILE_SAVER_H 1

/* Replaces a file, whole or not at all, by a child process: a disk can take
 * seconds to answer, for which the daemon has no time. */

#include <sys/types.h>

#include "openvswitch/compiler.h"

struct file_saver {
    pid_t pid; /* Of the child; 0: none. */
    int fd;    /* Tells how it went; -1 without a child. */
};

/* How far it is. */
enum file_saver_state {
    FILE_SAVER_BUSY, /* It works. */
    FILE_SAVER_DONE  /* It has ended, or there is none. */
};

void file_saver_init(struct file_saver *);
void file_saver_destroy(struct file_saver *);

/* Starts to make the file at 'path' consist of 'text'; not while it works.
 * Returns NULL or a malloc'd error. */
char *file_saver_start(struct file_saver *, const char *path,
                       const char *text) OVS_WARN_UNUSED_RESULT;

/* Once it has ended, stores 0 or the positive errno of what was started last
 * into '*ret_error', the first time that it is asked. */
enum file_saver_state file_saver_run(struct file_saver *, int *ret_error);
void file_saver_wait(const struct file_saver *);

#endif /* controller/file-saver.h */
