/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What a pod says about multicast groups, as it can make it up. */

#include <stdint.h>
#include <stdlib.h>

#include "controller/mcast-parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mcast_report report;

    mcast_parse(&report, data, size);
    if (report.n > MCAST_CHANGES_MAX) {
        abort();
    }
    /* A query makes nobody listen. */
    for (size_t i = 0; i < report.n; i++) {
        const struct mcast_querier querier = { .v6 = i % 2 };
        struct mcast_report again;
        uint8_t frame[MCAST_QUERY_MAX];
        size_t n = mcast_query(frame, &querier, &report.changes[i].group);

        if (n > sizeof frame) {
            abort();
        }
        mcast_parse(&again, frame, n);
        if (again.n) {
            abort();
        }
    }
    return 0;
}
