/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Runtimes ask every few seconds, so that nothing is tried here that costs
 * more than reading.  Both daemons hold a lock on the node's database for as
 * long as they are there: if it is granted to us, nobody is.
 *
 * Of two callers at the same moment one may be kept from a lock by the other,
 * and take that for the daemon; the next call will know. */

#include "cni/status.h"

#include <sys/un.h>

#include "cni/ipam.h"
#include "cni/options.h"
#include "cni/ovsdb.h"
#include "cni/subnetfile.h"
#include "cni/view.h"

#define STATUS_TIME 2000 /* ms, for everything. */

static int
check_daemon(struct ovsdb *db, const char *lock, const char *name,
             enum cni_error_code code, struct cni_error *err)
{
    bool granted;

    if (ovsdb_try_lock(db, lock, &granted, err)) {
        return -1;
    } else if (granted) {
        return error_set(err, code, "%s is not running", name);
    }
    return 0;
}

/* Without ovs-vswitchd nothing learns of new connections: the pods that there
 * are suffer.  Without the controller they do not. */
static int
check_daemons(struct ovsdb *db, struct cni_error *err)
{
    return check_daemon(db, "ovs_vswitchd", "ovs-vswitchd", ERROR_SUFFERING,
                        err)
           || check_daemon(db, "loden_controller", "loden-controller",
                           ERROR_STATUS, err);
}

static int
check_free(const struct view *view, const struct network *network,
           struct cni_error *err)
{
    int retval = 0;

    for (int family = 0; family < IP_N_FAMILIES && !retval; family++) {
        struct address_pool pool;

        if (!network_has(network, family)) {
            continue;
        } else if (view_get_pool(view, network, family, &pool, err)) {
            return -1;
        }
        retval = address_check_free(&pool, err);
        address_pool_destroy(&pool);
    }
    return retval;
}

static int
check_network(const struct view *view, const struct options *options,
              struct cni_error *err)
{
    const bool has_file = options->subnet_file;
    struct subnetfile file;
    struct network network;
    unsigned int mtu;
    int retval;

    if (view_is_draining(view)) {
        return error_set(err, ERROR_STATUS,
                         "this node is draining and takes no new pods");
    } else if ((has_file && subnetfile_read(options->subnet_file, &file, err))
               || view_get_network(view, options->network,
                                   has_file ? &file : NULL, &network, err)) {
        return -1;
    }
    retval =
        options_fit(options, has_file ? &file : NULL, &network, &mtu, err);
    /* In a bridged network there may be another block to claim. */
    if (!retval && !options->ipam && !network.bridged) {
        retval = check_free(view, &network, err);
    }
    network_destroy(&network);
    return retval;
}

static int
check_node(struct ovsdb *db, const struct options *options,
           struct cni_error *err)
{
    struct view view;
    int retval;

    if (ovsdb_connect(db, err) || check_daemons(db, err)
        || view_read(db, &view, err)) {
        return -1;
    }
    retval = check_network(&view, options, err);
    view_destroy(&view);
    return retval;
}

int
status_run(const struct env *env, const struct config *config, int stop_fd,
           struct cni_error *err)
{
    char socket[sizeof((struct sockaddr_un *) NULL)->sun_path];
    struct options options;
    struct ovsdb db;
    int retval;

    if (options_parse(config, &options, err)
        || config_get_ovsdb(config, env->ovs_rundir, socket, sizeof socket,
                            err)) {
        return -1;
    }
    ovsdb_init(&db, socket, ovsdb_now() + STATUS_TIME, stop_fd);
    retval = check_node(&db, &options, err);
    ovsdb_destroy(&db);
    if (retval
        && (err->code == ERROR_TRY_AGAIN || err->code == ERROR_DATABASE)) {
        err->code = ERROR_STATUS;
    }
    return retval
               ? retval
               : ipam_status(
                   &(struct ipam){ options.ipam, env, config, stop_fd }, err);
}
