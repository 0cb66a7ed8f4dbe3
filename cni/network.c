/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Reads the words that the controller published for a network.  They come
 * from another program, of another version perhaps: unknown words are skipped,
 * and missing or senseless ones are named. */

#include "cni/network.h"

#include <stdlib.h>
#include <string.h>

#include "ovsdb/keys.h"

/* The words of interest, borrowed. */
struct words {
    const char *mode;
    const char *subnet;
    const char *gateway;
    const char *mtu;
    const char *mac;   /* NULL if absent. */
    const char *range; /* NULL if absent. */
    const char *host;  /* NULL if absent. */
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
        { NET_SUBNET, &ret_words->subnet },
        { NET_GATEWAY, &ret_words->gateway },
        { NET_MTU, &ret_words->mtu },
        { NET_MAC, &ret_words->mac },
        { NET_RANGE, &ret_words->range },
        { NET_HOST, &ret_words->host },
    };
    char *rest = NULL;

    *ret_words =
        (struct words){ .mode = "", .subnet = "", .gateway = "", .mtu = "" };
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

static int
parse_numbers(const struct words *words, struct network *network,
              struct cni_error *err)
{
    struct ip_prefix *subnet = &network->subnet;

    if (strcmp(words->mode, "routed")) {
        return error_set(err, ERROR_UNSUPPORTED,
                         "mode \"%s\" is not supported", words->mode);
    } else if (!ip_parse_prefix(words->subnet, subnet)
               || subnet->address != ip_first(*subnet) || subnet->length < 8
               || subnet->length > 30) {
        return bad_word(err, NET_SUBNET, words->subnet);
    } else if (!ip_parse(words->gateway, &network->gateway)
               || network->gateway <= ip_first(*subnet)
               || network->gateway >= ip_last(*subnet)) {
        return bad_word(err, NET_GATEWAY, words->gateway);
    } else if (!network_parse_mtu(words->mtu, &network->mtu)) {
        return bad_word(err, NET_MTU, words->mtu);
    } else if (words->mac && !ip_parse_mac(words->mac, &network->mac)) {
        return bad_word(err, NET_MAC, words->mac);
    }
    return 0;
}

/* A network without a port on the host leads nowhere but to itself. */
static int
parse_ranges(const struct words *words, struct network *network,
             struct cni_error *err)
{
    char *ranges, *rest = NULL;
    int retval = 0;

    network->internal = !words->host;
    if (!words->range) {
        return network->internal ? bad_word(err, NET_RANGE, "") : 0;
    }
    ranges = strdup(words->range);
    if (!ranges) {
        return error_no_memory(err);
    }
    for (char *s = strtok_r(ranges, ",", &rest); s && !retval;
         s = strtok_r(NULL, ",", &rest)) {
        struct ip_prefix *range = &network->ranges[network->n_ranges];

        if (network->n_ranges >= NETWORK_MAX_RANGES
            || !ip_parse_prefix(s, range)
            || range->address != ip_first(*range)) {
            retval = bad_word(err, NET_RANGE, words->range);
        } else {
            network->n_ranges++;
        }
    }
    free(ranges);
    return retval;
}

int
network_add_routes(const struct network *network, enum network_routes wanted,
                   struct routes *routes, struct cni_error *err)
{
    struct route route = { .gateway = network->gateway };

    if (wanted == NETWORK_DEFAULT && !network->internal
        && routes_add(routes, &route, err)) {
        return -1;
    }
    for (size_t i = 0; i < network->n_ranges; i++) {
        route.dst = network->ranges[i];
        if (!ip_same_network(route.dst, network->subnet)
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
        retval = parse_numbers(&split_words, &network, err);
        if (!retval) {
            retval = parse_ranges(&split_words, &network, err);
        }
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
    network->name = network->words = NULL;
}
