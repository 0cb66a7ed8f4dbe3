/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The pods' host ends on the userspace datapath.
 *
 * There ovs-vswitchd reads frames from a packet socket beside the kernel,
 * which takes every frame as well: it would answer a pod's ARP and echo
 * requests and route its packets, whatever the flows say.  So each host end
 * has a chain at ingress that drops everything, which the packet socket does
 * not notice.  On the kernel datapath the switch takes the frames away and
 * there is nothing to do.
 *
 * A host end gets its chain because of its name, as soon as the kernel tells
 * that it exists: before its port is in any database, and until it is gone,
 * also when its port was deleted by hand.  A port is acknowledged only after
 * that.  Up to Linux 6.15 a chain vanishes with its device; afterwards it
 * stays and waits for another of that name.  We remove it, and add it again
 * for a new device, so that it makes no difference.
 *
 * What exists is known from notifications only: to ask for a name that does
 * not exist (if_nametoindex()) makes the kernel start modprobe, and waits.
 *
 * The messages are host-nfnl.c's. */

#include <config.h>
#include "controller/host-deaf.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "controller/host-nfnl.h"
#include "controller/host-retry.h"
#include "flows/world.h"
#include "netlink-socket.h"
#include "netlink.h"
#include "openvswitch/json.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb/keys.h"
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
    int ifindex;    /* 0 if the device has gone. */
    bool deaf;      /* Has the kernel confirmed the chain? */
    bool failed;    /* Did the kernel refuse the chain? */
};

struct host_deaf {
    enum deaf_mode mode;    /* Are chains needed? */
    bool known;             /* Are 'ends' all devices that there are? */
    bool tidy;              /* Are there no chains but of 'ends'? */
    struct shash ends;      /* Of "struct deaf_end", by device's name. */
    struct retry adding;    /* Of the ends that 'failed'. */
    struct retry tidying;   /* Of becoming 'known' and 'tidy'. */
    unsigned int seqno;     /* See host_deaf_seqno(). */
    struct nln_notifier *notifier; /* Of devices; NULL if refused. */
};

/* ---- Which devices there are -------------------------------------------- */

/* Is 'device' called as pods' host ends are? */
static bool
is_host_end(const char *device)
{
    size_t prefix = strlen(POD_PORT_PREFIX);

    return (!strncmp(device, POD_PORT_PREFIX, prefix)
            && strlen(device) == prefix + 8
            && strspn(device + prefix, "0123456789abcdef") == 8);
}

static void
set_deaf(struct host_deaf *deaf, struct deaf_end *end, bool is_deaf)
{
    if (end->deaf != is_deaf) {
        end->deaf = is_deaf;
        deaf->seqno++;
    }
}

/* Notes that 'device' exists with the number 'ifindex', or is gone, if that
 * is 0. */
static void
note_device(struct host_deaf *deaf, const char *device, int ifindex)
{
    struct deaf_end *end = shash_find_data(&deaf->ends, device);

    if (!end && ifindex) {
        end = xzalloc(sizeof *end);
        shash_add(&deaf->ends, device, end);
    }
    if (end && end->ifindex != ifindex) {
        end->ifindex = ifindex;
        end->failed = false;
        set_deaf(deaf, end, false);
    }
}

/* Is there a device 'ifindex' called 'name'? */
static bool
device_exists(int ifindex, const char *name)
{
    char is[IF_NAMESIZE];
    return if_indextoname(ifindex, is) && !strcmp(is, name);
}

/* Something happened to a device; to any of them, if 'change' is NULL. */
static void
device_changed(const struct rtnetlink_change *change, void *deaf_)
{
    struct host_deaf *deaf = deaf_;

    if (!change) {
        deaf->known = false;
    } else if (deaf->mode == DEAF_NEEDED && is_host_end(change->ifname)) {
        const struct deaf_end *end = shash_find_data(&deaf->ends,
                                                     change->ifname);

        if (change->nlmsg_type == RTM_NEWLINK) {
            note_device(deaf, change->ifname, change->if_index);
        } else if (end && end->ifindex == change->if_index
                   && !device_exists(change->if_index, change->ifname)) {
            note_device(deaf, change->ifname, 0);
        }
    }
}

/* Learns which devices there are, all at once.  Returns 0 or a positive
 * errno. */
