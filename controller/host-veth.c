/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A veth's ends: the host's, and the pod's in its namespace.
 *
 * Where that is only a path on the pod's row says, which anybody who may talk
 * to the node's database can write.  So the path is opened without touching
 * what it leads to (O_PATH), must be a namespace, and must be the very
 * namespace that the kernel names as the one of the other end.  Only then is
 * it entered, for as long as it takes to open a socket.  Source: setns(2),
 * linux/net_namespace.h. */

#include <config.h>
#include "controller/host-veth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "netlink-socket.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_veth);

/* Sends 'request' by 'sock' and waits for the answer, which the kernel gives
 * at once, up to its acknowledgement.  'reply' may be NULL. */
static int
transact_by(struct nl_sock *sock, struct ofpbuf *request,
            struct ofpbuf **reply)
{
    struct ofpbuf *answer = NULL;
    int result = nl_sock_send(sock, request, true);
    bool done = result != 0;

    while (!done) {
        struct ofpbuf buf;

        ofpbuf_init(&buf, 4096);
        result = nl_sock_recv(sock, &buf, NULL, true);
        done = result != 0;
        if (!done && buf.size >= NLMSG_HDRLEN
            && nl_msg_nlmsghdr(&buf)->nlmsg_seq
               == nl_msg_nlmsghdr(request)->nlmsg_seq) {
            const struct nlmsgerr *end = ofpbuf_at(&buf, NLMSG_HDRLEN,
                                                   sizeof *end);
            if (nl_msg_nlmsghdr(&buf)->nlmsg_type == NLMSG_ERROR) {
                result = end ? -end->error : EPROTO;
                done = true;
            } else {
                ofpbuf_delete(answer);
                answer = ofpbuf_clone(&buf);
            }
        }
        ofpbuf_uninit(&buf);
    }
    if (!result && reply && !answer) {
        result = EPROTO;
    }
    if (!result && reply) {
        *reply = answer;
    } else {
        ofpbuf_delete(answer);
    }
    return result;
}

/* Sends 'request', waits for the answer, and frees 'request'. */
static int
transact(struct nl_sock *sock, struct ofpbuf *request, struct ofpbuf **reply)
{
    int error = (sock ? transact_by(sock, request, reply)
                 : nl_transact(NETLINK_ROUTE, request, reply));
    ofpbuf_uninit(request);
    return error;
}

/* Asks about the device 'ifindex', or, if that is 0, about 'name'. */
static int
get_link(struct nl_sock *sock, int ifindex, const char *name,
         struct veth *veth)
{
    static const struct nl_policy policy[] = {
        [IFLA_MTU] = { .type = NL_A_U32 },
        [IFLA_LINK] = { .type = NL_A_U32, .optional = true },
        [IFLA_LINK_NETNSID] = { .type = NL_A_U32, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
    struct ofpbuf request, *reply;

    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, sizeof ifi, RTM_GETLINK,
                        NLM_F_REQUEST | NLM_F_ACK);
    nl_msg_put(&request, &ifi, sizeof ifi);
    if (!ifindex) {
        nl_msg_put_string(&request, IFLA_IFNAME, name);
    }
    int error = transact(sock, &request, &reply);
    if (error) {
        return error;
    }
    const struct ifinfomsg *found = ofpbuf_at(reply, NLMSG_HDRLEN,
                                              sizeof *found);
    if (found && nl_policy_parse(reply, NLMSG_HDRLEN + sizeof *found, policy,
                                 attrs, ARRAY_SIZE(policy))) {
        *veth = (struct veth) {
            .ifindex = found->ifi_index,
            .mtu = nl_attr_get_u32(attrs[IFLA_MTU]),
            .up = (found->ifi_flags & IFF_UP) != 0,
            .has_peer = attrs[IFLA_LINK] && attrs[IFLA_LINK_NETNSID],
        };
        if (veth->has_peer) {
            veth->peer_ifindex = nl_attr_get_u32(attrs[IFLA_LINK]);
            veth->peer_nsid = nl_attr_get_u32(attrs[IFLA_LINK_NETNSID]);
        }
    } else {
        error = EPROTO;
    }
    ofpbuf_delete(reply);
    return error;
}

int
veth_get(const char *name, struct veth *veth)
{
    return get_link(NULL, 0, name, veth);
}

int
veth_get_mtu(struct nl_sock *sock, int ifindex, unsigned int *ret_mtu)
{
    struct veth veth;
    int error = get_link(sock, ifindex, NULL, &veth);

    if (!error) {
        *ret_mtu = veth.mtu;
    }
    return error;
}

int
veth_set_mtu(struct nl_sock *sock, int ifindex, unsigned int mtu)
{
    struct ifinfomsg ifi = { .ifi_family = AF_UNSPEC, .ifi_index = ifindex };
    struct ofpbuf request;

    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, sizeof ifi, RTM_NEWLINK,
                        NLM_F_REQUEST | NLM_F_ACK);
    nl_msg_put(&request, &ifi, sizeof ifi);
    nl_msg_put_u32(&request, IFLA_MTU, mtu);
    return transact(sock, &request, NULL);
}

