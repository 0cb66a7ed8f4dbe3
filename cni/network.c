/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Reads the words that the controller published for a network.  They come
 * from another program, of another version perhaps: unknown words are skipped,
 * and missing or senseless ones are named. */

#include "cni/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ovsdb/keys.h"

/* The words of interest, borrowed. */
struct words {
    const char *mode;
    const char *mtu;
    const char *subnet[IP_N_FAMILIES];  /* NULL if absent... */
    const char *gateway[IP_N_FAMILIES]; /* ...as all below. */
    const char *range[IP_N_FAMILIES];
    const char *mac;
    const char *host;
    const char *blocks;
    const char *taken;
    const char *closing;
};

/* The families' words. */
static const struct {
    const char *subnet;
    const char *gateway;
    const char *range;
    unsigned int min_length; /* Of a subnet. */
    unsigned int max_length;
} families[IP_N_FAMILIES] = {
    [IP_V4] = { NET_SUBNET, NET_GATEWAY, NET_RANGE, 8, 30 },
    [IP_V6] = { NET_SUBNET6, NET_GATEWAY6, NET_RANGE6, 8, 126 },
};

/* Splits 'text' into '*ret_words', which borrows from it. */
static void
split(char *text, struct words *ret_words)
{
    const struct {
        const char *key;
        const char **value;
    } wanted[] = {
        { NET_MODE, &ret_words->mode },
        { NET_MTU, &ret_words->mtu },
        { NET_SUBNET, &ret_words->subnet[IP_V4] },
        { NET_GATEWAY, &ret_words->gateway[IP_V4] },
        { NET_RANGE, &ret_words->range[IP_V4] },
        { NET_SUBNET6, &ret_words->subnet[IP_V6] },
        { NET_GATEWAY6, &ret_words->gateway[IP_V6] },
        { NET_RANGE6, &ret_words->range[IP_V6] },
        { NET_MAC, &ret_words->mac },
        { NET_HOST, &ret_words->host },
        { NET_BLOCKS, &ret_words->blocks },
        { NET_TAKEN, &ret_words->taken },
        { NET_CLOSING, &ret_words->closing },
    };
    char *rest = NULL;

    *ret_words = (struct words){ .mode = "", .mtu = "" };
    for (char *word = strtok_r(text, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');

        if (!value) {
            continue;
        }
        *value++ = '\0';
        for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
            if (!strcmp(word, wanted[i].key)) {
                *wanted[i].value = value;
            }
        }
    }
}

bool
network_parse_mtu(const char *s, unsigned int *ret_mtu)
{
    unsigned int mtu = 0;

    if (!*s || strlen(s) > 5) {
        return false;
    }
    for (; *s; s++) {
        if (*s < '0' || *s > '9') {
            return false;
        }
        mtu = mtu * 10 + (*s - '0');
    }
    if (mtu < NETWORK_MTU_MIN || mtu > NETWORK_MTU_MAX) {
        return false;
    }
    *ret_mtu = mtu;
    return true;
}

static int
bad_word(struct cni_error *err, const char *key, const char *value)
{
    return error_set(err, ERROR_DATABASE, "%s=%s makes no sense", key, value);
}

/* A subnet of one family; "" stands for a word that is missing. */
static int
parse_subnet(const struct words *words, enum ip_family family,
             struct network *network, struct cni_error *err)
{
    const char *subnet_text = words->subnet[family];
    const char *gateway_text = words->gateway[family];
    struct ip_prefix subnet;
    struct ip gateway;

    if (!subnet_text && !gateway_text) {
        return 0;
    }
    subnet_text = subnet_text ? subnet_text : "";
    gateway_text = gateway_text ? gateway_text : "";
    if (!ip_parse_prefix(subnet_text, &subnet)
        || ip_family(subnet.address) != family
        || !ip_equal(subnet.address, ip_first(subnet))
        || subnet.length < families[family].min_length
        || subnet.length > families[family].max_length) {
        return bad_word(err, families[family].subnet, subnet_text);
    } else if (!ip_parse(gateway_text, &gateway)
               || !ip_contains(subnet, gateway)
               || ip_equal(gateway, ip_first(subnet))
               || ip_equal(gateway, ip_last(subnet))) {
        return bad_word(err, families[family].gateway, gateway_text);
    }
    network->subnet[family] = subnet;
    network->gateway[family] = gateway;
    return 0;
}

static int
parse_numbers(const struct words *words, struct network *network,
              struct cni_error *err)
{
    network->bridged = !strcmp(words->mode, "bridged");
    if (!network->bridged && strcmp(words->mode, "routed")) {
        return error_set(err, ERROR_UNSUPPORTED,
                         "mode \"%s\" is not supported", words->mode);
    } else if (parse_subnet(words, IP_V4, network, err)
               || parse_subnet(words, IP_V6, network, err)) {
        return -1;
    } else if (!network_has(network, IP_V4) && !network_has(network, IP_V6)) {
        return bad_word(err, NET_SUBNET, "");
    } else if (!network_parse_mtu(words->mtu, &network->mtu)) {
        return bad_word(err, NET_MTU, words->mtu);
    } else if (words->mac && !ip_parse_mac(words->mac, &network->mac)) {
        return bad_word(err, NET_MAC, words->mac);
    }
    return 0;
}

