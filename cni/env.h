/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_ENV_H
#define CNI_ENV_H 1

/* The CNI_* variables: what the runtime asks for, and for whom. */

#include <stdbool.h>

#include "cni/error.h"

/* A command is a bit, so that a set of commands fits into an integer. */
enum env_command {
    ENV_ADD = 1 << 0,
    ENV_DEL = 1 << 1,
    ENV_CHECK = 1 << 2,
    ENV_GC = 1 << 3,
    ENV_STATUS = 1 << 4,
    ENV_VERSION = 1 << 5,
};

/* Those that are about one attachment. */
#define ENV_ATTACHMENT (ENV_ADD | ENV_DEL | ENV_CHECK)

/* All strings are borrowed from the environment and never NULL; a variable
 * that is not there is "".  The container's id and the interface's name are
 * for the commands of ENV_ATTACHMENT. */
struct env {
    enum env_command command; /* CNI_COMMAND. */
    const char *container_id; /* CNI_CONTAINERID, well-formed. */
    const char *netns;        /* CNI_NETNS, a path; "" at times on DEL. */
    const char *ifname;       /* CNI_IFNAME, well-formed. */
    const char *args;         /* CNI_ARGS, not looked into yet. */
    const char *path;         /* CNI_PATH. */
    bool netns_override;      /* CNI_NETNS may be the plugin's own. */
    const char *ovs_rundir;   /* OVS_RUNDIR, Open vSwitch's variable. */
};

/* What CNI_ARGS says, as Kubernetes and podman fill it. */
struct env_args {
    char pod_namespace[64]; /* K8S_POD_NAMESPACE, or "". */
    char pod_name[256];     /* K8S_POD_NAME, or "". */
    char ip[64];            /* IP, a wished address, or "". */
    char mac[32];           /* MAC, a wished Ethernet address, or "". */
};

int env_parse(char *const envp[], struct env *ret_env, struct cni_error *);
int env_parse_args(const char *args, struct env_args *ret_args,
                   struct cni_error *);

/* What CNI calls it. */
const char *env_command_name(enum env_command);

/* The syntax that CNI prescribes for container ids and network names. */
bool env_name_is_valid(const char *name);

#endif /* cni/env.h */
