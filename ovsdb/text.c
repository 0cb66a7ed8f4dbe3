/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Names are used in log lines, in keys and words of other rows, in commands
 * that people paste and as names of devices, so only characters that need no
 * quoting anywhere are allowed.  Addresses are checked in flows/addr.c. */

#include <config.h>
#include "ovsdb/text.h"

#include <string.h>

#include "util.h"

#define NAME_CHARS                  \
    "abcdefghijklmnopqrstuvwxyz"    \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"    \
    "0123456789_.-"

/* Returns NULL, or a malloc'd sentence why 'text' is not a name of at most
 * 'max' bytes. */
static char *
check(const char *text, size_t max)
{
    size_t len = strlen(text);

    if (!len) {
        return xstrdup("its name is empty");
    } else if (len > max) {
        return xasprintf("its name has %"PRIuSIZE" bytes: at most %"PRIuSIZE
                         " are allowed", len, max);
    } else if (text[strspn(text, NAME_CHARS)]) {
        return xstrdup("its name has other characters than letters, digits, "
                       "'_', '.' and '-'");
    }
    return NULL;
}

/* Returns NULL if 'text' can name a node or a network, else a malloc'd
 * sentence why it cannot. */
char *
text_check_name(const char *text)
{
    return check(text, TEXT_NAME_MAX);
}

/* The same for a network device. */
char *
text_check_device(const char *text)
{
    return check(text, TEXT_DEVICE_MAX);
}

/* Writes 'text' into 'buf' so that it can stand in a log line, whatever it
 * is, and returns 'buf': what cannot be printed becomes '?', what does not
 * fit "...". */
const char *
text_show(const char *text, char buf[TEXT_SHOWN])
{
    size_t i;

    for (i = 0; text[i] && i < TEXT_SHOWN - 1; i++) {
        buf[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    }
    buf[i] = '\0';
    if (text[i]) {
        memcpy(&buf[i - 3], "...", 3);
    }
    return buf;
}
