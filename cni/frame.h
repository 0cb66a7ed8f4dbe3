/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_FRAME_H
#define CNI_FRAME_H 1

/* Cuts a stream of bytes into JSON objects.  OVSDB's protocol (RFC 7047) puts
 * them one after the other with nothing between. */

#include <stdbool.h>
#include <stddef.h>

#include "cni/error.h"

/* All zero is an empty frame. */
struct frame {
    char *data;       /* Received and not consumed.  Owned. */
    size_t size;      /* Bytes in 'data'. */
    size_t allocated; /* Bytes that 'data' has room for. */

    /* How far the search for the first object's end has come. */
    size_t scanned; /* Bytes of 'data' looked at. */
    int depth;      /* Braces and brackets open there. */
    bool in_string; /* Inside quotation marks there? */
    bool escaped;   /* Right after a backslash there? */
};

void frame_destroy(struct frame *);

/* Makes room for more bytes, and stores where and how many. */
int frame_room(struct frame *, char **ret_tail, size_t *ret_room,
               struct cni_error *);
void frame_received(struct frame *, size_t n);

/* Stores the length of the object that 'data' begins with, or 0 if its end is
 * not there yet. */
int frame_scan(struct frame *, size_t *ret_length, struct cni_error *);
void frame_consume(struct frame *, size_t length);

#endif /* cni/frame.h */
