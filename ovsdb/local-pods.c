/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What the controller writes about pods: that their flows are there, and,
 * when a pod died without its runtime saying so, that its port is gone.
 *
 * A veth dies with its pod's namespace, so a port whose device stays away
 * belongs to nobody; its row still holds an address, which deleting it frees.
 * A row of an earlier boot cannot have a device at all.  Rows are only
 * changed by key: the plugin writes the same rows. */

#include <config.h>
#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "ovsdb/keys.h"
#include "timeval.h"
#include "util.h"

/* A runtime may remove a device shortly before it says so. */
#define GONE_MS 60000

/* A pod's interface without a device. */
struct gone {
    long long int since; /* time_msec() when that was first seen. */
    bool seen;           /* In this look at all rows? */
    bool told;           /* Has its end been announced by 'seqno'? */
};

/* Returns the key of 'iface' in local->gone: a new ADD starts anew. */
static char *
gone_key(const struct ovsrec_interface *iface)
{
    return xasprintf(UUID_FMT" %s", UUID_ARGS(&iface->header_.uuid),
                     smap_get_def(&iface->external_ids, KEY_REQ, ""));
}

/* Is 'iface' a pod's whose device Open vSwitch cannot find?  A device that
 * vanishes under a userspace datapath keeps its port's number, and the row
 * tells of it by the interface index alone. */
static bool
is_gone(const struct ovsrec_interface *iface)
{
    return (smap_get(&iface->external_ids, KEY_ID)
            && ((iface->n_ofport && *iface->ofport == -1)
                || (iface->n_ifindex && !*iface->ifindex)));
}

/* Is 'iface', which has no device, from before the kernel's last start? */
static bool
is_of_earlier_boot(const struct local *local,
                   const struct ovsrec_interface *iface)
{
    const char *boot = smap_get(&iface->external_ids, KEY_BOOT);
    return boot && local->boot_id && strcmp(boot, local->boot_id);
}

/* Looks which pods have no device, and since when.  Wants to be called after
 * every change of the rows. */
void
pods_look(struct local *local)
{
    const struct ovsrec_interface *iface;
    struct shash_node *node;

    SHASH_FOR_EACH (node, &local->gone) {
        struct gone *gone = node->data;
        gone->seen = false;
    }
    OVSREC_INTERFACE_FOR_EACH (iface, local->idl) {
        if (is_gone(iface)) {
            char *key = gone_key(iface);
            struct gone *gone = shash_find_data(&local->gone, key);
            if (!gone) {
                gone = xzalloc(sizeof *gone);
                gone->since = time_msec();
                shash_add(&local->gone, key, gone);
            }
            gone->seen = true;
            free(key);
        }
    }
    SHASH_FOR_EACH_SAFE (node, &local->gone) {
        struct gone *gone = node->data;
        if (!gone->seen) {
            shash_delete(&local->gone, node);
            free(gone);
        }
    }
}

/* Raises local->seqno when the time of a pod without a device is over. */
void
pods_run(struct local *local)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &local->gone) {
        struct gone *gone = node->data;
        if (!gone->told && time_msec() >= gone->since + GONE_MS) {
            gone->told = true;
            local->seqno++;
        }
    }
}

void
pods_wait(const struct local *local)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &local->gone) {
        const struct gone *gone = node->data;
        if (!gone->told) {
            poll_timer_wait_until(gone->since + GONE_MS);
        }
    }
}

void
pods_close(struct local *local)
{
    shash_destroy_free_data(&local->gone);
}

/* Deletes 'port', whose interface is 'iface', if its pod is gone for good.
 * Returns true if so. */
static bool
delete_gone(struct local *local, const struct ovsrec_bridge *bridge,
            const struct ovsrec_port *port,
            const struct ovsrec_interface *iface)
{
    char *key = gone_key(iface);
    const struct gone *gone = shash_find_data(&local->gone, key);
    bool earlier = is_of_earlier_boot(local, iface);
    char buf[TEXT_SHOWN];

    free(key);
    if (!is_gone(iface)
        || !(earlier || (gone && time_msec() >= gone->since + GONE_MS))) {
        return false;
    }
    writer_note(&local->writer, VLL_INFO, "pod %s: deleting port %s, whose "
                "device %s", text_show(smap_get(&iface->external_ids, KEY_ID),
                                       buf),
                port->name, earlier ? "was another boot's"
                : "has been gone for a minute");
    ovsrec_bridge_update_ports_delvalue(bridge, port);
    return true;
}

static int
compare_pod(const void *id_, const void *pod_)
{
    const char *id = id_;
    const struct world_pod *pod = pod_;
    return strcmp(id, pod->id);
}

