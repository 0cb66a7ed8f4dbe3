/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Holders of UDP ports, as /proc tells them.  A socket of the kernel's own,
 * as its tunnels have, is no process's file. */

#include <config.h>
#include "ctl/sockets.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

/* Returns the inode of a program's UDP socket on 'port' in 'file', or 0. */
static unsigned long int
find_inode(const char *file, int port)
{
    FILE *stream = fopen(file, "r");
    unsigned long int found = 0;
    char line[512];

    while (stream && !found && fgets(line, sizeof line, stream)) {
        unsigned int local;
        unsigned long int inode;

        if (sscanf(line, "%*d: %*[0-9A-Fa-f]:%x %*s %*s %*s %*s %*s %*s %*s "
                   "%lu", &local, &inode) == 2
            && (int) local == port) {
            found = inode;
        }
    }
    if (stream) {
        fclose(stream);
    }
    return found;
}

/* Has the process 'pid' the file that links to 'target'? */
static bool
has_file(const char *pid, const char *target)
{
    char *folder = xasprintf("/proc/%s/fd", pid);
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    bool found = false;

    while (dir && !found && (entry = readdir(dir))) {
        char link[64];
        ssize_t n = readlinkat(dirfd(dir), entry->d_name, link,
                               sizeof link - 1);
        if (n > 0) {
            link[n] = '\0';
            found = !strcmp(link, target);
        }
    }
    if (dir) {
        closedir(dir);
    }
    free(folder);
    return found;
}

/* Returns the name of the process 'pid', malloc'd. */
static char *
process_name(const char *pid)
{
    char *file = xasprintf("/proc/%s/comm", pid);
    FILE *stream = fopen(file, "r");
    char name[64] = "?";

    if (stream) {
        if (!fgets(name, sizeof name, stream)) {
            name[0] = '\0';
        }
        fclose(stream);
    }
    name[strcspn(name, "\n")] = '\0';
    free(file);
    return xstrdup(name);
}

/* Returns who holds UDP 'port', malloc'd, or NULL if no program does. */
char *
sockets_find_udp(int port)
{
    unsigned long int inode = find_inode("/proc/net/udp", port);
    const struct dirent *entry;
    char *holder = NULL;

    inode = inode ? inode : find_inode("/proc/net/udp6", port);
    if (!inode) {
        return NULL;
    }
    char *target = xasprintf("socket:[%lu]", inode);
    DIR *proc = opendir("/proc");
    while (proc && !holder && (entry = readdir(proc))) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9'
            && has_file(entry->d_name, target)) {
            char *name = process_name(entry->d_name);
            holder = xasprintf("%s (process %s)", name, entry->d_name);
            free(name);
        }
    }
    if (proc) {
        closedir(proc);
    }
    free(target);
    return (holder ? holder
            : xstrdup("a program of another container, or a tunnel of the "
                      "kernel's own such as flannel's (ip -d link)"));
}
