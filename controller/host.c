/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The host's side of the node, put together: each part below gets the world
 * and makes its piece of the host agree.
 *
 *     host-link.c    when to look at the host ports' devices
 *     host-device.c  what a device gets: address, routes
 *     host-rules.c   the text of the table 'inet loden'
 *     host-ports.c   of it, the host ports
 *     host-nft.c     that text given to nft
 *     host-deaf.c    the table 'netdev loden', on the userspace datapath
 *     host-ends.c    the veths of pods that run already
 *     host-watch.c   others who change our tables
 *     host-forward.c others whose tables are in the way
 *     host-router.c  whether the host forwards at all
 *     subnet-file.c  the subnet for those who know no database
 *
 * Whatever is not Loden's on this host is left alone, and nothing is undone
 * at the end.  Ports and their MTU are ovsdb/local.c's. */

#include <config.h>
#include "controller/host.h"

#include <stdlib.h>
#include <string.h>

#include "controller/host-deaf.h"
#include "controller/host-forward.h"
#include "controller/host-link.h"
#include "controller/host-ends.h"
#include "controller/host-nft.h"
#include "controller/host-retry.h"
#include "controller/host-router.h"
#include "controller/host-rules.h"
#include "controller/host-watch.h"
#include "controller/subnet-file.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "process.h"
#include "sset.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host);

struct host {
    struct host_links *links;
    struct host_nft *nft;
    struct host_deaf *deaf;
    struct host_ends *ends;
    struct host_watch *watch;
    struct host_forward *forward;
    struct host_router *router;

    /* The subnet file. */
    char *file_name;          /* Its path. */
    bool file_known;          /* Does 'file_text' say what it holds? */
    char *file_text;          /* What it holds; NULL if it is not there. */
    struct retry file;        /* Of writing it. */
};

struct host *
host_open(const char *subnet_file)
{
    struct host *host = xzalloc(sizeof *host);

    host->links = host_links_open();
    host->nft = host_nft_open();
    host->deaf = host_deaf_open();
    host->ends = host_ends_open();
    host->watch = host_watch_open();
    host->forward = host_forward_open();
    host->router = host_router_open();
    host->file_name = xstrdup(subnet_file);
    retry_init(&host->file, "subnet file");
    return host;
}

void
host_close(struct host *host)
{
    if (!host) {
        return;
    }
    retry_destroy(&host->file);
    free(host->file_text);
    free(host->file_name);
    host_router_close(host->router);
    host_forward_close(host->forward);
    host_watch_close(host->watch);
    host_ends_close(host->ends);
    host_deaf_close(host->deaf);
    host_nft_close(host->nft);
    host_links_close(host->links);
    free(host);
}

/* ---- The subnet file ---------------------------------------------------- */

static void
run_subnet_file(struct host *host, const struct world *world)
{
    char *text = subnet_file_text(world);

    if ((host->file_known && nullable_string_is_equal(text, host->file_text))
        || !retry_is_due(&host->file)) {
        free(text);
        return;
    }
    char *error = subnet_file_put(host->file_name, text);
    if (error) {
        retry_failed(&host->file, error);
        free(text);
        return;
    }
    retry_succeeded(&host->file);
    VLOG_INFO("subnet file %s is now %s", host->file_name,
              text ? "up to date" : "absent: there is no subnet");
    free(host->file_text);
    host->file_text = text;
    host->file_known = true;
}

/* ---- All of it ---------------------------------------------------------- */

/* The kernel tells of losses before it lets nft end: taken in this order, a
 * loss that nft itself causes is counted while nft still runs. */
static void
run_nftables(struct host *host, const struct world *world)
{
    struct sset chains = SSET_INITIALIZER(&chains);
    struct host_losses losses = { .netdev = &chains };

    process_run();
    host_watch_run(host->watch, &losses);
    host_nft_lost(host->nft, losses.inet + losses.overflow);
    host_deaf_lost(host->deaf, losses.overflow ? NULL : &chains);
    sset_destroy(&chains);
    if (losses.changed) {
        host_forward_changed(host->forward);
    }

    /* First what a pod waits for. */
    host_deaf_run(host->deaf, world);

    char *rules = host_rules(world);
    host_nft_run(host->nft, rules);
    free(rules);
}

void
host_run(struct host *host, const struct world *world)
{
    host_links_run(host->links, world);
    run_nftables(host, world);
    host_ends_run(host->ends, world);
    host_forward_run(host->forward, world);
    host_router_run(host->router, world);
    run_subnet_file(host, world);
}

void
host_wait(struct host *host)
{
    host_links_wait(host->links);
    host_watch_wait(host->watch);
    host_nft_wait(host->nft);
    host_forward_wait(host->forward);
    host_ends_wait(host->ends);
    host_deaf_wait(host->deaf);
    host_router_wait(host->router);
    retry_wait(&host->file);
}

/* A pod's host ports must be there before it is told so, and need not be there
 * at every moment afterwards: the whole table is replaced when another pod
 * comes. */
bool
host_is_ready_for(const struct host *host, const struct world_pod *pod)
{
    return (host_deaf_is_deaf(host->deaf, pod->port_name)
            && (!pod->options.n_host_ports || pod->acked
                || host_nft_is_applied(host->nft)));
}

bool
host_is_settled(const struct host *host)
{
    return (host_nft_is_applied(host->nft)
            && host_links_are_settled(host->links)
            && host_ends_are_settled(host->ends)
            && host->file_known && !host->file.error);
}

unsigned int
host_seqno(const struct host *host)
{
    return host_deaf_seqno(host->deaf);
}

/* Returns what the parts are at, and what they complain of. */
struct json *
host_status(const struct host *host)
{
    struct json *status = json_object_create();
    struct json *file = json_object_create();

    json_object_put_string(file, "name", host->file_name);
    json_object_put(file, "written",
                    json_boolean_create(host->file_text != NULL));
    json_object_put(file, "error", retry_status(&host->file));

    json_object_put(status, "ports", host_links_status(host->links));
    json_object_put(status, "nftables", host_nft_status(host->nft));
    json_object_put(status, "deaf", host_deaf_status(host->deaf));
    json_object_put(status, "subnet_file", file);
    json_object_put(status, "pod_mtus", host_ends_status(host->ends));
    json_object_put(status, "forward", host_forward_status(host->forward));
    host_router_status(host->router, status);
    return status;
}
