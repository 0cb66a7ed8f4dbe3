/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The text of the nftables table 'inet loden', from the world alone.
 *
 * Answers from pod to pod pass inside the switch, never through this kernel.
 * So whatever this kernel translates for a pod must be made to come back
 * here, or the answer reaches the asker with the wrong address.  That, and
 * not only the way out, is what the rules are about; each carries its reason
 * as a comment, so that 'nft list table inet loden' can be read without this
 * file.  Names that people choose never enter the text.  Host ports are
 * host-ports.c's, handing the text to nft is host-nft.c's, and the other
 * table, 'netdev loden', host-deaf.c's. */

#include <config.h>
#include "controller/host-rules.h"

#include "controller/host-ports.h"
#include "flows/world.h"
#include "openvswitch/dynamic-string.h"

/* How nftables speaks of a family. */
static const struct {
    const char *keyword;   /* Before a header's field. */
    const char *multicast; /* All multicast addresses. */
} families[ADDR_N_FAMILIES] = {
    [ADDR_V4] = { "ip", "224.0.0.0/4" },
    [ADDR_V6] = { "ip6", "ff00::/8" },
};

/* Returns the ranges of 'network' of one 'family' as a value or a set of
 * nftables.  The caller frees it. */
static char *
ranges_text(const struct world_network *network, enum addr_family family)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    char buf[ADDR_STRLEN];
    size_t n = 0;

    for (size_t i = 0; i < network->n_ranges; i++) {
        if (prefix_family(&network->ranges[i]) == family) {
            ds_put_format(&s, "%s%s", n++ ? ", " : "",
                          prefix_format(&network->ranges[i], buf));
        }
    }
    if (n > 1) {
        char *list = ds_steal_cstr(&s);
        ds_put_format(&s, "{ %s }", list);
        free(list);
    }
    return ds_steal_cstr(&s);
}

/* Appends the translation of sources for one family of 'network'.  The order
 * matters: the first rule that fits decides. */
static void
put_sources(struct ds *s, const struct world_network *network,
            enum addr_family family)
{
    const char *ip = families[family].keyword;
    char *range = ranges_text(network, family);
    char subnet[ADDR_STRLEN];

    prefix_format(&network->subnet[family], subnet);
    ds_put_format(s, "\n\t\t# %s: %s here, of %s.\n", network->host_name,
                  subnet, range);
    ds_put_format(s, "\t\toifname \"%s\" %s saddr %s ct status dnat "
                  "masquerade fully-random "
                  "comment \"redirected from pod to pod: "
                  "the answer must come back here\"\n",
                  network->host_name, ip, range);
    ds_put_format(s, "\t\t%s saddr %s %s daddr %s return "
                  "comment \"pods keep their address towards pods\"\n",
                  ip, range, ip, range);
    ds_put_format(s, "\t\t%s saddr != %s %s daddr %s return "
                  "comment \"from outside to a pod here: "
                  "it sees who asks\"\n",
                  ip, range, ip, subnet);
    ds_put_format(s, "\t\t%s saddr != %s %s daddr %s "
                  "masquerade fully-random "
                  "comment \"from outside to a pod elsewhere: "
                  "the answer must come back here\"\n",
                  ip, range, ip, range);
    if (network->masquerade) {
        ds_put_format(s, "\t\t%s saddr %s %s daddr != %s "
                      "masquerade fully-random "
                      "comment \"pods go out as this node\"\n",
                      ip, range, ip, families[family].multicast);
    }
    free(range);
}

static bool
has_subnet(const struct world_network *network)
{
    for (size_t i = 0; i < ADDR_N_FAMILIES; i++) {
        if (prefix_is_set(&network->subnet[i])) {
            return true;
        }
    }
    return false;
}

static void
put_postrouting(struct ds *s, const struct world *world)
{
    ds_put_cstr(s,
                "\tchain postrouting {\n"
                "\t\ttype nat hook postrouting priority srcnat; "
                "policy accept;\n"
                "\t\tmeta mark & 0x4000 == 0x4000 return "
                "comment \"kube-proxy translates what it marks\"\n");
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];

        for (size_t f = 0; !network->internal && f < ADDR_N_FAMILIES; f++) {
            if (prefix_is_set(&network->subnet[f])) {
                put_sources(s, network, f);
            }
        }
    }
    ds_put_cstr(s, "\t}\n");
}

/* Appends the names of all host ports but that of 'except', which may be
 * NULL, as a set. */
static void
put_ports(struct ds *s, const struct world *world,
          const struct world_network *except)
{
    const char *separator = "";

    ds_put_cstr(s, "{ ");
    for (size_t i = 0; i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];

        if (network != except && !network->internal) {
            ds_put_format(s, "%s\"%s\"", separator, network->host_name);
            separator = ", ";
        }
    }
    ds_put_cstr(s, " }");
}

static void
put_forward(struct ds *s, const struct world *world)
{
    size_t n_ports = 0;

    for (size_t i = 0; i < world->n_networks; i++) {
        n_ports += !world->networks[i].internal;
    }
    ds_put_cstr(s,
                "\n\tchain forward {\n"
                "\t\ttype filter hook forward priority filter; "
                "policy accept;\n");
    for (size_t i = 0; n_ports > 1 && i < world->n_networks; i++) {
        const struct world_network *network = &world->networks[i];

        if (!network->internal) {
            ds_put_format(s, "\t\tiifname \"%s\" oifname ",
                          network->host_name);
            put_ports(s, world, network);
            ds_put_cstr(s, " counter drop comment \"nothing passes from one "
                        "network to another\"\n");
        }
    }
    ds_put_cstr(s, "\t\tiifname ");
    put_ports(s, world, NULL);
    ds_put_cstr(s, " accept comment \"from pods\"\n\t\toifname ");
    put_ports(s, world, NULL);
    ds_put_cstr(s, " accept comment \"to pods\"\n\t}\n");
}

char *
host_rules(const struct world *world)
{
    /* Adding before deleting makes the deletion succeed on every node. */
    struct ds s = DS_EMPTY_INITIALIZER;
    bool any = false;

    for (size_t i = 0; i < world->n_networks; i++) {
        any |= !world->networks[i].internal && has_subnet(&world->networks[i]);
    }
    ds_put_cstr(&s, "table inet loden\ndelete table inet loden\n");
    if (any) {
        ds_put_cstr(&s, "table inet loden {\n");
        put_postrouting(&s, world);
        put_forward(&s, world);
        host_ports_put(&s, world);
        ds_put_cstr(&s, "}\n");
    }
    return ds_steal_cstr(&s);
}
