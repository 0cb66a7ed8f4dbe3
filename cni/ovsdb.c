/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* JSON-RPC over a Unix socket, as RFC 7047 has it.  This is the only place in
 * the plugin that waits, so that it is also where a signal is noticed.
 *
 * What the results mean is reply.c's and its callers' business. */

#include "cni/ovsdb.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cni/reply.h"

#define RECONNECT_INTERVAL 50 /* ms */

long long
ovsdb_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void
ovsdb_init(struct ovsdb *db, const char *path, long long deadline, int stop_fd)
{
    *db = (struct ovsdb){
        .path = path, .deadline = deadline, .stop_fd = stop_fd, .fd = -1
    };
}

void
ovsdb_destroy(struct ovsdb *db)
{
    frame_destroy(&db->replies);
    if (db->fd >= 0) {
        close(db->fd);
        db->fd = -1;
    }
}

void
ovsdb_grant(struct ovsdb *db, long long ms)
{
    db->deadline = ovsdb_now() + ms;
    db->stop_fd = -1;
    db->stopped = false;
}

bool
ovsdb_is_connected(const struct ovsdb *db)
{
    return db->fd >= 0;
}

/* Returns 0 or, with the error set, a positive errno. */
static int
try_connect(struct ovsdb *db, struct cni_error *err)
{
    struct sockaddr_un sun = { .sun_family = AF_UNIX };
    int fd, error;

    ovsdb_destroy(db);
    if (strlen(db->path) >= sizeof sun.sun_path) {
        error_set(err, ERROR_CONFIG, "the path %s is too long", db->path);
        return ENAMETOOLONG;
    }
    strcpy(sun.sun_path, db->path);

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *) &sun, sizeof sun)) {
        error = errno;
        error_set(err, ERROR_TRY_AGAIN,
                  "cannot connect to Open vSwitch's database at %s: %m",
                  db->path);
        error_details(err, "is ovsdb-server running?");
        if (fd >= 0) {
            close(fd);
        }
        return error;
    }
    db->fd = fd;
    return 0;
}

/* Waits up to 'timeout' ms for 'events' on 'fd', which may be -1. */
static int
wait_for(struct ovsdb *db, int fd, short events, long long timeout,
         struct cni_error *err)
{
    struct pollfd fds[] = {
        { .fd = fd, .events = events },
        { .fd = db->stop_fd, .events = POLLIN },
    };

    if (poll(fds, 2, timeout > 0 ? timeout : 0) < 0 && errno != EINTR) {
        return error_set(err, ERROR_KERNEL, "poll: %m");
    }
    db->stopped = db->stopped || fds[1].revents;
    return db->stopped
               ? error_set(err, ERROR_TRY_AGAIN, "interrupted by a signal")
               : 0;
}

/* A server that takes no connections, since it hangs, lets its queue fill: a
 * kernel that is asked to wait for room in it would wait without end. */
int
ovsdb_connect(struct ovsdb *db, struct cni_error *err)
{
    return try_connect(db, err) == EAGAIN ? ovsdb_reconnect(db, err)
           : ovsdb_is_connected(db)       ? 0
                                          : -1;
}

int
ovsdb_reconnect(struct ovsdb *db, struct cni_error *err)
{
    for (;;) {
        struct cni_error stopped;

        if (wait_for(db, -1, 0, 0, err)) {
            return -1;
        } else if (!try_connect(db, err)) {
            return 0;
        } else if (ovsdb_now() >= db->deadline) {
            return -1;
        } else if (wait_for(db, -1, 0, RECONNECT_INTERVAL, &stopped)) {
            *err = stopped;
            return -1;
        }
    }
}

/* Waits until 'events' are possible on the connection.  Time up is an error
 * here: whoever waits for something that may not come has told the server
 * when to give up. */
static int
wait_io(struct ovsdb *db, short events, struct cni_error *err)
{
    long long left = db->deadline - ovsdb_now();

    if (left <= 0) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "Open vSwitch's database does not answer");
    }
    return wait_for(db, db->fd, events, left, err);
}

