/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The conversation with the daemon of this machine: one command, one answer,
 * over the socket that ovs-appctl uses too. */

#include <config.h>
#include "ctl/ask.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/types.h>

#include "ctl/command.h"
#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

/* Sends 'command' to the daemon behind 'client' and waits for the reply until
 * the invocation's deadline.  Returns 0 and stores the reply into
 * '*ret_reply', or returns a value for ovs_retval_to_string(). */
static int
transact(struct jsonrpc *client, const struct invocation *invocation,
         const char *command, struct jsonrpc_msg **ret_reply)
{
    int error = jsonrpc_send(
        client,
        jsonrpc_create_request(command, json_array_create_empty(), NULL));

    while (!error) {
        error = jsonrpc_recv(client, ret_reply);
        if (error != EAGAIN) {
            break;
        }
        if (time_msec() >= invocation->deadline) {
            return ETIMEDOUT;
        }
        error = 0;
        jsonrpc_run(client);
        jsonrpc_wait(client);
        jsonrpc_recv_wait(client);
        if (invocation->deadline != LLONG_MAX) {
            poll_timer_wait_until(invocation->deadline);
        }
        poll_block();
    }
    return error;
}

/* Takes the answer, malloc'd, out of 'reply', or returns an error. */
static char *OVS_WARN_UNUSED_RESULT
open_reply(const struct jsonrpc_msg *reply, char **ret_answer)
{
    if (reply->type == JSONRPC_ERROR && reply->error
        && reply->error->type == JSON_STRING) {
        return xasprintf("%s refuses: %s", DAEMON_NAME,
                         json_string(reply->error));
    } else if (reply->type != JSONRPC_REPLY || !reply->result
               || reply->result->type != JSON_STRING) {
        return xasprintf("%s answers what is no answer", DAEMON_NAME);
    }
    *ret_answer = xstrdup(json_string(reply->result));
    return NULL;
}

/* Gives the daemon of this machine 'command' and stores what it says into
 * '*ret_answer', malloc'd.  Waits until the invocation's deadline. */
char *
ask_daemon(const struct invocation *invocation, const char *command,
           char **ret_answer)
{
    char *pidfile = xasprintf("%s/%s.pid", ovs_rundir(), DAEMON_NAME);
    struct jsonrpc_msg *reply = NULL;
    struct jsonrpc *client = NULL;
    char *error = NULL;
    char *path = NULL;

    pid_t pid = read_pidfile(pidfile);
    if (pid < 0) {
        error = xasprintf("%s is not running here (%s: %s): start it with "
                          "'loden-ctl start'",
                          DAEMON_NAME, pidfile, ovs_strerror(-pid));
    } else {
        path = xasprintf("%s/%s.%ld.ctl", ovs_rundir(), DAEMON_NAME,
                         (long int) pid);
        int retval = unixctl_client_create(path, &client);
        if (!retval) {
            retval = transact(client, invocation, command, &reply);
        }
        error = (retval ? xasprintf("%s: %s does not answer (%s)", path,
                                    DAEMON_NAME, ovs_retval_to_string(retval))
                        : open_reply(reply, ret_answer));
    }
    jsonrpc_msg_destroy(reply);
    jsonrpc_close(client);
    free(path);
    free(pidfile);
    return error;
}
