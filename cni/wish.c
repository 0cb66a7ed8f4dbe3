/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Three places may hold a wish; the first that does counts, as CNI's
 * conventions have it: what the runtime was asked for this pod, what the
 * configuration says for all, what an orchestrator hands through. */

#include "cni/wish.h"

#include <string.h>

#include "cni/reply.h"
#include "cni/value.h"
#include "ovsdb/keys.h"

static int
parse_ip(const char *text, struct wish *wish, struct cni_error *err)
{
    struct ip_prefix prefix = { .length = 32 };

    if (strchr(text, ':')) {
        error_set(err, ERROR_UNSUPPORTED, "the wished address %s is IPv6",
                  text);
        return error_details(err, "this network does not have it");
    } else if ((strchr(text, '/') ? !ip_parse_prefix(text, &prefix)
                                  : !ip_parse(text, &prefix.address))
               || !prefix.address) {
        return error_set(err, ERROR_CONFIG,
                         "the wished address \"%s\" makes no sense", text);
    }
    wish->ip = prefix.address;
    wish->length = prefix.length;
    return 0;
}

static int
parse_ips(const json_t *ips, struct wish *wish, struct cni_error *err)
{
    const char *text = NULL;

    if (!json_is_array(ips)) {
        return error_set(err, ERROR_CONFIG, "\"ips\" must be a list");
    } else if (json_array_size(ips) > 1) {
        return error_set(err, ERROR_UNSUPPORTED,
                         "%zu addresses are wished, but a pod has one",
                         json_array_size(ips));
    } else if (value_to_string(json_array_get(ips, 0), "ips", &text, err)) {
        return -1;
    }
    return text ? parse_ip(text, wish, err) : 0;
}

static int
parse_mac(const char *text, struct wish *wish, struct cni_error *err)
{
    static const struct ip_mac zero;

    if (!ip_parse_mac(text, &wish->mac) || wish->mac.bytes[0] & 1
        || !memcmp(&wish->mac, &zero, sizeof zero)) {
        return error_set(err, ERROR_CONFIG,
                         "the wished Ethernet address \"%s\" is not one "
                         "interface's",
                         text);
    }
    wish->has_mac = true;
    return 0;
}

/* The first of the three places that has 'key'. */
static json_t *
find(const struct config *config, const char *key)
{
    const json_t *runtime = value_find(config->root, "runtimeConfig");
    const json_t *args = value_find(value_find(config->root, "args"), "cni");
    json_t *value = value_find_any_case(runtime, key);

    /* An empty wish is none. */
    if (!value || (json_is_array(value) && !json_array_size(value))
        || (json_is_string(value) && !json_string_length(value))) {
        value = value_find_any_case(args, key);
    }
    return value;
}

int
wish_parse(const struct config *config, const struct env_args *args,
           struct wish *ret_wish, struct cni_error *err)
{
    const json_t *ips = find(config, "ips");
    const char *mac = *args->mac ? args->mac : NULL;
    struct wish wish = { .length = 32 };

    if (ips         ? parse_ips(ips, &wish, err)
        : *args->ip ? parse_ip(args->ip, &wish, err)
                    : 0) {
        return -1;
    } else if (value_to_string(find(config, "mac"), "mac", &mac, err)
               || (mac && parse_mac(mac, &wish, err))) {
        return -1;
    }
    *ret_wish = wish;
    return 0;
}

/* ---- Granting it ------------------------------------------------------ */

static int
taken(const char *text, const json_t *row, struct cni_error *err)
{
    const char *id = reply_get_key(row, "external_ids", KEY_ID);

    return error_set(err, ERROR_TRY_AGAIN, "%s is the address of %s", text,
                     id ? id : "another pod");
}

int
wish_check_ip(const struct wish *wish, const struct view *view,
              const struct network *network, struct cni_error *err)
{
    char ip[IP_STRLEN], subnet[IP_PREFIX_STRLEN];
    const json_t *row;

    ip_format(wish->ip, ip);
    ip_format_prefix(network->subnet, subnet);
    if (!ip_contains(network->subnet, wish->ip)) {
        return error_set(err, ERROR_CONFIG,
                         "%s is not in %s, this node's subnet of network "
                         "\"%s\"",
                         ip, subnet, network->name);
    } else if (wish->length != 32 && wish->length != network->subnet.length) {
        return error_set(err, ERROR_CONFIG,
                         "%s/%u is wished, but the subnet is %s", ip,
                         wish->length, subnet);
    } else if (wish->ip == network->gateway) {
        return error_set(err, ERROR_CONFIG, "%s is the gateway's address", ip);
    } else if (wish->ip == ip_first(network->subnet)
               || wish->ip == ip_last(network->subnet)) {
        return error_set(err, ERROR_CONFIG, "%s is no pod's address in %s", ip,
                         subnet);
    }
    row = view_find_address(view, network, wish->ip);
    return row ? taken(ip, row, err) : 0;
}

/* A pod without a wish has an Ethernet address that follows from its address:
 * such a one is not to be had otherwise. */
int
wish_check_mac(const struct wish *wish, const struct view *view,
               const struct network *network, struct cni_error *err)
{
    const struct ip_mac derived = ip_pod_mac(0);
    const uint8_t *b = wish->mac.bytes;
    uint32_t ip = (uint32_t) b[2] << 24 | b[3] << 16 | b[4] << 8 | b[5];
    char mac[IP_MAC_STRLEN], of[IP_STRLEN];
    const json_t *row;

    ip_format_mac(wish->mac, mac);
    ip_format(ip, of);
    if (!memcmp(&wish->mac, &network->mac, sizeof wish->mac)) {
        return error_set(err, ERROR_CONFIG, "%s is the gateway's address",
                         mac);
    } else if (!memcmp(b, derived.bytes, 2) && ip_contains(network->subnet, ip)
               && ip != wish->ip) {
        return error_set(err, ERROR_CONFIG,
                         "%s goes with the address %s and no other", mac, of);
    }
    row = view_find_mac(view, network, wish->mac);
    return row ? taken(mac, row, err) : 0;
}
