/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_CONFIG_H
#define CNI_CONFIG_H 1

/* The configuration that the runtime writes to stdin, as far as it is the same
 * for every plugin; options.h has the rest. */

#include <jansson.h>

#include "cni/env.h"
#include "cni/error.h"
#include "cni/version.h"

struct config {
    char *text; /* What the runtime wrote, for an IPAM plugin.  Owned. */
    size_t len; /* Bytes of 'text'. */

    json_t *root;                  /* Owned; holds every string below. */
    const struct version *version; /* "cniVersion". */
    const char *name;              /* "name": CNI's name of the network. */
};

/* Parses the 'len' bytes at 'text', which is taken, also on failure: what
 * every command needs, and whether 'command' is one of the version's.  The
 * caller must destroy '*ret_config' after success. */
int config_parse(char *text, size_t len, enum env_command command,
                 struct config *ret_config, struct cni_error *);
void config_destroy(struct config *);

/* Stores into 'path', of 'size' bytes, the path of the node database's
 * socket.  'rundir' is Open vSwitch's run directory or "". */
int config_get_ovsdb(const struct config *, const char *rundir, char path[],
                     size_t size, struct cni_error *);

#endif /* cni/config.h */
