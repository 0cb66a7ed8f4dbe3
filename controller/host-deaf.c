/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The pods' host ends on the userspace datapath.
 *
 * There ovs-vswitchd reads frames from a packet socket beside the kernel,
 * which takes every frame as well: it would answer a pod's ARP and echo
 * requests and route its packets, whatever the flows say.  So each host end
 * has a chain at ingress that drops everything, which the packet socket does
 * not notice.  A port is acknowledged only after that.  On the kernel
 * datapath the switch takes the frames away and there is nothing to do.
 *
 * A host end can vanish at any moment, with the pod's namespace, and come
 * back under the same name.  Up to Linux 6.15 its chain vanishes with it;
 * afterwards it stays and waits for a device of that name.  Both are right
 * here: a device that is new gets its chain again.  And a host end that lost
 * its port, by DEL or by hand, stays unheard as long as it exists.
 *
 * The messages are host-nfnl.c's. */

#include <config.h>
#include "controller/host-deaf.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "controller/host-nfnl.h"
#include "controller/host-retry.h"
#include "flows/world.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "rtnetlink.h"
#include "sset.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_deaf);

enum deaf_mode {
    DEAF_UNKNOWN,   /* host_deaf_run() was not called yet. */
    DEAF_NEEDLESS,  /* Kernel datapath. */
    DEAF_NEEDED     /* Userspace datapath. */
};

/* A pod's host end. */
struct deaf_end {
    int ifindex;    /* 0 while there is no such device. */
    bool deaf;      /* Has the kernel confirmed the chain? */
    bool failed;    /* Did the kernel refuse the chain? */
    bool changed;   /* Must the device be looked at again? */
    bool is_pods;   /* Does the world have a pod there? */
};

struct host_deaf {
    enum deaf_mode mode;    /* Are chains needed? */
    bool tidy;              /* Are there no chains but of 'ends'? */
    struct shash ends;      /* Of "struct deaf_end", by device's name. */
    struct retry adding;    /* Of the ends that 'failed'. */
    struct retry tidying;   /* Of becoming 'tidy'. */
    unsigned int seqno;     /* See host_deaf_seqno(). */
    struct nln_notifier *notifier; /* Of devices; NULL if refused. */
};

/* Something happened to a device; to any of them, if 'change' is NULL. */
static void
device_changed(const struct rtnetlink_change *change, void *deaf_)
{
    struct host_deaf *deaf = deaf_;
    struct shash_node *node;

    if (change) {
        struct deaf_end *end = shash_find_data(&deaf->ends, change->ifname);
        if (end) {
            end->changed = true;
        }
    } else {
        SHASH_FOR_EACH (node, &deaf->ends) {
            struct deaf_end *end = node->data;
            end->changed = true;
        }
    }
}

struct host_deaf *
host_deaf_open(void)
{
    struct host_deaf *deaf = xzalloc(sizeof *deaf);

    deaf->mode = DEAF_UNKNOWN;
    shash_init(&deaf->ends);
    retry_init(&deaf->adding, "nftables table 'netdev loden'");
    retry_init(&deaf->tidying, "tidying nftables table 'netdev loden'");
    deaf->notifier = rtnetlink_notifier_create(device_changed, deaf);
    return deaf;
}

/* Leaves the chains in place. */
void
host_deaf_close(struct host_deaf *deaf)
{
    if (deaf) {
        rtnetlink_notifier_destroy(deaf->notifier);
        retry_destroy(&deaf->adding);
        retry_destroy(&deaf->tidying);
        shash_destroy_free_data(&deaf->ends);
        free(deaf);
    }
}

static void
set_deaf(struct host_deaf *deaf, struct deaf_end *end, bool is_deaf)
{
    if (end->deaf != is_deaf) {
        end->deaf = is_deaf;
        deaf->seqno++;
    }
}

static struct deaf_end *
add_end(struct host_deaf *deaf, const char *device)
{
    struct deaf_end *end = xzalloc(sizeof *end);

    end->changed = true;
    shash_add(&deaf->ends, device, end);
    return end;
}

/* Notes which host ends have pods in 'world'. */
static void
mark_pods(struct host_deaf *deaf, const struct world *world)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &deaf->ends) {
        struct deaf_end *end = node->data;
        end->is_pods = false;
    }
    for (size_t i = 0; i < world->n_pods; i++) {
        const char *device = world->pods[i].port_name;

        if (device) {
            struct deaf_end *end = shash_find_data(&deaf->ends, device);
            if (!end) {
                end = add_end(deaf, device);
            }
            end->is_pods = true;
        }
    }
}

/* Looks at the device of 'end' again, if something happened to it. */
static void
refresh_end(struct host_deaf *deaf, const char *device, struct deaf_end *end)
{
    if (end->changed) {
        int ifindex = if_nametoindex(device);

        end->changed = false;
        if (ifindex != end->ifindex) {
            end->ifindex = ifindex;
            end->failed = false;
            set_deaf(deaf, end, false);
        }
    }
}

