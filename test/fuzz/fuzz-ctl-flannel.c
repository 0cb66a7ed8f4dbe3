/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* flannel's network configuration: whatever the bytes are, they are a network
 * whose subnets are where they should be, or an error that can be told. */

#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/flannel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Is 'text' one line of printable ASCII? */
static int
is_line(const char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~') {
            return 0;
        }
    }
    return 1;
}

static void
check_bound(const struct flannel_family *f, const struct in6_addr *addr)
{
    size_t i = prefix_n_before(&f->range, f->node_plen, addr);
    struct prefix subnet = prefix_subnet(&f->range, f->node_plen, i);

    if (!prefix_has_addr(&f->range, addr)
        || memcmp(&subnet.addr, addr, sizeof *addr)) {
        abort();
    }
}

/* What stands in a database must be spelled in one way. */
static void
check_range(const struct prefix *range)
{
    struct prefix again;
    char buf[ADDR_STRLEN];
    char *error = prefix_parse(prefix_format(range, buf), &again);

    if (error || prefix_compare(range, &again)) {
        abort();
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct flannel flannel;
    char *error = flannel_parse((const char *) data, size, &flannel);

    if (error) {
        if (!is_line(error)) {
            abort();
        }
        free(error);
        return 0;
    }
    for (int i = 0; i < ADDR_N_FAMILIES; i++) {
        const struct flannel_family *f = &flannel.families[i];

        if (prefix_is_set(&f->range)) {
            check_range(&f->range);
            check_bound(f, &f->first);
            if (addr_is_set(&f->last)) {
                check_bound(f, &f->last);
            }
        }
    }
    for (size_t i = 0; i < flannel.notes.n; i++) {
        if (!is_line(flannel.notes.names[i])) {
            abort();
        }
    }
    flannel_destroy(&flannel);
    return 0;
}
