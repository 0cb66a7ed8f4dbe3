/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Plain values to text, in the shape of the version that the runtime asked
 * for.  The order of interfaces (switch, host's end, pod's end) is that of the
 * reference's bridge plugin: chained plugins count on it. */

#include "cni/result.h"

#include <string.h>

#include "cni/value.h"

/* Index of the pod's end among our own "interfaces". */
#define POD_INTERFACE 2

#define FORMAT_FLAGS JSON_INDENT(4)

/* Takes 'root'. */
static char *
dump(json_t *root)
{
    char *text = root ? json_dumps(root, FORMAT_FLAGS) : NULL;

    json_decref(root);
    return text;
}

/* One end of the veth.  'sandbox' is NULL for the host's. */
static json_t *
make_end(const struct result *result, const struct version *version,
         const char *name, struct ip_mac mac, const char *sandbox)
{
    char text[IP_MAC_STRLEN];
    json_t *mtu = version->interface_mtu ? json_integer(result->mtu) : NULL;

    ip_format_mac(mac, text);
    return json_pack("{s:s, s:s, s:o*, s:s*}", "name", name, "mac", text,
                     "mtu", mtu, "sandbox", sandbox);
}

static json_t *
make_ip(const struct result *result, const struct version *version,
        enum ip_family family, size_t interface)
{
    char address[IP_PREFIX_STRLEN], gateway[IP_STRLEN];

    ip_format_prefix(result->addresses[family], address);
    ip_format(result->gateways[family], gateway);
    return json_pack("{s:s*, s:i, s:s, s:s*}", "version",
                     !version->address_family ? NULL
                     : family == IP_V4        ? "4"
                                              : "6",
                     "interface", (int) interface, "address", address,
                     "gateway",
                     ip_is_set(result->gateways[family]) ? gateway : NULL);
}

/* The list 'key' of what earlier plugins made, to append to. */
static json_t *
begin_list(const struct result *result, const char *key)
{
    json_t *list = json_object_get(result->prev, key);

    return json_is_array(list) ? json_copy(list) : json_array();
}

/* The shape since 0.3.0. */
static json_t *
make_lists(const struct result *result, const struct version *version)
{
    json_t *interfaces = begin_list(result, "interfaces");
    json_t *ips = begin_list(result, "ips");
    json_t *routes = begin_list(result, "routes");
    json_t *own_routes = routes_format(result->routes);
    const size_t n = json_array_size(interfaces);

    json_array_append_new(interfaces,
                          json_pack("{s:s}", "name", result->bridge));
    json_array_append_new(
        interfaces,
        make_end(result, version, result->host_name, result->host_mac, NULL));
    json_array_append_new(interfaces,
                          make_end(result, version, result->pod_name,
                                   result->pod_mac, result->netns));
    for (int family = 0; family < IP_N_FAMILIES; family++) {
        if (ip_is_set(result->addresses[family].address)) {
            json_array_append_new(
                ips, make_ip(result, version, family, n + POD_INTERFACE));
        }
    }
    json_array_extend(routes, own_routes);
    json_decref(own_routes);
    return json_pack("{s:s, s:o, s:o, s:o, s:O*}", "cniVersion", version->name,
                     "interfaces", interfaces, "ips", ips, "routes", routes,
                     "dns", result->dns);
}

/* What there is of one family in the shape before 0.3.0, in which a route has
 * "dst" and "gw" only; NULL if there is nothing. */
static json_t *
make_family(const struct result *result, enum ip_family family)
{
    char address[IP_PREFIX_STRLEN], gateway[IP_STRLEN];
    struct routes plain = { .n = 0 };

    if (!ip_is_set(result->addresses[family].address)) {
        return NULL;
    }
    for (size_t i = 0; i < result->routes->n; i++) {
        const struct route *route = &result->routes->list[i];

        if (ip_family(route->dst.address) == family) {
            plain.list[plain.n++] = (struct route){
                .dst = route->dst, .gateway = route->gateway
            };
        }
    }
    ip_format_prefix(result->addresses[family], address);
    ip_format(result->gateways[family], gateway);
    return json_pack(
        "{s:s, s:s*, s:o}", "ip", address, "gateway",
        ip_is_set(result->gateways[family]) ? gateway : NULL, "routes",
        routes_format(&plain));
}

static json_t *
make_by_family(const struct result *result, const struct version *version)
{
    return json_pack("{s:s, s:o*, s:o*, s:O*}", "cniVersion", version->name,
                     "ip4", make_family(result, IP_V4), "ip6",
                     make_family(result, IP_V6), "dns", result->dns);
}

char *
result_format(const struct result *result, const struct version *version)
{
    return dump(version->by_family ? make_by_family(result, version)
                                   : make_lists(result, version));
}

int
result_check_prev(const json_t *prev, struct cni_error *err)
{
    static const char *const lists[] = { "interfaces", "ips", "routes" };

    if (value_check_object(prev, "prevResult", err)) {
        return -1;
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (value_check_list(value_find(prev, lists[i]), lists[i],
                             JSON_OBJECT, err)) {
            return error_wrap(err, "prevResult");
        }
    }
    return value_check_object(value_find(prev, "dns"), "dns", err)
               ? error_wrap(err, "prevResult")
               : 0;
}

/* A JSON string of 'text', which may hold anything that the environment held,
 * and may have been cut in the middle of a character. */
static json_t *
make_string(const char *text)
{
    char ascii[CNI_ERROR_MAX];
    json_t *string = json_string(text);

    if (!string) {
        size_t i;

        for (i = 0; text[i] && i < sizeof ascii - 1; i++) {
            ascii[i] = text[i] & 0x80 ? '?' : text[i];
        }
        ascii[i] = '\0';
        string = json_string(ascii);
    }
    return string;
}

char *
result_format_error(const struct cni_error *err, const struct version *version)
{
    json_t *details = *err->details ? make_string(err->details) : NULL;

    return dump(json_pack("{s:s, s:i, s:o, s:o*}", "cniVersion", version->name,
                          "code", err->code, "msg", make_string(err->msg),
                          "details", details));
}

char *
result_format_versions(void)
{
    json_t *names = json_array();

    for (size_t i = 0; i < n_versions; i++) {
        json_array_append_new(names, json_string(versions[i].name));
    }
    return dump(json_pack("{s:s, s:o}", "cniVersion", version_newest()->name,
                          "supportedVersions", names));
}
