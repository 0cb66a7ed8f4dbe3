/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_WORLD_JSON_H
#define LODEN_CONTROLLER_WORLD_JSON_H 1

/* The cluster's part of a world as JSON and back. */

#include "openvswitch/compiler.h"

struct json;
struct world;

struct json *world_to_json(const struct world *);
char *world_from_json(struct json *, struct world *) OVS_WARN_UNUSED_RESULT;

#endif /* controller/world-json.h */
