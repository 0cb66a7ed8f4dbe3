/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* lodenctl drops: what the switch of this machine drops, why, whose it was,
 * and how fast.  The daemon counts (drops/show); two answers make a rate. */

#include <config.h>
#include "ctl/command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/ask.h"
#include "ctl/drops-text.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"

/* Between two looks at the counters, in seconds.  The switch itself brings
 * them up to date about twice a second. */
#define DEFAULT_INTERVAL_S 1
#define MAX_INTERVAL_S 86400

/* Stores what the daemon counts now into '*ret_answer'. */
static char *OVS_WARN_UNUSED_RESULT
ask(struct invocation *invocation, struct json **ret_answer)
{
    char *answer = NULL;

    /* One that watches does so for longer than an answer may take. */
    invocation->deadline =
        (invocation->timeout_s ? time_msec() + invocation->timeout_s * 1000
                               : LLONG_MAX);
    char *error = ask_daemon(invocation, "drops/show", &answer);
    if (!error) {
        struct json *json = json_from_string(answer);
        error = drops_check(json);
        if (error) {
            json_destroy(json);
        } else {
            *ret_answer = json;
        }
    }
    free(answer);
    return error;
}

static void
wait_seconds(unsigned int seconds)
{
    long long int end = time_msec() + seconds * 1000LL;

    while (time_msec() < end) {
        poll_timer_wait_until(end);
        poll_block();
    }
}

/* Appends to the output what was counted until 'now', and how fast since
 * 'before', which may be NULL. */
static void
put_report(struct invocation *invocation, const struct json *before,
           const struct json *now)
{
    bool all = smap_get(&invocation->options, "all") != NULL;
    struct json *report =
        drops_report(before, now, all ? DROPS_ALL : DROPS_SEEN);

    if (invocation->style.format == TF_JSON) {
        json_to_ds(report, invocation->style.json_flags, &invocation->out);
        ds_put_char(&invocation->out, '\n');
    } else {
        drops_format(report, &invocation->style, &invocation->out);
    }
    json_destroy(report);
}

/* Shows a report after another until nobody reads them. */
static char *OVS_WARN_UNUSED_RESULT
watch(struct invocation *invocation, unsigned int interval,
      struct json **before)
{
    for (;;) {
        struct json *now = NULL;

        wait_seconds(interval);
        char *error = ask(invocation, &now);
        if (error) {
            return error;
        }
        put_report(invocation, *before, now);
        json_destroy(*before);
        *before = now;
        if (invocation->style.format != TF_JSON) {
            ds_put_char(&invocation->out, '\n');
        }
        fputs(ds_cstr(&invocation->out), stdout);
        ds_clear(&invocation->out);
        if (fflush(stdout)) {
            return xasprintf("cannot write: %s", ovs_strerror(errno));
        }
    }
}

/* drops */
char *
drops_show(struct invocation *invocation)
{
    bool watches = smap_get(&invocation->options, "watch") != NULL;
    unsigned int interval = DEFAULT_INTERVAL_S;
    struct json *before = NULL;
    struct json *now = NULL;
    char *error = invocation_uint(invocation, "interval", watches ? 1 : 0,
                                  MAX_INTERVAL_S, &interval);

    if (!error) {
        error = ask(invocation, &before);
    }
    if (!error && watches) {
        error = watch(invocation, interval, &before);
    } else if (!error && interval) {
        wait_seconds(interval);
        error = ask(invocation, &now);
    }
    if (!error) {
        put_report(invocation, now ? before : NULL, now ? now : before);
    }
    json_destroy(now);
    json_destroy(before);
    return error;
}
