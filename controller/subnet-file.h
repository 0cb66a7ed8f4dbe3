/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_SUBNET_FILE_H
#define LODEN_CONTROLLER_SUBNET_FILE_H 1

/* The node's subnet in the file format of flannel, for CNI plugins (flannel's
 * and ours) and scripts that know nothing of the database. */

#include "openvswitch/compiler.h"

struct world;

/* Returns what the file should say in 'world', or NULL if there should be no
 * file.  The caller frees it. */
char *subnet_file_text(const struct world *);

/* Makes the file at 'path' consist of 'text', or removes it if 'text' is
 * NULL.  Readers see the old content or the new, never a part.  Returns NULL
 * or a malloc'd error. */
char *subnet_file_put(const char *path, const char *text)
    OVS_WARN_UNUSED_RESULT;

#endif /* controller/subnet-file.h */
