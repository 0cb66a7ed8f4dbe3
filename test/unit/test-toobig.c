/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What a sender hears of a packet that is too large, and what becomes of one
 * that may be cut up.  The checksums are judged by Open vSwitch's code. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "controller/toobig.h"
#include "csum.h"
#include "packets.h"
#include "util.h"

#include "test/unit/unit.h"

#define DF 0x4000
#define MF 0x2000

/* A frame being made. */
struct packet {
    uint8_t data[ETH_HEADER_LEN + 9000];
    size_t size;
};

static void
put16(uint8_t *p, uint16_t value)
{
    p[0] = value >> 8;
    p[1] = value;
}

static unsigned int
get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static void
begin(struct packet *packet, uint16_t type)
{
    memset(packet, 0, sizeof *packet);
    memcpy(packet->data, "\x0a\x58\x00\x00\x00\x01", 6);
    memcpy(packet->data + 6, "\x0a\x58\x00\x00\x00\x02", 6);
    put16(packet->data + 12, type);
}

/* UDP, or what 'protocol' is, from 10.0.0.2 to 10.0.1.2 in an IPv4 packet of
 * 'size' bytes, with the 'n' bytes of 'options' in its header. */
static void
v4(struct packet *packet, size_t size, uint16_t fragment, const char *options,
   size_t n)
{
    uint8_t *ip = packet->data + ETH_HEADER_LEN;

    begin(packet, ETH_TYPE_IP);
    ip[0] = 0x40 | (20 + n) / 4;
    put16(ip + 2, size);
    put16(ip + 4, 7);
    put16(ip + 6, fragment);
    ip[8] = 64;
    ip[9] = IPPROTO_UDP;
    memcpy(ip + 12, "\x0a\x00\x00\x02\x0a\x00\x01\x02", 8);
    memcpy(ip + 20, options, n);
    for (size_t i = 20 + n; i < size; i++) {
        ip[i] = i * 7 + i / 256;
    }
    packet->size = ETH_HEADER_LEN + size;
}

/* The same in IPv6, from fd00::2 to fd01::2. */
static void
v6(struct packet *packet, size_t size)
{
    uint8_t *ip = packet->data + ETH_HEADER_LEN;

    begin(packet, ETH_TYPE_IPV6);
    ip[0] = 0x60;
    put16(ip + 4, size - 40);
    ip[6] = IPPROTO_UDP;
    ip[7] = 64;
    ip[8] = ip[24] = 0xfd;
    ip[25] = 1;
    ip[23] = ip[39] = 2;
    packet->size = ETH_HEADER_LEN + size;
}

static enum toobig_kind
kind(const struct packet *packet, unsigned int mtu)
{
    struct toobig toobig;

    /* Of its exact size, so that a tool that watches memory can judge. */
    uint8_t *frame = xmemdup(packet->data, packet->size);
    toobig_init(&toobig, frame, packet->size, mtu);
    enum toobig_kind result = toobig.kind;
    toobig_destroy(&toobig);
    free(frame);
    return result;
}

static void
the_sender_of_ipv4_is_told_what_fits(void **state)
{
    struct packet packet;
    struct toobig toobig;

    v4(&packet, 1500, DF, "", 0);
    toobig_init(&toobig, packet.data, packet.size, 1450);
    assert_int_equal(toobig.kind, TOOBIG_TELL);
    assert_int_equal(toobig.n_frames, 1);
    assert_int_equal(toobig.frames[0].size, ETH_HEADER_LEN + 576);

    const uint8_t *frame = toobig.frames[0].data;
    const uint8_t *ip = frame + ETH_HEADER_LEN;
    assert_memory_equal(frame, "\x0a\x58\x00\x00\x00\x02", 6);
    assert_memory_equal(frame + 6, "\x0a\x58\x00\x00\x00\x01", 6);
    assert_memory_equal(ip, "\x45\xc0\x02\x40\x00\x00\x40\x00\x40\x01", 10);
    assert_memory_equal(ip + 12, "\x0a\x00\x01\x02\x0a\x00\x00\x02", 8);
    assert_int_equal(csum(ip, 20), 0);
    assert_memory_equal(ip + 20, "\x03\x04", 2);
    assert_int_equal(get16(ip + 26), 1450);
    assert_int_equal(csum(ip + 20, 556), 0);
    assert_memory_equal(ip + 28, packet.data + ETH_HEADER_LEN, 548);
    toobig_destroy(&toobig);
}

