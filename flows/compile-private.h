/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_FLOWS_COMPILE_PRIVATE_H
#define LODEN_FLOWS_COMPILE_PRIVATE_H 1

/* What the files compile*.c share; nobody else includes this.
 *
 *     compile.c        the pipeline itself, networks and peers
 *     compile-pod.c    pods */

#include "flow.h"
#include "flows/compile.h"
#include "flows/flowset.h"
#include "flows/pipeline.h"
#include "flows/world.h"
#include "packets.h"

struct compile {
    const struct world *world; /* What to make true; borrowed. */
    struct flowset *rules;     /* Where the rules go; borrowed. */
    ovs_be64 cookie;           /* Whose rules put() adds now. */
};

void compile_own(struct compile *, enum pipeline_kind, const char *object);
void compile_put(struct compile *, enum pipeline_table,
                 enum pipeline_priority, const char *format, ...)
    OVS_PRINTF_FORMAT(4, 5);
void compile_pod(struct compile *, const struct world_pod *);

/* Short, since most lines of rules begin with one of them. */
#define own compile_own
#define put compile_put

/* Actions that drop a packet for a reason (a format and its argument). */
#define DROP_FMT "set_field:%d->@reason,goto_table:drop"
#define DROP(SYMBOL) REASON_##SYMBOL

/* Actions that send a packet to a port (a format and its argument). */
#define OUT_FMT "set_field:%"PRIu32"->@out_port,goto_table:output"
#define OUT(PORT) ofp_to_u16(PORT)

#endif /* flows/compile-private.h */
