/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What Network rows say while a change is carried out in steps, so that no
 * node is ahead of another one by more than it can bear: lodenctl takes a step
 * when every node that is alive has carried out the one before. */

#include <config.h>
#include "ovsdb/cluster-private.h"

#include <stdlib.h>

#include "ovsdb/keys.h"
#include "util.h"

/* Refuses the other VNI, 'text', of the network 'name'. */
static void
refuse_vni(struct world *world, const char *name, const char *text,
           const char *why, const char *detail)
{
    char buf[TEXT_SHOWN];

    world_refuse(world, xasprintf("Network %s, option "OPTION_ALSO_VNI"=%s",
                                  name, text_show(text, buf)),
                 "%s%s", why, detail);
}

/* Reads which other VNI the network of 'row', which is in 'world', takes, and
 * whether it is about to go. */
void
steps_read(const struct lodenrec_network *row, struct world *world)
{
    struct world_network *network = world_find_network(world, row->name);
    const char *text = smap_get(&row->options, OPTION_ALSO_VNI);
    unsigned int vni;

    network->closing = smap_get_bool(&row->options, OPTION_CLOSING, false);
    if (!text) {
        return;
    } else if (!str_to_uint(text, 10, &vni) || vni < 1 || vni > 0xffffff) {
        refuse_vni(world, row->name, text, "it is no VNI, 1 to 16777215", "");
    } else if (vni != network->vni) {
        network->also_vni = vni;
    }
}

/* Returns the network of 'world' other than 'network' that has the VNI 'vni',
 * or takes it and comes first; or NULL. */
static const struct world_network *
find_holder(const struct world *world, const struct world_network *network,
            uint32_t vni)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *other = &world->networks[i];

        if (other != network
            && (other->vni == vni
                || (other < network && other->also_vni == vni))) {
            return other;
        }
    }
    return NULL;
}

/* Sees to it that no packet is of two networks of 'world', which has all of
 * them. */
void
steps_check(struct world *world)
{
    for (size_t i = 0; i < world->n_networks; i++) {
        struct world_network *network = &world->networks[i];
        uint32_t vni = network->also_vni;
        const struct world_network *holder
            = vni ? find_holder(world, network, vni) : NULL;

        if (holder) {
            char text[16];

            snprintf(text, sizeof text, "%"PRIu32, vni);
            network->also_vni = 0;
            refuse_vni(world, network->name, text, "it is that of network ",
                       holder->name);
        }
    }
}
