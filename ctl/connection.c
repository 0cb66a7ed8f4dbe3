/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The way to a database.
 *
 * Of several servers it leads to the one that leads the others, so that who
 * reads sees what was written a moment ago, and waits for one: there is none
 * for a second or two after one has died.  One server alone is taken as it
 * is: a follower passes on what is written to it. */

#include <config.h>
#include "ctl/connection.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dirs.h"
#include "lib/vswitch-idl.h"
#include "openvswitch/poll-loop.h"
#include "ovsdb-idl.h"
#include "ovsdb/keys.h"
#include "stream-ssl.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

/* How long to wait for the node's own database, in ms: it is on this machine,
 * and only asked where the cluster is. */
#define LOCAL_TIMEOUT_MS 1000

/* How long all servers together have to answer before they are asked anew, in
 * ms.  It leaves two that do not answer at all a second each. */
#define SWEEP_MS 2500

static bool
has_several(const struct connection *c)
{
    return strchr(c->remote, ',') != NULL;
}

/* Asks all servers at once.  Left alone, the IDL would ask those that do not
 * lead ever more seldom, while they elect one that does. */
static void
sweep(struct connection *c)
{
    if (!ovsdb_idl_is_connected(c->idl)) {
        ovsdb_idl_set_remote(c->idl, NULL, true);
        ovsdb_idl_set_remote(c->idl, c->remote, has_several(c));
    }
    c->sweep_at = has_several(c) ? time_msec() + SWEEP_MS : LLONG_MAX;
}

/* Takes this machine's keys, if it has any. */
static void
set_default_keys(void)
{
    if (!access(LODEN_SYSCONFDIR"/loden.key", R_OK)) {
        stream_ssl_set_key_and_cert(LODEN_SYSCONFDIR"/loden.key",
                                    LODEN_SYSCONFDIR"/loden.crt");
        stream_ssl_set_ca_cert_file(LODEN_SYSCONFDIR"/ca.crt", false);
    }
}

/* Sets out on the way that 'c' describes. */
void
connection_open(struct connection *c)
{
    if (strstr(c->remote, "ssl:") && !stream_ssl_is_configured()) {
        set_default_keys();
    }
    /* An answer that nobody waits for makes the server complain. */
    ovsdb_idl_set_db_change_aware(c->idl, false);
    ovsdb_idl_set_leader_only(c->idl, has_several(c));
    ovsdb_idl_set_shuffle_remotes(c->idl, true);
    sweep(c);
}

/* Returns why the connection 'c' is lost, malloc'd.  Without an error it was
 * the IDL that closed it, because of what the server said it has. */
char *
connection_explain_loss(const struct connection *c)
{
    int error = ovsdb_idl_get_last_error(c->idl);

    if (!error) {
        return xasprintf("%s: there is no database 'Loden', or it has no "
                         "leader", c->remote);
    }
    return xasprintf("%s: no connection to the cluster database (%s)",
                     c->remote, ovs_retval_to_string(error));
}

/* Returns that nobody answered in time, malloc'd. */
static char *
explain_timeout(const struct connection *c)
{
    int error = ovsdb_idl_get_last_error(c->idl);

    if (has_several(c) && !ovsdb_idl_has_ever_connected(c->idl)) {
        return xasprintf("%s: none of these servers has led the cluster "
                         "database for %lld s (the last one: %s)", c->remote,
                         c->timeout_s, error ? ovs_retval_to_string(error)
                         : "it knows no leader either");
    }
    return xasprintf("%s: the cluster database did not answer within %lld s",
                     c->remote, c->timeout_s);
}

/* Runs 'c' until its IDL differs from what it was at 'seqno' or 'txn', which
 * may be NULL, is complete.  Returns an error if the connection is lost or
 * time is up. */
char *
connection_wait(struct connection *c, unsigned int seqno,
                struct ovsdb_idl_txn *txn)
{
    for (;;) {
        if (!txn) {
            if (time_msec() >= c->sweep_at) {
                sweep(c);
            }
            ovsdb_idl_run(c->idl);
            if (ovsdb_idl_get_seqno(c->idl) != seqno) {
                return NULL;
            }
            poll_timer_wait_until(c->sweep_at);
        } else {
            /* The IDL may run only once the transaction is under way. */
            if (ovsdb_idl_txn_commit(txn) != TXN_INCOMPLETE) {
                return NULL;
            }
            ovsdb_idl_run(c->idl);
        }
        if (!ovsdb_idl_is_alive(c->idl)) {
            return connection_explain_loss(c);
        }
        if (time_msec() >= c->deadline) {
            return explain_timeout(c);
        }
        ovsdb_idl_wait(c->idl);
        if (txn) {
            ovsdb_idl_txn_wait(txn);
        }
        poll_timer_wait_until(c->deadline);
        poll_block();
    }
}

/* Returns where the node's own Open_vSwitch row says that the cluster's
 * database is, or NULL if it does not say or cannot be asked. */
static char *
local_setting(void)
{
    char *remote = xasprintf("unix:%s/db.sock", ovs_rundir());
    struct connection c = {
        .remote = remote,
        .idl = ovsdb_idl_create_unconnected(&ovsrec_idl_class, false),
        .deadline = time_msec() + LOCAL_TIMEOUT_MS,
    };
    char *setting = NULL;

    ovsdb_idl_add_column(c.idl, &ovsrec_open_vswitch_col_external_ids);
    connection_open(&c);
    char *error = connection_wait(&c, ovsdb_idl_get_seqno(c.idl), NULL);
    if (!error) {
        const struct ovsrec_open_vswitch *ovs
            = ovsrec_open_vswitch_first(c.idl);

        if (ovs) {
            setting = nullable_xstrdup(smap_get(&ovs->external_ids,
                                                KEY_REMOTE));
        }
    }
    free(error);
    ovsdb_idl_destroy(c.idl);
    free(remote);
    return setting;
}

/* Returns where the cluster's database is when nobody says, malloc'd. */
char *
connection_default_remote(void)
{
    const char *env = getenv("LODEN_DB");
    if (env && *env) {
        return xstrdup(env);
    }

    char *setting = local_setting();
    if (setting) {
        return setting;
    }

    const char *rundir = getenv("LODEN_RUNDIR");
    return xasprintf("unix:%s/cluster.sock", rundir ? rundir : LODEN_RUNDIR);
}
