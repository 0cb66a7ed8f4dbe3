/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A pod of a bridged network whose address is not this node's to give waits
 * for the cluster's word.  attach.c has written what it wants; the controller
 * asks the cluster and writes the answer on the pod's row. */

#include "cni/attach.h"

#include "cni/op.h"
#include "cni/reply.h"
#include "ovsdb/keys.h"

/* Operations of the question.  The answer is in the row when the key that
 * stands for the claim has gone from it. */
enum {
    CLAIM_WAIT,
    CLAIM_SELECT,
    CLAIM_N_OPERATIONS
};

static json_t *
make_claim_wait(const char *host_name, const char *nonce, long long timeout)
{
    json_t *wait = op_wait(&(struct op_wait){
        .table = "Interface",
        .where = op_where_key(KEY_CLAIM, nonce),
        .columns = "name",
        .until = "==",
        .rows = json_array(),
        .timeout = timeout,
    });

    return op_list(CLAIM_N_OPERATIONS, wait,
                   op_select("Interface", op_where_string("name", host_name),
                             "external_ids"));
}

/* Reads the answer. */
static int
read_claim(const json_t *results, const char *host_name, struct cni_error *err)
{
    int failed = reply_failed_operation(results, CLAIM_N_OPERATIONS, err);
    const char *refused;
    const json_t *row;
    json_t *rows;

    if (reply_timed_out(results, failed)) {
        error_set(err, ERROR_TRY_AGAIN,
                  "the cluster did not say in time whether %s can have its "
                  "address",
                  host_name);
        return error_details(err, "an address that is not this node's to give "
                                  "is claimed in the cluster's database");
    } else if (failed >= 0
               || reply_get_rows(results, CLAIM_SELECT, &rows, err)) {
        return -1;
    }
    row = json_array_get(rows, 0);
    refused = reply_get_key(row, "external_ids", KEY_REFUSED);
    if (!row) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "somebody deleted the port %s meanwhile", host_name);
    }
    return refused ? error_set(err, ERROR_TRY_AGAIN, "%s", refused) : 0;
}

int
attach_await_claim(struct ovsdb *db, const char *host_name, const char *nonce,
                   struct cni_error *err)
{
    long long left = (db->deadline - ovsdb_now()) / 2;
    json_t *results;
    int retval;

    if (ovsdb_transact(db,
                       make_claim_wait(host_name, nonce, left > 0 ? left : 0),
                       &results, err)) {
        return -1;
    }
    retval = read_claim(results, host_name, err);
    json_decref(results);
    return retval;
}