static int
send_message(struct ovsdb *db, json_t *message, struct cni_error *err)
{
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
    size_t left = text ? strlen(text) : 0;
    int retval = text ? 0 : error_no_memory(err);

    for (const char *p = text; left && !retval;) {
        ssize_t n = send(db->fd, p, left, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n >= 0) {
            p += n;
            left -= n;
        } else if (errno == EAGAIN || errno == EINTR) {
            retval = wait_io(db, POLLOUT, err);
        } else {
            retval = error_set(err, ERROR_TRY_AGAIN, "send: %m");
        }
    }
    free(text);
    json_decref(message);
    return retval;
}

static int
receive_bytes(struct ovsdb *db, struct cni_error *err)
{
    char *tail;
    size_t room;
    ssize_t n;

    if (frame_room(&db->replies, &tail, &room, err)
        || wait_io(db, POLLIN, err)) {
        return -1;
    }
    n = recv(db->fd, tail, room, MSG_DONTWAIT);
    if (n > 0) {
        frame_received(&db->replies, n);
    } else if (!n) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "Open vSwitch's database closed the connection");
    } else if (errno != EAGAIN && errno != EINTR) {
        return error_set(err, ERROR_TRY_AGAIN, "recv: %m");
    }
    return 0;
}

/* Stores the next message, a new reference. */
static int
receive_message(struct ovsdb *db, json_t **ret_message, struct cni_error *err)
{
    struct frame *replies = &db->replies;
    json_error_t bad;
    size_t length;

    for (;;) {
        if (frame_scan(replies, &length, err)) {
            return -1;
        } else if (length) {
            break;
        } else if (receive_bytes(db, err)) {
            return -1;
        }
    }
    *ret_message = json_loadb(replies->data, length, 0, &bad);
    frame_consume(replies, length);
    return *ret_message
               ? 0
               : error_set(err, ERROR_DATABASE, "not JSON: %s", bad.text);
}

/* Stores the answer to the last request, a new reference, and gives the
 * server the answers that it wants meanwhile. */
static int
receive_answer(struct ovsdb *db, json_t **ret_answer, struct cni_error *err)
{
    for (;;) {
        enum reply_kind kind;
        json_t *message;

        if (receive_message(db, &message, err)) {
            return -1;
        }
        kind = reply_classify(message, db->last_id);
        if (kind == REPLY_ANSWER) {
            *ret_answer = message;
            return 0;
        }
        if (kind == REPLY_ECHO
            && send_message(db, reply_to_echo(message), err)) {
            json_decref(message);
            return -1;
        }
        json_decref(message);
    }
}

/* Sends a request with 'params' (takes them; NULL is an error) and stores the
 * answer, a new reference. */
static int
call(struct ovsdb *db, const char *method, json_t *params, json_t **ret_answer,
     struct cni_error *err)
{
    json_t *request;

    if (!params) {
        return error_no_memory(err);
    }
    request = json_pack("{s:s, s:o, s:I}", "method", method, "params", params,
                        "id", ++db->last_id);
    if (send_message(db, request, err)
        || receive_answer(db, ret_answer, err)) {
        error_wrap(err, "%s", db->path);
        ovsdb_destroy(db);
        return -1;
    }
    return 0;
}

int
ovsdb_transact(struct ovsdb *db, json_t *operations, json_t **ret_results,
               struct cni_error *err)
{
    json_t *answer, *results;

    /* The parameters are the database's name and then the operations. */
    if (operations
        && json_array_insert_new(operations, 0, json_string("Open_vSwitch"))) {
        json_decref(operations);
        operations = NULL;
    }
    if (call(db, "transact", operations, &answer, err)) {
        return -1;
    } else if (reply_get_results(answer, &results, err)) {
        json_decref(answer);
        return -1;
    }
    *ret_results = json_incref(results);
    json_decref(answer);
    return 0;
}

int
ovsdb_try_lock(struct ovsdb *db, const char *name, bool *ret_granted,
               struct cni_error *err)
{
    json_t *answer;
    int retval;

    if (call(db, "lock", json_pack("[s]", name), &answer, err)) {
        return -1;
    }
    retval = reply_get_lock(answer, ret_granted, err);
    json_decref(answer);
    if (!retval && *ret_granted) {
        /* The answer tells that the server has done it. */
        retval = call(db, "unlock", json_pack("[s]", name), &answer, err);
        if (!retval) {
            json_decref(answer);
        }
    }
    return retval;
}
