/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_LINKWAIT_H
#define CNI_LINKWAIT_H 1

/* What the kernel does with devices by itself, and in its own time. */

#include "cni/error.h"
#include "cni/link.h"

/* What is waited for. */
struct linkwait {
    struct link *events; /* Opened with what the kernel tells. */
    int stop_fd;         /* Readable when to give up; or -1. */
    long long deadline;  /* In ovsdb_now()'s ms. */
};

/* How long it may take, in ms: as long as the reference's plugins wait. */
#define LINKWAIT_TIME 5000

enum linkwait_result {
    LINKWAIT_FAILED = -1, /* As the error says. */
    LINKWAIT_EVENT,       /* Something has happened. */
    LINKWAIT_LATE         /* Nothing until 'deadline'. */
};

/* Waits until the kernel has told something.  What it was is to be looked
 * up. */
enum linkwait_result linkwait_event(const struct linkwait *,
                                    struct cni_error *);

/* Waits until the device 'name' of 'link''s namespace, which is the current
 * one, sends what it is given.  'stop_fd' is as above. */
int linkwait_carrier(struct link *, const char *name, int stop_fd,
                     struct cni_error *);

#endif /* cni/linkwait.h */
