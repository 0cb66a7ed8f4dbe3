/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The plugin enters the pod's namespace only for as long as it takes to open a
 * socket or to write a setting there. */

#include "cni/netns.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_namespace(const char *path, int *ret_fd, struct cni_error *err)
{
    /* Opening a FIFO would wait for somebody to write to it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return error_set(err, ERROR_NETNS,
                         "cannot open the network namespace %s: %m", path);
    }
    if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
        close(fd);
        return error_set(err, ERROR_NETNS, "%s is no network namespace", path);
    }
    *ret_fd = fd;
    return 0;
}

int
netns_open(struct netns *netns, const char *path, struct cni_error *err)
{
    *netns = (struct netns){ .pod = -1, .own = -1 };
    if (open_namespace(path, &netns->pod, err)
        || open_namespace("/proc/self/ns/net", &netns->own, err)) {
        netns_close(netns);
        return -1;
    }
    return 0;
}

void
netns_close(struct netns *netns)
{
    if (netns->pod >= 0) {
        close(netns->pod);
    }
    if (netns->own >= 0) {
        close(netns->own);
    }
    *netns = (struct netns){ .pod = -1, .own = -1 };
}

bool
netns_is_own(const struct netns *netns)
{
    struct stat pod, own;

    return !fstat(netns->pod, &pod) && !fstat(netns->own, &own)
           && pod.st_dev == own.st_dev && pod.st_ino == own.st_ino;
}

int
netns_run(const struct netns *netns, int (*f)(void *aux, struct cni_error *),
          void *aux, struct cni_error *err)
{
    int retval;

    if (setns(netns->pod, CLONE_NEWNET)) {
        return error_set(err, ERROR_NETNS,
                         "cannot enter the pod's network namespace: %m");
    }
    retval = f(aux, err);
    if (setns(netns->own, CLONE_NEWNET)) {
        return error_set(err, ERROR_KERNEL,
                         "cannot return from the pod's network namespace: %m");
    }
    return retval;
}

static int
open_link(void *aux, struct cni_error *err)
{
    return link_open(aux, err);
}

int
netns_open_link(const struct netns *netns, struct link *link,
                struct cni_error *err)
{
    return netns_run(netns, open_link, link, err);
}
