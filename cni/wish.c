/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Three places may hold a wish; the first that does counts, as CNI's
 * conventions have it: what the runtime was asked for this pod, what the
 * configuration says for all, what an orchestrator hands through. */

#include "cni/wish.h"

#include <string.h>

#include "cni/bridged.h"
#include "cni/reply.h"
#include "cni/value.h"
#include "ovsdb/keys.h"

static int
parse_ip(const char *text, struct wish *wish, struct cni_error *err)
{
    struct ip_prefix prefix, *place;
    bool ok;

    if (strchr(text, '/')) {
        ok = ip_parse_prefix(text, &prefix);
    } else {
        ok = ip_parse(text, &prefix.address);
        prefix.length = ok ? ip_max(prefix.address) : 0;
    }
    if (!ok || ip_is_zero(prefix.address)) {
        return error_set(err, ERROR_CONFIG,
                         "the wished address \"%s\" makes no sense", text);
    }
    place = &wish->ip[ip_family(prefix.address)];
    if (ip_is_set(place->address)) {
        return error_set(err, ERROR_UNSUPPORTED,
                         "%s is wished as well, but a pod has one %s address",
                         text, ip_family_name(ip_family(prefix.address)));
    }
    *place = prefix;
    return 0;
}

static int
parse_ips(const json_t *ips, struct wish *wish, struct cni_error *err)
{
    const json_t *ip;
    size_t i;

    if (!json_is_array(ips)) {
        return error_set(err, ERROR_CONFIG, "\"ips\" must be a list");
    }
    json_array_foreach (ips, i, ip) {
        const char *text = NULL;

        if (value_to_string(ip, "ips", &text, err)
            || (text && parse_ip(text, wish, err))) {
            return -1;
        }
    }
    return 0;
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

static int
check_args(const struct config *config, struct cni_error *err)
{
    const json_t *args = value_find(config->root, "args");

    return value_check_object(args, "args", err)
           || value_check_object(value_find(args, "cni"), "args.cni", err);
}

int
wish_parse(const struct config *config, const struct env_args *args,
           struct wish *ret_wish, struct cni_error *err)
{
    const json_t *ips = find(config, "ips");
    const char *mac = *args->mac ? args->mac : NULL;
    struct wish wish = { .has_mac = false };

    if (check_args(config, err)
        || (ips         ? parse_ips(ips, &wish, err)
            : *args->ip ? parse_ip(args->ip, &wish, err)
                        : 0)) {
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
wish_check_ip(struct ip_prefix wish, const struct view *view,
              const struct network *network, struct cni_error *err)
{
    const enum ip_family family = ip_family(wish.address);
    const struct ip_prefix subnet = network->subnet[family];
    char ip[IP_STRLEN], subnet_text[IP_PREFIX_STRLEN];
    const json_t *row;

    ip_format(wish.address, ip);
    ip_format_prefix(subnet, subnet_text);
    if (!network_has(network, family)) {
        return error_set(err, ERROR_UNSUPPORTED,
                         "the address %s is %s, which network \"%s\" does "
                         "not have on this node",
                         ip, ip_family_name(family), network->name);
    } else if (!ip_contains(subnet, wish.address)) {
        return error_set(err, ERROR_CONFIG,
                         "%s is not in %s, this node's subnet of network "
                         "\"%s\"",
                         ip, subnet_text, network->name);
    } else if (wish.length != ip_max(wish.address)
               && wish.length != subnet.length) {
        return error_set(err, ERROR_CONFIG,
                         "%s/%u is wished, but the subnet is %s", ip,
                         wish.length, subnet_text);
    } else if (ip_equal(wish.address, network->gateway[family])) {
        return error_set(err, ERROR_CONFIG, "%s is the gateway's address", ip);
    } else if (ip_equal(wish.address, ip_first(subnet))
               || (family == IP_V4
                   && ip_equal(wish.address, ip_last(subnet)))) {
        return error_set(err, ERROR_CONFIG, "%s is no pod's address in %s", ip,
                         subnet_text);
    }
    row = view_find_address(view, network, wish.address);
    return row ? taken(ip, row, err) : 0;
}

/* A pod without a wish has an Ethernet address that follows from its address:
 * such a one is not to be had otherwise. */
int
wish_check_mac(const struct wish *wish, const struct view *view,
               const struct network *network, struct cni_error *err)
{
    char mac[IP_MAC_STRLEN], of[IP_STRLEN];
    const enum ip_family family =
        network_has(network, IP_V4) ? IP_V4 : IP_V6;
    const json_t *row;
    struct ip ip;

    ip_from_bytes(wish->mac.bytes + 2, 4, &ip);
    if (family == IP_V6) {
        ip = bridged_v6(network->subnet[IP_V6], ip);
    }
    ip_format_mac(wish->mac, mac);
    ip_format(ip, of);
    if (ip_mac_equal(wish->mac, network->mac)) {
        return error_set(err, ERROR_CONFIG, "%s is the gateway's address",
                         mac);
    } else if (ip_contains(network->subnet[family], ip)
               && ip_mac_equal(wish->mac, ip_pod_mac(ip))
               && !ip_equal(ip, wish->ip[family].address)) {
        return error_set(err, ERROR_CONFIG,
                         "%s goes with the address %s and no other", mac, of);
    }
    row = view_find_mac(view, network, wish->mac);
    return row ? taken(mac, row, err) : 0;
}
