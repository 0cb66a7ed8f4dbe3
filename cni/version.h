/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_VERSION_H
#define CNI_VERSION_H 1

/* The versions of the CNI specification that the plugin speaks, and what
 * differs between them. */

#include <stdbool.h>
#include <stddef.h>

struct version {
    const char *name;    /* As in "cniVersion". */
    bool by_family;      /* A result has "ip4" and "ip6", and no list. */
    bool address_family; /* Each of ips[] says "version": "4" or "6". */
    bool interface_mtu;  /* Each of interfaces[] says its "mtu". */
};

/* Oldest first. */
extern const struct version versions[];
extern const size_t n_versions;

/* The version named exactly 'name', or NULL. */
const struct version *version_find(const char *name);

/* The version to answer in before the runtime has named one. */
const struct version *version_newest(void);

/* Is 'name' a version at all: up to three numbers with dots between? */
bool version_is_valid(const char *name);

/* Less than, equal to or greater than 0 as 'a' is older than, is, or is newer
 * than 'b'.  Both must be valid. */
int version_compare(const char *a, const char *b);

#endif /* cni/version.h */
