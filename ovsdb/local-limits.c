/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What a pod receives, held to a rate: Port -> QoS -> Queue 0.
 *
 * Open vSwitch makes of them a linux-htb on the device of the pod's port,
 * which delays what is too fast rather than dropping it.  QoS and Queue are
 * root tables: their rows outlive the port that needs them, whoever deletes
 * it.  So ours say for which port they are, and those that no pod needs are
 * deleted here, unless others have begun to use them.
 * What a pod sends is held to a rate by a meter: flows/compile-pod.c. */

#include <config.h>
#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <string.h>

#include "hmapx.h"
#include "ovsdb/keys.h"
#include "util.h"

#define QOS_TYPE "linux-htb"

/* All rows, while limits are put. */
struct rows {
    struct local *local; /* To write through. */
    struct shash ports;  /* Name -> struct ovsrec_port. */
    struct shash queues; /* KEY_LIMIT -> struct ovsrec_queue. */
    struct shash qos;    /* KEY_LIMIT -> struct ovsrec_qos. */
    struct hmapx held;   /* Those of both that somebody else's row refers to:
                          * deleting one would fail, and all with it. */
};

static const char *
limit_of(const struct smap *ids)
{
    return smap_get_def(ids, KEY_LIMIT, "");
}

/* Finds the rows that are referred to by rows of other ports. */
static void
find_held(struct rows *rows)
{
    struct ovsdb_idl *idl = rows->local->idl;
    const struct ovsrec_port *port;
    const struct ovsrec_qos *qos;

    OVSREC_PORT_FOR_EACH (port, idl) {
        if (port->qos && strcmp(limit_of(&port->qos->external_ids),
                                port->name)) {
            hmapx_add(&rows->held, port->qos);
        }
    }
    OVSREC_QOS_FOR_EACH (qos, idl) {
        bool stays = hmapx_contains(&rows->held, qos);
        for (size_t i = 0; i < qos->n_queues; i++) {
            const struct ovsrec_queue *queue = qos->value_queues[i];
            if (stays || strcmp(limit_of(&queue->external_ids),
                                limit_of(&qos->external_ids))) {
                hmapx_add(&rows->held, qos->value_queues[i]);
            }
        }
    }
}

static void
rows_init(struct rows *rows, struct local *local)
{
    const struct ovsrec_port *port;
    const struct ovsrec_queue *queue;
    const struct ovsrec_qos *qos;

    rows->local = local;
    shash_init(&rows->ports);
    shash_init(&rows->queues);
    shash_init(&rows->qos);
    hmapx_init(&rows->held);
    find_held(rows);
    OVSREC_PORT_FOR_EACH (port, local->idl) {
        shash_add(&rows->ports, port->name, port);
    }
    OVSREC_QUEUE_FOR_EACH (queue, local->idl) {
        const char *name = smap_get(&queue->external_ids, KEY_LIMIT);
        if (name) {
            shash_add(&rows->queues, name, queue);
        }
    }
    OVSREC_QOS_FOR_EACH (qos, local->idl) {
        const char *name = smap_get(&qos->external_ids, KEY_LIMIT);
        if (name) {
            shash_add(&rows->qos, name, qos);
        }
    }
}

static void
rows_destroy(struct rows *rows)
{
    shash_destroy(&rows->ports);
    shash_destroy(&rows->queues);
    shash_destroy(&rows->qos);
    hmapx_destroy(&rows->held);
}

/* What 'limit' is in both rows.  As much is reserved as is allowed: then the
 * whole burst is the queue's own and none has to be borrowed. */
struct want {
    struct smap qos;   /* The QoS's other_config. */
    struct smap queue; /* The Queue's. */
    struct smap ids;   /* The external_ids of both. */
};

static void
want_init(struct want *want, const char *port,
          const struct world_limit *limit)
{
    smap_init(&want->qos);
    smap_init(&want->queue);
    smap_init(&want->ids);
    smap_add_format(&want->qos, "max-rate", "%"PRIu64, limit->rate);
    smap_add_format(&want->queue, "max-rate", "%"PRIu64, limit->rate);
    smap_add_format(&want->queue, "min-rate", "%"PRIu64, limit->rate);
    smap_add_format(&want->queue, "burst", "%"PRIu64, limit->burst);
    smap_add(&want->ids, KEY_LIMIT, port);
}

