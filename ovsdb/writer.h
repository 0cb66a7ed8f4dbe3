/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_OVSDB_WRITER_H
#define LODEN_OVSDB_WRITER_H 1

/* Writing to a database, one transaction at a time.
 *
 *     writer_run(&writer);
 *     if (writer_may_write(&writer)) {
 *         if (row differs) {
 *             writer_note(&writer, VLL_INFO, "row %s: what and why", name);
 *             ...set columns...
 *         }
 *         writer_commit(&writer);
 *     }
 *     writer_wait(&writer);
 *
 * writer_note() opens the transaction, so that a caller who finds nothing
 * different writes nothing. */

#include <stdbool.h>

#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"

struct writer {
    struct ovsdb_idl *idl;            /* Borrowed. */
    const struct vlog_module *module; /* Whose log lines the notes are. */
    struct ovsdb_idl_txn *txn;        /* Being composed or in flight. */
    bool in_flight;                   /* Is 'txn' committed already? */
    unsigned int seqno;               /* The database's when 'txn' left. */
    bool wait_for_change;             /* Write after 'seqno' changed only? */
    long long int retry_at;           /* Write after this time_msec(). */
    long long int backoff;            /* Between hard errors, in ms. */
    char *error;                      /* Of the last transaction, or NULL. */
};

void writer_init(struct writer *, struct ovsdb_idl *,
                 const struct vlog_module *);
void writer_destroy(struct writer *);

enum ovsdb_idl_txn_status writer_run(struct writer *);
void writer_wait(const struct writer *);

bool writer_may_write(const struct writer *);
bool writer_is_open(const struct writer *);
void writer_note(struct writer *, enum vlog_level, const char *format, ...)
    OVS_PRINTF_FORMAT(3, 4);
void writer_commit(struct writer *);
void writer_abort(struct writer *);

bool writer_lost_race(const struct writer *, enum ovsdb_idl_txn_status);
void writer_retry_now(struct writer *);

#endif /* ovsdb/writer.h */
