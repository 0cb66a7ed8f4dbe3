/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What every command needs of its invocation: its options as values, and
 * words for people. */

#include <config.h>
#include "ctl/command.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

#include "svec.h"
#include "util.h"

/* How many names an error lists. */
#define MAX_JOINED 10

/* Adds a line for standard error to 'invocation', shown if the command
 * succeeds. */
void
invocation_note(struct invocation *invocation, const char *format, ...)
{
    va_list args;

    ds_put_format(&invocation->notes, "%s: ", program_name);
    va_start(args, format);
    ds_put_format_valist(&invocation->notes, format, args);
    va_end(args);
    ds_put_char(&invocation->notes, '\n');
}

/* Stores the value of 'option', a number from 'min' to 'max', into
 * '*ret_value'; leaves that alone if the option was not given. */
char *
invocation_uint(const struct invocation *invocation, const char *option,
                unsigned int min, unsigned int max, unsigned int *ret_value)
{
    const char *text = smap_get(&invocation->options, option);
    unsigned int value;

    if (!text) {
        return NULL;
    }
    if (!str_to_uint(text, 10, &value) || value < min || value > max) {
        return xasprintf("--%s=%s: it is a number from %u to %u", option,
                         text, min, max);
    }
    *ret_value = value;
    return NULL;
}

/* Returns 'words', sorted, as one malloc'd line; of many only the first. */
char *
invocation_join(struct svec *words)
{
    struct ds line = DS_EMPTY_INITIALIZER;

    svec_sort(words);
    for (size_t i = 0; i < MIN(words->n, MAX_JOINED); i++) {
        ds_put_format(&line, "%s%s", i ? ", " : "", words->names[i]);
    }
    if (words->n > MAX_JOINED) {
        ds_put_format(&line, " and %"PRIuSIZE" more", words->n - MAX_JOINED);
    }
    return ds_steal_cstr(&line);
}
