/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Plugins after ours may have changed the result, and what they say counts:
 * it is the chain's result that is checked.  Entries of other plugins'
 * interfaces are theirs to check. */

#include "cni/checkprev.h"

#include <string.h>

#include "cni/value.h"

/* Finds in 'interfaces' the one called 'name', in a sandbox or not; stores its
 * place in the list. */
static const json_t *
find_interface(const json_t *interfaces, const char *name, const char *sandbox,
               size_t *ret_index)
{
    const json_t *entry;
    size_t i;

    json_array_foreach (interfaces, i, entry) {
        const char *entry_name = json_string_value(value_find(entry, "name"));
        const json_t *in = value_find(entry, "sandbox");

        if (entry_name && !strcmp(entry_name, name)
            && !json_string_length(in) == !sandbox) {
            *ret_index = i;
            return entry;
        }
    }
    return NULL;
}

static int
parse_mtu(const json_t *interface, unsigned int *ret_mtu,
          struct cni_error *err)
{
    long long mtu = 0;

    if (value_to_integer(value_find(interface, "mtu"), "mtu", &mtu, err)) {
        return -1;
    }
    *ret_mtu = mtu > UINT16_MAX ? UINT16_MAX : mtu;
    return 0;
}

static int
parse_interface(const json_t *interface, const struct env *env,
                struct checkprev *prev, struct cni_error *err)
{
    const char *sandbox = "";
    const char *mac = NULL;

    if (!interface) {
        return error_set(err, ERROR_CONFIG,
                         "prevResult: no interface %s in a sandbox",
                         env->ifname);
    } else if (value_to_string(value_find(interface, "sandbox"), "sandbox",
                               &sandbox, err)
               || value_to_string(value_find(interface, "mac"), "mac", &mac,
                                  err)) {
        return -1;
    } else if (strcmp(sandbox, env->netns)) {
        return error_set(err, ERROR_CHECK,
                         "prevResult: %s is in %s, and not in %s", env->ifname,
                         sandbox, env->netns);
    } else if (!mac || !ip_parse_mac(mac, &prev->mac)) {
        return error_set(err, ERROR_CONFIG,
                         "prevResult: %s has no Ethernet address",
                         env->ifname);
    }
    return parse_mtu(interface, &prev->mtu, err);
}

/* Takes the addresses of the interface at place 'index'. */
static int
parse_addresses(const json_t *ips, size_t index, struct checkprev *prev,
                struct cni_error *err)
{
    const json_t *ip;
    size_t i;

    json_array_foreach (ips, i, ip) {
        struct ip_prefix *address = &prev->addresses[prev->n_addresses];
        long long interface = index;
        const char *text = NULL;

        if (value_to_integer(value_find(ip, "interface"), "interface",
                             &interface, err)
            || value_to_string(value_find(ip, "address"), "address", &text,
                               err)) {
            return -1;
        } else if ((size_t) interface != index) {
            continue;
        } else if (!text || !ip_parse_prefix(text, address)) {
            return error_set(err, ERROR_CONFIG,
                             "prevResult: \"%s\" is no address",
                             text ? text : "");
        } else if (++prev->n_addresses == CHECKPREV_MAX_ADDRESSES) {
            break;
        }
    }
    return 0;
}

static int
parse_routes(const json_t *array, struct checkprev *prev,
             struct cni_error *err)
{
    static const struct ip no_gateways[IP_N_FAMILIES];

    return routes_parse(&prev->routes, array, no_gateways, err)
               ? error_wrap(err, "prevResult")
               : 0;
}

int
checkprev_parse(const struct config *config, const struct env *env,
                const char *host_name, struct checkprev *ret_prev,
                struct cni_error *err)
{
    const json_t *ipam = value_find(config->root, "ipam");
    const bool silent = json_is_object(ipam) && !json_object_size(ipam);
    const json_t *root = value_find(config->root, "prevResult");
    const json_t *interfaces = value_find(root, "interfaces");
    const json_t *ours, *host;
    struct checkprev prev = { .n_addresses = 0 };
    size_t index = 0, ignored;

    if (!root) {
        return error_set(err, ERROR_CONFIG, "required prevResult is missing");
    }
    ours = find_interface(interfaces, env->ifname, env->netns, &index);
    host = find_interface(interfaces, host_name, NULL, &ignored);
    if (parse_interface(ours, env, &prev, err)
        || parse_mtu(host, &prev.host_mtu, err)
        || parse_addresses(value_find(root, "ips"), index, &prev, err)
        || parse_routes(value_find(root, "routes"), &prev, err)) {
        return -1;
    }
    if (!prev.n_addresses && !silent) {
        return error_set(err, ERROR_CONFIG, "prevResult: no address");
    }
    *ret_prev = prev;
    return 0;
}
