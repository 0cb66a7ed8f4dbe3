/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The IPAM plugin gets the very bytes that the runtime wrote, and the whole
 * environment.  What it answers is ipamresult.c's. */

#include "cni/ipam.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cni/child.h"
#include "cni/ovsdb.h"

#define IPAM_TIME 10000 /* ms, for one call. */
#define DHCP_TIME 25000 /* The same; clients ask again after ten seconds. */

/* Stores the path of the program 'type' in the folders of CNI_PATH: the first
 * that is a file. */
static int
find_program(const char *folders, const char *type, char path[], size_t size,
             struct cni_error *err)
{
    for (const char *p = folders; *p;) {
        size_t n = strcspn(p, ":");
        struct stat st;
        int len = snprintf(path, size, "%.*s/%s", (int) n, p, type);

        if (n && len > 0 && (size_t) len < size && !stat(path, &st)
            && S_ISREG(st.st_mode)) {
            return 0;
        }
        p += n + (p[n] == ':');
    }
    return error_set(err, ERROR_CONFIG,
                     "failed to find plugin \"%s\" in path [%s]", type,
                     folders);
}

#define N_OWN 4 /* Variables that make_environment() sets. */

/* The variables that the plugin gets: 'own', and all of this process that they
 * do not replace.  Borrows them; the caller must free the array. */
static char **
make_environment(char *own[N_OWN])
{
    size_t n = 0;
    char **envp;

    while (environ[n]) {
        n++;
    }
    envp = calloc(n + N_OWN + 1, sizeof *envp);
    if (!envp) {
        return NULL;
    }
    n = 0;
    for (size_t i = 0; i < N_OWN; i++) {
        envp[n++] = own[i];
    }
    for (char **variable = environ; *variable; variable++) {
        bool replaced = false;

        for (size_t i = 0; i < N_OWN; i++) {
            size_t len = strcspn(own[i], "=") + 1;
            replaced = replaced || !strncmp(*variable, own[i], len);
        }
        if (!replaced) {
            envp[n++] = *variable;
        }
    }
    return envp;
}

/* Runs 'path', and stores what it wrote and its exit status. */
static int
run_program(const struct ipam *ipam, const char *path, char *own[N_OWN],
            char **ret_output, struct cni_error *err)
{
    char **envp = make_environment(own);
    const struct child child = {
        .path = path,
        .envp = envp,
        .input = ipam->config->text,
        .input_len = ipam->config->len,
        .deadline = ovsdb_now()
                    + (ipam_needs_port(ipam) ? DHCP_TIME : IPAM_TIME),
        .stop_fd = ipam->stop_fd,
    };
    char *output = NULL;
    int status, retval;

    retval =
        envp ? child_run(&child, &output, &status, err) : error_no_memory(err);
    free(envp);
    if (retval) {
        return -1;
    } else if (!WIFEXITED(status) || WEXITSTATUS(status)) {
        ipam_parse_error(output, ipam->type, err);
        free(output);
        return -1;
    }
    *ret_output = output;
    return 0;
}

/* Has the plugin do 'command', and stores what it answers, to be freed. */
static int
run(const struct ipam *ipam, const char *command, char **ret_output,
    struct cni_error *err)
{
    const struct env *env = ipam->env;
    char *own[N_OWN] = { NULL };
    char path[PATH_MAX];
    int retval = -1;

    if (find_program(env->path, ipam->type, path, sizeof path, err)) {
        return -1;
    } else if (asprintf(&own[0], "CNI_COMMAND=%s", command) < 0
               || asprintf(&own[1], "CNI_CONTAINERID=%s", env->container_id)
                      < 0
               || asprintf(&own[2], "CNI_IFNAME=%s", env->ifname) < 0
               || asprintf(&own[3], "CNI_NETNS=%s", env->netns) < 0) {
        error_no_memory(err);
    } else {
        retval = run_program(ipam, path, own, ret_output, err);
    }
    for (size_t i = 0; i < N_OWN; i++) {
        free(own[i]);
    }
    return retval;
}

/* The same for a command that answers nothing. */
static int
run_silently(const struct ipam *ipam, const char *command,
             struct cni_error *err)
{
    char *output;

    if (!ipam->type) {
        return 0;
    } else if (run(ipam, command, &output, err)) {
        return -1;
    }
    free(output);
    return 0;
}

int
ipam_add(const struct ipam *ipam, struct ipam_result *ret_result,
         struct cni_error *err)
{
    char *output;
    int retval;

    if (run(ipam, "ADD", &output, err)) {
        return -1;
    }
    retval = ipam_parse_result(output, ipam->config->version, ret_result, err);
    free(output);
    return retval ? error_wrap(err, "IPAM plugin \"%s\"", ipam->type) : 0;
}

int
ipam_del(const struct ipam *ipam, struct cni_error *err)
{
    return run_silently(ipam, "DEL", err);
}

bool
ipam_needs_port(const struct ipam *ipam)
{
    return ipam->type && !strcmp(ipam->type, "dhcp");
}

int
ipam_check(const struct ipam *ipam, struct cni_error *err)
{
    return run_silently(ipam, "CHECK", err);
}

int
ipam_status(const struct ipam *ipam, struct cni_error *err)
{
    return run_silently(ipam, "STATUS", err);
}

int
ipam_gc(const struct ipam *ipam, struct cni_error *err)
{
    return run_silently(ipam, "GC", err) && err->code != ERROR_ENVIRONMENT ? -1
                                                                           : 0;
}
