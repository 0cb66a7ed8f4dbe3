/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_OFSYNC_H
#define LODEN_CONTROLLER_OFSYNC_H 1

/* Makes the switch's flows, groups and meters equal a wanted set: dump,
 * difference, one atomic bundle, one barrier. */

#include <stdbool.h>
#include <stdint.h>

#include "controller/host-retry.h"
#include "controller/ofbundle.h"
#include "flows/flowset.h"

struct ofp_header;
struct rconn;

/* What we wait for. */
#define OFSYNC_STATES                                                      \
    /* For the connection. */                                              \
    OFSYNC_STATE(OFF, "disconnected")                                      \
    /* For the flows that the switch has. */                               \
    OFSYNC_STATE(DUMP, "reading flows")                                    \
    /* For something to do: 'installed' is the truth. */                   \
    OFSYNC_STATE(IDLE, "idle")                                             \
    /* For the barrier after a bundle. */                                  \
    OFSYNC_STATE(COMMIT, "waiting for the barrier")                        \
    /* For the time of the next try, after a refusal. */                   \
    OFSYNC_STATE(BACKOFF, "waiting to try again")

enum ofsync_state {
#define OFSYNC_STATE(SYMBOL, TEXT) OFSYNC_##SYMBOL,
    OFSYNC_STATES
#undef OFSYNC_STATE
};

struct ofsync {
    struct rconn *rconn;      /* To the switch; borrowed. */
    enum ofsync_state state;  /* What we wait for. */

    struct flowset wanted;    /* What should be in the switch. */
    uint64_t wanted_version;  /* Given with 'wanted'; 0: none yet. */
    uint64_t sent_version;    /* That was last compared with the switch. */
    uint64_t confirmed;       /* That a barrier has confirmed; 0: none. */

    struct flowset installed; /* In the switch, as far as we know. */
    ovs_be32 dump_xid;        /* OFSYNC_DUMP: the request for flows under
                               * way; 0: answered. */
    ovs_be32 meters_xid;      /* OFSYNC_DUMP: that for meters, likewise. */
    ovs_be32 groups_xid;      /* OFSYNC_DUMP: that for groups, likewise. */
    bool fresh;               /* 'installed' is a dump not yet compared. */
    bool drift;               /* Others changed flows since the dump. */
    long long int drift_at;   /* When others' changes were last undone. */

    struct ofbundle bundle;   /* OFSYNC_COMMIT: the one under way. */
    struct retry retry;       /* OFSYNC_BACKOFF: after a refusal. */
};

void ofsync_init(struct ofsync *, struct rconn *);
void ofsync_destroy(struct ofsync *);

void ofsync_connected(struct ofsync *);
void ofsync_disconnected(struct ofsync *);
bool ofsync_run_message(struct ofsync *, const struct ofp_header *);
void ofsync_run(struct ofsync *);
void ofsync_wait(struct ofsync *);
void ofsync_put(struct ofsync *, struct flowset *wanted, uint64_t version);

const char *ofsync_state_name(enum ofsync_state);

#endif /* controller/ofsync.h */
