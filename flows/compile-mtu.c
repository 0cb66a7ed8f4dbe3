/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What is too large for a tunnel: its sender is told so, or it is cut up.
 *
 * Only what can be too large is looked at: where the tunnel to a peer takes
 * whatever the network's pods on this node and its host port can send, there
 * is no rule here, and table mtu is passed by.  The tunnel says how large a
 * packet may be (flows/sizes.c), a pod's device how large its packets get.
 *
 * The packet goes to the controller as its sender made it, so that is
 * controller/toobig.c's to answer, and nobody has it do more than a meter for
 * each port lets through.  Others' errors that come out of a tunnel, such as
 * those that the kernel's own tunnel device makes, are packets like any other
 * and get to the pod as such. */

#include <config.h>
#include "flows/compile-private.h"

#include <stdio.h>
#include <string.h>

#include "flows/sizes.h"
#include "util.h"

/* How many packets of one port the controller answers in a second. */
#define MTU_METER_RATE 100

/* Returns the start of the actions that send packets of 'network' to 'peer',
 * and the table where they end. */
struct size_check
compile_check_size(struct compile *c, const struct world_network *network,
                   const struct world_peer *peer)
{
    struct size_check check = { .actions = "", .table = "output" };
    unsigned int mtu = sizes_tunnel(c->world, peer);

    if (c->sized != network) {
        c->sized = network;
        c->largest = sizes_largest(c->world, network);
    }
    if (mtu && mtu < c->largest) {
        snprintf(check.actions, sizeof check.actions,
                 "check_pkt_larger(%u)->@too_large[0],"
                 "set_field:%u->@tunnel_mtu,",
                 mtu + ETH_HEADER_LEN, mtu);
        check.table = "mtu";
    }
    return check;
}

/* What a port sends that is too large: the meter counts it (flows/drops.h). */
static void
compile_too_large(struct compile *c, ofp_port_t port)
{
    const struct meter meter = {
        .number = METER_TOO_LARGE + OUT(port),
        .pps = MTU_METER_RATE,
        .burst = MTU_METER_RATE,
    };

    if (port == OFPP_NONE) {
        return;
    }
    meterset_put(&c->rules->meters, &meter);
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        put(c, TABLE_MTU, PRIORITY_EXACT,
            "in_port=%"PRIu32",@too_large=1,%s "
            "actions=meter:%"PRIu32",controller:65535",
            OUT(port), compile_words[family].ip, meter.number);
    }
}

/* Can anything of 'network' be too large for the tunnel to any peer? */
static bool
is_checked(struct compile *c, const struct world_network *network)
{
    for (size_t i = 0; i < c->world->n_peers; i++) {
        if (compile_check_size(c, network, &c->world->peers[i]).actions[0]) {
            return true;
        }
    }
    return false;
}

/* What fits leaves with 'hop', which is for IP alone. */
static void
put_fitting(struct compile *c, const struct world_network *network,
            const char *hop)
{
    if (!hop[0]) {
        put(c, TABLE_MTU, PRIORITY_REST,
            "@too_large=0,@network=%"PRIu32" actions=goto_table:output",
            network->vni);
        return;
    }
    for (int family = 0; family < ADDR_N_FAMILIES; family++) {
        put(c, TABLE_MTU, PRIORITY_REST,
            "@too_large=0,@network=%"PRIu32",%s actions=%sgoto_table:output",
            network->vni, compile_words[family].ip, hop);
    }
}

/* The rules of 'network' in table mtu.  'hop' are the actions that change what
 * leaves for another node, or "". */
void
compile_mtu(struct compile *c, const struct world_network *network,
            const char *hop)
{
    if (!is_checked(c, network)) {
        return;
    }
    own(c, KIND_NETWORK, network->name);
    put_fitting(c, network, hop);
    if (!network->internal && network->mode == WORLD_ROUTED) {
        compile_too_large(c, network->host_port);
    }
    for (size_t i = 0; i < c->world->n_pods; i++) {
        const struct world_pod *pod = &c->world->pods[i];
        if (!strcmp(pod->network, network->name)) {
            own(c, KIND_POD, pod->id);
            compile_too_large(c, pod->port);
        }
    }
}
