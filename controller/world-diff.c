/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* How two worlds differ, for people: the lines of both, by what they are
 * about. */

#include <config.h>
#include "controller/world-diff.h"

#include <stdlib.h>
#include <string.h>

#include "flows/world.h"
#include "openvswitch/vlog.h"
#include "smap.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(world_diff);

/* A thousand peers that moved meanwhile need not fill the disk. */
static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 200);

/* Adds the networks and peers of 'world' to 'lines': what each is called, and
 * what there is to say of it. */
static void
add_lines(const struct world *world, struct smap *lines)
{
    char *text = world_to_string(world);
    char *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        if (strncmp(line, "network ", 8) && strncmp(line, "peer ", 5)) {
            continue;
        }
        size_t kind = strcspn(line, " ") + 1;
        size_t name = kind + strcspn(line + kind, " ");
        smap_add_nocopy(lines, xmemdup0(line, name),
                        xstrdup(line + name + (line[name] == ' ')));
    }
    free(text);
}

size_t
world_diff_log(const struct world *was_, const struct world *now_)
{
    struct smap was = SMAP_INITIALIZER(&was);
    struct smap now = SMAP_INITIALIZER(&now);
    const struct smap_node *node;
    size_t n = 0;

    add_lines(was_, &was);
    add_lines(now_, &now);
    SMAP_FOR_EACH (node, &now) {
        const char *old = smap_get(&was, node->key);
        if (!old) {
            VLOG_INFO_RL(&rl, "%s is new: %s", node->key, node->value);
            n++;
        } else if (strcmp(old, node->value)) {
            VLOG_INFO_RL(&rl, "%s is now %s (was %s)", node->key, node->value,
                         old);
            n++;
        }
    }
    SMAP_FOR_EACH (node, &was) {
        if (!smap_get(&now, node->key)) {
            VLOG_INFO_RL(&rl, "%s is gone (was %s)", node->key, node->value);
            n++;
        }
    }
    smap_destroy(&now);
    smap_destroy(&was);
    return n;
}