/* ---- The pod's namespace ------------------------------------------------ */

/* Stores into 'ret_nsid' the number that the daemon's own namespace has for
 * the one of 'fd'; negative if it has none. */
static int
get_nsid(int fd, int *ret_nsid)
{
    static const struct nl_policy policy[] = {
        [NETNSA_NSID] = { .type = NL_A_U32 },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    struct rtgenmsg gen = { .rtgen_family = AF_UNSPEC };
    struct ofpbuf request, *reply;

    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, sizeof gen, RTM_GETNSID,
                        NLM_F_REQUEST | NLM_F_ACK);
    nl_msg_put(&request, &gen, sizeof gen);
    nl_msg_put_u32(&request, NETNSA_FD, fd);
    int error = transact(NULL, &request, &reply);
    if (error) {
        return error;
    }
    if (nl_policy_parse(reply, NLMSG_HDRLEN + NLMSG_ALIGN(sizeof gen), policy,
                        attrs, ARRAY_SIZE(policy))) {
        *ret_nsid = (int) nl_attr_get_u32(attrs[NETNSA_NSID]);
    } else {
        error = EPROTO;
    }
    ofpbuf_delete(reply);
    return error;
}

/* Opens the namespace at 'path', if it is one.  Returns a file descriptor or
 * a negative errno. */
static int
open_namespace(const char *path)
{
    int place = open(path, O_PATH | O_CLOEXEC);
    struct statfs fs;
    int fd;

    if (place < 0) {
        return -errno;
    } else if (fstatfs(place, &fs)) {
        fd = -errno;
    } else if (fs.f_type != NSFS_MAGIC) {
        fd = -EINVAL;
    } else {
        char *again = xasprintf("/proc/self/fd/%d", place);
        fd = open(again, O_RDONLY | O_CLOEXEC);
        fd = fd < 0 ? -errno : fd;
        free(again);
    }
    close(place);
    return fd;
}

/* Opens a netlink socket in the namespace of 'fd'.  Returns 0 or a positive
 * errno. */
static int
open_socket(int fd, struct nl_sock **ret_sock)
{
    int own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    int error = own < 0 || setns(fd, CLONE_NEWNET) ? errno : 0;

    if (!error) {
        error = nl_sock_create(NETLINK_ROUTE, ret_sock);
        if (setns(own, CLONE_NEWNET)) {
            VLOG_FATAL("the way back from a pod's namespace is lost: %s",
                       ovs_strerror(errno));
        }
    }
    if (own >= 0) {
        close(own);
    }
    return error;
}

char *
veth_open_peer(const struct veth *veth, const char *path,
               struct nl_sock **ret_sock)
{
    int nsid = -1;

    if (!veth->has_peer) {
        return xstrdup("its other end is in no other namespace");
    } else if (!path || path[0] != '/') {
        return xstrdup("its row tells no path of its namespace");
    }
    int fd = open_namespace(path);
    if (fd < 0) {
        return xasprintf("its namespace cannot be opened: %s",
                         fd == -EINVAL ? "what its row tells is none"
                         : ovs_strerror(-fd));
    }
    int error = get_nsid(fd, &nsid);
    if (!error && nsid != veth->peer_nsid) {
        close(fd);
        return xstrdup("the namespace that its row tells is not where its "
                       "other end is");
    }
    error = error ? error : open_socket(fd, ret_sock);
    close(fd);
    return error ? xasprintf("its namespace cannot be entered: %s",
                             ovs_strerror(error)) : NULL;
}
