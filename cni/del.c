/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The end of an attachment.  Runtimes call it twice, late, after a reboot,
 * without the pod's namespace and without the result of ADD; all it needs is
 * the attachment's name.  The port goes first, since the address is written
 * on it: whatever fails after that, nothing of value is left. */

#include "cni/del.h"

#include <sys/un.h>

#include "cni/detach.h"
#include "cni/id.h"
#include "cni/ipam.h"
#include "cni/options.h"
#include "cni/ovsdb.h"
#include "cni/reply.h"
#include "ovsdb/keys.h"

#define DEL_TIME 10000 /* ms, for everything. */

/* Deletes the ports that were found, and their devices. */
static int
delete_found(struct ovsdb *db, const struct detach_found *found,
             struct cni_error *err)
{
    const json_t *row;
    size_t i;

    json_array_foreach (found->ours, i, row) {
        const char *name = reply_get_string(row, "name");

        if (detach_delete(db, row, "DEL", err)
            || (name && detach_delete_link(name, err))) {
            return -1;
        }
    }
    return 0;
}

static int
delete_all(struct ovsdb *db, const struct id *id, struct cni_error *err)
{
    const struct detach_query query = {
        .key = KEY_ID,
        .value = id->text,
        .host_name = id->host_name,
    };
    struct detach_found found;
    int retval;

    if (ovsdb_connect(db, err) || detach_find(db, &query, &found, err)) {
        return -1;
    }
    retval = delete_found(db, &found, err);

    /* An ADD that was killed may have left a device without a row.  A device
     * of that name with a row is another attachment's. */
    if (!retval && !json_array_size(found.ours)
        && !json_array_size(found.named)) {
        retval = detach_delete_link(id->host_name, err);
    }
    detach_found_destroy(&found);
    return retval;
}

int
del_run(const struct env *env, const struct config *config, int stop_fd,
        struct cni_error *err)
{
    const struct ipam ipam = { options_get_ipam(config), env, config, -1 };
    const bool ipam_first = ipam_needs_port(&ipam);
    char socket[sizeof((struct sockaddr_un *) NULL)->sun_path];
    struct cni_error another;
    int ipam_failed = 0;
    struct ovsdb db;
    struct id id;
    int retval;

    if (config_get_ovsdb(config, env->ovs_rundir, socket, sizeof socket, err)
        || id_init(&id, config->name, env->container_id, env->ifname, err)) {
        return -1;
    }
    if (ipam_first) {
        ipam_failed = ipam_del(&ipam, &another);
    }
    ovsdb_init(&db, socket, ovsdb_now() + DEL_TIME, stop_fd);
    retval = delete_all(&db, &id, err);
    ovsdb_destroy(&db);
    id_destroy(&id);
    /* An address from elsewhere is given back whatever else failed, also if
     * there never was one: the runtime may not come again. */
    if (!ipam_first) {
        ipam_failed = ipam_del(&ipam, &another);
    }
    if (ipam_failed && !retval) {
        *err = another;
    }
    return ipam_failed || retval ? -1 : 0;
}
