/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_OPTIONS_H
#define CNI_OPTIONS_H 1

/* The plugin's own part of the configuration: Loden's keys, flannel's, and
 * those of the reference's bridge plugin. */

#include <jansson.h>
#include <stdbool.h>

#include "cni/config.h"
#include "cni/error.h"
#include "cni/network.h"
#include "cni/subnetfile.h"

/* Bytes of a Loden network's name. */
#define OPTIONS_NAME_MAX 255

/* All borrowed from a struct config. */
struct options {
    const char *network;     /* "network": Loden's name of the network, or
                              * NULL: the one whose subnet is in the file. */
    const char *subnet_file; /* "subnetFile", a path, or NULL. */
    unsigned int mtu;        /* "mtu", bytes; 0: the file's or network's. */
    bool default_route;      /* "isDefaultGateway": a default route, or else
                              * routes to the network's ranges only. */
    bool mac_check;          /* "macspoofchk" */
    bool isolated;           /* "portIsolation" */
    bool dad;                /* "enabledad": look for IPv6 duplicates? */
    json_t *routes;          /* "routes", more of them, a list, or NULL. */
    json_t *dns;             /* "dns", an object, or NULL. */
    const char *ipam;        /* "ipam.type", a plugin, or NULL: built in... */
    bool no_ipam;            /* ...unless "ipam" is {}: none at all. */
};

int options_parse(const struct config *, struct options *ret_options,
                  struct cni_error *);

/* Fails unless 'network' can have a pod that 'options' want, with 'file' if
 * they name one, else NULL.  Stores the pod's MTU. */
int options_fit(const struct options *, const struct subnetfile *file,
                const struct network *, unsigned int *ret_mtu,
                struct cni_error *);

/* The plugin that "ipam" names, for commands that must not fail because the
 * rest makes no sense; NULL if it names none. */
const char *options_get_ipam(const struct config *);

#endif /* cni/options.h */
