/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_TOOBIG_H
#define LODEN_CONTROLLER_TOOBIG_H 1

/* What becomes of a packet that is too large for a tunnel. */

#include <stddef.h>
#include <stdint.h>

/* A packet never becomes more pieces than this. */
#define TOOBIG_MAX_FRAMES 256

enum toobig_kind {
    TOOBIG_NOTHING, /* It is dropped, and nobody is told. */
    TOOBIG_TELL,    /* Its sender gets one frame, an ICMP error. */
    TOOBIG_CUT      /* The frames take its place: its fragments. */
};

struct toobig_frame {
    uint8_t *data; /* An Ethernet frame. */
    size_t size;   /* In bytes. */
};

struct toobig {
    enum toobig_kind kind;
    struct toobig_frame *frames; /* In the order to be sent. */
    size_t n_frames;             /* Number of 'frames'. */
};

/* Judges the 'size' bytes of the Ethernet frame 'frame', any bytes at all,
 * for a tunnel that takes IP packets of up to 'mtu' bytes. */
void toobig_init(struct toobig *, const uint8_t *frame, size_t size,
                 unsigned int mtu);
void toobig_destroy(struct toobig *);

#endif /* controller/toobig.h */
