/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_OFGROUP_H
#define LODEN_CONTROLLER_OFGROUP_H 1

/* The OpenFlow 1.5 messages about groups. */

#include <stdbool.h>
#include <stdint.h>

struct group;
struct groupset;
struct ofp_header;
struct ofpbuf;

struct ofpbuf *ofgroup_request(void);
struct ofpbuf *ofgroup_put(const struct group *);
struct ofpbuf *ofgroup_delete(uint32_t number);
bool ofgroup_decode(const struct ofp_header *, struct groupset *);

#endif /* controller/ofgroup.h */
