/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Keeps running pods' veths as they must be: the host's end up, and both with
 * the MTU that the network has now.
 *
 * A veth drops what is larger than the MTU of the end where it arrives, and
 * tells nobody.  So a smaller MTU is set in the pod first, and a larger one on
 * the host first, and the host's end is the sign that both are done.  A pod
 * that asked for less keeps what it asked for (KEY_MTU), and an end in a pod
 * that somebody has made smaller stays so.  A host's end that somebody has
 * made larger stays so, too, until the network's MTU changes.
 *
 * The kernel tells when somebody changes a host's end, and we look again; at
 * most once in a second, lest two who disagree keep each other busy. */

#include <config.h>
#include "controller/host-ends.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/host-retry.h"
#include "controller/host-rtnl.h"
#include "controller/host-veth.h"
#include "flows/world.h"
#include "netlink-socket.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "rtnetlink.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_ends);

/* Between two looks because of changes, in ms. */
#define PAUSE_MS 1000

/* A pod's veth. */
struct end {
    char *req;          /* Which ADD made it. */
    unsigned int done;  /* The MTU that it is known to have; 0: not known. */
    unsigned int wanted; /* The MTU that it is to have. */
    bool dirty;         /* Did the kernel tell of a change? */
    long long int next; /* Not to be looked at again before, in time_msec(). */
    bool seen;          /* Used only within host_ends_run(). */
    struct retry retry; /* Of setting it. */
};

struct host_ends {
    struct shash pods; /* Of "struct end", by the host end's name. */
    struct nln_notifier *notifier; /* Of devices; NULL if refused. */
};

/* Something happened to a device; to any of them, if 'change' is NULL. */
static void
device_changed(const struct rtnetlink_change *change, void *ends_)
{
    struct host_ends *ends = ends_;
    struct shash_node *node;

    if (change) {
        struct end *end = (change->ifname
                           ? shash_find_data(&ends->pods, change->ifname)
                           : NULL);
        if (end) {
            end->dirty = true;
        }
        return;
    }
    SHASH_FOR_EACH (node, &ends->pods) {
        struct end *end = node->data;
        end->dirty = true;
    }
}

struct host_ends *
host_ends_open(void)
{
    struct host_ends *ends = xzalloc(sizeof *ends);
    shash_init(&ends->pods);
    ends->notifier = rtnetlink_notifier_create(device_changed, ends);
    return ends;
}

static void
forget(struct host_ends *ends, struct shash_node *node)
{
    struct end *pod = node->data;

    retry_destroy(&pod->retry);
    free(pod->req);
    free(pod);
    shash_delete(&ends->pods, node);
}

/* Leaves all devices as they are. */
void
host_ends_close(struct host_ends *ends)
{
    struct shash_node *node;

    if (ends) {
        SHASH_FOR_EACH_SAFE (node, &ends->pods) {
            forget(ends, node);
        }
        shash_destroy(&ends->pods);
        rtnetlink_notifier_destroy(ends->notifier);
        free(ends);
    }
}

/* Sets the pod's end of 'veth' to 'mtu', unless it is smaller than the host's
 * end and than that.  Returns NULL or a malloc'd error. */
static char *
put_pod_end(const struct veth *veth, const char *netns, unsigned int mtu)
{
    struct nl_sock *sock;
    unsigned int now;
    char *problem = veth_open_peer(veth, netns, &sock);

    if (problem) {
        return problem;
    }
    int error = veth_get_mtu(sock, veth->peer_ifindex, &now);
    if (!error && (now == veth->mtu || now > mtu)) {
        error = veth_set_mtu(sock, veth->peer_ifindex, mtu);
    }
    nl_sock_destroy(sock);
    return error ? xasprintf("its end in the pod: %s", ovs_strerror(error))
           : NULL;
}

/* Gives both ends of the pod's veth the MTU 'mtu'.  If they had it ('had') and
 * somebody has made the host's larger, that stays: it cuts nobody off.  Stores
 * into 'ret_was' what the host's end had, 0 if there is no such device.
 * Returns NULL or a malloc'd error. */
