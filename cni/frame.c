/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The parser wants whole documents, and a socket gives pieces: this finds the
 * end of an object, looking at each byte once.  It counts brackets and knows
 * strings; whether the object is JSON is the parser's question. */

#include "cni/frame.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_FIRST 16384
/* A thousand ports are less than a megabyte. */
#define FRAME_LIMIT (16 * 1024 * 1024)

void
frame_destroy(struct frame *frame)
{
    free(frame->data);
    *frame = (struct frame){ .data = NULL };
}

int
frame_room(struct frame *frame, char **ret_tail, size_t *ret_room,
           struct cni_error *err)
{
    if (frame->size == frame->allocated) {
        size_t allocated =
            frame->allocated ? frame->allocated * 2 : FRAME_FIRST;
        char *data;

        if (allocated > FRAME_LIMIT) {
            return error_set(err, ERROR_DATABASE,
                             "a message of more than %d bytes", FRAME_LIMIT);
        }
        data = realloc(frame->data, allocated);
        if (!data) {
            return error_no_memory(err);
        }
        frame->data = data;
        frame->allocated = allocated;
    }
    *ret_tail = frame->data + frame->size;
    *ret_room = frame->allocated - frame->size;
    return 0;
}

void
frame_received(struct frame *frame, size_t n)
{
    frame->size += n;
}

/* Looks at one more byte.  Returns true if it ends an object. */
static bool
scan_byte(struct frame *frame, char c)
{
    if (frame->escaped) {
        frame->escaped = false;
    } else if (frame->in_string) {
        frame->escaped = c == '\\';
        frame->in_string = c != '"';
    } else if (c == '"') {
        frame->in_string = true;
    } else if (c == '{' || c == '[') {
        frame->depth++;
    } else if (c == '}' || c == ']') {
        return --frame->depth == 0;
    }
    return false;
}

int
frame_scan(struct frame *frame, size_t *ret_length, struct cni_error *err)
{
    while (frame->scanned < frame->size) {
        char c = frame->data[frame->scanned++];

        if (!frame->depth && c != '{') {
            if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
                continue;
            }
            return error_set(err, ERROR_DATABASE,
                             "a message that is no JSON object");
        }
        if (scan_byte(frame, c)) {
            *ret_length = frame->scanned;
            return 0;
        }
    }
    *ret_length = 0;
    return 0;
}

/* Removes the first 'length' bytes, which frame_scan() found. */
void
frame_consume(struct frame *frame, size_t length)
{
    frame->size -= length;
    memmove(frame->data, frame->data + length, frame->size);
    frame->scanned = 0;
    frame->depth = 0;
    frame->in_string = frame->escaped = false;
}
