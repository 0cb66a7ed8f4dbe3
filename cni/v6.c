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
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cni/linkread.h"
#include "cni/linkwait.h"
#include "cni/ovsdb.h"

/* ---- Settings --------------------------------------------------------- */

struct setting {
    const char *key;
    const char *value; /* Or NULL: stays as it is. */
};

#define MAX_SETTINGS 5

struct settings {
    const char *name; /* The device. */
    struct setting list[MAX_SETTINGS];
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

    for (size_t i = 0; i < MAX_SETTINGS; i++) {
        const struct setting *setting = &settings->list[i];
        char path[128];
        int error;

        if (!setting->value) {
            continue;
        }
        snprintf(path, sizeof path, "/proc/sys/net/ipv6/conf/%s/%s",
                 settings->name, setting->key);
        error = write_file(path, setting->value);
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
    const bool looks = dad == V6_DAD;
    struct settings settings = {
        .name = name,
        .list = {
            { "disable_ipv6", "1" },
            { "addr_gen_mode", "0" }, /* From the Ethernet address. */
            { "keep_addr_on_down", "1" },
            { "enhanced_dad", looks ? "1" : NULL },
            { "accept_dad", looks ? "1" : "0" },
        },
    };

    return netns_run(netns, write_settings, &settings, err);
}

int
v6_start(const struct netns *netns, const char *name, struct cni_error *err)
{
    struct settings settings = {
        .name = name,
        .list = { { "disable_ipv6", "0" } },
    };

    return netns_run(netns, write_settings, &settings, err);
}

/* ---- Waiting ---------------------------------------------------------- */

static int
open_events(void *aux, struct cni_error *err)
{
    return link_open_events(aux, RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE, err);
}

/* Waits until something has happened to an address. */
static int
wait_event(const struct v6_wait *wait, const struct linkwait *events,
           struct cni_error *err)
{
    switch (linkwait_event(events, err)) {
    case LINKWAIT_EVENT:
        return 0;
    case LINKWAIT_LATE:
        return error_set(err, ERROR_TRY_AGAIN,
                         "the kernel did not make the address of %s usable "
                         "in time",
                         wait->name);
    case LINKWAIT_FAILED:
        break;
    }
    return -1;
}

static int
wait_usable(const struct v6_wait *wait, struct link *events, int index,
            struct cni_error *err)
{
    const struct linkwait until = {
        .events = events,
        .stop_fd = wait->stop_fd,
        .deadline = ovsdb_now() + LINKWAIT_TIME,
    };

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
        } else if (wait_event(wait, &until, err)) {
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
