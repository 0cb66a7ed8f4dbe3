/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Is what a person asks for right?
 *
 * The daemons refuse a bad row by themselves and show it in their status;
 * these checks keep such rows from being made at all, where the person who
 * makes them still looks.  Pure: no rows, no input or output. */

#include <config.h>
#include "ctl/check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

/* As long as a certificate's common name may be (RFC 5280, ub-common-name),
 * and as the schema allows. */
#define NAME_MAX_BYTES 64

/* What every IPv6 link must carry, in bytes (RFC 8200, section 5). */
#define IPV6_LEAST_MTU 1280

static const char *
family_name(enum addr_family family)
{
    return family == ADDR_V4 ? "IPv4" : "IPv6";
}

/* A name stands in keys, in 'NETWORK/ADDRESS' values and in words WORD=VALUE
 * of other rows, so that it has no space and none of their separators.
 * 'kind' says for the error what is named so. */
char *
check_name(const char *kind, const char *name)
{
    size_t len = strlen(name);

    if (!len || len > NAME_MAX_BYTES) {
        return xasprintf("%s '%s' has %"PRIuSIZE" bytes: a name has 1 to %d",
                         kind, name, len, NAME_MAX_BYTES);
    }
    for (const char *p = name; *p; p++) {
        if (!isascii((unsigned char) *p)
            || (!isalnum((unsigned char) *p) && !strchr("._-", *p))) {
            return xasprintf("%s '%s' has '%c' in it: a name is of letters, "
                             "digits, '.', '_' and '-'", kind, name, *p);
        }
    }
    if (!isalnum((unsigned char) name[0])) {
        return xasprintf("%s '%s' starts with '%c': a name starts with a "
                         "letter or a digit", kind, name, name[0]);
    }
    return NULL;
}

/* Adds the prefixes of 'text', e.g. "10.1.0.0/16,fd01::/48", to the ranges of
 * 'network'. */
char *
check_ranges(const char *text, struct world_network *network)
{
    char *copy = xstrdup(text);
    char *save_ptr = NULL;
    char *error = NULL;

    for (char *word = strtok_r(copy, ",", &save_ptr); word && !error;
         word = strtok_r(NULL, ",", &save_ptr)) {
        struct prefix range;

        error = prefix_parse(word, &range);
        if (!error) {
            network->ranges = xrealloc(network->ranges,
                                       (network->n_ranges + 1)
                                       * sizeof *network->ranges);
            network->ranges[network->n_ranges++] = range;
        }
    }
    free(copy);
    return error;
}

/* Addresses that no host can have (RFC 6890). */
static const struct {
    const char *prefix; /* Canonical. */
    const char *what;   /* Why not, for the error. */
} not_for_pods[] = {
    {"0.0.0.0/8", "which means this network"},
    {"127.0.0.0/8", "the loopback addresses"},
    {"169.254.0.0/16", "the link-local addresses"},
    {"224.0.0.0/3", "multicast and reserved"},
    {"::/8", "unspecified, loopback and mapped addresses"},
    {"fe80::/10", "the link-local addresses"},
    {"ff00::/8", "multicast"},
};

/* Returns an error if 'range', which is one of 'network', cannot give each
 * node its share. */
static char *
check_range(const struct world_network *network, const struct prefix *range)
{
    enum addr_family family = prefix_family(range);
    unsigned int plen = network->node_plen[family];
    unsigned int longest = family == ADDR_V4 ? 30 : 126;
    char text[ADDR_STRLEN];

    for (size_t i = 0; i < ARRAY_SIZE(not_for_pods); i++) {
        struct prefix taken;
        char *error = prefix_parse(not_for_pods[i].prefix, &taken);

        ovs_assert(!error);
        if (prefix_overlaps(range, &taken)) {
            return xasprintf("range '%s' overlaps %s, %s",
                             prefix_format(range, text),
                             not_for_pods[i].prefix, not_for_pods[i].what);
        }
    }
    prefix_format(range, text);
    if (plen < range->plen || plen > longest) {
        return xasprintf("%s prefix length %u for each node does not fit "
                         "range '%s': it is from %u to %u", family_name(family),
                         plen, text, range->plen, longest);
    }
    return NULL;
}

/* Returns an error if 'network' is wrong in itself. */
char *
check_network(const struct world_network *network)
{
    if (network->mode == WORLD_ROUTED && !network->n_ranges) {
        return xstrdup("a routed network needs addresses: "
                       "say e.g. --range=10.210.0.0/16");
    }
    for (size_t i = 0; i < network->n_ranges; i++) {
        const struct prefix *range = &network->ranges[i];
        char *error = check_range(network, range);

        if (error) {
            return error;
        }
        if (prefix_family(range) == ADDR_V6
            && network->mtu && network->mtu < IPV6_LEAST_MTU) {
            return xasprintf("MTU %u is below IPv6's least, %d (RFC 8200)",
                             network->mtu, IPV6_LEAST_MTU);
        }
        for (size_t j = 0; j < i; j++) {
            if (prefix_overlaps(range, &network->ranges[j])) {
                char a[ADDR_STRLEN], b[ADDR_STRLEN];

                return xasprintf("ranges '%s' and '%s' overlap",
                                 prefix_format(&network->ranges[j], a),
                                 prefix_format(range, b));
            }
        }
    }
    return NULL;
}

/* Returns an error if 'network' cannot be beside 'other'.  Networks that the
 * host takes part in share its one routing table; internal ones do not. */
char *
check_beside(const struct world_network *network,
             const struct world_network *other)
{
    if (network->vni == other->vni) {
        return xasprintf("VNI %"PRIu32" is network '%s''s: leave --vni out "
                         "for the lowest free one", network->vni, other->name);
    }
    if (network->internal || other->internal) {
        return NULL;
    }
    for (size_t i = 0; i < network->n_ranges; i++) {
        for (size_t j = 0; j < other->n_ranges; j++) {
            if (prefix_overlaps(&network->ranges[i], &other->ranges[j])) {
                char a[ADDR_STRLEN], b[ADDR_STRLEN];

                return xasprintf("range '%s' overlaps '%s' of network '%s': "
                                 "only internal networks may share addresses",
                                 prefix_format(&network->ranges[i], a),
                                 prefix_format(&other->ranges[j], b),
                                 other->name);
            }
        }
    }
    return NULL;
}

/* Returns an error if 'subnet' is no node's share of 'network'. */
char *
check_subnet(const struct world_network *network, const struct prefix *subnet)
{
    enum addr_family family = prefix_family(subnet);
    struct ds ranges = DS_EMPTY_INITIALIZER;
    char text[ADDR_STRLEN];
    bool inside = false;

    for (size_t i = 0; i < network->n_ranges; i++) {
        char range[ADDR_STRLEN];

        ds_put_format(&ranges, "%s%s", i ? ", " : "",
                      prefix_format(&network->ranges[i], range));
        inside |= prefix_has_prefix(&network->ranges[i], subnet);
    }

    char *error = NULL;
    prefix_format(subnet, text);
    if (!inside) {
        error = xasprintf("'%s' is outside network '%s' (%s)", text,
                          network->name,
                          ranges.length ? ds_cstr(&ranges) : "no ranges");
    } else if (subnet->plen != network->node_plen[family]) {
        error = xasprintf("'%s' has length %u: network '%s' gives each node "
                          "a /%u", text, subnet->plen, network->name,
                          network->node_plen[family]);
    }
    ds_destroy(&ranges);
    return error;
}
