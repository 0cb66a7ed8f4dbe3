/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* How much may be flooded in a network: two meters.
 *
 *     a pod's        its share, before table bridge decides where to; in a
 *                    routed network before table flood does
 *     the network's  all that the pods here flood, where it leaves
 *
 * Without the first, one pod that floods would have all of the second, and
 * nobody else's broadcast would arrive.  What goes to a known MAC passes
 * neither, nor does what is answered in the switch.  What is flooded in a
 * routed network stays on the node, but each packet becomes one for each pod
 * there. */

#include <config.h>
#include "flows/compile-private.h"

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* Which part of the network's rate a pod can have. */
#define SHARE_DIVISOR 4

/* A pod's burst, in 1000 bits, is at least one packet of 64 KiB. */
#define SHARE_BURST_MIN 525

/* The rate of routed networks, in 1000 bits/s: that which bridged ones have
 * unless told otherwise. */
#define ROUTED_RATE 100000

/* Returns the rate of 'network', in 1000 bits/s, or 0 for no limit. */
static uint32_t
network_rate(const struct world_network *network)
{
    return (network->mode == WORLD_ROUTED ? ROUTED_RATE
            : DIV_ROUND_UP(network->bridged.storm_rate, 1000));
}

/* Appends to 'actions' the meter for what pods flood, if there is one. */
void
compile_storm_meter(struct compile *c, const struct world_network *network,
                    struct ds *actions)
{
    const struct meter meter = {
        .number = METER_STORM + network->vni,
        .kbps = network_rate(network),
        /* A second's worth: floods come in bursts. */
        .burst = network_rate(network),
    };

    if (meter.kbps) {
        meterset_put(&c->rules->meters, &meter);
        ds_put_format(actions, "meter:%"PRIu32",", meter.number);
    }
}

/* Adds the meter for the share of 'pod', if 'network' has a rate, and returns
 * its number, else 0. */
static uint32_t
put_share(struct compile *c, const struct world_pod *pod,
          const struct world_network *network)
{
    const uint32_t rate = network_rate(network);
    const uint32_t share = DIV_ROUND_UP(rate, SHARE_DIVISOR);
    const struct meter meter = {
        .number = METER_STORM_SHARE + OUT(pod->port),
        .kbps = share,
        .burst = MIN(rate, MAX(share, SHARE_BURST_MIN)),
    };

    if (!rate) {
        return 0;
    }
    meterset_put(&c->rules->meters, &meter);
    return meter.number;
}

/* Holds what 'pod' sends to all, or to groups, or to nobody known where that
 * is flooded, to its share, if 'network', a bridged one, has a rate.  Table
 * bridge looks at the packet again after that. */
void
compile_storm_share(struct compile *c, const struct world_pod *pod,
                    const struct world_network *network)
{
    const uint32_t meter = put_share(c, pod, network);

    if (!meter) {
        return;
    }
    put(c, TABLE_BRIDGE, PRIORITY_SHARE,
        "in_port=%"PRIu32",@share=0,"
        "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00 actions=meter:%"PRIu32","
        "set_field:1->@share,resubmit(,bridge)", OUT(pod->port), meter);
    if (network->bridged.flood_unknown) {
        put(c, TABLE_BRIDGE, PRIORITY_OTHER,
            "in_port=%"PRIu32","
            "dl_dst=00:00:00:00:00:00/01:00:00:00:00:00 "
            "actions=meter:%"PRIu32",goto_table:flood", OUT(pod->port), meter);
    }
}

/* The same in a routed network, where table flood looks again. */
void
compile_storm_routed(struct compile *c, const struct world_pod *pod,
                     const struct world_network *network)
{
    put(c, TABLE_FLOOD, PRIORITY_SHARE,
        "in_port=%"PRIu32",@share=0 actions=meter:%"PRIu32","
        "set_field:1->@share,resubmit(,flood)",
        OUT(pod->port), put_share(c, pod, network));
}
