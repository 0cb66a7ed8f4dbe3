/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What is said on the command line about a network. */

#include <config.h>
#include "ctl/network.h"

#include <stdlib.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/flannel.h"
#include "flows/world.h"
#include "ovsdb-idl.h"
#include "ovsdb/keys.h"
#include "ovsdb/loden-idl.h"
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
    const char *internal = smap_get(&invocation->options, "internal");

    if (internal && internal[0] && strcmp(internal, "true")
        && strcmp(internal, "false")) {
        return xasprintf("--internal=%s: it is 'true' or 'false'", internal);
    } else if (masquerade && strcmp(masquerade, "true")
        && strcmp(masquerade, "false")) {
        return xasprintf("--masquerade=%s: it is 'true' or 'false'",
                         masquerade);
    }
    if (internal && wish->internal != !!strcmp(internal, "false")) {
        wish->internal = !wish->internal;
        wish->masquerade = !wish->internal;
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

/* What only bridged networks have. */
static char * OVS_WARN_UNUSED_RESULT
parse_bridged(const struct invocation *invocation, struct network_wish *wish)
{
    const struct {
        const char *option;
        const char **value;
        bool snoop;          /* Is "snoop" a choice? */
        const char *choices; /* All of them, as told. */
    } bridged[] = {
        { "unknown-unicast", &wish->unknown_unicast, false,
          "'drop' or 'flood'" },
        { "multicast", &wish->multicast, true, "'flood', 'snoop' or 'drop'" },
    };
    const char *rate = smap_get(&invocation->options, "storm-rate");
    const char *rest = smap_get(&invocation->options, "block-rest");

    for (size_t i = 0; i < ARRAY_SIZE(bridged); i++) {
        const char *value = smap_get(&invocation->options, bridged[i].option);

        if (!value) {
            continue;
        } else if (strcmp(wish->mode, "bridged")) {
            return xasprintf("--%s: only a bridged network has that",
                             bridged[i].option);
        } else if (strcmp(value, "drop") && strcmp(value, "flood")
                   && (!bridged[i].snoop || strcmp(value, "snoop"))) {
            return xasprintf("--%s=%s: it is %s", bridged[i].option, value,
                             bridged[i].choices);
        }
        *bridged[i].value = value;
    }
    if (rate && strcmp(wish->mode, "bridged")) {
        return xstrdup("--storm-rate: only a bridged network has that");
    } else if (rest && strcmp(wish->mode, "bridged")) {
        return xstrdup("--block-rest: only a bridged network has that");
    }
    if (rate) {
        wish->storm_rate = strcmp(rate, "none") ? rate : "0";
    }
    wish->block_rest = rest ? rest : wish->block_rest;
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
    if (!error && ranges && !wish->ranges.n) {
        error = xasprintf("--range=%s: a network needs addresses", ranges);
    }
    if (!error) {
        error = parse_bridged(invocation, wish);
    }
    parse_bounds(invocation, wish);
    return error;
}

/* Puts what 'flannel' says into 'wish'. */
static void
follow_flannel(struct network_wish *wish, const struct flannel *flannel)
{
    char buf[ADDR_STRLEN];

    for (int i = 0; i < ADDR_N_FAMILIES; i++) {
        const struct flannel_family *f = &flannel->families[i];

        if (!prefix_is_set(&f->range)) {
            continue;
        }
        svec_add(&wish->ranges, prefix_format(&f->range, buf));
        wish->node_plen[i] = f->node_plen;
        network_wish_bound(wish, i, NETWORK_MIN, addr_format(&f->first, buf));
        if (addr_is_set(&f->last)) {
            network_wish_bound(wish, i, NETWORK_MAX,
                               addr_format(&f->last, buf));
        }
    }
    wish->vni = flannel->vni;
    wish->mtu = flannel->mtu;
}

/* Notes what 'flannel' says and the wish does not have.  The tunnels' port is
 * the whole cluster's. */
static void
note_flannel(struct invocation *invocation, const char *name,
             const struct flannel *flannel)
{
    const struct lodenrec_loden_global *global
        = lodenrec_loden_global_first(invocation->idl);
    unsigned int port = (global
                         ? smap_get_uint(&global->options, OPTION_DST_PORT,
                                         TUNNELS_VXLAN_PORT)
                         : TUNNELS_VXLAN_PORT);

    for (size_t i = 0; i < flannel->notes.n; i++) {
        invocation_note(invocation, "%s: %s", name, flannel->notes.names[i]);
    }
    if (flannel->port && flannel->port != port) {
        invocation_note(invocation, "%s: Backend.Port %u is not followed: it "
                        "is the whole cluster's, now %u: 'lodenctl option "
                        "set "OPTION_DST_PORT" %u' changes it", name,
                        flannel->port, port, flannel->port);
    }
}

/* Puts what the file of option --from-flannel says, if that is given, into
 * 'wish', which has no ranges yet. */
char *
network_wish_flannel(struct network_wish *wish,
                     struct invocation *invocation)
{
    const char *name = smap_get(&invocation->options, "from-flannel");
    struct flannel flannel;
    char *text = NULL;
    size_t len;

    if (!name) {
        return NULL;
    }
    char *error = flannel_read(name, &text, &len);
    error = error ? error : flannel_parse(text, len, &flannel);
    free(text);
    if (error) {
        char *cause = error;

        error = xasprintf("%s: %s", name, cause);
        free(cause);
        return error;
    }
    follow_flannel(wish, &flannel);
    note_flannel(invocation, name, &flannel);
    flannel_destroy(&flannel);
    return NULL;
}
