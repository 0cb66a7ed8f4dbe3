/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Errors of the underlay's routers about our tunnels' packets.
 *
 * A router with a link that is narrower than what our own routes say sends an
 * ICMP error (tunnels' packets may not be cut up, unless somebody chose
 * df_default=false).  The userspace datapath does not hear it at all.  The
 * kernel's does, and tells the pod of what it sends then, but drops what may
 * be cut up.  So we listen, too, and let the rules of table mtu do what is to
 * be done: the peer's path_mtu becomes what the router says.  What the kernel
 * has heard while we were not there it still knows (host-paths.c).  Pods' MTU
 * stays: one peer's way is no reason to make all packets smaller.
 *
 * Anybody can send such errors.  They count only about a peer's tunnel, never
 * below what every link must take, and for as long as the kernel believes
 * them (net.ipv4.route.mtu_expires, 10 minutes): then a larger packet is tried
 * again.  Source: icmp(7), raw(7), RFC 1191, RFC 8201. */

#include <config.h>
#include "controller/host-errors.h"

#include <errno.h>
#include <netinet/in.h> /* Before linux/icmp.h, which clashes. */
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/icmp-error.h"
#include "flows/world.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(host_errors);

/* How long an error is believed, in s. */
#define BELIEVED_S 600

/* Never less than that is believed, in bytes: Linux's own limit for IPv4
 * (net.ipv4.route.min_pmtu), and IPv6's (RFC 8201, 4). */
#define LEAST_V4 552
#define LEAST_V6 1280

/* Taken in one round, so that a flood keeps nobody else waiting. */
#define MAX_ERRORS 50

/* What a router said of the way to a peer. */
struct narrow {
    unsigned int mtu;    /* In bytes. */
    long long int until; /* In time_msec(). */
};

struct host_errors {
    int fds[ADDR_N_FAMILIES]; /* Raw sockets; negative where there is none. */
    struct shash peers;       /* Of "struct narrow", by tunnel address. */
    unsigned int seqno;       /* Raised when 'peers' changes. */
};

static int
open_v4(void)
{
    struct icmp_filter filter = { .data = ~(1u << ICMP_DEST_UNREACH) };
    int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    IPPROTO_ICMP);

    if (fd >= 0
        && setsockopt(fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int
open_v6(void)
{
    struct icmp6_filter filter;
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    IPPROTO_ICMPV6);

    ICMP6_FILTER_SETBLOCKALL(&filter);
    ICMP6_FILTER_SETPASS(ICMP6_PACKET_TOO_BIG, &filter);
    if (fd >= 0
        && setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter,
                      sizeof filter)) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

struct host_errors *
host_errors_open(void)
{
    struct host_errors *errors = xzalloc(sizeof *errors);

    shash_init(&errors->peers);
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        int fd = family == ADDR_V4 ? open_v4() : open_v6();

        if (fd < 0 && errno != EAFNOSUPPORT) {
            VLOG_WARN("errors of the underlay's routers cannot be heard: %s",
                      ovs_strerror(errno));
        }
        errors->fds[family] = fd;
    }
    return errors;
}

void
host_errors_close(struct host_errors *errors)
{
    if (errors) {
        for (int family = 0; family < ADDR_N_FAMILIES; family++) {
            if (errors->fds[family] >= 0) {
                close(errors->fds[family]);
            }
        }
        shash_destroy_free_data(&errors->peers);
        free(errors);
    }
}

/* ---- Believing ---------------------------------------------------------- */

static const struct world_peer *
find_peer(const struct world *world, const struct in6_addr *tunnel_ip)
{
    for (size_t i = 0; i < world->n_peers; i++) {
        if (ipv6_addr_equals(&world->peers[i].tunnel_ip, tunnel_ip)) {
            return &world->peers[i];
        }
    }
    return NULL;
}

/* Is that UDP port the one of the tunnel to 'peer'? */
static bool
is_tunnels_port(const struct world *world, const struct world_peer *peer,
                uint16_t port)
{
    struct tunnels_way way = tunnels_find_way(world, peer);

    return port == tunnels_udp_port(&world->tunnels, way.encap);
}

/* Takes 'error' for true if it is about a tunnel of 'world'. */
static void
believe(struct host_errors *errors, const struct icmp_error *error,
        const struct world *world)
{
    enum addr_family family = addr_family(&error->dst);
    const struct world_peer *peer = find_peer(world, &error->dst);
    unsigned int mtu = MAX(error->mtu,
                           family == ADDR_V4 ? LEAST_V4 : LEAST_V6);

    if (!peer || !is_tunnels_port(world, peer, error->dst_port)
        || !ipv6_addr_equals(&error->src, &world->tunnel_ip[family])
        || !peer->path_mtu || mtu >= peer->path_mtu) {
        return;
    }
    host_errors_learn(errors, &error->dst, mtu, BELIEVED_S);
}

void
host_errors_learn(struct host_errors *errors, const struct in6_addr *peer,
                  unsigned int mtu, int seconds)
{
    char name[ADDR_STRLEN];
    struct narrow *narrow = shash_find_data(&errors->peers,
                                            addr_format(peer, name));

    if (!narrow) {
        narrow = xzalloc(sizeof *narrow);
        shash_add(&errors->peers, name, narrow);
    } else if (narrow->mtu <= mtu) {
        return;
    }
    VLOG_INFO("a router says that the way to %s takes packets of %u bytes: "
              "believing it for %d s", name, mtu, seconds);
    narrow->mtu = mtu;
    narrow->until = time_msec() + seconds * 1000LL;
    errors->seqno++;
}

static void
read_errors(struct host_errors *errors, enum addr_family family,
            const struct world *world)
{
    for (int i = 0; i < MAX_ERRORS && errors->fds[family] >= 0; i++) {
        uint8_t packet[2048];
        ssize_t n = recv(errors->fds[family], packet, sizeof packet, 0);
        struct icmp_error error;

        if (n < 0) {
            break;
        }
        bool parsed = (family == ADDR_V4
                       ? icmp_error_parse_v4(packet, n, &error)
                       : icmp_error_parse_v6(packet, n, &error));
        if (parsed && world) {
            believe(errors, &error, world);
        }
    }
}

static void
forget_old(struct host_errors *errors)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &errors->peers) {
        struct narrow *narrow = node->data;

        if (time_msec() >= narrow->until) {
            free(narrow);
            shash_delete(&errors->peers, node);
            errors->seqno++;
        }
    }
}

void
host_errors_run(struct host_errors *errors, const struct world *world)
{
    forget_old(errors);
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        read_errors(errors, family, world);
    }
}

void
host_errors_wait(const struct host_errors *errors)
{
    struct shash_node *node;

    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        if (errors->fds[family] >= 0) {
            poll_fd_wait(errors->fds[family], POLLIN);
        }
    }
    SHASH_FOR_EACH (node, &errors->peers) {
        const struct narrow *narrow = node->data;
        poll_timer_wait_until(narrow->until);
    }
}

unsigned int
host_errors_seqno(const struct host_errors *errors)
{
    return errors->seqno;
}

void
host_errors_put(const struct host_errors *errors, struct world *world)
{
    for (size_t i = 0; i < world->n_peers; i++) {
        struct world_peer *peer = &world->peers[i];
        char name[ADDR_STRLEN];
        const struct narrow *narrow = shash_find_data(
            &errors->peers, addr_format(&peer->tunnel_ip, name));

        if (narrow && peer->path_mtu) {
            peer->path_mtu = MIN(peer->path_mtu, narrow->mtu);
        }
    }
}
