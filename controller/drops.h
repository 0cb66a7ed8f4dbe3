/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_DROPS_H
#define LODEN_CONTROLLER_DROPS_H 1

/* What was dropped, in the words of the world. */

struct drops;
struct json;
struct world;

struct json *drops_to_json(const struct drops *, const struct world *);

#endif /* controller/drops.h */
