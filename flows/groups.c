/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Sets of groups, and the difference between two of them.
 *
 * A set of rules (flows/flowset.h) has the groups that its rules name.  They
 * are few, one and some for each bridged network, so a sorted array does.  In
 * which order they and the rules go to the switch is
 * controller/ofbundle.c's. */

#include <config.h>
#include "flows/groups.h"

#include <stdlib.h>
#include <string.h>

#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"

void
groupset_init(struct groupset *set)
{
    *set = (struct groupset) { .n = 0 };
}

/* Frees what 'set' holds, not 'set' itself. */
void
groupset_destroy(struct groupset *set)
{
    for (size_t i = 0; i < set->n; i++) {
        free(set->groups[i].ports);
    }
    free(set->groups);
    groupset_init(set);
}

void
groupset_swap(struct groupset *a, struct groupset *b)
{
    struct groupset tmp = *a;
    *a = *b;
    *b = tmp;
}

/* Returns where in 'set' the group 'number' is or would be. */
static size_t
find_place(const struct groupset *set, uint32_t number)
{
    size_t low = 0;
    size_t high = set->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->groups[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Returns the group 'number' of 'set', or NULL. */
const struct group *
groupset_find(const struct groupset *set, uint32_t number)
{
    size_t i = find_place(set, number);
    return (i < set->n && set->groups[i].number == number ? &set->groups[i]
            : NULL);
}

/* Adds a copy of 'group' to 'set', in the place of one with its number, if
 * any. */
void
groupset_put(struct groupset *set, const struct group *group)
{
    size_t i = find_place(set, group->number);
    struct group copy = *group;

    copy.ports = (group->n_ports
                  ? xmemdup(group->ports,
                            group->n_ports * sizeof *group->ports) : NULL);
    if (i == set->n || set->groups[i].number != group->number) {
        set->groups = xrealloc(set->groups,
                               (set->n + 1) * sizeof *set->groups);
        memmove(&set->groups[i + 1], &set->groups[i],
                (set->n - i) * sizeof *set->groups);
        set->n++;
    } else {
        free(set->groups[i].ports);
    }
    set->groups[i] = copy;
}

/* Takes the group 'number' out of 'set', if it is there. */
void
groupset_remove(struct groupset *set, uint32_t number)
{
    size_t i = find_place(set, number);

    if (i < set->n && set->groups[i].number == number) {
        free(set->groups[i].ports);
        set->n--;
        memmove(&set->groups[i], &set->groups[i + 1],
                (set->n - i) * sizeof *set->groups);
    }
}

static bool
group_equals(const struct group *a, const struct group *b)
{
    return (a->foreign == b->foreign && a->again == b->again
            && a->n_ports == b->n_ports
            && (!a->n_ports || !memcmp(a->ports, b->ports,
                                       a->n_ports * sizeof *a->ports)));
}

/* Finds what has to be put into and deleted from 'installed' to make it
 * 'wanted'. */
void
groupdiff_init(struct groupdiff *diff, const struct groupset *wanted,
               const struct groupset *installed)
{
    *diff = (struct groupdiff) {
        .put = xmalloc((wanted->n + 1) * sizeof *diff->put),
        .delete = xmalloc((installed->n + 1) * sizeof *diff->delete),
    };
    for (size_t i = 0; i < wanted->n; i++) {
        const struct group *group = &wanted->groups[i];
        const struct group *old = groupset_find(installed, group->number);
        if (!old || !group_equals(old, group)) {
            diff->put[diff->n_put++] = group;
        }
    }
    for (size_t i = 0; i < installed->n; i++) {
        uint32_t number = installed->groups[i].number;
        if (!groupset_find(wanted, number)) {
            diff->delete[diff->n_delete++] = number;
        }
    }
}

void
groupdiff_destroy(struct groupdiff *diff)
{
    free(diff->put);
    free(diff->delete);
}

bool
groupdiff_is_empty(const struct groupdiff *diff)
{
    return !diff->n_put && !diff->n_delete;
}

/* Appends 'group' much as ovs-ofctl(8) would print it. */
void
group_format(const struct group *group, struct ds *s)
{
    ds_put_format(s, "group_id=0x%"PRIx32",type=%s", group->number,
                  group->foreign ? "?" : group->again ? "select" : "all");
    if (group->again) {
        ds_put_format(s, ",bucket=resubmit(,%s)",
                      pipeline_table_name(group->again));
    }
    for (size_t i = 0; i < group->n_ports; i++) {
        ds_put_format(s, ",bucket=output:%"PRIu32, group->ports[i]);
    }
}

/* Appends the groups as text, a line each. */
void
groupset_format(const struct groupset *set, struct ds *s)
{
    for (size_t i = 0; i < set->n; i++) {
        group_format(&set->groups[i], s);
        ds_put_char(s, '\n');
    }
}

/* Appends the difference as text, a line for each group, with "-" before what
 * goes and "+" before what comes or becomes different. */
void
groupdiff_format(const struct groupdiff *diff, struct ds *s)
{
    for (size_t i = 0; i < diff->n_delete; i++) {
        ds_put_format(s, "-group_id=0x%"PRIx32"\n", diff->delete[i]);
    }
    for (size_t i = 0; i < diff->n_put; i++) {
        ds_put_char(s, '+');
        group_format(diff->put[i], s);
        ds_put_char(s, '\n');
    }
}