static void
the_sender_of_ipv6_is_told_what_fits(void **state)
{
    struct packet packet;
    struct toobig toobig;

    v6(&packet, 1500);
    toobig_init(&toobig, packet.data, packet.size, 1430);
    assert_int_equal(toobig.kind, TOOBIG_TELL);
    assert_int_equal(toobig.frames[0].size, ETH_HEADER_LEN + 1280);

    const uint8_t *ip = toobig.frames[0].data + ETH_HEADER_LEN;
    const struct ovs_16aligned_ip6_hdr *header =
        ALIGNED_CAST(const struct ovs_16aligned_ip6_hdr *, ip);
    assert_memory_equal(ip + 8, packet.data + ETH_HEADER_LEN + 24, 16);
    assert_memory_equal(ip + 24, packet.data + ETH_HEADER_LEN + 8, 16);
    assert_memory_equal(ip + 40, "\x02\x00", 2);
    assert_int_equal(get16(ip + 46), 1430);
    assert_int_equal(csum_finish(csum_continue(
                         packet_csum_pseudoheader6(header), ip + 40, 1240)),
                     0);
    toobig_destroy(&toobig);

    /* No link of IPv6 takes less. */
    toobig_init(&toobig, packet.data, packet.size, 1000);
    assert_int_equal(get16(toobig.frames[0].data + ETH_HEADER_LEN + 46), 1280);
    toobig_destroy(&toobig);
}

/* Puts the fragments in 'toobig' together again, and checks each header. */
static void
assert_whole_again(const struct toobig *toobig, const struct packet *packet,
                   size_t header, unsigned int mtu)
{
    const uint8_t *original = packet->data + ETH_HEADER_LEN;
    unsigned int flags = get16(original + 6);
    size_t at = 0;

    for (size_t i = 0; i < toobig->n_frames; i++) {
        const uint8_t *ip = toobig->frames[i].data + ETH_HEADER_LEN;
        size_t n = toobig->frames[i].size - ETH_HEADER_LEN - header;
        bool more = i < toobig->n_frames - 1 || flags & MF;

        assert_memory_equal(toobig->frames[i].data, packet->data,
                            ETH_HEADER_LEN);
        assert_true(header + n <= mtu);
        assert_int_equal(get16(ip + 2), header + n);
        assert_int_equal(get16(ip + 4), 7);
        assert_int_equal(get16(ip + 6),
                         ((flags & 0x1fff) + at / 8) | (more ? MF : 0));
        assert_int_equal(csum(ip, header), 0);
        assert_memory_equal(ip + header, original + header + at, n);
        at += n;
    }
    assert_int_equal(header + at, get16(original + 2));
}

