/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_HOST_RETRY_H
#define LODEN_CONTROLLER_HOST_RETRY_H 1

/* Something that the kernel or a program may refuse: told once, tried again
 * ever more rarely, and shown in the status as long as it lasts. */

#include <stdbool.h>

struct json;

struct retry {
    char *what;         /* What is being attempted, for the log. */
    char *error;        /* Why the last attempt failed; NULL if it did not. */
    long long int next; /* When to try again, in time_msec(), if 'error'. */
    int delay;          /* Between the last attempt and 'next', in ms. */
};

void retry_init(struct retry *, const char *what);
void retry_destroy(struct retry *);

bool retry_is_due(const struct retry *);
void retry_failed(struct retry *, char *error);
void retry_succeeded(struct retry *);
void retry_at_once(struct retry *);
void retry_wait(const struct retry *);
struct json *retry_status(const struct retry *);

#endif /* controller/host-retry.h */
