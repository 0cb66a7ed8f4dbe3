/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The child writes a temporary file beside the one to replace, has it reach
 * the disk, renames it, and has that reach the disk.  It has none of the
 * daemon's connections: a database's lock must not outlive the daemon in a
 * child that waits for a disk. */

#include <config.h>
#include "controller/file-saver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "util.h"

/* What to write where, while parent and child are still one. */
struct job {
    const char *text; /* The content. */
    char *path;       /* What shall have it. */
    char *temp;       /* What has it first. */
    char *folder;     /* Where both are. */
};

void
file_saver_init(struct file_saver *saver)
{
    saver->pid = 0;
    saver->fd = -1;
}

/* A child that works finishes. */
void
file_saver_destroy(struct file_saver *saver)
{
    if (saver->fd >= 0) {
        close(saver->fd);
    }
    file_saver_init(saver);
}

/* Closes every descriptor from 'first'. */
static void
close_from(int first)
{
#ifdef SYS_close_range
    if (!syscall(SYS_close_range, first, ~0U, 0)) {
        return;
    }
#endif
    for (long int fd = sysconf(_SC_OPEN_MAX) - 1; fd >= first; fd--) {
        close(fd);
    }
}

/* Has what 'fd' stands for reach the disk, and closes it. */
static int
sync_and_close(int fd)
{
    int error = fsync(fd) ? errno : 0;

    if (close(fd) && !error) {
        error = errno;
    }
    return error;
}

static int
write_temp(const struct job *job)
{
    int fd = open(job->temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0644);
    size_t n_written;

    if (fd < 0) {
        return errno;
    }
    int error = write_fully(fd, job->text, strlen(job->text), &n_written);
    int sync_error = sync_and_close(fd);
    return error ? error : sync_error;
}

/* Does the child's work.  Returns 0 or a positive errno. */
static int
save(const struct job *job)
{
    int error = write_temp(job);

    if (!error && rename(job->temp, job->path)) {
        error = errno;
    }
    if (error) {
        unlink(job->temp);
        return error;
    }
    int fd = open(job->folder, O_RDONLY | O_DIRECTORY);
    return fd < 0 ? errno : sync_and_close(fd);
}

/* Is the child, from which nothing returns. */
OVS_NO_RETURN static void
run_child(const struct job *job, int fd)
{
    if (dup2(fd, STDERR_FILENO + 1) >= 0) {
        close_from(STDERR_FILENO + 2);
        int error = save(job);
        if (write(STDERR_FILENO + 1, &error, sizeof error) == sizeof error) {
            _exit(0);
        }
    }
    _exit(1);
}

/* Makes the child.  Returns NULL or a malloc'd error. */
static char *
start_child(struct file_saver *saver, const struct job *job)
{
    int fds[2];

    if (pipe(fds)) {
        return xasprintf("no pipe: %s", ovs_strerror(errno));
    }
    pid_t pid = fork();
    if (!pid) {
        run_child(job, fds[1]);
    }
    int error = pid < 0 ? errno : 0;
    close(fds[1]);
    if (error) {
        close(fds[0]);
        return xasprintf("no child process: %s", ovs_strerror(error));
    }
    set_nonblocking(fds[0]);
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    saver->pid = pid;
    saver->fd = fds[0];
    return NULL;
}

char *
file_saver_start(struct file_saver *saver, const char *path, const char *text)
{
    struct job job = {
        .text = text,
        .path = xstrdup(path),
        .temp = xasprintf("%s.tmp", path),
        .folder = dir_name(path),
    };
    char *error = NULL;

    ovs_assert(!saver->pid);
    if (mkdir(job.folder, 0755) && errno != EEXIST) {
        error = xasprintf("%s: %s", job.folder, ovs_strerror(errno));
    } else {
        error = start_child(saver, &job);
    }
    free(job.folder);
    free(job.temp);
    free(job.path);
    return error;
}

enum file_saver_state
file_saver_run(struct file_saver *saver, int *ret_error)
{
    int error;

    if (!saver->pid) {
        return FILE_SAVER_DONE;
    }
    ssize_t n = read(saver->fd, &error, sizeof error);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
        return FILE_SAVER_BUSY;
    }
    while (waitpid(saver->pid, NULL, 0) < 0 && errno == EINTR) {
        continue;
    }
    file_saver_destroy(saver);
    *ret_error = n == sizeof error ? error : ECHILD;
    return FILE_SAVER_DONE;
}

void
file_saver_wait(const struct file_saver *saver)
{
    if (saver->pid) {
        poll_fd_wait(saver->fd, POLLIN);
    }
}
