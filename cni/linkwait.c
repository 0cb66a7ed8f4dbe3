/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A device that gets its carrier is given its queues later, by a worker of
 * the kernel's (net/core/link_watch.c); until then it drops what is sent, and
 * counts nothing.  Since Linux 6.8 whoever asks for the device's state has
 * that done at once; before, an event tells that it was done. */

#include "cni/linkwait.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>

#include "cni/linkread.h"
#include "cni/ovsdb.h"
#include "cni/rtnl.h"

enum linkwait_result
linkwait_event(const struct linkwait *wait, struct cni_error *err)
{
    struct pollfd fds[] = {
        { .fd = mnl_socket_get_fd(wait->events->nl), .events = POLLIN },
        { .fd = wait->stop_fd, .events = POLLIN },
    };
    long long left = wait->deadline - ovsdb_now();
    char buf[8192];

    if (left <= 0) {
        return LINKWAIT_LATE;
    } else if (poll(fds, 2, left) < 0 && errno != EINTR) {
        error_set(err, ERROR_KERNEL, "cannot wait: %m");
        return LINKWAIT_FAILED;
    } else if (fds[1].revents) {
        error_set(err, ERROR_TRY_AGAIN, "stopped by a signal");
        return LINKWAIT_FAILED;
    }
    while (recv(fds[0].fd, buf, sizeof buf, MSG_DONTWAIT) > 0) {
    }
    return LINKWAIT_EVENT;
}

static int
look(struct link *link, const char *name, bool *ret_sends,
     struct cni_error *err)
{
    struct link_state device;

    if (linkread_device(link, name, &device, err)) {
        return -1;
    } else if (!device.exists) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "somebody deleted the device %s meanwhile", name);
    }
    *ret_sends = device.sends;
    return 0;
}

/* Events are listened to before the look that they may follow. */
static int
wait_carrier(const struct linkwait *wait, struct link *link, const char *name,
             struct cni_error *err)
{
    for (;;) {
        bool sends;

        if (look(link, name, &sends, err)) {
            return -1;
        } else if (sends) {
            return 0;
        }
        switch (linkwait_event(wait, err)) {
        case LINKWAIT_EVENT:
            break;
        case LINKWAIT_LATE:
            return error_set(err, ERROR_TRY_AGAIN,
                             "%s has no carrier after %d s: was its other "
                             "end set down?",
                             name, LINKWAIT_TIME / 1000);
        case LINKWAIT_FAILED:
            return -1;
        }
    }
}

int
linkwait_carrier(struct link *link, const char *name, int stop_fd,
                 struct cni_error *err)
{
    struct link events;
    struct linkwait wait = {
        .events = &events,
        .stop_fd = stop_fd,
        .deadline = ovsdb_now() + LINKWAIT_TIME,
    };
    bool sends;
    int retval;

    if (look(link, name, &sends, err)) {
        return -1;
    } else if (sends) {
        return 0;
    } else if (link_open_events(&events, RTMGRP_LINK, err)) {
        return -1;
    }
    retval = wait_carrier(&wait, link, name, err);
    link_close(&events);
    return retval;
}