static int
list_devices(struct host_deaf *deaf)
{
    struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC };
    uint64_t reply_stub[NL_DUMP_BUFSIZE / 8];
    struct ofpbuf request, reply, buf;
    struct shash_node *node;
    struct nl_dump dump;

    SHASH_FOR_EACH (node, &deaf->ends) {
        struct deaf_end *end = node->data;
        if (!device_exists(end->ifindex, node->name)) {
            note_device(deaf, node->name, 0);
        }
    }
    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, sizeof ifi, RTM_GETLINK, NLM_F_REQUEST);
    nl_msg_put(&request, &ifi, sizeof ifi);
    ofpbuf_use_stub(&buf, reply_stub, sizeof reply_stub);
    nl_dump_start(&dump, NETLINK_ROUTE, &request);
    while (nl_dump_next(&dump, &reply, &buf)) {
        struct rtnetlink_change change;

        if (rtnetlink_parse(&reply, &change) && is_host_end(change.ifname)) {
            note_device(deaf, change.ifname, change.if_index);
        }
    }
    ofpbuf_uninit(&buf);
    ofpbuf_uninit(&request);
    return nl_dump_done(&dump);
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

/* ---- Their chains ------------------------------------------------------- */

/* Gives 'end', called 'device', its chain. */
static void
deafen(struct host_deaf *deaf, const char *device, struct deaf_end *end)
{
    int error = nfnl_add_drop_chain(device);

    if (!error) {
        end->failed = false;
        set_deaf(deaf, end, true);
    } else if (error != ENOENT || device_exists(end->ifindex, device)) {
        /* Otherwise it is gone, of which we shall be told. */
        end->failed = true;
        retry_failed(&deaf->adding, xasprintf("adding a chain: %s",
                                              ovs_strerror(error)));
    }
}

/* Gives all host ends their chains, and forgets those that have gone. */
static void
run_ends(struct host_deaf *deaf)
{
    bool due = retry_is_due(&deaf->adding);
    struct shash_node *node;
    size_t n_failed = 0;

    SHASH_FOR_EACH_SAFE (node, &deaf->ends) {
        struct deaf_end *end = node->data;

        if (!end->ifindex) {
            if (nfnl_delete_chain(node->name)) {
                deaf->tidy = false;
            }
            free(shash_steal(&deaf->ends, node));
        } else if (!end->deaf) {
            if (due || !end->failed) {
                deafen(deaf, node->name, end);
            }
            n_failed += end->failed;
        }
    }
    if (!n_failed) {
        retry_succeeded(&deaf->adding);
    }
}

/* Removes chains whose devices have gone while nobody looked. */
static int
tidy_chains(struct host_deaf *deaf)
{
    struct sset chains = SSET_INITIALIZER(&chains);
    const char *chain;
    int error = nfnl_list_chains(&chains);

    SSET_FOR_EACH (chain, &chains) {
        if (!error && !shash_find(&deaf->ends, chain)) {
            error = nfnl_delete_chain(chain);
        }
    }
    sset_destroy(&chains);
    return error;
}

/* Learns what there is, and removes chains that are not needed.  On the
 * kernel datapath none is. */
static void
run_tidy(struct host_deaf *deaf)
{
    int error = 0;

    if (deaf->mode == DEAF_NEEDLESS) {
        shash_clear_free_data(&deaf->ends);
        error = nfnl_delete_table();
    } else {
        if (!deaf->known) {
            error = list_devices(deaf);
            deaf->known = !error;
        }
        if (!error) {
            error = tidy_chains(deaf);
        }
    }
    if (error) {
        retry_failed(&deaf->tidying, xstrdup(ovs_strerror(error)));
    } else {
        deaf->tidy = true;
        retry_succeeded(&deaf->tidying);
    }
}

/* Makes the kernel deaf on all host ends, if 'world' needs that. */
void
host_deaf_run(struct host_deaf *deaf, const struct world *world)
{
    enum deaf_mode mode = world->userspace ? DEAF_NEEDED : DEAF_NEEDLESS;

    if (mode != deaf->mode) {
        deaf->mode = mode;
        deaf->known = false;
        deaf->tidy = false;
        deaf->seqno++;
        VLOG_INFO("the host's kernel %s the pods' host ends",
                  mode == DEAF_NEEDED ? "must not listen to"
                  : "has no part in");
    }

    rtnetlink_run();
    if ((!deaf->tidy || (!deaf->known && mode == DEAF_NEEDED))
        && retry_is_due(&deaf->tidying)) {
        run_tidy(deaf);
    }
    if (mode == DEAF_NEEDED) {
        run_ends(deaf);
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
