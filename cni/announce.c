/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* An ARP announcement (RFC 5227, section 3) is a request for the sender's own
 * address.  Its like in IPv6 is a neighbour advertisement that nobody asked
 * for (RFC 4861, 7.2.6).  The neighbours that knew another MAC for an address
 * learn the new one.
 *
 * Each is sent once: a second one would have to come a second later. */

#include "cni/announce.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- IPv4 ------------------------------------------------------------- */

static void
fill_arp(const struct announcement *announcement, struct ether_arp *arp)
{
    const uint8_t *ip = announcement->addresses[IP_V4].address.bytes + 12;

    memset(arp, 0, sizeof *arp);
    arp->arp_hrd = htons(ARPHRD_ETHER);
    arp->arp_pro = htons(ETHERTYPE_IP);
    arp->arp_hln = ETHER_ADDR_LEN;
    arp->arp_pln = 4;
    arp->arp_op = htons(ARPOP_REQUEST);
    memcpy(arp->arp_sha, announcement->mac.bytes, ETHER_ADDR_LEN);
    memcpy(arp->arp_spa, ip, 4);
    memcpy(arp->arp_tpa, ip, 4);
}

/* Returns whether it was sent, else with errno set. */
static bool
send_arp(const struct announcement *announcement, int index)
{
    struct sockaddr_ll to = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETHERTYPE_ARP),
        .sll_ifindex = index,
        .sll_halen = ETHER_ADDR_LEN,
    };
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ether_arp arp;
    bool sent;

    fill_arp(announcement, &arp);
    memset(to.sll_addr, 0xff, ETHER_ADDR_LEN);
    sent = fd >= 0
           && sendto(fd, &arp, sizeof arp, 0, (struct sockaddr *) &to,
                     sizeof to)
                  == sizeof arp;
    if (fd >= 0) {
        close(fd);
    }
    return sent;
}

/* ---- IPv6 ------------------------------------------------------------- */

/* An advertisement with its one option (RFC 4861, 4.4 and 4.6.1). */
struct advertisement {
    struct nd_neighbor_advert head;
    struct nd_opt_hdr option;
    uint8_t mac[ETHER_ADDR_LEN];
};

static void
fill_advertisement(const struct announcement *announcement,
                   struct advertisement *na)
{
    /* The kernel computes the checksum (RFC 3542, 3.1). */
    memset(na, 0, sizeof *na);
    na->head.nd_na_type = ND_NEIGHBOR_ADVERT;
    na->head.nd_na_flags_reserved = ND_NA_FLAG_OVERRIDE;
    memcpy(&na->head.nd_na_target,
           announcement->addresses[IP_V6].address.bytes, 16);
    na->option.nd_opt_type = ND_OPT_TARGET_LINKADDR;
    na->option.nd_opt_len = sizeof(struct nd_opt_hdr) + ETHER_ADDR_LEN;
    na->option.nd_opt_len /= 8;
    memcpy(na->mac, announcement->mac.bytes, ETHER_ADDR_LEN);
}

/* Has 'fd' send from the address that is announced, to its own link. */
static bool
set_up_socket(int fd, const struct announcement *announcement, int index)
{
    const int hops = 255;
    const int loop = 0;
    struct sockaddr_in6 from = { .sin6_family = AF_INET6 };

    memcpy(&from.sin6_addr, announcement->addresses[IP_V6].address.bytes, 16);
    return !setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
                       sizeof hops)
           && !setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, &loop,
                          sizeof loop)
           && !setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index,
                          sizeof index)
           && !bind(fd, (struct sockaddr *) &from, sizeof from);
}

/* Returns whether it was sent, else with errno set. */
static bool
send_advertisement(const struct announcement *announcement, int index)
{
    struct sockaddr_in6 to = {
        .sin6_family = AF_INET6,
        .sin6_scope_id = index,
    };
    int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
    struct advertisement na;
    bool sent;

    fill_advertisement(announcement, &na);
    inet_pton(AF_INET6, "ff02::1", &to.sin6_addr);
    sent =
        fd >= 0 && set_up_socket(fd, announcement, index)
        && sendto(fd, &na, sizeof na, 0, (struct sockaddr *) &to, sizeof to)
               == sizeof na;
    if (fd >= 0) {
        close(fd);
    }
    return sent;
}

/* ---- Both ------------------------------------------------------------- */

/* Runs in the pod's namespace. */
static int
send_all(void *aux, struct cni_error *err)
{
    static bool (*const senders[])(const struct announcement *, int) = {
        [IP_V4] = send_arp,
        [IP_V6] = send_advertisement,
    };
    const struct announcement *announcement = aux;
    const int index = if_nametoindex(announcement->name);

    for (int family = 0; family < IP_N_FAMILIES; family++) {
        const struct ip ip = announcement->addresses[family].address;

        if (ip_is_set(ip) && !senders[family](announcement, index)) {
            char text[IP_STRLEN];

            ip_format(ip, text);
            return error_set(err, ERROR_KERNEL,
                             "cannot announce the address %s on %s: %m", text,
                             announcement->name);
        }
    }
    return 0;
}

int
announce_send(const struct announcement *announcement, struct cni_error *err)
{
    return netns_run(announcement->netns, send_all, (void *) announcement,
                     err);
}
