/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* One conversation with the cluster database.
 *
 * A change is one transaction.  Each names the configuration's number that it
 * was made on and raises it, so that of two administrators who write at once
 * one is told to look again, runs its command on the database as it is then,
 * and reports what stands in its way by name.  What the commands do is not
 * known here. */

#include <config.h>
#include "ctl/session.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/connection.h"
#include "ctl/judge.h"
#include "ctl/progress.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "ovsdb-idl.h"
#include "ovsdb/loden-idl.h"
#include "timeval.h"
#include "util.h"

/* How long to wait for a step of a change in several, unless it was said, in
 * seconds. */
#define STEP_WAIT_S 30

/* How often to try again after a refusal that may be a lost race. */
#define MAX_RACES 10

struct session {
    struct connection connection; /* To the database. */
    struct ovsdb_idl *idl;        /* The connection's. */
    int n_races;                  /* How often a constraint refused us. */
    size_t n_noted;               /* Bytes of notes about earlier steps. */
    int64_t seq;                  /* The configuration's number after our
                                   * change; 0: there is none. */
};

/* Returns what the server says against a transaction, 'text', which is JSON,
 * as a malloc'd sentence. */
static char *
explain_refusal(const char *remote, const char *text)
{
    struct json *json = json_from_string(text);
    const char *error = text;
    const char *details = "";
    char *sentence;

    if (json->type == JSON_OBJECT) {
        const struct json *e = shash_find_data(json_object(json), "error");
        const struct json *d = shash_find_data(json_object(json), "details");

        error = e && e->type == JSON_STRING ? json_string(e) : text;
        details = d && d->type == JSON_STRING ? json_string(d) : "";
    }
    if (!strcmp(error, "permission error")) {
        sentence = xasprintf(
            "%s: this connection has a node's role and may not change that: "
            "use the Unix socket on a machine with the cluster database "
            "(--db=unix:FILE), or a listener for administrators (%s)",
            remote, details);
    } else {
        sentence = xasprintf("%s: the database refuses: %s%s%s", remote,
                             error, *details ? ": " : "", details);
    }
    json_destroy(json);
    return sentence;
}

/* Ties the change that is being made to the configuration that it is made on,
 * whose number 'global' has; NULL if the database has none yet. */
static void
follow_config_seq(struct ovsdb_idl_txn *txn,
                  const struct lodenrec_loden_global *global)
{
    if (global) {
        lodenrec_loden_global_verify_config_seq(global);
        ovsdb_idl_txn_increment(txn, &global->header_,
                                &lodenrec_loden_global_col_config_seq, false);
    }
}

/* Composes the command's change in the open transaction of 'invocation'. */
static char * OVS_WARN_UNUSED_RESULT
session_change(struct session *s, struct invocation *invocation)
{
    const struct lodenrec_loden_global *global
        = lodenrec_loden_global_first(s->idl);
    struct judge judge;

    invocation->followed = (invocation->n_steps && global
                            && global->config_seq == s->seq);
    judge_init(&judge, s->idl);
    ovsdb_idl_txn_add_comment(invocation->txn, "lodenctl: %s",
                              invocation->command->words);
    char *error = invocation->command->run(invocation);
    if (!error) {
        error = judge_change(&judge, s->idl, invocation);
    }
    if (!error) {
        follow_config_seq(invocation->txn, global);
    }
    judge_destroy(&judge);
    return error;
}

/* Looks at how the transaction 'txn', made on 's' as of 'seqno', ended.  Sets
 * '*ret_done' to false if the command has to run again. */
static char * OVS_WARN_UNUSED_RESULT
session_result(struct session *s, struct ovsdb_idl_txn *txn,
               unsigned int seqno, bool *ret_done)
{
    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(txn);

    if (status == TXN_TRY_AGAIN) {
        *ret_done = false;
    } else if (status == TXN_ERROR) {
        const char *text = ovsdb_idl_txn_get_error(txn);

        /* Two who insert into an empty database, or the same index, have no
         * row to tie the change to.  The other's row is in our copy by now,
         * and the command can name it. */
        if (!strstr(text, "constraint violation")
            || seqno == ovsdb_idl_get_seqno(s->idl)
            || ++s->n_races > MAX_RACES) {
            return explain_refusal(s->connection.remote, text);
        }
        *ret_done = false;
    }
    return NULL;
}

/* Returns the number of the configuration that 'txn', which is done, has
 * left; 0 if the database has none. */
static int64_t
find_config_seq(struct ovsdb_idl *idl, struct ovsdb_idl_txn *txn)
{
    const struct lodenrec_loden_global *global
        = lodenrec_loden_global_first(idl);
    int64_t seq = (ovsdb_idl_txn_commit(txn) == TXN_SUCCESS
                   ? ovsdb_idl_txn_get_increment_new_value(txn) : 0);

    return seq ? seq : global ? global->config_seq : 0;
}

