/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The program may answer before it has read everything, or never read: both
 * pipes are served at once, until it has closed its standard output and has
 * ended, which are two things. */

#include "cni/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cni/ovsdb.h"

#define OUTPUT_LIMIT (1 << 20) /* Bytes. */

/* A program that runs. */
struct running {
    pid_t pid;
    int in;       /* To its standard input; -1 when all is written. */
    int out;      /* From its standard output; -1 at its end. */
    int end;      /* Readable when it has ended; then -1. */
    size_t sent;  /* Bytes of its input. */
    char *output; /* What it wrote, and room.  Owned. */
    size_t len;   /* Bytes of it. */
    size_t room;  /* Bytes that 'output' has room for. */
};

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* The child gets the two ends as its standard input and output, and the signal
 * mask of a program that nobody has prepared for anything. */
static int
spawn(const struct child *child, int in, int out, pid_t *ret_pid)
{
    char *const argv[] = { (char *) child->path, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int error;

    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    error = posix_spawn(ret_pid, child->path, &actions, &attributes, argv,
                        child->envp);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static int
start(const struct child *child, struct running *running,
      struct cni_error *err)
{
    int in[2] = { -1, -1 }, out[2] = { -1, -1 };
    int error = pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) ? errno : 0;

    if (!error) {
        error = spawn(child, in[0], out[1], &running->pid);
    }
    close_fd(&in[0]);
    close_fd(&out[1]);
    if (error) {
        close_fd(&in[1]);
        close_fd(&out[0]);
        errno = error;
        return error_set(err, ERROR_KERNEL, "cannot run %s: %m", child->path);
    }
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    running->in = in[1];
    running->out = out[0];
    /* Linux before 5.3 has none of these: then nobody looks at the time. */
    running->end = syscall(SYS_pidfd_open, running->pid, 0);
    return 0;
}

/* Gives the program some more of its input.  If it does not want it, that is
 * its business. */
static void
feed(const struct child *child, struct running *running)
{
    ssize_t n = write(running->in, child->input + running->sent,
                      child->input_len - running->sent);

    if (n >= 0) {
        running->sent += n;
    }
    if (running->sent == child->input_len
        || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close_fd(&running->in);
    }
}

/* Takes some more of its output, until its end. */
static int
take(struct running *running, struct cni_error *err)
{
    ssize_t n;

    if (running->room - running->len < 4096) {
        size_t room = running->room ? running->room * 2 : 8192;
        char *larger =
            room > OUTPUT_LIMIT ? NULL : realloc(running->output, room);

        if (!larger) {
            return error_set(err, ERROR_INTERNAL, "it writes too much");
        }
        running->output = larger;
        running->room = room;
    }
    n = read(running->out, running->output + running->len,
             running->room - running->len - 1);
    if (n > 0) {
        running->len += n;
    } else if (!n) {
        running->output[running->len] = '\0';
        close_fd(&running->out);
    } else if (errno != EINTR) {
        return error_set(err, ERROR_KERNEL, "cannot read from it: %m");
    }
    return 0;
}

static int
serve(const struct child *child, struct running *running,
      struct cni_error *err)
{
    while (running->out >= 0 || running->end >= 0) {
        struct pollfd fds[] = {
            { .fd = running->out, .events = POLLIN },
            { .fd = running->in, .events = POLLOUT },
            { .fd = child->stop_fd, .events = POLLIN },
            { .fd = running->end, .events = POLLIN },
        };
        long long left = child->deadline - ovsdb_now();

        if (left <= 0 || (poll(fds, 4, left) < 0 && errno != EINTR)) {
            return error_set(err, ERROR_TRY_AGAIN, "it takes too long");
        } else if (fds[2].revents) {
            return error_set(err, ERROR_TRY_AGAIN, "interrupted by a signal");
        }
        if (fds[1].revents) {
            feed(child, running);
        }
        if (fds[3].revents) {
            close_fd(&running->end);
        }
        if (fds[0].revents && take(running, err)) {
            return -1;
        }
    }
    return 0;
}

int
child_run(const struct child *child, char **ret_output, int *ret_status,
          struct cni_error *err)
{
    struct running running = { .in = -1, .out = -1, .end = -1 };
    int retval;

    if (start(child, &running, err)) {
        return -1;
    }
    retval = serve(child, &running, err);
    close_fd(&running.in);
    close_fd(&running.out);
    close_fd(&running.end);
    if (retval) {
        error_wrap(err, "%s", child->path);
        kill(running.pid, SIGKILL);
    }
    while (waitpid(running.pid, ret_status, 0) < 0 && errno == EINTR) {
    }
    if (retval) {
        free(running.output);
        return -1;
    }
    *ret_output = running.output;
    return 0;
}
