/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_CHECK_H
#define LODEN_CTL_CHECK_H 1

/* Is what a person asks for right?  Pure: values in, NULL or a malloc'd
 * sentence out that names the value and what would be right. */

#include "flows/world.h"
#include "openvswitch/compiler.h"

char *check_name(const char *kind, const char *name) OVS_WARN_UNUSED_RESULT;
char *check_ranges(const char *text, struct world_network *)
    OVS_WARN_UNUSED_RESULT;
char *check_network(const struct world_network *) OVS_WARN_UNUSED_RESULT;
char *check_beside(const struct world_network *,
                   const struct world_network *other) OVS_WARN_UNUSED_RESULT;
char *check_subnet(const struct world_network *, const struct prefix *)
    OVS_WARN_UNUSED_RESULT;

#endif /* ctl/check.h */
