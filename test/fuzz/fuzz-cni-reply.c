/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The database server's bytes, in two pieces, as an answer to what ADD asks
 * first. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cni/frame.h"
#include "cni/reply.h"
#include "cni/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Guesses an address of the family as ADD does. */
static void
guess(const struct view *view, const struct network *network,
      enum ip_family family)
{
    struct address_pool pool;
    struct cni_error err;
    struct ip ip;

    if (!network_has(network, family)) {
        return;
    } else if (view_get_pool(view, network, family, &pool, &err)) {
        abort();
    }
    if (!address_choose_first(&pool, 7, view_get_last(view, network, family),
                              &ip, &err)
        && (!ip_contains(network->subnet[family], ip)
            || ip_equal(ip, ip_first(network->subnet[family]))
            || ip_equal(ip, network->gateway[family]))) {
        abort();
    }
    address_pool_destroy(&pool);
}

/* Asks 'view' all that ADD asks. */
static void
ask(const struct view *view)
{
    struct subnetfile file = { .mtu = 1450 };
    struct network network;
    struct cni_error err;

    ip_parse_prefix("172.18.6.1/24", &file.subnet[IP_V4]);
    view_is_draining(view);
    view_find_interface(view, "loden-id", "cbr0/c1/eth0");
    if (!view_get_network(view, "default", NULL, &network, &err)) {
        guess(view, &network, IP_V4);
        guess(view, &network, IP_V6);
        network_destroy(&network);
    }
    if (!view_get_network(view, NULL, &file, &network, &err)) {
        guess(view, &network, IP_V4);
        network_destroy(&network);
    }
}

static void
read_message(const char *text, size_t length)
{
    json_t *message = json_loadb(text, length, 0, NULL);
    struct cni_error err;
    struct view view;
    json_t *results;

    if (reply_classify(message, 1) == REPLY_ECHO) {
        json_decref(reply_to_echo(message));
    } else if (!reply_get_results(message, &results, &err)
               && !view_parse(json_incref(results), &view, &err)) {
        ask(&view);
        view_destroy(&view);
    }
    json_decref(message);
}

/* Adds bytes and reads the messages that are whole. */
static int
receive(struct frame *frame, const uint8_t *data, size_t size)
{
    struct cni_error err;
    size_t length, room;
    char *tail;

    while (size) {
        if (frame_room(frame, &tail, &room, &err)) {
            return -1;
        }
        room = room < size ? room : size;
        memcpy(tail, data, room);
        frame_received(frame, room);
        data += room;
        size -= room;
    }
    while (!frame_scan(frame, &length, &err)) {
        if (!length) {
            return 0;
        }
        read_message(frame->data, length);
        frame_consume(frame, length);
    }
    return -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame frame = { .data = NULL };

    if (!receive(&frame, data, size / 2)) {
        receive(&frame, data + size / 2, size - size / 2);
    }
    frame_destroy(&frame);
    return 0;
}
