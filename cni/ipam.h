/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_IPAM_H
#define CNI_IPAM_H 1

/* Another plugin that manages addresses, run as CNI's specification says
 * (section 4, "Plugin Delegation"). */

#include <jansson.h>
#include <stdbool.h>

#include "cni/config.h"
#include "cni/env.h"
#include "cni/error.h"
#include "cni/ip.h"

/* Whom to run, and for what; all borrowed.  Where 'type' is NULL, nothing is
 * done, and that is success. */
struct ipam {
    const char *type;            /* What "ipam" names, or NULL. */
    const struct env *env;       /* For which attachment. */
    const struct config *config; /* What the plugin is told. */
    int stop_fd;                 /* Readable when to give up; or -1. */
};

/* What an IPAM plugin answers to ADD, whatever version it speaks. */
struct ipam_result {
    json_t *root;      /* Owned; holds the rest. */
    const json_t *dns; /* An object, or NULL. */

    /* One address of each family or unset, not of both; and the gateway that
     * is told with it, or unset. */
    struct ip_prefix addresses[IP_N_FAMILIES];
    struct ip gateways[IP_N_FAMILIES];

    /* As routes_parse() takes them, or NULL: one list or two. */
    const json_t *routes[IP_N_FAMILIES];
};

/* The caller must destroy '*ret_result'.  After a failure the plugin may have
 * taken an address all the same: ipam_del() gives it back. */
int ipam_add(const struct ipam *, struct ipam_result *ret_result,
             struct cni_error *);
void ipam_result_destroy(struct ipam_result *);

/* Does the plugin talk to somebody by way of the pod's interface, so that the
 * port must be there before it and go after it? */
bool ipam_needs_port(const struct ipam *);

int ipam_del(const struct ipam *, struct cni_error *);
int ipam_check(const struct ipam *, struct cni_error *);
int ipam_status(const struct ipam *, struct cni_error *);

/* An IPAM plugin that is older than the command has nothing to do. */
int ipam_gc(const struct ipam *, struct cni_error *);

/* Parses 'text', an answer to ADD; 'version' is what it speaks unless it says
 * otherwise. */
int ipam_parse_result(const char *text, const struct version *version,
                      struct ipam_result *ret_result, struct cni_error *);

/* Sets the error from what the plugin 'type' wrote when it failed. */
int ipam_parse_error(const char *text, const char *type, struct cni_error *);

#endif /* cni/ipam.h */