/* Waits until the nodes that are alive have carried out the change.  Returns
 * an error that names those that have not by the time the invocation gives
 * them. */
static char * OVS_WARN_UNUSED_RESULT
session_follow(struct session *s, struct invocation *invocation)
{
    long long int wait_s = (invocation->wait_s >= 0 ? invocation->wait_s
                            : STEP_WAIT_S);
    long long int deadline = (wait_s ? time_msec() + wait_s * 1000
                              : LLONG_MAX);
    char *error = NULL;

    while (!progress_is_done(invocation, s->seq)) {
        if (!ovsdb_idl_is_alive(s->idl)) {
            char *cause = connection_explain_loss(&s->connection);
            error = xasprintf("whether nodes have carried it out is not "
                              "known: %s", cause);
            free(cause);
            break;
        } else if (time_msec() >= deadline) {
            error = progress_explain(invocation, s->seq, wait_s);
            break;
        }
        /* Nodes also fall silent. */
        poll_timer_wait_until(MIN(deadline, time_msec() + 1000));
        ovsdb_idl_wait(s->idl);
        poll_block();
        ovsdb_idl_run(s->idl);
    }
    return error;
}

/* Runs the command once.  Sets '*ret_done' to false if it has to run again on
 * a newer database. */
static char * OVS_WARN_UNUSED_RESULT
session_attempt(struct session *s, struct invocation *invocation,
                bool *ret_done)
{
    ds_clear(&invocation->out);
    ds_truncate(&invocation->notes, s->n_noted);
    invocation->goes_on = false;
    free(invocation->failure);
    invocation->failure = NULL;
    *ret_done = true;
    if (invocation->command->access != COMMAND_WRITES) {
        return invocation->command->run(invocation);
    }

    unsigned int seqno = ovsdb_idl_get_seqno(s->idl);
    struct ovsdb_idl_txn *txn = ovsdb_idl_txn_create(s->idl);

    invocation->txn = txn;
    char *error = session_change(s, invocation);
    if (error) {
        ovsdb_idl_txn_abort(txn);
    } else {
        error = connection_wait(&s->connection, 0, txn);
        if (!error) {
            error = session_result(s, txn, seqno, ret_done);
        }
        if (!error && *ret_done) {
            s->seq = find_config_seq(s->idl, txn);
        }
    }
    ovsdb_idl_txn_destroy(txn);
    invocation->txn = NULL;
    return error;
}

/* Runs the command until it is done, on whatever the database is then. */
static char * OVS_WARN_UNUSED_RESULT
session_step(struct session *s, struct invocation *invocation)
{
    unsigned int seqno = ovsdb_idl_get_seqno(s->idl);
    bool is_read = invocation->n_steps || invocation->late;
    char *error = NULL;

    for (bool done = false; !done && !error; is_read = false) {
        if (!is_read) {
            error = connection_wait(&s->connection, seqno, NULL);
        }
        if (!error) {
            seqno = ovsdb_idl_get_seqno(s->idl);
            error = session_attempt(s, invocation, &done);
        }
    }
    return error;
}

/* Runs the command, and again for as long as it goes on, with the nodes in
 * step. */
static char * OVS_WARN_UNUSED_RESULT
session_steps(struct session *s, struct invocation *invocation)
{
    char *error = session_step(s, invocation);
    char *late = NULL;

    while (!error && invocation->goes_on && !late) {
        long long int began = time_msec();

        late = session_follow(s, invocation);
        /* That was the nodes' time, not the database's. */
        if (s->connection.deadline != LLONG_MAX) {
            s->connection.deadline += time_msec() - began;
        }
        invocation->late = late;
        invocation->n_steps += !late;
        s->n_noted = invocation->notes.length;
        error = session_step(s, invocation);
    }
    if (!error && invocation->failure) {
        error = invocation->failure;
        invocation->failure = NULL;
    }
    invocation->late = NULL;
    free(late);
    return error;
}

/* Runs 'invocation', whose input is complete but for the database, on the
 * cluster database at 'remote', one or more OVSDB connection methods with
 * commas between them.  Returns NULL, with the invocation's outputs filled, or
 * a malloc'd error. */
char *
session_run(const char *remote, struct invocation *invocation)
{
    struct session s = {
        .idl = ovsdb_idl_create_unconnected(&lodenrec_idl_class, true),
    };
    char *error;

    s.connection = (struct connection) {
        .remote = remote,
        .idl = s.idl,
        .deadline = invocation->deadline,
        .timeout_s = invocation->timeout_s,
    };
    connection_open(&s.connection);
    invocation->idl = s.idl;
    error = session_steps(&s, invocation);
    if (!error && invocation->wait_s >= 0) {
        char *late = session_follow(&s, invocation);

        error = late ? xasprintf("the change is made, but %s", late) : NULL;
        free(late);
    }
    invocation->idl = NULL;
    ovsdb_idl_destroy(s.idl);
    return error;
}
