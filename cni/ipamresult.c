/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What another plugin wrote, in whichever version of CNI, as plain values.
 * Nothing here runs anything. */

#include "cni/ipam.h"

#include <string.h>

#include "cni/value.h"

/* What has to be found in a result: one address. */
struct one_address {
    const char *address; /* With its prefix length, or NULL. */
    const char *gateway; /* Or NULL. */
};

static int
refuse_address(const char *address, const char *why, struct cni_error *err)
{
    return error_set(err, ERROR_UNSUPPORTED, "the address %s is %s", address,
                     why);
}

/* Since 0.3.0: a list of addresses. */
static int
take_from_list(const json_t *root, struct one_address *one,
               struct cni_error *err)
{
    const json_t *ips = value_find(root, "ips");
    const json_t *ip;
    size_t i;

    json_array_foreach (ips, i, ip) {
        const char *address = NULL;

        if (value_to_string(value_find(ip, "address"), "address", &address,
                            err)
            || value_to_string(value_find(ip, "gateway"), "gateway",
                               &one->gateway, err)) {
            return -1;
        } else if (address && strchr(address, ':')) {
            return refuse_address(
                address, "IPv6, which this network does not have", err);
        } else if (address && one->address) {
            return refuse_address(address, "one more than a pod has here",
                                  err);
        }
        one->address = address;
    }
    return 0;
}

/* Before 0.3.0: an object for each family. */
static int
take_from_families(const json_t *root, struct one_address *one,
                   struct cni_error *err)
{
    const json_t *ip4 = value_find(root, "ip4");
    const char *ip6 = NULL;

    if (value_to_string(value_find(value_find(root, "ip6"), "ip"), "ip6.ip",
                        &ip6, err)
        || value_to_string(value_find(ip4, "ip"), "ip4.ip", &one->address, err)
        || value_to_string(value_find(ip4, "gateway"), "ip4.gateway",
                           &one->gateway, err)) {
        return -1;
    }
    return ip6 ? refuse_address(ip6, "IPv6, which this network does not have",
                                err)
               : 0;
}

static int
take_address(const struct one_address *one, struct ipam_result *result,
             struct cni_error *err)
{
    if (!one->address) {
        return error_set(err, ERROR_CONFIG,
                         "IPAM plugin returned missing IP config");
    } else if (!ip_parse_prefix(one->address, &result->address)) {
        return error_set(err, ERROR_CONFIG, "the address %s makes no sense",
                         one->address);
    } else if (one->gateway && !ip_parse(one->gateway, &result->gateway)) {
        return error_set(err, ERROR_CONFIG, "the gateway %s makes no sense",
                         one->gateway);
    }
    return 0;
}

static int
parse(struct ipam_result *result, const struct version *version,
      struct cni_error *err)
{
    struct one_address one = { .address = NULL };
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
    } else if (version->by_family ? take_from_families(root, &one, err)
                                  : take_from_list(root, &one, err)) {
        return -1;
    }
    result->routes = value_find(
        version->by_family ? value_find(root, "ip4") : root, "routes");
    result->dns = value_find(root, "dns");
    if (result->dns
        && (!json_is_object(result->dns) || !json_object_size(result->dns))) {
        result->dns = NULL;
    }
    return take_address(&one, result, err);
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
