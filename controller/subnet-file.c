/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The subnet file, in the format that flannel writes (its subnet.env):
 *
 *     FLANNEL_NETWORK=172.18.0.0/16
 *     FLANNEL_SUBNET=172.18.6.1/24
 *     FLANNEL_MTU=1450
 *     FLANNEL_IPMASQ=true
 *
 * It tells of the network 'default' only; FLANNEL_SUBNET holds the gateway's
 * address, not the network's.  Who reads it is not this file's business. */

#include <config.h>
#include "controller/subnet-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flows/world.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb/keys.h"
#include "socket-util.h"
#include "util.h"

/* Appends the ranges of 'family' as KEY=RANGE,RANGE and the gateway with the
 * subnet's length. */
static void
put_family(struct ds *s, const struct world_network *network,
           enum addr_family family, const char *infix)
{
    char buf[ADDR_STRLEN];
    const char *separator = "";

    if (!prefix_is_set(&network->subnet[family])) {
        return;
    }
    ds_put_format(s, "FLANNEL_%sNETWORK=", infix);
    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_family(&network->ranges[i]) == family) {
            ds_put_format(s, "%s%s", separator,
                          prefix_format(&network->ranges[i], buf));
            separator = ",";
        }
    }
    ds_put_format(s, "\nFLANNEL_%sSUBNET=%s/%u\n", infix,
                  addr_format(&network->gateway[family], buf),
                  network->subnet[family].plen);
}

char *
subnet_file_text(const struct world *world)
{
    const struct world_network *network
        = world_find_network(world, DEFAULT_NETWORK);
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!network || network->mode == WORLD_BRIDGED || network->lost_to
        || (!prefix_is_set(&network->subnet[ADDR_V4])
            && !prefix_is_set(&network->subnet[ADDR_V6]))) {
        return NULL;
    }
    put_family(&s, network, ADDR_V4, "");
    put_family(&s, network, ADDR_V6, "IPV6_");
    ds_put_format(&s, "FLANNEL_MTU=%u\n", network->mtu);

    /* What flannel's plugin concludes from it is whether the plugins it calls
     * shall masquerade: they do if this says "false".  They never should,
     * since Loden does, or the network's 'masquerade' forbids it. */
    ds_put_cstr(&s, "FLANNEL_IPMASQ=true\n");
    return ds_steal_cstr(&s);
}

/* Returns true if the file at 'path' consists of 'text'. */
static bool
file_is(const char *path, const char *text)
{
    size_t len = strlen(text);
    char *content = xmalloc(len + 1);
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(content, 1, len + 1, file) : SIZE_MAX;
    bool same = n == len && !memcmp(content, text, len);

    if (file) {
        fclose(file);
    }
    free(content);
    return same;
}

/* Writes 'text' to 'fd' and on to the disk.  Returns 0 or an errno. */
static int
write_text(int fd, const char *text)
{
    size_t len = strlen(text), n_written;
    int error = write_fully(fd, text, len, &n_written);

    if (!error && (fchmod(fd, 0644) || fsync(fd))) {
        error = errno;
    }
    return error;
}

/* Replaces the file at 'path', through a file beside it. */
static char *
replace_file(const char *path, const char *text)
{
    char *temp = xasprintf("%s.XXXXXX", path);
    char *error = NULL;
    int fd = mkstemp(temp);

    if (fd < 0) {
        error = xasprintf("%s: %s", temp, ovs_strerror(errno));
    } else {
        int status = write_text(fd, text);

        if (close(fd) && !status) {
            status = errno;
        }
        if (!status && rename(temp, path)) {
            status = errno;
        }
        if (status) {
            error = xasprintf("%s: %s", path, ovs_strerror(status));
            unlink(temp);
        }
    }
    free(temp);
    return error;
}

/* Makes the folder that 'path' is in; the one above it must exist. */
static char *
make_folder(const char *path)
{
    char *folder = dir_name(path);
    char *error = NULL;

    if (mkdir(folder, 0755) && errno != EEXIST) {
        error = xasprintf("%s: %s", folder, ovs_strerror(errno));
    }
    free(folder);
    return error;
}

char *
subnet_file_put(const char *path, const char *text)
{
    char *error = NULL;

    if (!text) {
        if (unlink(path) && errno != ENOENT) {
            error = xasprintf("%s: %s", path, ovs_strerror(errno));
        }
    } else if (!file_is(path, text)) {
        error = make_folder(path);
        if (!error) {
            error = replace_file(path, text);
        }
    }
    return error;
}
