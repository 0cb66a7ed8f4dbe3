/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Those messages of controller/ofmsg.h that are about meters. */

#include <config.h>
#include "controller/ofmsg.h"

#include <arpa/inet.h>

#include "flows/drops.h"
#include "flows/meters.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-meter.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofpbuf.h"

#define OFMSG_VERSION OFP15_VERSION
#define METER_KBPS (OFPMF13_KBPS | OFPMF13_BURST)
#define METER_PPS (OFPMF13_PKTPS | OFPMF13_BURST)

/* Returns a request for all meters. */
struct ofpbuf *
ofmsg_request_meters(void)
{
    return ofputil_encode_meter_request(OFMSG_VERSION, OFPUTIL_METER_CONFIG,
                                        OFPM13_ALL);
}

static struct ofpbuf *
put_meter(const struct meter *meter, uint16_t command)
{
    struct ofputil_meter_band band = {
        .type = OFPMBT13_DROP,
        .rate = meter->pps ? meter->pps : meter->kbps,
        .burst_size = meter->burst,
    };
    struct ofputil_meter_mod mod = {
        .command = command,
        .meter = { .meter_id = meter->number,
                   .flags = meter->pps ? METER_PPS : METER_KBPS,
                   .n_bands = 1, .bands = &band },
    };
    return ofputil_encode_meter_mod(OFMSG_VERSION, &mod);
}

/* Returns the message that makes 'meter', whose number must be free. */
struct ofpbuf *
ofmsg_add_meter(const struct meter *meter)
{
    return put_meter(meter, OFPMC13_ADD);
}

/* Returns the message that makes 'meter' of the one with its number.  What it
 * has counted stays. */
struct ofpbuf *
ofmsg_modify_meter(const struct meter *meter)
{
    return put_meter(meter, OFPMC13_MODIFY);
}

/* Returns the message that deletes the meter 'number', and with it each flow
 * that names it. */
struct ofpbuf *
ofmsg_delete_meter(uint32_t number)
{
    const struct ofputil_meter_mod mod = {
        .command = OFPMC13_DELETE,
        .meter = { .meter_id = number },
    };
    return ofputil_encode_meter_mod(OFMSG_VERSION, &mod);
}

/* Stores into 'meter' what 'config' lets pass, if it is of a kind that we
 * make. */
static void
decode_band(const struct ofputil_meter_config *config, struct meter *meter)
{
    unsigned int flags = config->flags & ~OFPMF13_STATS;

    if (config->n_bands == 1 && config->bands[0].type == OFPMBT13_DROP
        && (flags == METER_KBPS || flags == METER_PPS)) {
        if (flags == METER_PPS) {
            meter->pps = config->bands[0].rate;
        } else {
            meter->kbps = config->bands[0].rate;
        }
        meter->burst = config->bands[0].burst_size;
    }
}

/* Adds the meters of a part of a meter configuration reply to 'set'.  Returns
 * false if it is malformed. */
bool
ofmsg_decode_meters(const struct ofp_header *oh, struct meterset *set)
{
    struct ofpbuf b = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofpbuf bands;
    int error;

    ofpbuf_init(&bands, 64);
    for (;;) {
        struct ofputil_meter_config config;

        error = ofputil_decode_meter_config(&b, &config, &bands);
        if (error) {
            break;
        }
        struct meter meter = { .number = config.meter_id };
        decode_band(&config, &meter);
        meterset_put(set, &meter);
    }
    ofpbuf_uninit(&bands);
    return error == EOF;
}

/* Returns a request for what all meters have counted. */
struct ofpbuf *
ofmsg_request_meter_drops(void)
{
    return ofputil_encode_meter_request(OFMSG_VERSION, OFPUTIL_METER_STATS,
                                        OFPM13_ALL);
}

/* Adds what the meters of a part of a meter statistics reply have counted to
 * 'drops'.  Returns false if it is malformed. */
bool
ofmsg_decode_meter_drops(const struct ofp_header *oh, struct drops *drops)
{
    struct ofpbuf b = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofpbuf bands;
    int error;

    ofpbuf_init(&bands, 64);
    for (;;) {
        struct ofputil_meter_stats stats;

        error = ofputil_decode_meter_stats(&b, &stats, &bands);
        if (error) {
            break;
        }
        drops_add_meter(drops, stats.meter_id, stats.packet_in_count,
                        stats.n_bands ? stats.bands[0].packet_count : 0);
    }
    ofpbuf_uninit(&bands);
    return error == EOF;
}
