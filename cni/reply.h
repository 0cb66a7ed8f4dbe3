/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_REPLY_H
#define CNI_REPLY_H 1

/* What a database server's messages say (RFC 7047), as plain values.  The
 * server is another program: every type is checked before it is used. */

#include <jansson.h>
#include <stdbool.h>

#include "cni/error.h"

enum reply_kind {
    REPLY_OTHER,  /* A notification, or an answer to somebody else. */
    REPLY_ECHO,   /* Wants the answer that reply_to_echo() makes. */
    REPLY_ANSWER, /* To the request asked about. */
};

/* What 'message' is to one who waits for the answer to request 'id'. */
enum reply_kind reply_classify(const json_t *message, json_int_t id);

/* The answer to 'message', a REPLY_ECHO.  New reference, or NULL. */
json_t *reply_to_echo(const json_t *message);

/* Stores the results of a transaction that 'message', a REPLY_ANSWER, brings:
 * an array, borrowed.  Fails if the server did not take the transaction. */
int reply_get_results(const json_t *message, json_t **ret_results,
                      struct cni_error *);

/* The same for the answer to a request for a lock (RFC 7047, 4.1.8). */
int reply_get_lock(const json_t *message, bool *ret_granted,
                   struct cni_error *);

/* The operation that failed, counted from 0: -1 if none did, the number of
 * operations if the commit did.  Sets the error unless none did. */
int reply_failed_operation(const json_t *results, size_t n_operations,
                           struct cni_error *);

/* True if the failed 'operation' is a wait whose time was up. */
bool reply_timed_out(const json_t *results, int operation);

/* Stores the rows that the select 'operation' found: an array of objects,
 * borrowed. */
int reply_get_rows(const json_t *results, size_t operation, json_t **ret_rows,
                   struct cni_error *);

/* A column's value, borrowed from 'row'; NULL if it is absent or of another
 * type.  A map's is the value of 'key'. */
const char *reply_get_string(const json_t *row, const char *column);
const char *reply_get_uuid(const json_t *row, const char *column);
const char *reply_get_key(const json_t *row, const char *column,
                          const char *key);

/* The 'i'th pair of a map column; false behind the last one. */
bool reply_get_pair(const json_t *row, const char *column, size_t i,
                    const char **ret_key, const char **ret_value);

#endif /* cni/reply.h */
