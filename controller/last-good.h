/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_LAST_GOOD_H
#define LODEN_CONTROLLER_LAST_GOOD_H 1

/* What the cluster database said last, on the node's disk, for a controller
 * that starts when the database is away. */

#include <stdbool.h>

#include "flows/world.h"
#include "ovsdb/cluster-identity.h"

struct json;

/* What is kept. */
struct last_good_content {
    struct cluster_identity identity; /* Whose database. */
    struct world world;               /* The cluster's part. */
};

struct last_good *last_good_open(const char *path);
void last_good_close(struct last_good *);

/* What the file said when it was opened; NULL if there was nothing to use. */
const struct last_good_content *last_good_found(const struct last_good *);

/* Has 'identity' and the cluster's part of 'world' written, soon. */
void last_good_put(struct last_good *, const struct cluster_identity *,
                   const struct world *);
void last_good_run(struct last_good *);
void last_good_wait(const struct last_good *);

/* Why the file that was found is not used, or why nothing can be written; the
 * caller frees it; NULL if nothing is wrong. */
char *last_good_read_problem(const struct last_good *);
char *last_good_write_problem(const struct last_good *);
struct json *last_good_status(const struct last_good *);

/* The content as text and back: the second stores into '*ret_content', which
 * the caller destroys, or returns a malloc'd error. */
char *last_good_format(const struct cluster_identity *, const struct world *);
char *last_good_parse(const char *text, struct last_good_content *ret_content)
    OVS_WARN_UNUSED_RESULT;
void last_good_content_destroy(struct last_good_content *);

/* A text with what proves that it is whole, and back: the second returns the
 * part of 'sealed' (which has 'n' bytes and a NUL) that was sealed, or stores
 * why it is not as it was written into '*ret_error', malloc'd, and whether a
 * newer version wrote it into '*ret_newer'. */
char *last_good_seal(const char *text);
const char *last_good_unseal(const char *sealed, size_t n, char **ret_error,
                             bool *ret_newer);

#endif /* controller/last-good.h */
