/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The switches that let pods reach the world through this host.
 *
 * Only the one for all devices decides whether a packet is forwarded, and
 * nothing else of the host's is touched.  With IPv6 it decides more: a host
 * that forwards no longer listens to router advertisements, unless a device's
 * accept_ra is 2, and forgets at once the default routes that it has from
 * there.  Taking a machine off its network is not ours to do: such a host has
 * to be told so by a person first. */

#include <config.h>
#include "controller/host-router.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "controller/host-retry.h"
#include "flows/world.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_router);

/* Flags of a route in /proc/net/ipv6_route (linux/ipv6_route.h). */
#define ROUTE_DEFAULT 0x00010000
#define ROUTE_ADVERTISED 0x00040000

static const struct {
    const char *name;   /* The switch. */
    const char *path;   /* Where it is. */
    const char *member; /* Of the status: is it on? */
    const char *error;  /* The same: why it cannot be set. */
} switches[ADDR_N_FAMILIES] = {
    [ADDR_V4] = { "net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward",
                  "ip_forward", "forwarding_error" },
    [ADDR_V6] = { "net.ipv6.conf.all.forwarding",
                  "/proc/sys/net/ipv6/conf/all/forwarding",
                  "ip6_forward", "forwarding6_error" },
};

struct host_router {
    bool on[ADDR_N_FAMILIES];            /* Has it been seen to be on? */
    struct retry retry[ADDR_N_FAMILIES]; /* Of setting it. */
};

struct host_router *
host_router_open(void)
{
    struct host_router *router = xzalloc(sizeof *router);

    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        retry_init(&router->retry[family], switches[family].name);
    }
    return router;
}

void
host_router_close(struct host_router *router)
{
    if (router) {
        for (int family = 0; family < ADDR_N_FAMILIES; family++) {
            retry_destroy(&router->retry[family]);
        }
        free(router);
    }
}

/* Does the host have to forward packets of 'world' and 'family'? */
static bool
must_forward(const struct world *world, enum addr_family family)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];

        if (!network->internal && prefix_is_set(&network->subnet[family])) {
            return true;
        }
    }
    return false;
}

/* Returns the digit in the file 'path', or a negative errno. */
static int
read_digit(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int digit = fd < 0 ? -errno : 0;
    char c;

    if (fd >= 0) {
        digit = read(fd, &c, 1) == 1 ? c - '0' : -EIO;
        close(fd);
    }
    return digit;
}

/* Returns the error of setting the switch at 'path', or 0. */
static int
set_on(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int error = fd < 0 || write(fd, "1", 1) != 1 ? errno : 0;

    if (fd >= 0) {
        close(fd);
    }
    return error;
}

/* Finds a device whose default route would be lost if this host forwarded
 * IPv6, and stores its name.  Returns false if there is none. */
static bool
find_listener(char name[IFNAMSIZ])
{
    FILE *file = fopen("/proc/net/ipv6_route", "r");
    bool found = false;
    char line[256];

    while (file && !found && fgets(line, sizeof line, file)) {
        unsigned int plen, flags;
        char *path;

        if (sscanf(line, "%*32s %x %*32s %*x %*32s %*x %*x %*x %x %15s",
                   &plen, &flags, name) == 3
            && !plen && flags & ROUTE_DEFAULT && flags & ROUTE_ADVERTISED) {
            path = xasprintf("/proc/sys/net/ipv6/conf/%s/accept_ra", name);
            found = read_digit(path) != 2;
            free(path);
        }
    }
    if (file) {
        fclose(file);
    }
    return found;
}

/* Returns NULL, or why the switch of 'family' is left as it is. */
static char *
check(enum addr_family family)
{
    char name[IFNAMSIZ];

    if (family != ADDR_V6 || !find_listener(name)) {
        return NULL;
    }
    return xasprintf("it is 0, so pods do not reach the world over IPv6; "
                     "setting it would take this host's default route, which "
                     "%s has from a router's advertisements: say 'sysctl -w "
                     "net.ipv6.conf.%s.accept_ra=2', which keeps it, and then "
                     "'sysctl -w %s=1'", name, name, switches[family].name);
}

static void
run_family(struct host_router *router, enum addr_family family)
{
    struct retry *retry = &router->retry[family];
    const char *path = switches[family].path;
    int old = read_digit(path);
    char *problem = NULL;
    int error = old < 0 ? -old : 0;

    if (!old) {
        problem = check(family);
        error = problem ? 0 : set_on(path);
    }
    if (error) {
        problem = xstrdup(ovs_strerror(error));
    }
    if (problem) {
        retry_failed(retry, problem);
        return;
    }
    router->on[family] = true;
    retry_succeeded(retry);
    if (!old) {
        VLOG_INFO("%s is now 1 (was 0), so that pods reach the world",
                  switches[family].name);
    }
}

/* Has the host forward, if 'world' needs that. */
void
host_router_run(struct host_router *router, const struct world *world)
{
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (!router->on[family] && retry_is_due(&router->retry[family])
            && must_forward(world, family)) {
            run_family(router, family);
        }
    }
}

void
host_router_wait(const struct host_router *router)
{
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        retry_wait(&router->retry[family]);
    }
}

/* Others may have changed what we set, and it is not ours to fight over. */
void
host_router_status(const struct host_router *router, struct json *status)
{
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        int value = read_digit(switches[family].path);

        if (value >= 0) {
            json_object_put(status, switches[family].member,
                            json_boolean_create(value != 0));
        }
        json_object_put(status, switches[family].error,
                        retry_status(&router->retry[family]));
    }
}
