/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_LOCAL_OPTIONS_H
#define LODEN_OVSDB_LOCAL_OPTIONS_H 1

/* What a pod's row asks for besides an address: limits, host ports, checks.
 * See ovsdb/keys.h for the words. */

#include "flows/world.h"
#include "openvswitch/compiler.h"

struct smap;

/* Fills 'options' from a row's external_ids.  Returns NULL, or why that
 * cannot be followed.  The caller destroys 'options' in both cases. */
char *options_read(struct world_options *options, const struct smap *ids)
    OVS_WARN_UNUSED_RESULT;

/* Returns NULL if a pod of 'network' with the addresses 'ip' can have
 * 'options' beside the pods that 'world' has already, else why not. */
char *options_check(const struct world_options *options,
                    const struct world *world,
                    const struct world_network *network,
                    const struct in6_addr ip[ADDR_N_FAMILIES])
    OVS_WARN_UNUSED_RESULT;

#endif /* ovsdb/local-options.h */
