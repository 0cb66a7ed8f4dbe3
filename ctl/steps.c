/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Changes that are made in steps.  Each step is a change of its
 * own, and the next one is taken when every node that is alive has carried it
 * out; 'ctl/session.c' waits for that.  How far a change is stands in the row
 * that is changed, so that whoever says the same again goes on with it. */

#include <config.h>
#include "ctl/steps.h"

#include <stdlib.h>

#include "ctl/command.h"
#include "flows/tunnels.h"
#include "ovsdb/keys.h"
#include "ovsdb/loden-idl.h"
#include "smap.h"
#include "util.h"

/* A number that packets between nodes bear changes without a loss: first all
 * nodes take the new one as well as the old one, then they send the new one,
 * then they forget the old one.  'wanted' is what '*number' is to become;
 * makes it, and '*also', which is taken as well (0: none), the next step; with
 * --force the last one at once. */
static void
take_step(struct invocation *invocation, unsigned int wanted,
          unsigned int *number, unsigned int *also)
{
    invocation->goes_on = true;
    if (smap_get(&invocation->options, "force")) {
        *number = wanted;
        *also = 0;
        invocation->goes_on = false;
    } else if (*also && !invocation->followed) {
        /* Whoever took this step may not have waited for it. */
    } else if (wanted == *number) {
        *also = 0;
        invocation->goes_on = false;
    } else if (wanted == *also) {
        *also = *number;
        *number = wanted;
    } else {
        *also = wanted;
    }
}

/* Makes 'wish', which has the VNI that is wanted, the next step from 'was',
 * what there is.  Returns an error if the step before was not carried out. */
char *
steps_vni(struct invocation *invocation, const struct network_wish *was,
          struct network_wish *wish)
{
    unsigned int wanted = wish->vni;

    if (wanted == was->vni && !was->also_vni) {
        return NULL;
    } else if (invocation->late) {
        return xasprintf("network '%s' sends VNI %u and takes %u as well, so "
                         "that no packet is lost meanwhile; say the same "
                         "again to go on, or --force not to wait: %s",
                         was->name, was->vni,
                         was->also_vni, invocation->late);
    }
    wish->vni = was->vni;
    take_step(invocation, wanted, &wish->vni, &wish->also_vni);
    return NULL;
}

/* Returns the UDP port that 'options' have as 'key', or 'absent'. */
static unsigned int
get_port(const struct smap *options, const char *key, unsigned int absent)
{
    unsigned int port = smap_get_uint(options, key, absent);

    return port <= UINT16_MAX ? port : absent;
}

/* Sets the 'key' of 'options' to 'port', or removes it if that is 'absent'. */
static void
put_port(struct smap *options, const char *key, unsigned int port,
         unsigned int absent)
{
    smap_remove(options, key);
    if (port != absent) {
        smap_add_format(options, key, "%u", port);
    }
}

/* Makes the UDP port of the tunnels 'wanted', or what it is if it is not set
 * if that is NULL, by the next step from what 'row' says.  Returns an error if
 * the step before was not carried out. */
char *
steps_dst_port(struct invocation *invocation,
               const struct lodenrec_loden_global *row, const char *wanted)
{
    unsigned int port = get_port(&row->options, OPTION_DST_PORT,
                                 TUNNELS_VXLAN_PORT);
    unsigned int also = get_port(&row->options, OPTION_ALSO_DST_PORT, 0);
    unsigned int goal = wanted ? atoi(wanted) : TUNNELS_VXLAN_PORT;
    struct smap options;

    if (invocation->late && (also || goal != port)) {
        return xasprintf("tunnels have UDP port %u and take %u as well, so "
                         "that no packet is lost meanwhile; say the same "
                         "again to go on, or --force not to wait: %s",
                         port, also, invocation->late);
    }
    smap_clone(&options, &row->options);
    if (also || goal != port) {
        take_step(invocation, goal, &port, &also);
    }
    put_port(&options, OPTION_DST_PORT, port,
             wanted ? 0 : TUNNELS_VXLAN_PORT);
    put_port(&options, OPTION_ALSO_DST_PORT, also, 0);
    lodenrec_loden_global_set_options(row, &options);
    smap_destroy(&options);
    return NULL;
}

/* Makes the network of 'row' closed or not, all of its options at once: the
 * judge does not see parts of a map that are under way. */
static void
set_closing(const struct lodenrec_network *row, bool closing)
{
    struct smap options;

    smap_clone(&options, &row->options);
    smap_remove(&options, OPTION_CLOSING);
    if (closing) {
        smap_add(&options, OPTION_CLOSING, "true");
    }
    lodenrec_network_set_options(row, &options);
    smap_destroy(&options);
}

/* A network is closed before it is deleted, so that no pod can come between
 * the look at who uses it and the deletion.  Returns true if the network of
 * 'row' is closed on every node that is alive; else closes it, and the command
 * goes on. */
bool
steps_close(struct invocation *invocation, const struct lodenrec_network *row)
{
    if (invocation->followed && smap_get(&row->options, OPTION_CLOSING)) {
        return true;
    }
    set_closing(row, true);
    invocation->goes_on = true;
    return false;
}

/* Lets the network of 'row' take pods again, as it cannot be deleted for the
 * reason 'why', which it takes.  Returns that if there is nothing to change.
 */
char *
steps_reopen(struct invocation *invocation, const struct lodenrec_network *row,
             char *why)
{
    if (!smap_get(&row->options, OPTION_CLOSING)) {
        return why;
    }
    set_closing(row, false);
    invocation->failure = why;
    return NULL;
}