static char *
put_ends(const struct world_pod *pod, unsigned int mtu, unsigned int had,
         unsigned int *ret_was)
{
    struct veth veth;
    char *problem = NULL;
    int error = veth_get(pod->port_name, &veth);

    *ret_was = error ? 0 : veth.mtu;
    if (error) {
        return error == ENODEV ? NULL : xstrdup(ovs_strerror(error));
    } else if (!veth.up && veth.has_peer && pod->acked) {
        VLOG_INFO("pod %s: %s was set down by somebody else: setting it up",
                  pod->id, pod->port_name);
        error = rtnl_link_set_up(veth.ifindex);
    }
    if (error || veth.mtu == mtu || (had == mtu && veth.mtu > mtu)) {
        return error ? xstrdup(ovs_strerror(error)) : NULL;
    } else if (veth.mtu < mtu) {
        error = veth_set_mtu(NULL, veth.ifindex, mtu);
    }
    if (!error) {
        problem = put_pod_end(&veth, pod->netns, mtu);
    }
    if (!error && (problem ? veth.mtu < mtu : veth.mtu > mtu)) {
        /* The sign of being done, or of not being so. */
        error = veth_set_mtu(NULL, veth.ifindex, problem ? veth.mtu : mtu);
    }
    return problem ? problem : error ? xstrdup(ovs_strerror(error)) : NULL;
}

static struct end *
find(struct host_ends *ends, const struct world_pod *pod)
{
    struct end *end = shash_find_data(&ends->pods, pod->port_name);

    if (!end) {
        char *what = xasprintf("MTU of pod %s", pod->id);
        end = xzalloc(sizeof *end);
        end->req = xstrdup(pod->req);
        retry_init(&end->retry, what);
        free(what);
        shash_add(&ends->pods, pod->port_name, end);
    } else if (strcmp(end->req, pod->req)) {
        free(end->req);
        end->req = xstrdup(pod->req);
        end->done = 0;
    }
    return end;
}

static void
run_pod(struct end *end, const struct world_pod *pod, unsigned int wanted)
{
    unsigned int was;

    end->wanted = wanted;
    if ((end->done == wanted && !end->dirty) || time_msec() < end->next
        || !retry_is_due(&end->retry)) {
        return;
    }
    if (end->dirty) {
        end->next = time_msec() + PAUSE_MS;
        end->dirty = false;
    }
    char *error = put_ends(pod, wanted, end->done, &was);
    if (error) {
        retry_failed(&end->retry, error);
        return;
    }
    retry_succeeded(&end->retry);
    if (was && (was < wanted || (was > wanted && end->done != wanted))) {
        VLOG_INFO("pod %s: MTU is now %u (was %u)", pod->id, wanted, was);
    }
    end->done = wanted;
}

void
host_ends_run(struct host_ends *ends, const struct world *world)
{
    struct shash_node *node;

    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        const struct world_network *network
            = world_find_network(world, pod->network);
        unsigned int wish = pod->options.mtu;

        if (network && pod->port_name) {
            struct end *end = find(ends, pod);
            end->seen = true;
            run_pod(end, pod, wish ? MIN(wish, network->mtu) : network->mtu);
        }
    }
    SHASH_FOR_EACH_SAFE (node, &ends->pods) {
        struct end *end = node->data;
        if (end->seen) {
            end->seen = false;
        } else {
            forget(ends, node);
        }
    }
}

void
host_ends_wait(const struct host_ends *ends)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &ends->pods) {
        const struct end *end = node->data;
        retry_wait(&end->retry);
        if (end->dirty || (end->done != end->wanted && !end->retry.error)) {
            poll_timer_wait_until(end->next);
        }
    }
}

bool
host_ends_are_settled(const struct host_ends *ends)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &ends->pods) {
        const struct end *end = node->data;

        if (end->done != end->wanted && !end->retry.error) {
            return false;
        }
    }
    return true;
}

struct json *
host_ends_status(const struct host_ends *ends)
{
    struct json *status = json_object_create();
    struct shash_node *node;

    SHASH_FOR_EACH (node, &ends->pods) {
        const struct end *end = node->data;
        if (end->retry.error) {
            json_object_put(status, node->name, retry_status(&end->retry));
        }
    }
    return status;
}
