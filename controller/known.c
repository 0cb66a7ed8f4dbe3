/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Where the cluster's part of the world comes from.
 *
 * The database is right whenever it answers and is the one that this node
 * follows (ovsdb/cluster-identity.c).  Without it the node goes on with what
 * it read last.  Only a controller that starts has nothing: it gives the
 * database a moment, since the file may be a little older than what the
 * switch already does, and then takes what is on the disk. */

#include <config.h>
#include "controller/known.h"

#include <stdlib.h>
#include <string.h>

#include "controller/last-good.h"
#include "controller/report.h"
#include "controller/world-diff.h"
#include "flows/world-fields.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/cluster.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(known);

/* How long a database that has not said no may take before the disk is asked,
 * in ms. */
#define PATIENCE_MS 1000

/* Where 'world' is from. */
enum source {
    SOURCE_NOWHERE, /* There is none. */
    SOURCE_DISK,    /* The file. */
    SOURCE_DATABASE /* The cluster database. */
};

struct known {
    struct cluster *cluster;     /* The database; borrowed. */
    struct report *report;       /* What we tell people; borrowed. */
    struct last_good *last_good; /* The file. */

    struct world *world; /* The cluster's part, and refusals; NULL
                          * with SOURCE_NOWHERE. */
    enum source source;  /* Where it is from. */
    unsigned int seqno;  /* Raised when it comes from the disk. */
    long long int since; /* When the database was first asked, in
                          * time_msec(); 0: not yet. */

    /* While the database does not say anything that we follow. */
    bool without;                /* Is that so? */
    long long int without_since; /* Since when, in time_msec(). */
    unsigned int without_seqno;  /* cluster_seqno() then. */

    /* What 'world' was read with, if from the database. */
    unsigned int read_seqno;   /* cluster_seqno(). */
    struct in6_addr tunnel_ip[ADDR_N_FAMILIES]; /* Of 'self'. */
    char *node;                /* Of 'self'. */
    char *system_id;           /* The same; may be NULL. */
};

struct known *
known_open(struct cluster *cluster, struct report *report, const char *file)
{
    struct known *known = xzalloc(sizeof *known);

    known->cluster = cluster;
    known->report = report;
    known->last_good = last_good_open(file);
    const struct last_good_content *found = last_good_found(known->last_good);
    if (found) {
        cluster_set_identity(cluster, &found->identity);
        cluster_follow(cluster, &found->world);
    }
    return known;
}

static void
set_world(struct known *known, struct world *world, enum source source)
{
    world_destroy(known->world);
    free(known->world);
    known->world = world;
    known->source = source;
}

void
known_close(struct known *known)
{
    if (known) {
        set_world(known, NULL, SOURCE_NOWHERE);
        last_good_close(known->last_good);
        free(known->node);
        free(known->system_id);
        free(known);
    }
}

/* Returns what the disk said of this node, or NULL. */
static const struct world *
world_on_disk(const struct known *known, const struct cluster_self *self)
{
    const struct last_good_content *found = last_good_found(known->last_good);

    return (found && !strcmp(found->world.node, self->node) ? &found->world
                                                            : NULL);
}

/* Has the database said no, or been silent for too long? */
static bool
is_away(const struct known *known)
{
    char *refusal = cluster_refusal(known->cluster);
    bool away = (refusal || cluster_error(known->cluster)
                 || time_msec() >= known->since + PATIENCE_MS);

    free(refusal);
    return away;
}

/* Takes the world from the disk if it is time for that. */
static void
run_disk(struct known *known, const struct cluster_self *self)
{
    if (known->world || cluster_is_ready(known->cluster)) {
        return;
    }
    const struct world *found = world_on_disk(known, self);
    if (!known->since) {
        known->since = time_msec();
        if (!found && last_good_found(known->last_good)) {
            VLOG_INFO("last good world: it is of node %s, not of %s: waiting "
                      "for the cluster database",
                      last_good_found(known->last_good)->world.node,
                      self->node);
        }
    }
    if (found && is_away(known)) {
        struct world *world = xmalloc(sizeof *world);
        world_init(world, self->node);
        world_copy_cluster(world, found);
        set_world(known, world, SOURCE_DISK);
        known->seqno++;
        VLOG_INFO("last good world: the cluster database does not answer: "
                  "going on with %" PRIuSIZE " networks and %" PRIuSIZE
                  " peers "
                  "from the disk",
                  world->n_networks, world->n_peers);
    }
}

/* Notices when there is no database to follow any more. */
static void
watch_database(struct known *known)
{
    bool without = (!cluster_is_ready(known->cluster)
                    || !cluster_is_connected(known->cluster));

    if (without && !known->without) {
        known->without = true;
        known->without_since = time_msec();
        if (known->source == SOURCE_DATABASE) {
            VLOG_INFO("cluster database: no answer that can be followed: "
                      "going on with what it said last");
        }
    }
    if (without) {
        known->without_seqno = cluster_seqno(known->cluster);
    }
}

