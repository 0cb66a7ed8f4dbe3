/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* One transaction at a time on an IDL, and when to try again.
 *
 * While a transaction is in flight the replica still shows the world before
 * it, so that a second one composed then would say the same again; that is
 * why there is never more than one.  Both databases' writers, cluster.c and
 * local.c, stand on this; neither blocks. */

#include <config.h>
#include "ovsdb/writer.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

/* Pause after a transaction that the server refused; doubled each time. */
#define MIN_BACKOFF_MS 1000
#define MAX_BACKOFF_MS 60000

/* A thousand peers that appear together need not fill the disk. */
static struct vlog_rate_limit note_rl = VLOG_RATE_LIMIT_INIT(300, 300);

/* Makes 'writer' write through 'idl', which must outlive it, and log as
 * 'module'. */
void
writer_init(struct writer *writer, struct ovsdb_idl *idl,
            const struct vlog_module *module)
{
    memset(writer, 0, sizeof *writer);
    writer->idl = idl;
    writer->module = module;
}

void
writer_destroy(struct writer *writer)
{
    if (writer->txn) {
        ovsdb_idl_txn_destroy(writer->txn);
    }
    free(writer->error);
    memset(writer, 0, sizeof *writer);
}

/* Did the transaction that ended with 'status' fail because another client
 * inserted a row with the same index first? */
bool
writer_lost_race(const struct writer *writer,
                 enum ovsdb_idl_txn_status status)
{
    return (status == TXN_ERROR && writer->error
            && strstr(writer->error, "constraint violation"));
}

/* Decides when the next transaction may be made after one that ended with
 * 'status'. */
static void
plan_retry(struct writer *writer, enum ovsdb_idl_txn_status status)
{
    long long int now = time_msec();

    writer->wait_for_change = false;
    if (status == TXN_SUCCESS || status == TXN_UNCHANGED) {
        writer->retry_at = 0;
        writer->backoff = 0;
    } else if (status == TXN_TRY_AGAIN || status == TXN_NOT_LOCKED) {
        /* The next one would be composed from the same replica, so wait for
         * news; but a reconnection without news brings none. */
        writer->wait_for_change = true;
        writer->retry_at = now + MIN_BACKOFF_MS;
    } else {
        writer->backoff = (writer->backoff
                           ? MIN(2 * writer->backoff, MAX_BACKOFF_MS)
                           : MIN_BACKOFF_MS);
        writer->retry_at = now + writer->backoff;
        /* With the row that was faster in sight, it will be another one. */
        writer->wait_for_change = writer_lost_race(writer, status);
    }
}

/* Takes note of the end of the transaction in flight.  Returns how it ended,
 * TXN_INCOMPLETE if it has not, TXN_UNCOMMITTED if there is none. */
enum ovsdb_idl_txn_status
writer_run(struct writer *writer)
{
    if (writer->retry_at && time_msec() >= writer->retry_at) {
        writer->retry_at = 0;
    }
    if (!writer->in_flight) {
        return TXN_UNCOMMITTED;
    }
    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(writer->txn);
    if (status == TXN_INCOMPLETE) {
        return status;
    }

    free(writer->error);
    writer->error = NULL;
    if (status == TXN_ERROR) {
        writer->error = xstrdup(ovsdb_idl_txn_get_error(writer->txn));
    }
    ovsdb_idl_txn_destroy(writer->txn);
    writer->txn = NULL;
    writer->in_flight = false;
    plan_retry(writer, status);
    return status;
}

/* Wakes the poll loop when the transaction in flight ends or the next one
 * may be made. */
void
writer_wait(const struct writer *writer)
{
    if (writer->in_flight) {
        ovsdb_idl_txn_wait(writer->txn);
    } else if (writer->retry_at) {
        poll_timer_wait_until(writer->retry_at);
    }
}

/* May a transaction be composed now? */
bool
writer_may_write(const struct writer *writer)
{
    if (writer->in_flight || !ovsdb_idl_is_connected(writer->idl)) {
        return false;
    }
    if (writer->wait_for_change
        && writer->seqno != ovsdb_idl_get_seqno(writer->idl)) {
        return true;
    }
    return !writer->retry_at;
}

/* Has writer_note() been called since the last commit? */
bool
writer_is_open(const struct writer *writer)
{
    return writer->txn && !writer->in_flight;
}

/* Opens a transaction unless one is open.  Logs at 'level' what is about to
 * be written and why, and leaves it as a comment in the database's log. */
void
writer_note(struct writer *writer, enum vlog_level level,
            const char *format, ...)
{
    ovs_assert(!writer->in_flight);
    if (!writer->txn) {
        writer->txn = ovsdb_idl_txn_create(writer->idl);
    }

    va_list args;
    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    /* Names of rows are foreign, and one note is one line. */
    for (char *c = text; *c; c++) {
        *c = *c >= ' ' && *c <= '~' ? *c : '?';
    }
    vlog_rate_limit(writer->module, level, &note_rl, "%s", text);
    ovsdb_idl_txn_add_comment(writer->txn, "loden: %s", text);
    free(text);
}

/* Sends what was composed since the last commit, if anything. */
void
writer_commit(struct writer *writer)
{
    if (writer_is_open(writer)) {
        writer->seqno = ovsdb_idl_get_seqno(writer->idl);
        writer->in_flight = true;
        ovsdb_idl_txn_commit(writer->txn);
    }
}

/* Forgets what was composed since the last commit, if anything. */
void
writer_abort(struct writer *writer)
{
    if (writer_is_open(writer)) {
        ovsdb_idl_txn_abort(writer->txn);
        ovsdb_idl_txn_destroy(writer->txn);
        writer->txn = NULL;
    }
}

/* Lets the next transaction be made without a pause: the caller knows that
 * it will be a different one. */
void
writer_retry_now(struct writer *writer)
{
    writer->retry_at = 0;
    writer->backoff = 0;
    writer->wait_for_change = false;
}
