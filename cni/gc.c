/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* An attachment stands in the database as a row, and on the host as a device
 * whose alias says whose it is: an ADD that was killed may have left only
 * that.  Both begin with CNI's name of the network, and nothing of another
 * network is touched.
 *
 * The runtime adds and deletes nothing meanwhile, says the specification. */

#include "cni/gc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "cni/detach.h"
#include "cni/ipam.h"
#include "cni/linkread.h"
#include "cni/op.h"
#include "cni/options.h"
#include "cni/ovsdb.h"
#include "cni/reply.h"
#include "cni/value.h"
#include "ovsdb/keys.h"

#define GC_TIME 60000 /* ms, for everything: there may be hundreds. */

/* A device that is to go. */
struct stale {
    char *id;                 /* Of the attachment.  Owned. */
    char host_name[IFNAMSIZ]; /* The device. */
};

struct gc {
    const struct env *env;       /* Borrowed. */
    const struct config *config; /* Borrowed. */
    const json_t *valid;         /* What the runtime has: objects. */
    struct ipam ipam;            /* With 'config'. */

    /* What is to go. */
    struct stale *stale; /* Owned. */
    size_t n_stale;

    /* What did not work. */
    unsigned int n_failures;
    struct cni_error first; /* Valid if there is any. */
};

static void
failed(struct gc *gc, const struct cni_error *err)
{
    if (!gc->n_failures++) {
        gc->first = *err;
    }
}

/* ---- What is valid ---------------------------------------------------- */

/* Stores the list, or NULL if the runtime tells none: then nothing of ours is
 * to go.  No list at all and a list that is null are different things. */
static int
get_valid(const struct config *config, json_t *empty, const json_t **ret_valid,
          struct cni_error *err)
{
    const json_t *list =
        json_object_get(config->root, "cni.dev/valid-attachments");
    const char *id, *ifname;
    const json_t *entry;
    size_t i;

    list = json_is_null(list) ? empty : list;
    if (list && !json_is_array(list)) {
        return error_set(err, ERROR_CONFIG,
                         "\"cni.dev/valid-attachments\" must be a list");
    }
    json_array_foreach (list, i, entry) {
        id = ifname = NULL;
        if (value_to_string(value_find(entry, "containerID"), "containerID",
                            &id, err)
            || value_to_string(value_find(entry, "ifname"), "ifname", &ifname,
                               err)) {
            return -1;
        } else if (!id || !ifname) {
            return error_set(err, ERROR_CONFIG,
                             "\"cni.dev/valid-attachments\": an entry without "
                             "containerID or ifname");
        }
    }
    *ret_valid = list;
    return 0;
}

/* Is 'id' one of this network's, and none that the runtime has? */
static bool
is_stale(const struct gc *gc, const char *id)
{
    const size_t n = strlen(gc->config->name);
    const char *container = id + n + 1;
    const json_t *entry;
    const char *slash;
    size_t i;

    if (strncmp(id, gc->config->name, n) || id[n] != '/'
        || !(slash = strchr(container, '/'))) {
        return false;
    }
    json_array_foreach (gc->valid, i, entry) {
        const char *valid =
            json_string_value(json_object_get(entry, "containerID"));
        const char *ifname =
            json_string_value(json_object_get(entry, "ifname"));

        if (strlen(valid) == (size_t) (slash - container)
            && !memcmp(valid, container, slash - container)
            && !strcmp(ifname, slash + 1)) {
            return false;
        }
    }
    return true;
}

/* ---- What is to go ---------------------------------------------------- */

/* Notes that the device 'host_name' of the attachment 'id' is to go. */
static void
note(struct gc *gc, const char *id, const char *host_name)
{
    struct stale *larger;
    struct cni_error err;

    for (size_t i = 0; i < gc->n_stale; i++) {
        if (!strcmp(gc->stale[i].host_name, host_name)) {
            return;
        }
    }
    larger = realloc(gc->stale, (gc->n_stale + 1) * sizeof *larger);
    if (larger) {
        struct stale *stale = &larger[gc->n_stale];

        gc->stale = larger;
        stale->id = strdup(id);
        strncpy(stale->host_name, host_name, IFNAMSIZ - 1);
        stale->host_name[IFNAMSIZ - 1] = '\0';
        gc->n_stale += stale->id != NULL;
    }
    if (!larger) {
        error_no_memory(&err);
        failed(gc, &err);
    }
}