/* Has to run before cluster_read() and cluster_put() do. */
void
known_run(struct known *known, const struct cluster_self *self)
{
    cluster_set_self(known->cluster, self->node);
    watch_database(known);
    run_disk(known, self);
    last_good_run(known->last_good);
    report_problem(known->report, PROBLEM_CLUSTER,
                   cluster_refusal(known->cluster));
    report_problem(known->report, PROBLEM_LAST_GOOD_READ,
                   last_good_read_problem(known->last_good));
    report_problem(known->report, PROBLEM_LAST_GOOD_WRITE,
                   last_good_write_problem(known->last_good));
}

void
known_wait(const struct known *known)
{
    if (known->since && !known->world && last_good_found(known->last_good)
        && time_msec() < known->since + PATIENCE_MS) {
        poll_timer_wait_until(known->since + PATIENCE_MS);
    }
    last_good_wait(known->last_good);
}

unsigned int
known_seqno(const struct known *known)
{
    return known->seqno + cluster_seqno(known->cluster);
}

/* Was 'known->world' read from the database as it is now, by the same node?
 */
static bool
is_current(const struct known *known, const struct cluster_self *self)
{
    return (known->source == SOURCE_DATABASE
            && known->read_seqno == cluster_seqno(known->cluster)
            && !memcmp(known->tunnel_ip, self->tunnel_ip,
                       sizeof known->tunnel_ip)
            && !strcmp(known->node, self->node)
            && nullable_string_is_equal(known->system_id, self->system_id));
}

/* Remembers what is_current() compares. */
static void
note_inputs(struct known *known, const struct cluster_self *self)
{
    known->read_seqno = cluster_seqno(known->cluster);
    memcpy(known->tunnel_ip, self->tunnel_ip, sizeof known->tunnel_ip);
    free(known->node);
    known->node = xstrdup(self->node);
    free(known->system_id);
    known->system_id = nullable_xstrdup(self->system_id);
}

/* Says what became different while the database was away, if it was. */
static void
tell_return(struct known *known, const struct world *now)
{
    if (!known->without || !cluster_is_connected(known->cluster)
        || known->without_seqno == cluster_seqno(known->cluster)) {
        return;
    }
    known->without = false;
    if (known->world) {
        size_t n = world_diff_log(known->world, now);
        VLOG_INFO("cluster database: is back after %lld s; %" PRIuSIZE
                  " differences from what was known",
                  (time_msec() - known->without_since) / 1000, n);
    }
}

/* Reads the database. */
static void
run_database(struct known *known, const struct cluster_self *self)
{
    struct world *world = xmalloc(sizeof *world);

    world_init(world, self->node);
    memcpy(world->tunnel_ip, self->tunnel_ip, sizeof world->tunnel_ip);
    enum cluster_answer answer = cluster_read(known->cluster, self, world);
    if (answer == CLUSTER_SILENT) {
        world_destroy(world);
        free(world);
        return;
    }
    tell_return(known, world);
    set_world(known, world, SOURCE_DATABASE);
    note_inputs(known, self);
    if (answer == CLUSTER_WORLD) {
        cluster_follow(known->cluster, world);
        last_good_put(known->last_good, cluster_identity(known->cluster),
                      world);
        last_good_run(known->last_good);
    }
}

bool
known_read(struct known *known, const struct cluster_self *self,
           struct world *world)
{
    if (cluster_is_ready(known->cluster) && !is_current(known, self)) {
        run_database(known, self);
    }
    if (!known->world) {
        return false;
    }
    world_copy_cluster(world, known->world);
    return true;
}

void
known_forget(struct known *known)
{
    static const struct cluster_identity none = { .cluster_id = NULL };

    VLOG_WARN("cluster database: forgetting which cluster was followed, as "
              "somebody asked for that: following any that answers");
    cluster_set_identity(known->cluster, &none);
    if (known->world) {
        last_good_put(known->last_good, &none, known->world);
    }
}

/* Returns what there is to tell, as a JSON object that the caller owns. */
struct json *
known_status(const struct known *known)
{
    const char *from = (known->source == SOURCE_NOWHERE ? "nowhere yet"
                        : known->source == SOURCE_DISK  ? "disk"
                        : known->without                ? "memory"
                                                        : "cluster database");
    struct json *json = last_good_status(known->last_good);

    json_object_put_string(json, "world_from", from);
    if (known->world && known->without) {
        json_object_put(
            json, "seconds_without",
            json_integer_create((time_msec() - known->without_since) / 1000));
    }
    return json;
}