static void
what_may_be_cut_up_is(void **state)
{
    static const struct {
        size_t size;
        unsigned int mtu;
        uint16_t fragment;
        size_t n;
    } cases[] = {
        { 1500, 1450, 0, 2 },
        { 9000, 1450, 0, 7 },
        { 1451, 1450, 0, 2 },
        /* A piece of a larger one: the last, and one between. */
        { 1500, 1450, 185, 2 },
        { 1500, 1450, 185 | MF, 2 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct packet packet;
        struct toobig toobig;

        v4(&packet, cases[i].size, cases[i].fragment, "", 0);
        toobig_init(&toobig, packet.data, packet.size, cases[i].mtu);
        assert_int_equal(toobig.kind, TOOBIG_CUT);
        assert_int_equal(toobig.n_frames, cases[i].n);
        assert_whole_again(&toobig, &packet, 20, cases[i].mtu);
        toobig_destroy(&toobig);
    }
}

static void
later_fragments_have_only_the_options_that_all_have(void **state)
{
    /* Record route, which the first has alone; router alert; the end. */
    static const char options[] = "\x07\x07\x04\x00\x00\x00\x00"
                                  "\x94\x04\x00\x00\x00";
    struct packet packet;
    struct toobig toobig;

    v4(&packet, 1500, 0, options, 12);
    toobig_init(&toobig, packet.data, packet.size, 1450);
    assert_int_equal(toobig.n_frames, 2);
    assert_whole_again(&toobig, &packet, 32, 1450);
    assert_memory_equal(toobig.frames[0].data + 34, options, 12);
    assert_memory_equal(toobig.frames[1].data + 34,
                        "\x01\x01\x01\x01\x01\x01\x01\x94\x04\x00\x00\x00",
                        12);
    toobig_destroy(&toobig);
}

static void
nobody_is_told_of_errors_and_of_what_was_for_many(void **state)
{
    struct packet packet;
    uint8_t *ip = packet.data + ETH_HEADER_LEN;

    v4(&packet, 1500, DF, "", 0);
    assert_int_equal(kind(&packet, 1450), TOOBIG_TELL);
    ip[9] = IPPROTO_ICMP;
    ip[20] = 8; /* An echo request. */
    assert_int_equal(kind(&packet, 1450), TOOBIG_TELL);
    ip[20] = 3; /* Destination unreachable. */
    assert_int_equal(kind(&packet, 1450), TOOBIG_NOTHING);

    v4(&packet, 1500, DF | 100, "", 0); /* Not the first fragment. */
    assert_int_equal(kind(&packet, 1450), TOOBIG_NOTHING);
    v4(&packet, 1500, DF, "", 0);
    ip[16] = 224;
    assert_int_equal(kind(&packet, 1450), TOOBIG_NOTHING);
    v4(&packet, 1500, DF, "", 0);
    packet.data[0] = 0x01;
    assert_int_equal(kind(&packet, 1450), TOOBIG_NOTHING);

    v6(&packet, 1500);
    ip[6] = IPPROTO_ICMPV6;
    ip[40] = 128; /* An echo request. */
    assert_int_equal(kind(&packet, 1430), TOOBIG_TELL);
    ip[40] = 1; /* Destination unreachable. */
    assert_int_equal(kind(&packet, 1430), TOOBIG_NOTHING);
    ip[6] = 60; /* The same behind destination options. */
    ip[40] = IPPROTO_ICMPV6;
    ip[48] = 1;
    assert_int_equal(kind(&packet, 1430), TOOBIG_NOTHING);
    v6(&packet, 1500);
    memset(ip + 8, 0, 16);
    assert_int_equal(kind(&packet, 1430), TOOBIG_NOTHING);
}

static void
what_fits_or_is_broken_is_left_alone(void **state)
{
    struct packet packet;
    uint8_t *ip = packet.data + ETH_HEADER_LEN;

    v4(&packet, 1450, DF, "", 0);
    assert_int_equal(kind(&packet, 1450), TOOBIG_NOTHING);
    v4(&packet, 1500, DF, "", 0);
    packet.size--; /* Shorter than it says. */
    assert_int_equal(kind(&packet, 1450), TOOBIG_NOTHING);
    v4(&packet, 1500, DF, "", 0);
    ip[0] = 0x44; /* A header of 16 bytes. */
    assert_int_equal(kind(&packet, 1450), TOOBIG_NOTHING);
    v4(&packet, 1500, 0x1fff, "", 0); /* Past the largest packet. */
    assert_int_equal(kind(&packet, 1450), TOOBIG_NOTHING);
    v4(&packet, 1500, 0, "", 0);
    put16(packet.data + 12, 0x8100);
    assert_int_equal(kind(&packet, 1450), TOOBIG_NOTHING);
    for (size_t size = 0; size < 100; size++) {
        v4(&packet, 1500, DF, "", 0);
        packet.size = size;
        assert_int_equal(kind(&packet, 68), TOOBIG_NOTHING);
        v6(&packet, 1500);
        packet.size = size;
        assert_int_equal(kind(&packet, 68), TOOBIG_NOTHING);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sender_of_ipv4_is_told_what_fits),
        cmocka_unit_test(the_sender_of_ipv6_is_told_what_fits),
        cmocka_unit_test(what_may_be_cut_up_is),
        cmocka_unit_test(later_fragments_have_only_the_options_that_all_have),
        cmocka_unit_test(nobody_is_told_of_errors_and_of_what_was_for_many),
        cmocka_unit_test(what_fits_or_is_broken_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
