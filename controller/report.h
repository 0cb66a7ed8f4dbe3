/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_REPORT_H
#define LODEN_CONTROLLER_REPORT_H 1

/* What people are told: each problem and each refused row once in the log
 * when it comes and once when it goes, and all of them in 'status'. */

struct json;
struct world;

/* What can keep a node from working, one at a time each. */
enum problem {
    PROBLEM_BRIDGE,    /* There can be no bridge. */
    PROBLEM_TUNNEL_IP, /* No address for tunnels. */
    PROBLEM_UNDERLAY,  /* No interface has that address. */
    PROBLEM_CLUSTER,   /* The database that answers is not the one. */
    PROBLEM_LAST_GOOD_READ,  /* The file with the last good world is not
                              * used. */
    PROBLEM_LAST_GOOD_WRITE, /* It cannot be written. */
    PROBLEM_FLOOD,           /* A bridged network has nearly too many
                              * members to flood to. */
    N_PROBLEMS
};

struct report *report_open(void);
void report_close(struct report *);

void report_problem(struct report *, enum problem, char *error);
void report_world(struct report *, const struct world *);

struct json *report_status(const struct report *, const struct world *);

#endif /* controller/report.h */
