/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What another plugin wrote, in whichever version of CNI, as plain values.
 * Nothing here runs anything. */

#include "cni/ipam.h"

#include <string.h>

#include "cni/value.h"

/* Takes an address with its gateway, which may be NULL. */
static int
take_address(const char *address, const char *gateway,
             struct ipam_result *result, struct cni_error *err)
{
    struct ip_prefix prefix;
    enum ip_family family;
    struct ip ip;

    if (!ip_parse_prefix(address, &prefix) || ip_is_zero(prefix.address)) {
        return error_set(err, ERROR_CONFIG, "the address %s makes no sense",
                         address);
    }
    family = ip_family(prefix.address);
    if (ip_is_set(result->addresses[family].address)) {
        return error_set(err, ERROR_UNSUPPORTED,
                         "the address %s is one more than a pod has here",
                         address);
    } else if (gateway && *gateway
               && (!ip_parse(gateway, &ip) || ip_family(ip) != family)) {
        return error_set(err, ERROR_CONFIG, "the gateway %s makes no sense",
                         gateway);
    }
    result->addresses[family] = prefix;
    if (gateway && *gateway) {
        result->gateways[family] = ip;
    }
    return 0;
}

/* Since 0.3.0: a list of addresses. */
static int
take_from_list(struct ipam_result *result, struct cni_error *err)
{
    const json_t *ips = value_find(result->root, "ips");
    const json_t *ip;
    size_t i;

    json_array_foreach (ips, i, ip) {
        const char *address = NULL, *gateway = NULL;

        if (value_to_string(value_find(ip, "address"), "address", &address,
                            err)
            || value_to_string(value_find(ip, "gateway"), "gateway", &gateway,
                               err)
            || (address && take_address(address, gateway, result, err))) {
            return -1;
        }
    }
    result->routes[0] = value_find(result->root, "routes");
    return 0;
}

/* Before 0.3.0: an object for each family. */
static int
take_from_families(struct ipam_result *result, struct cni_error *err)
{
    static const char *const keys[] = { "ip4", "ip6" };

    for (size_t i = 0; i < IP_N_FAMILIES; i++) {
        const json_t *object = value_find(result->root, keys[i]);
        const char *address = NULL, *gateway = NULL;

        if (value_to_string(value_find(object, "ip"), "ip", &address, err)
            || value_to_string(value_find(object, "gateway"), "gateway",
                               &gateway, err)
            || (address && take_address(address, gateway, result, err))) {
            return error_wrap(err, "%s", keys[i]);
        }
        result->routes[i] = value_find(object, "routes");
    }
    return 0;
}

static int
parse(struct ipam_result *result, const struct version *version,
      struct cni_error *err)
{
    const json_t *root = result->root;
    const char *name = version->name;

    if (!json_is_object(root)) {
        return error_set(err, ERROR_DECODE, "its result is no object");
    } else if (value_to_string(value_find(root, "cniVersion"), "cniVersion",
                               &name, err)) {
        return -1;
    }
    version = version_find(name);
    if (!version) {
        return error_set(err, ERROR_VERSION,
                         "its result is of the unknown version \"%s\"", name);
    } else if (version->by_family ? take_from_families(result, err)
                                  : take_from_list(result, err)) {
        return -1;
    } else if (!ip_is_set(result->addresses[IP_V4].address)
               && !ip_is_set(result->addresses[IP_V6].address)) {
        return error_set(err, ERROR_CONFIG,
                         "IPAM plugin returned missing IP config");
    }
    result->dns = value_find(root, "dns");
    if (result->dns
        && (!json_is_object(result->dns) || !json_object_size(result->dns))) {
        result->dns = NULL;
    }
    return 0;
}

int
ipam_parse_result(const char *text, const struct version *version,
                  struct ipam_result *ret_result, struct cni_error *err)
{
    struct ipam_result result = { .root = NULL };
    json_error_t bad;

    result.root = json_loads(text, JSON_DECODE_INT_AS_REAL, &bad);
    if (!result.root) {
        return error_set(err, ERROR_DECODE, "its result is not JSON: %s",
                         bad.text);
    } else if (parse(&result, version, err)) {
        ipam_result_destroy(&result);
        return -1;
    }
    *ret_result = result;
    return 0;
}

void
ipam_result_destroy(struct ipam_result *result)
{
    json_decref(result->root);
    *result = (struct ipam_result){ .root = NULL };
}

/* Code, message and details are passed on as they are. */
int
ipam_parse_error(const char *text, const char *type, struct cni_error *err)
{
    json_t *root = json_loads(text, 0, NULL);
    const char *msg = json_string_value(json_object_get(root, "msg"));
    const char *details = json_string_value(json_object_get(root, "details"));
    json_int_t code = json_integer_value(json_object_get(root, "code"));

    if (!root) {
        error_set(err, ERROR_INTERNAL, "plugin \"%s\" failed: %s", type, text);
    } else {
        error_set(err, code > 0 && code < 100000 ? code : ERROR_INTERNAL, "%s",
                  msg ? msg : "");
        if (details) {
            error_details(err, "%s", details);
        }
    }
    json_decref(root);
    return -1;
}