/* Deletes the ports of 'rows' that are to go. */
static void
unplug_rows(struct gc *gc, struct ovsdb *db, const json_t *rows)
{
    json_int_t sequence = 0;
    const json_t *row;
    size_t i;

    json_array_foreach (rows, i, row) {
        const char *id = reply_get_key(row, "external_ids", KEY_ID);
        const char *name = reply_get_string(row, "name");
        struct cni_error err;

        if (!id || !name || !is_stale(gc, id)) {
            continue;
        } else if (detach_unplug(db, row, "GC", &sequence, &err)) {
            error_wrap(&err, "%s", id);
            failed(gc, &err);
        } else {
            note(gc, id, name);
        }
    }
    if (sequence) {
        detach_wait(db, sequence);
    }
}

static void
unplug_all(struct gc *gc, struct ovsdb *db)
{
    struct cni_error err;
    json_t *results, *rows;

    if (ovsdb_connect(db, &err)
        || ovsdb_transact(
            db,
            op_list(1, op_select("Interface", op_where_string("type", ""),
                                 "_uuid name external_ids")),
            &results, &err)) {
        failed(gc, &err);
        return;
    }
    if (reply_failed_operation(results, 1, &err) >= 0
        || reply_get_rows(results, 0, &rows, &err)) {
        failed(gc, &err);
    } else {
        unplug_rows(gc, db, rows);
    }
    json_decref(results);
}

static void
note_device(const struct link_state *device, void *gc_)
{
    struct gc *gc = gc_;

    if (!strncmp(device->name, POD_PORT_PREFIX, strlen(POD_PORT_PREFIX))
        && is_stale(gc, device->alias)) {
        note(gc, device->alias, device->name);
    }
}

/* Devices whose port is still there, since it could not be deleted, stay: they
 * are no more than the port is, and the next call finds both. */
static void
note_devices(struct gc *gc)
{
    struct cni_error err;
    struct link host;

    if (link_open(&host, &err)) {
        failed(gc, &err);
        return;
    }
    if (linkread_devices(&host, note_device, gc, &err)) {
        failed(gc, &err);
    }
    link_close(&host);
}

/* Gives back what an IPAM plugin gave to the attachment, and deletes the
 * device. */
static void
delete_stale(struct gc *gc, const struct stale *stale)
{
    char *container = stale->id + strlen(gc->config->name) + 1;
    char *slash = strchr(container, '/');
    struct env env = *gc->env;
    struct ipam ipam = gc->ipam;
    struct cni_error err;

    if (detach_delete_link(stale->host_name, &err)) {
        failed(gc, &err);
    }
    *slash = '\0';
    env.container_id = container;
    env.ifname = slash + 1;
    env.netns = "";
    ipam.env = &env;
    if (ipam_del(&ipam, &err)) {
        failed(gc, &err);
    }
}

static void
collect(struct gc *gc, struct ovsdb *db)
{
    unplug_all(gc, db);
    if (!gc->n_failures) {
        note_devices(gc);
    }
    for (size_t i = 0; i < gc->n_stale; i++) {
        delete_stale(gc, &gc->stale[i]);
        free(gc->stale[i].id);
    }
    free(gc->stale);
}

int
gc_run(const struct env *env, const struct config *config, int stop_fd,
       struct cni_error *err)
{
    char socket[sizeof((struct sockaddr_un *) NULL)->sun_path];
    struct gc gc = { .env = env, .config = config };
    json_t *empty = json_array();
    struct cni_error another;
    struct ovsdb db;

    if (config_get_ovsdb(config, env->ovs_rundir, socket, sizeof socket, err)
        || get_valid(config, empty, &gc.valid, err)) {
        json_decref(empty);
        return -1;
    }
    gc.ipam = (struct ipam){ options_get_ipam(config), env, config, stop_fd };
    ovsdb_init(&db, socket, ovsdb_now() + GC_TIME, stop_fd);
    if (gc.valid) {
        collect(&gc, &db);
    }
    ovsdb_destroy(&db);
    json_decref(empty);
    if (ipam_gc(&gc.ipam, &another)) {
        failed(&gc, &another);
    }
    if (gc.n_failures) {
        *err = gc.first;
    }
    return gc.n_failures > 1
               ? error_wrap(err, "%u failures, the first is", gc.n_failures)
           : gc.n_failures ? -1
                           : 0;
}
