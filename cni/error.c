/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Building error texts from the inside outward: the function that fails says
 * what, its callers put before it what they were about. */

#include "cni/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Forgets whatever '*err' held and sets 'code' and the message. */
int
error_set(struct cni_error *err, enum cni_error_code code, const char *format,
          ...)
{
    va_list args;

    err->code = code;
    err->details[0] = '\0';
    va_start(args, format);
    vsnprintf(err->msg, sizeof err->msg, format, args);
    va_end(args);
    return -1;
}

/* Puts the formatted text and ": " before the message of '*err'. */
int
error_wrap(struct cni_error *err, const char *format, ...)
{
    char inner[CNI_ERROR_MAX];
    va_list args;
    int n;

    memcpy(inner, err->msg, sizeof inner);
    va_start(args, format);
    n = vsnprintf(err->msg, sizeof err->msg, format, args);
    va_end(args);
    if (n >= 0 && (size_t) n < sizeof err->msg) {
        snprintf(err->msg + n, sizeof err->msg - n, ": %s", inner);
    }
    return -1;
}

/* Sets the details of '*err', whose code and message stay. */
int
error_details(struct cni_error *err, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(err->details, sizeof err->details, format, args);
    va_end(args);
    return -1;
}

int
error_no_memory(struct cni_error *err)
{
    return error_set(err, ERROR_INTERNAL, "out of memory");
}
