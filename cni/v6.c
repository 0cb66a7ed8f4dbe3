/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Settings are files below /proc/sys/net, which shows the namespace of whoever
 * opens one.  Looking for duplicates (RFC 4862, 5.4) takes the kernel one or
 * two seconds; the switch lets nobody answer, so that nothing else comes of
 * it. */

#include "cni/v6.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cni/linkread.h"
#include "cni/ovsdb.h"
#include "cni/rtnl.h"

#define WAIT_TIME 5000 /* ms, as long as the reference's plugins. */

/* ---- Settings --------------------------------------------------------- */

struct settings {
    const char *name; /* The device. */
    enum v6_dad dad;
};

/* Returns 0 or a positive errno. */
static int
write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int error = 0;

    if (fd < 0) {
        return errno;
    }
    if (write(fd, text, strlen(text)) < 0) {
        error = errno;
    }
    close(fd);
    return error;
}

static int
write_settings(void *aux, struct cni_error *err)
{
    const struct settings *settings = aux;
    const struct {
        const char *key;
        const char *value;
    } files[] = {
        { "disable_ipv6", "0" },
        { "addr_gen_mode", "0" }, /* From the Ethernet address. */
        { "keep_addr_on_down", "1" },
        { "enhanced_dad", settings->dad == V6_DAD ? "1" : NULL },
        { "accept_dad", settings->dad == V6_DAD ? "1" : "0" },
    };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char path[128];
        int error;

        snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/%s",
                 settings->name, files[i].key);
        error = files[i].value ? write_file(path, files[i].value) : 0;
        if (error) {
            errno = error;
            error_set(err, ERROR_KERNEL, "cannot set %s: %m", path);
            return error_details(err, "does this machine have IPv6?");
        }
    }
    return 0;
}

int
v6_prepare(const struct netns *netns, const char *name, enum v6_dad dad,
           struct cni_error *err)
{
    struct settings settings = { name, dad };

    return netns_run(netns, write_settings, &settings, err);
}

/* ---- Waiting ---------------------------------------------------------- */

static int
open_events(void *aux, struct cni_error *err)
{
    return link_open_events(aux, RTMGRP_IPV6_IFADDR, err);
}

/* Waits until something has happened to an address, or 'deadline'. */
static int
wait_event(const struct v6_wait *wait, struct link *events,
           long long deadline, struct cni_error *err)
{
    struct pollfd fds[] = {
        { .fd = mnl_socket_get_fd(events->nl), .events = POLLIN },
        { .fd = wait->stop_fd, .events = POLLIN },
    };
    long long left = deadline - ovsdb_now();
    char buf[8192];

    if (left <= 0) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "the kernel did not end looking for duplicates of "
                         "the address of %s in time",
                         wait->name);
    }
    if (poll(fds, 2, left) < 0 && errno != EINTR) {
        return error_set(err, ERROR_KERNEL, "cannot wait: %m");
    } else if (fds[1].revents) {
        return error_set(err, ERROR_TRY_AGAIN, "stopped by a signal");
    }
    /* What has happened is not said here, but looked up. */
    while (recv(fds[0].fd, buf, sizeof buf, MSG_DONTWAIT) > 0) {
    }
    return 0;
}

static int
wait_usable(const struct v6_wait *wait, struct link *events, int index,
            struct cni_error *err)
{
    const long long deadline = ovsdb_now() + WAIT_TIME;

    for (;;) {
        enum link_address_state state;
        char text[IP_PREFIX_STRLEN];

        if (linkread_address_state(wait->in_pod, index, wait->address, &state,
                                   err)) {
            return -1;
        } else if (state == LINK_ADDRESS_USABLE) {
            return 0;
        } else if (state == LINK_ADDRESS_REFUSED) {
            ip_format_prefix(wait->address, text);
            return error_set(err, ERROR_TRY_AGAIN,
                             "the kernel found a duplicate of the address %s "
                             "of %s",
                             text, wait->name);
        } else if (wait_event(wait, events, deadline, err)) {
            return -1;
        }
    }
}

int
v6_wait(const struct v6_wait *wait, struct cni_error *err)
{
    struct link events = { .nl = NULL };
    struct link_state device;
    int retval;

    if (netns_run(wait->netns, open_events, &events, err)) {
        return -1;
    }
    retval = linkread_device(wait->in_pod, wait->name, &device, err)
             || wait_usable(wait, &events, device.index, err);
    link_close(&events);
    return retval ? -1 : 0;
}
