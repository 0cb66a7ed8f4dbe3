/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Packets that are too large for a tunnel, as a pod can make them up.  The
 * first two bytes are the tunnel's MTU. */

#include <stdint.h>
#include <stdlib.h>

#include "controller/toobig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned int mtu;
    struct toobig toobig;

    if (size < 2) {
        return 0;
    }
    mtu = data[0] << 8 | data[1];
    toobig_init(&toobig, data + 2, size - 2, mtu);
    if (toobig.n_frames > TOOBIG_MAX_FRAMES
        || (toobig.kind == TOOBIG_TELL && toobig.n_frames != 1)
        || (toobig.kind == TOOBIG_NOTHING && toobig.n_frames)) {
        abort();
    }
    for (size_t i = 0; i < toobig.n_frames; i++) {
        /* 14 bytes are Ethernet's, and IPv6 errors have at most 1280. */
        size_t most = toobig.kind == TOOBIG_CUT ? mtu : 1280;

        if (toobig.frames[i].size > 14 + most) {
            abort();
        }
    }
    toobig_destroy(&toobig);
    return 0;
}