/* Gives 'end', called 'device', its chain. */
static void
deafen(struct host_deaf *deaf, const char *device, struct deaf_end *end)
{
    int error = nfnl_add_drop_chain(device);

    if (!error) {
        end->failed = false;
        set_deaf(deaf, end, true);
    } else if (error == ENOENT && !if_nametoindex(device)) {
        end->ifindex = 0;
    } else {
        end->failed = true;
        retry_failed(&deaf->adding, xasprintf("adding a chain: %s",
                                              ovs_strerror(error)));
    }
}

/* Gives all ends whose devices exist their chains, and forgets those that
 * are of no use any more. */
static void
run_ends(struct host_deaf *deaf)
{
    bool due = retry_is_due(&deaf->adding);
    struct shash_node *node;
    size_t n_failed = 0;

    SHASH_FOR_EACH_SAFE (node, &deaf->ends) {
        struct deaf_end *end = node->data;

        refresh_end(deaf, node->name, end);
        if (end->ifindex && !end->deaf && (due || !end->failed)) {
            deafen(deaf, node->name, end);
        }
        n_failed += end->failed;
        if (!end->ifindex && !end->is_pods) {
            free(shash_steal(&deaf->ends, node));
            deaf->tidy = false;
        }
    }
    if (!n_failed) {
        retry_succeeded(&deaf->adding);
    }
}

/* Looks for chains that are not of 'deaf->ends': an earlier run of this
 * program put them, or their devices have gone. */
static int
tidy_chains(struct host_deaf *deaf)
{
    struct sset chains = SSET_INITIALIZER(&chains);
    const char *chain;
    int error = nfnl_list_chains(&chains);

    SSET_FOR_EACH (chain, &chains) {
        if (!error && !shash_find(&deaf->ends, chain)) {
            if (if_nametoindex(chain)) {
                add_end(deaf, chain);
            } else {
                error = nfnl_delete_chain(chain);
            }
        }
    }
    sset_destroy(&chains);
    return error;
}

/* Removes what is not needed.  On the kernel datapath nothing is. */
static void
run_tidy(struct host_deaf *deaf)
{
    int error = (deaf->mode == DEAF_NEEDED
                 ? tidy_chains(deaf) : nfnl_delete_table());

    if (error) {
        retry_failed(&deaf->tidying, xstrdup(ovs_strerror(error)));
    } else {
        deaf->tidy = true;
        retry_succeeded(&deaf->tidying);
    }
}

/* Makes the kernel deaf on the pods' host ends, as far as they exist. */
void
host_deaf_run(struct host_deaf *deaf, const struct world *world)
{
    enum deaf_mode mode = world->userspace ? DEAF_NEEDED : DEAF_NEEDLESS;

    if (mode != deaf->mode) {
        deaf->mode = mode;
        deaf->tidy = false;
        deaf->seqno++;
        VLOG_INFO("the host's kernel %s the pods' host ends",
                  mode == DEAF_NEEDED ? "must not listen to"
                  : "has no part in");
    }

    rtnetlink_run();
    if (mode == DEAF_NEEDED) {
        mark_pods(deaf, world);
        run_ends(deaf);
    } else {
        shash_clear_free_data(&deaf->ends);
    }
    if (!deaf->tidy && retry_is_due(&deaf->tidying)) {
        run_tidy(deaf);
    }
}

void
host_deaf_wait(const struct host_deaf *deaf)
{
    rtnetlink_wait();
    retry_wait(&deaf->adding);
    retry_wait(&deaf->tidying);
}

bool
host_deaf_is_deaf(const struct host_deaf *deaf, const char *device)
{
    const struct deaf_end *end = shash_find_data(&deaf->ends, device);

    return (deaf->mode == DEAF_NEEDLESS
            || (deaf->mode == DEAF_NEEDED && end && end->deaf));
}

/* Raised whenever an answer of host_deaf_is_deaf() may have changed. */
unsigned int
host_deaf_seqno(const struct host_deaf *deaf)
{
    return deaf->seqno;
}

void
host_deaf_lost(struct host_deaf *deaf, const struct sset *chains)
{
    struct shash_node *node;
    size_t n = 0;

    SHASH_FOR_EACH (node, &deaf->ends) {
        struct deaf_end *end = node->data;

        if (end->deaf && (!chains || sset_contains(chains, node->name))) {
            set_deaf(deaf, end, false);
            n++;
        }
    }
    if (n) {
        VLOG_WARN("nftables table 'netdev loden' was changed by somebody "
                  "else: putting back %"PRIuSIZE" chains", n);
    }
}

struct json *
host_deaf_status(const struct host_deaf *deaf)
{
    struct json *status = json_object_create();
    struct json *waiting = json_array_create_empty();
    struct shash_node *node;

    SHASH_FOR_EACH (node, &deaf->ends) {
        const struct deaf_end *end = node->data;

        if (!end->deaf) {
            json_array_add(waiting, json_string_create(node->name));
        }
    }
    json_object_put(status, "needed",
                    json_boolean_create(deaf->mode == DEAF_NEEDED));
    json_object_put(status, "waiting", waiting);
    json_object_put(status, "error", retry_status(deaf->adding.error
                                                  ? &deaf->adding
                                                  : &deaf->tidying));
    return status;
}
