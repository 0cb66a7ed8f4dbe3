/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* When to try again what failed, and how often to complain: one warning for
 * each new reason, one line when it is over.  What is tried, and what success
 * means, is the caller's. */

#include <config.h>
#include "controller/host-retry.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_retry);

/* Between two attempts, in ms. */
#define MIN_DELAY 1000
#define MAX_DELAY 60000

void
retry_init(struct retry *retry, const char *what)
{
    memset(retry, 0, sizeof *retry);
    retry->what = xstrdup(what);
}

/* Frees what 'retry' holds, not 'retry' itself. */
void
retry_destroy(struct retry *retry)
{
    free(retry->what);
    free(retry->error);
}

/* Returns true if nothing speaks against an attempt now. */
bool
retry_is_due(const struct retry *retry)
{
    return !retry->error || time_msec() >= retry->next;
}

/* Notes that an attempt failed for the reason 'error'.  Takes 'error'. */
void
retry_failed(struct retry *retry, char *error)
{
    if (!retry->error || strcmp(retry->error, error)) {
        VLOG_WARN("%s: %s", retry->what, error);
    }
    retry->delay = (retry->error && retry->delay
                    ? MIN(retry->delay * 2, MAX_DELAY) : MIN_DELAY);
    retry->next = time_msec() + retry->delay;
    free(retry->error);
    retry->error = error;
}

void
retry_succeeded(struct retry *retry)
{
    if (retry->error) {
        VLOG_INFO("%s: works now", retry->what);
        free(retry->error);
        retry->error = NULL;
    }
}

/* Something changed that may have been the reason: does not wait on. */
void
retry_at_once(struct retry *retry)
{
    retry->next = LLONG_MIN;
    retry->delay = 0;
}

/* Wakes the next poll_block() when the next attempt is due. */
void
retry_wait(const struct retry *retry)
{
    if (retry->error) {
        poll_timer_wait_until(retry->next);
    }
}

/* Returns the reason of the failure that lasts, or JSON's null. */
struct json *
retry_status(const struct retry *retry)
{
    return (retry->error ? json_string_create(retry->error)
            : json_null_create());
}
