/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Taking over what is left on an earlier bridge of ours, after a person has
 * set another one (KEY_BRIDGE).
 *
 * Pods' ports move, as they are, so that pods keep their addresses and their
 * devices; ports of our own are made anew, as local-ports.c does then, since
 * Open vSwitch refuses a second tunnel while the first is on another bridge.
 * The earlier bridge goes when nothing of others is on it. */

#include <config.h>
#include "ovsdb/local-private.h"

#include <string.h>

#include "ovsdb/keys.h"
#include "util.h"

static bool
is_pod(const struct ovsrec_port *port)
{
    return (port->n_interfaces == 1
            && smap_get(&port->interfaces[0]->external_ids, KEY_ID));
}

static bool
is_own(const struct ovsrec_port *port)
{
    return port->n_interfaces == 1 && ports_is_own(port->interfaces[0]);
}

/* Composes the end of 'old', on which nothing of Loden is left, and nothing
 * else but 'n_others' ports. */
static void
leave(struct local *local, const struct ovsrec_bridge *old, size_t n_others)
{
    const struct smap_node *node;

    if (!n_others) {
        ovsrec_open_vswitch_update_bridges_delvalue(local_row(local), old);
        return;
    }
    writer_note(&local->writer, VLL_WARN, "bridge %s: it has %"PRIuSIZE" "
                "ports of others and stays, no longer Loden's", old->name,
                n_others);
    SMAP_FOR_EACH (node, &old->external_ids) {
        if (!strncmp(node->key, "loden-", 6)) {
            ovsrec_bridge_update_external_ids_delkey(old, node->key);
        }
    }
}

static void
take_over(struct local *local, const struct ovsrec_bridge *bridge,
          const struct ovsrec_bridge *old)
{
    size_t n_others = 0;
    size_t n = 0;

    writer_note(&local->writer, VLL_INFO, "bridge %s: taking over from bridge "
                "%s, as "KEY_BRIDGE" says", bridge->name, old->name);
    for (size_t i = 0; i < old->n_ports; i++) {
        struct ovsrec_port *port = old->ports[i];

        if (is_pod(port)) {
            ovsrec_bridge_update_ports_delvalue(old, port);
            ovsrec_bridge_update_ports_addvalue(bridge, port);
            n++;
        } else if (is_own(port)) {
            ovsrec_bridge_update_ports_delvalue(old, port);
        } else if (strcmp(port->name, old->name)) {
            n_others++;
        }
    }
    writer_note(&local->writer, VLL_INFO, "bridge %s: %"PRIuSIZE" pods come "
                "from bridge %s", bridge->name, n, old->name);
    leave(local, old, n_others);
}

/* Moves all that is Loden's on other bridges to 'bridge', which is ours. */
void
bridge_take_over(struct local *local, const struct ovsrec_bridge *bridge)
{
    const struct ovsrec_bridge *old;

    OVSREC_BRIDGE_FOR_EACH (old, local->idl) {
        if (old != bridge && bridge_is_ours(old)) {
            take_over(local, bridge, old);
        }
    }
}
