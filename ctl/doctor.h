/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_DOCTOR_H
#define LODEN_CTL_DOCTOR_H 1

/* What the doctor's files share: findings, and reading the daemon's status. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/json.h"
#include "table.h"

/* An examination under way. */
struct doctor {
    const struct json *status; /* The daemon's; NULL if it does not answer. */
    struct table table;        /* The findings. */
    size_t n;                  /* How many there are, */
    size_t n_failed;           /* and of them, that keep it from working. */
};

enum verdict {
    VERDICT_OK,
    VERDICT_WARN, /* Works, but less than it could. */
    VERDICT_FAIL  /* Something does not work. */
};

void doctor_find(struct doctor *, const char *check, enum verdict,
                 char *evidence, char *remedy);

const struct json *doctor_member(const struct json *object, const char *name,
                                 enum json_type);
bool doctor_is_true(const struct json *object, const char *name);
const char *doctor_text(const struct json *object, const char *name);
long long int doctor_number(const struct json *object, const char *name);
const struct json_array *doctor_list(const struct json *object,
                                     const char *name);

/* doctor-host.c */
void doctor_check_udp_port(struct doctor *);
void doctor_check_mtu(struct doctor *);
void doctor_check_ip_forward(struct doctor *);
void doctor_check_forward(struct doctor *);
void doctor_check_host(struct doctor *);

#endif /* ctl/doctor.h */