static void
want_destroy(struct want *want)
{
    smap_destroy(&want->qos);
    smap_destroy(&want->queue);
    smap_destroy(&want->ids);
}

/* Takes the row of 'port' out of 'rows' and returns it; NULL if there is
 * none.  A second one stays, and is deleted with the rest. */
static const void *
take(struct shash *rows, const char *port)
{
    return shash_find_and_delete(rows, port);
}

static bool
is_right(const struct want *want, const struct ovsrec_port *port,
         const struct ovsrec_qos *qos, const struct ovsrec_queue *queue)
{
    return (qos && queue && port->qos == qos && !strcmp(qos->type, QOS_TYPE)
            && smap_equal(&qos->other_config, &want->qos)
            && smap_equal(&queue->other_config, &want->queue)
            && qos->n_queues == 1 && !qos->key_queues[0]
            && qos->value_queues[0] == queue);
}

/* Holds what the pod of 'port' receives to 'limit'. */
static void
put_limit(struct rows *rows, const struct ovsrec_port *port,
          const struct world_limit *limit)
{
    const struct ovsrec_queue *queue = take(&rows->queues, port->name);
    const struct ovsrec_qos *qos = take(&rows->qos, port->name);
    struct writer *writer = &rows->local->writer;
    struct want want;

    want_init(&want, port->name, limit);
    if (!is_right(&want, port, qos, queue)) {
        int64_t zero = 0;

        writer_note(writer, VLL_INFO, "port %s: what its pod receives is now "
                    "held to %"PRIu64" bits/s, %"PRIu64" bits at once",
                    port->name, limit->rate, limit->burst);
        queue = queue ? queue : ovsrec_queue_insert(writer->txn);
        qos = qos ? qos : ovsrec_qos_insert(writer->txn);
        ovsrec_queue_set_other_config(queue, &want.queue);
        ovsrec_queue_set_external_ids(queue, &want.ids);
        ovsrec_qos_set_type(qos, QOS_TYPE);
        ovsrec_qos_set_other_config(qos, &want.qos);
        ovsrec_qos_set_external_ids(qos, &want.ids);
        ovsrec_qos_set_queues(qos, &zero,
                              (struct ovsrec_queue **) &queue, 1);
        ovsrec_port_set_qos(port, qos);
    }
    want_destroy(&want);
}

/* Deletes the rows of ours that no pod needs. */
static void
delete_rest(struct rows *rows)
{
    struct writer *writer = &rows->local->writer;
    struct shash_node *node;

    SHASH_FOR_EACH (node, &rows->qos) {
        const struct ovsrec_port *port = shash_find_data(&rows->ports,
                                                         node->name);
        if (hmapx_contains(&rows->held, node->data)) {
            continue;
        }
        writer_note(writer, VLL_INFO, "port %s: what its pod receives is no "
                    "longer held to a rate", node->name);
        if (port && port->qos == node->data) {
            ovsrec_port_set_qos(port, NULL);
        }
        ovsrec_qos_delete(node->data);
    }
    SHASH_FOR_EACH (node, &rows->queues) {
        if (!hmapx_contains(&rows->held, node->data)) {
            writer_note(writer, VLL_INFO, "port %s: deleting its queue",
                        node->name);
            ovsrec_queue_delete(node->data);
        }
    }
}

/* Makes what pods receive held to the rates that 'world' says. */
void
limits_put(struct local *local, const struct world *world)
{
    struct rows rows;

    rows_init(&rows, local);
    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        const struct world_limit *limit = &pod->options.to_pod;
        const struct ovsrec_port *port = shash_find_data(&rows.ports,
                                                         pod->port_name);
        if (limit->rate && port) {
            put_limit(&rows, port, limit);
        }
    }
    delete_rest(&rows);
    rows_destroy(&rows);
}
