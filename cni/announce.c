/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* An ARP announcement (RFC 5227, section 3): a request for the sender's own
 * address.  The neighbours that knew another MAC for it learn the new one. */

#include "cni/announce.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
fill(const struct announcement *announcement, struct ether_arp *arp)
{
    const uint8_t *ip = announcement->ip.bytes + 12;

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

/* Runs in the pod's namespace. */
static int
send_arp(void *aux, struct cni_error *err)
{
    const struct announcement *announcement = aux;
    struct sockaddr_ll to = {
        .sll_family = AF_PACKET,
        .sll_protocol = htons(ETHERTYPE_ARP),
        .sll_ifindex = if_nametoindex(announcement->name),
        .sll_halen = ETHER_ADDR_LEN,
    };
    int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ether_arp arp;
    int retval = 0;

    fill(announcement, &arp);
    memset(to.sll_addr, 0xff, ETHER_ADDR_LEN);
    if (fd < 0
        || sendto(fd, &arp, sizeof arp, 0, (struct sockaddr *) &to, sizeof to)
               != sizeof arp) {
        retval = error_set(err, ERROR_KERNEL,
                           "cannot announce the address on %s: %m",
                           announcement->name);
    }
    if (fd >= 0) {
        close(fd);
    }
    return retval;
}

int
announce_send(const struct announcement *announcement, struct cni_error *err)
{
    return netns_run(announcement->netns, send_arp, (void *) announcement,
                     err);
}