/* Returns what KEY_ACK of 'iface' must be: NULL if absent. */
static const char *
get_ack(const struct ovsrec_interface *iface, const struct world *world,
        const struct sset *acked)
{
    const char *id = smap_get(&iface->external_ids, KEY_ID);
    const char *req = smap_get(&iface->external_ids, KEY_REQ);

    if (!req || !req[0] || !world->n_pods || !sset_contains(acked, id)) {
        return NULL;
    }
    const struct world_pod *pod = bsearch(id, world->pods, world->n_pods,
                                          sizeof *pod, compare_pod);
    /* What is confirmed is the world's pod, not what the row says since. */
    return (pod && !strcmp(pod->port_name, iface->name)
            && !strcmp(pod->req, req) ? req : NULL);
}

static void
put_ack(struct local *local, const struct ovsrec_interface *iface,
        const char *ack)
{
    const char *id = smap_get(&iface->external_ids, KEY_ID);
    const char *was = smap_get(&iface->external_ids, KEY_ACK);
    char buf[TEXT_SHOWN];

    if (nullable_string_is_equal(ack, was)) {
        return;
    } else if (ack) {
        writer_note(&local->writer, VLL_INFO, "pod %s: its flows are there, "
                    "acknowledging %s on port %s", text_show(id, buf), ack,
                    iface->name);
        ovsrec_interface_update_external_ids_setkey(iface, KEY_ACK, ack);
    } else {
        writer_note(&local->writer, VLL_INFO, "pod %s: withdrawing the "
                    "acknowledgement on port %s, as its flows are not there",
                    text_show(id, buf), iface->name);
        ovsrec_interface_update_external_ids_delkey(iface, KEY_ACK);
    }
}

/* Returns the refusal that the plugin of 'iface' has to hear of, or NULL. */
static const struct world_refusal *
find_refusal(const struct ovsrec_interface *iface, const struct world *world)
{
    const char *req = smap_get(&iface->external_ids, KEY_REQ);

    for (size_t i = 0; req && i < world->n_refusals; i++) {
        const struct world_refusal *refusal = &world->refusals[i];
        if (refusal->req && !strcmp(refusal->req, req)) {
            return refusal;
        }
    }
    return NULL;
}

/* Tells the plugin why its pod is refused, or takes that back. */
static void
put_refusal(struct local *local, const struct ovsrec_interface *iface,
            const struct world_refusal *refusal)
{
    const char *id = smap_get(&iface->external_ids, KEY_ID);
    const char *nack = smap_get(&iface->external_ids, KEY_NACK);
    const char *why = smap_get(&iface->external_ids, KEY_WHY);
    char buf[TEXT_SHOWN];

    if (nullable_string_is_equal(nack, refusal ? refusal->req : NULL)
        && nullable_string_is_equal(why, refusal ? refusal->why : NULL)) {
        return;
    } else if (refusal) {
        writer_note(&local->writer, VLL_INFO, "pod %s: telling its plugin on "
                    "port %s that it is refused", text_show(id, buf),
                    iface->name);
        ovsrec_interface_update_external_ids_setkey(iface, KEY_NACK,
                                                    refusal->req);
        ovsrec_interface_update_external_ids_setkey(iface, KEY_WHY,
                                                    refusal->why);
    } else {
        writer_note(&local->writer, VLL_INFO, "pod %s: it is no longer "
                    "refused", text_show(id, buf));
        ovsrec_interface_update_external_ids_delkey(iface, KEY_NACK);
        ovsrec_interface_update_external_ids_delkey(iface, KEY_WHY);
    }
}

/* Sees to the pod of 'iface', a port that stays. */
static void
put_pod(struct local *local, const struct ovsrec_interface *iface,
        const struct world *world, const struct sset *acked)
{
    put_refusal(local, iface, find_refusal(iface, world));
    if (acked) {
        put_ack(local, iface, get_ack(iface, world, acked));
    }
}

/* Acknowledges exactly the pods in 'acked', or leaves acknowledgements alone
 * if that is NULL, and deletes the pods that are gone.  'world' must be
 * sorted. */
void
pods_put(struct local *local, const struct ovsrec_bridge *bridge,
         const struct world *world, const struct sset *acked)
{
    for (size_t i = 0; i < bridge->n_ports; i++) {
        const struct ovsrec_port *port = bridge->ports[i];
        for (size_t j = 0; j < port->n_interfaces; j++) {
            const struct ovsrec_interface *iface = port->interfaces[j];
            if (smap_get(&iface->external_ids, KEY_ID)
                && !delete_gone(local, bridge, port, iface)) {
                put_pod(local, iface, world, acked);
            }
        }
    }
}
