/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_CONFIG_H
#define CNI_CONFIG_H 1

/* The configuration that the runtime writes to stdin. */

#include <jansson.h>

#include "cni/error.h"
#include "cni/version.h"

/* Bytes of a Loden network's name. */
#define CONFIG_NAME_MAX 255

struct config {
    json_t *root;                  /* Owned; holds every string below. */
    const struct version *version; /* "cniVersion". */
    const char *name;              /* "name": CNI's name of the network. */
};

/* What only an ADD needs, borrowed from a struct config. */
struct config_network {
    const char *network;     /* "network": Loden's name of the network, or
                              * NULL: the one whose subnet is in the file. */
    const char *subnet_file; /* "subnetFile", a path, or NULL. */
    json_t *dns;             /* "dns", an object, or NULL. */
};

/* Parses the 'len' bytes at 'text': what every command needs.  The caller
 * must destroy '*ret_config' after success. */
int config_parse(const char *text, size_t len, struct config *ret_config,
                 struct cni_error *);
void config_destroy(struct config *);

int config_get_network(const struct config *,
                       struct config_network *ret_network, struct cni_error *);

/* Stores into 'path', of 'size' bytes, the path of the node database's
 * socket.  'rundir' is Open vSwitch's run directory or "". */
int config_get_ovsdb(const struct config *, const char *rundir, char path[],
                     size_t size, struct cni_error *);

#endif /* cni/config.h */
