/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Gives running pods the MTU that their network has now.
 *
 * A veth drops what is larger than the MTU of the end where it arrives, and
 * tells nobody.  So a smaller MTU is set in the pod first, and a larger one on
 * the host first, and the host's end is the sign that both are done.  A pod
 * that asked for less keeps what it asked for (KEY_MTU), and an end in a pod
 * that somebody has made smaller stays so. */

#include <config.h>
#include "controller/host-mtu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controller/host-retry.h"
#include "controller/host-veth.h"
#include "flows/world.h"
#include "netlink-socket.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_mtu);

/* A pod's veth. */
struct pod_mtu {
    char *req;          /* Which ADD made it. */
    unsigned int done;  /* The MTU that it is known to have; 0: not known. */
    bool seen;          /* Used only within host_mtus_run(). */
    struct retry retry; /* Of setting it. */
};

struct host_mtus {
    struct shash pods; /* Of "struct pod_mtu", by the host end's name. */
};

struct host_mtus *
host_mtus_open(void)
{
    struct host_mtus *mtus = xzalloc(sizeof *mtus);
    shash_init(&mtus->pods);
    return mtus;
}

static void
forget(struct host_mtus *mtus, struct shash_node *node)
{
    struct pod_mtu *pod = node->data;

    retry_destroy(&pod->retry);
    free(pod->req);
    free(pod);
    shash_delete(&mtus->pods, node);
}

/* Leaves all devices as they are. */
void
host_mtus_close(struct host_mtus *mtus)
{
    struct shash_node *node;

    if (mtus) {
        SHASH_FOR_EACH_SAFE (node, &mtus->pods) {
            forget(mtus, node);
        }
        shash_destroy(&mtus->pods);
        free(mtus);
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

/* Gives both ends of the pod's veth the MTU 'mtu'.  Stores into 'ret_was'
 * what the host's end had, 0 if there is no such device.  Returns NULL or a
 * malloc'd error. */
static char *
put_ends(const struct world_pod *pod, unsigned int mtu, unsigned int *ret_was)
{
    struct veth veth;
    char *problem = NULL;
    int error = veth_get(pod->port_name, &veth);

    *ret_was = error ? 0 : veth.mtu;
    if (error) {
        return error == ENODEV ? NULL : xstrdup(ovs_strerror(error));
    } else if (veth.mtu == mtu) {
        return NULL;
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

static struct pod_mtu *
find(struct host_mtus *mtus, const struct world_pod *pod)
{
    struct pod_mtu *mtu = shash_find_data(&mtus->pods, pod->port_name);

    if (!mtu) {
        char *what = xasprintf("MTU of pod %s", pod->id);
        mtu = xzalloc(sizeof *mtu);
        mtu->req = xstrdup(pod->req);
        retry_init(&mtu->retry, what);
        free(what);
        shash_add(&mtus->pods, pod->port_name, mtu);
    } else if (strcmp(mtu->req, pod->req)) {
        free(mtu->req);
        mtu->req = xstrdup(pod->req);
        mtu->done = 0;
    }
    return mtu;
}

static void
run_pod(struct pod_mtu *mtu, const struct world_pod *pod, unsigned int wanted)
{
    unsigned int was;

    if (mtu->done == wanted || !retry_is_due(&mtu->retry)) {
        return;
    }
    char *error = put_ends(pod, wanted, &was);
    if (error) {
        retry_failed(&mtu->retry, error);
        return;
    }
    retry_succeeded(&mtu->retry);
    mtu->done = wanted;
    if (was && was != wanted) {
        VLOG_INFO("pod %s: MTU is now %u (was %u)", pod->id, wanted, was);
    }
}

void
host_mtus_run(struct host_mtus *mtus, const struct world *world)
{
    struct shash_node *node;

    for (size_t i = 0; i < world->n_pods; i++) {
        const struct world_pod *pod = &world->pods[i];
        const struct world_network *network
            = world_find_network(world, pod->network);
        unsigned int wish = pod->options.mtu;

        if (network && pod->port_name) {
            struct pod_mtu *mtu = find(mtus, pod);
            mtu->seen = true;
            run_pod(mtu, pod, wish ? MIN(wish, network->mtu) : network->mtu);
        }
    }
    SHASH_FOR_EACH_SAFE (node, &mtus->pods) {
        struct pod_mtu *mtu = node->data;
        if (mtu->seen) {
            mtu->seen = false;
        } else {
            forget(mtus, node);
        }
    }
}

void
host_mtus_wait(const struct host_mtus *mtus)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &mtus->pods) {
        const struct pod_mtu *mtu = node->data;
        retry_wait(&mtu->retry);
    }
}

struct json *
host_mtus_status(const struct host_mtus *mtus)
{
    struct json *status = json_object_create();
    struct shash_node *node;

    SHASH_FOR_EACH (node, &mtus->pods) {
        const struct pod_mtu *mtu = node->data;
        if (mtu->retry.error) {
            json_object_put(status, node->name, retry_status(&mtu->retry));
        }
    }
    return status;
}
