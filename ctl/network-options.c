/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What is said on the command line about a network. */

#include <config.h>
#include "ctl/network.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "util.h"

/* Where the option of each bound stands in the command line. */
static const char *const bound_options[ADDR_N_FAMILIES][NETWORK_N_BOUNDS] = {
    [ADDR_V4] = { "subnet-min", "subnet-max" },
    [ADDR_V6] = { "subnet-min6", "subnet-max6" },
};

static char * OVS_WARN_UNUSED_RESULT
parse_numbers(const struct invocation *invocation, struct network_wish *wish)
{
    const char *mtu = smap_get(&invocation->options, "mtu");
    char *error = invocation_uint(invocation, "vni", 1, NETWORK_MAX_VNI,
                                  &wish->vni);

    if (!error) {
        error = invocation_uint(invocation, "node-prefix", 1, 30,
                                &wish->node_plen[ADDR_V4]);
    }
    if (!error) {
        error = invocation_uint(invocation, "node-prefix6", 1, 126,
                                &wish->node_plen[ADDR_V6]);
    }
    if (!error && mtu && !strcmp(mtu, "auto")) {
        wish->mtu = 0;
    } else if (!error) {
        error = invocation_uint(invocation, "mtu", 576, 65535, &wish->mtu);
    }
    return error;
}

/* Whether nodes accept a bound is the judge's to say. */
static void
parse_bounds(const struct invocation *invocation, struct network_wish *wish)
{
    for (int i = 0; i < ADDR_N_FAMILIES; i++) {
        for (int j = 0; j < NETWORK_N_BOUNDS; j++) {
            const char *text = smap_get(&invocation->options,
                                        bound_options[i][j]);
            if (text) {
                network_wish_bound(wish, i, j,
                                   strcmp(text, "none") ? text : NULL);
            }
        }
    }
}

static char * OVS_WARN_UNUSED_RESULT
parse_way_out(const struct invocation *invocation, struct network_wish *wish)
{
    const char *masquerade = smap_get(&invocation->options, "masquerade");

    if (masquerade && strcmp(masquerade, "true")
        && strcmp(masquerade, "false")) {
        return xasprintf("--masquerade=%s: it is 'true' or 'false'",
                         masquerade);
    }
    if (smap_get(&invocation->options, "internal")) {
        wish->internal = true;
        wish->masquerade = false;
    }
    if (masquerade) {
        wish->masquerade = !strcmp(masquerade, "true");
    }
    if (wish->internal && wish->masquerade) {
        return xstrdup("--masquerade=true: an internal network has no way "
                       "out to masquerade");
    }
    return NULL;
}

/* Puts what the options of 'invocation' say into 'wish', and leaves the rest
 * of it alone. */
char *
network_wish_options(struct network_wish *wish,
                     const struct invocation *invocation)
{
    const char *ranges = smap_get(&invocation->options, "range");

    wish->mode = smap_get_def(&invocation->options, "mode", wish->mode);
    if (strcmp(wish->mode, "routed") && strcmp(wish->mode, "bridged")) {
        return xasprintf("--mode=%s: a network is 'routed' or 'bridged'",
                         wish->mode);
    }
    char *error = parse_way_out(invocation, wish);
    if (!error) {
        error = parse_numbers(invocation, wish);
    }
    if (!error && ranges) {
        svec_clear(&wish->ranges);
        error = network_wish_ranges(wish, ranges);
    }
    if (!error && ranges && !wish->ranges.n && !strcmp(wish->mode, "routed")) {
        error = xasprintf("--range=%s: a routed network needs addresses",
                          ranges);
    }
    parse_bounds(invocation, wish);
    return error;
}