/* The ranges of one family. */
static int
parse_ranges(const struct words *words, enum ip_family family,
             struct network *network, struct cni_error *err)
{
    char *ranges, *rest = NULL;
    int retval = 0;

    if (!words->range[family]) {
        return network->internal && network_has(network, family)
                   ? bad_word(err, families[family].range, "")
                   : 0;
    }
    ranges = strdup(words->range[family]);
    if (!ranges) {
        return error_no_memory(err);
    }
    for (char *s = strtok_r(ranges, ",", &rest); s && !retval;
         s = strtok_r(NULL, ",", &rest)) {
        struct ip_prefix *range = &network->ranges[network->n_ranges];

        if (network->n_ranges >= NETWORK_MAX_RANGES
            || !ip_parse_prefix(s, range)
            || ip_family(range->address) != family
            || !ip_equal(range->address, ip_first(*range))) {
            retval = bad_word(err, families[family].range,
                              words->range[family]);
        } else {
            network->n_ranges++;
        }
    }
    free(ranges);
    return retval;
}

/* What only a bridged network has; bridged.c reads the lists. */
static int
copy_lists(const struct words *words, struct network *network,
           struct cni_error *err)
{
    network->blocks = words->blocks ? strdup(words->blocks) : NULL;
    network->taken = words->taken ? strdup(words->taken) : NULL;
    return (words->blocks && !network->blocks)
                   || (words->taken && !network->taken)
               ? error_no_memory(err)
               : 0;
}

static int
parse_words(const struct words *words, struct network *network,
            struct cni_error *err)
{
    /* A network without a port on the host leads nowhere but to itself. */
    network->internal = !words->host;
    network->closing = words->closing && !strcmp(words->closing, "true");
    return parse_numbers(words, network, err)
           || copy_lists(words, network, err)
           || parse_ranges(words, IP_V4, network, err)
           || parse_ranges(words, IP_V6, network, err);
}

int
network_check_open(const struct network *network, struct cni_error *err)
{
    return !network->closing
               ? 0
               : error_set(err, ERROR_TRY_AGAIN,
                           "network \"%s\" takes no new pods, as it is about "
                           "to be deleted ('lodenctl network delete')",
                           network->name);
}

bool
network_has(const struct network *network, enum ip_family family)
{
    return network->subnet[family].length;
}

void
network_format_subnets(const struct network *network,
                       char buf[static NETWORK_SUBNETS_STRLEN])
{
    char text[IP_N_FAMILIES][IP_PREFIX_STRLEN] = { "", "" };

    for (int family = 0; family < IP_N_FAMILIES; family++) {
        if (network_has(network, family)) {
            ip_format_prefix(network->subnet[family], text[family]);
        }
    }
    snprintf(buf, NETWORK_SUBNETS_STRLEN, "%s%s%s", text[IP_V4],
             *text[IP_V4] && *text[IP_V6] ? " and " : "", text[IP_V6]);
}

int
network_add_routes(const struct network *network, enum network_routes wanted,
                   const struct ip_prefix pod[IP_N_FAMILIES],
                   struct routes *routes, struct cni_error *err)
{
    for (int family = 0; family < IP_N_FAMILIES; family++) {
        struct route route = { .gateway = network->gateway[family] };

        /* All zero, but for what makes it IPv4. */
        route.dst.address = ip_first((struct ip_prefix){ route.gateway, 0 });
        if (wanted == NETWORK_DEFAULT && !network->internal
            && ip_is_set(pod[family].address)
            && routes_add(routes, &route, err)) {
            return -1;
        }
    }
    for (size_t i = 0; i < network->n_ranges; i++) {
        const struct ip_prefix range = network->ranges[i];
        const enum ip_family family = ip_family(range.address);
        struct route route = { .dst = range,
                               .gateway = network->gateway[family] };

        if (ip_is_set(pod[family].address)
            && !ip_same_network(range, network->subnet[family])
            && routes_add(routes, &route, err)) {
            return -1;
        }
    }
    return 0;
}

int
network_parse(const char *name, const char *words, struct network *ret_network,
              struct cni_error *err)
{
    struct network network = { .name = strdup(name), .words = strdup(words) };
    char *text = strdup(words);
    int retval;

    if (!network.name || !network.words || !text) {
        retval = error_no_memory(err);
    } else {
        struct words split_words;

        split(text, &split_words);
        retval = parse_words(&split_words, &network, err);
        if (retval) {
            error_wrap(err, "network \"%s\"", name);
        }
    }
    free(text);
    if (retval) {
        network_destroy(&network);
        return -1;
    }
    *ret_network = network;
    return 0;
}

void
network_destroy(struct network *network)
{
    free(network->name);
    free(network->words);
    free(network->blocks);
    free(network->taken);
    network->name = network->words = network->blocks = network->taken = NULL;
}
