/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Sets of meters, and the difference between two of them.
 *
 * A set of rules (flows/flowset.h) has the meters that its rules name.  They
 * are few, one for each pod that is held to a rate, so a sorted array does.
 * In which order they and the rules go to the switch is
 * controller/ofbundle.c's. */

#include <config.h>
#include "flows/meters.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

const struct meter_kind meter_kinds[METER_N_KINDS] = {
#define PORT true
#define VNI false
#define METER(SYMBOL, FIRST, WHOSE, NAME, WHAT) { FIRST, WHOSE, NAME, WHAT },
    METER_KINDS
#undef METER
#undef VNI
#undef PORT
};

/* Returns what the meter 'number' is for. */
const struct meter_kind *
meter_kind_of(uint32_t number)
{
    size_t i = METER_N_KINDS - 1;

    while (meter_kinds[i].first > number) {
        i--;
    }
    return &meter_kinds[i];
}

void
meterset_init(struct meterset *set)
{
    *set = (struct meterset) { .n = 0 };
}

/* Frees what 'set' holds, not 'set' itself. */
void
meterset_destroy(struct meterset *set)
{
    free(set->meters);
    meterset_init(set);
}

void
meterset_swap(struct meterset *a, struct meterset *b)
{
    struct meterset tmp = *a;
    *a = *b;
    *b = tmp;
}

/* Returns where in 'set' the meter 'number' is or would be. */
static size_t
find_place(const struct meterset *set, uint32_t number)
{
    size_t low = 0;
    size_t high = set->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->meters[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Returns the meter 'number' of 'set', or NULL. */
const struct meter *
meterset_find(const struct meterset *set, uint32_t number)
{
    size_t i = find_place(set, number);
    return (i < set->n && set->meters[i].number == number ? &set->meters[i]
            : NULL);
}

/* Adds 'meter' to 'set', in the place of one with its number, if any. */
void
meterset_put(struct meterset *set, const struct meter *meter)
{
    size_t i = find_place(set, meter->number);

    if (i == set->n || set->meters[i].number != meter->number) {
        set->meters = xrealloc(set->meters,
                               (set->n + 1) * sizeof *set->meters);
        memmove(&set->meters[i + 1], &set->meters[i],
                (set->n - i) * sizeof *set->meters);
        set->n++;
    }
    set->meters[i] = *meter;
}

/* Takes the meter 'number' out of 'set', if it is there. */
void
meterset_remove(struct meterset *set, uint32_t number)
{
    size_t i = find_place(set, number);

    if (i < set->n && set->meters[i].number == number) {
        set->n--;
        memmove(&set->meters[i], &set->meters[i + 1],
                (set->n - i) * sizeof *set->meters);
    }
}

/* Finds what has to be put into and deleted from 'installed' to make it
 * 'wanted'. */
void
meterdiff_init(struct meterdiff *diff, const struct meterset *wanted,
               const struct meterset *installed)
{
    *diff = (struct meterdiff) {
        .put = xmalloc((wanted->n + 1) * sizeof *diff->put),
        .delete = xmalloc((installed->n + 1) * sizeof *diff->delete),
    };
    for (size_t i = 0; i < wanted->n; i++) {
        const struct meter *meter = &wanted->meters[i];
        const struct meter *old = meterset_find(installed, meter->number);
        if (!old || old->kbps != meter->kbps || old->pps != meter->pps
            || old->burst != meter->burst) {
            diff->put[diff->n_put++] = *meter;
        }
    }
    for (size_t i = 0; i < installed->n; i++) {
        uint32_t number = installed->meters[i].number;
        if (!meterset_find(wanted, number)) {
            diff->delete[diff->n_delete++] = number;
        }
    }
}

void
meterdiff_destroy(struct meterdiff *diff)
{
    free(diff->put);
    free(diff->delete);
}

bool
meterdiff_is_empty(const struct meterdiff *diff)
{
    return !diff->n_put && !diff->n_delete;
}

/* Appends 'meter' as ovs-ofctl(8) would print it. */
void
meter_format(const struct meter *meter, struct ds *s)
{
    ds_put_format(s, "meter=%"PRIu32" %s burst bands=type=drop "
                  "rate=%"PRIu32" burst_size=%"PRIu32, meter->number,
                  meter->pps ? "pktps" : "kbps",
                  meter->pps ? meter->pps : meter->kbps, meter->burst);
}

/* Appends the meters as text, a line each. */
void
meterset_format(const struct meterset *set, struct ds *s)
{
    for (size_t i = 0; i < set->n; i++) {
        meter_format(&set->meters[i], s);
        ds_put_char(s, '\n');
    }
}

/* Appends the difference as text, a line for each meter, with "-" before what
 * goes and "+" before what comes or becomes different. */
void
meterdiff_format(const struct meterdiff *diff, struct ds *s)
{
    for (size_t i = 0; i < diff->n_delete; i++) {
        ds_put_format(s, "-meter=%"PRIu32"\n", diff->delete[i]);
    }
    for (size_t i = 0; i < diff->n_put; i++) {
        ds_put_char(s, '+');
        meter_format(&diff->put[i], s);
        ds_put_char(s, '\n');
    }
}
