/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#include "cni/route.h"

#include <stdio.h>
#include <string.h>

#include "cni/value.h"

/* What a route may say beside "dst" and "gw". */
static const struct {
    const char *key;
    size_t offset; /* Of the member of struct route. */
} numbers[] = {
    { "mtu", offsetof(struct route, mtu) },
    { "advmss", offsetof(struct route, advmss) },
    { "priority", offsetof(struct route, priority) },
    { "table", offsetof(struct route, table) },
    { "scope", offsetof(struct route, scope) },
};

#define N_NUMBERS (sizeof numbers / sizeof numbers[0])

int
routes_add(struct routes *routes, const struct route *route,
           struct cni_error *err)
{
    for (size_t i = 0; i < routes->n; i++) {
        const struct route *r = &routes->list[i];

        if (ip_same_network(r->dst, route->dst) && r->table == route->table
            && r->priority == route->priority) {
            return 0;
        }
    }
    if (routes->n >= ROUTE_MAX) {
        return error_set(err, ERROR_CONFIG, "more than %d routes", ROUTE_MAX);
    }
    routes->list[routes->n++] = *route;
    return 0;
}

static int
bad_text(const char *key, const char *text, struct cni_error *err)
{
    return error_set(err, ERROR_CONFIG,
                     "route: \"%s\": \"%s\" makes no sense", key,
                     text ? text : "");
}

static int
parse_numbers(const json_t *object, struct route *route, struct cni_error *err)
{
    for (size_t i = 0; i < N_NUMBERS; i++) {
        const char *key = numbers[i].key;
        long long number = 0;

        if (value_to_integer(value_find(object, key), key, &number, err)) {
            return -1;
        } else if (number > UINT32_MAX) {
            return error_set(err, ERROR_CONFIG, "\"%s\" is too large", key);
        }
        *(uint32_t *) ((char *) route + numbers[i].offset) = number;
    }
    return route->scope > 255
               ? error_set(err, ERROR_CONFIG, "\"scope\" is too large")
               : 0;
}

static int
parse_one(const json_t *object, const struct ip gateways[IP_N_FAMILIES],
          struct route *ret_route, struct cni_error *err)
{
    const char *dst = NULL, *gw = NULL;
    struct route route = { .mtu = 0 };

    if (value_to_string(value_find(object, "dst"), "dst", &dst, err)
        || value_to_string(value_find(object, "gw"), "gw", &gw, err)
        || parse_numbers(object, &route, err)) {
        return error_wrap(err, "route");
    } else if (!dst || !ip_parse_prefix(dst, &route.dst)) {
        return bad_text("dst", dst, err);
    }
    route.dst.address = ip_first(route.dst);
    route.gateway = gateways[ip_family(route.dst.address)];
    if (gw
        && (!ip_parse(gw, &route.gateway) || ip_is_zero(route.gateway)
            || ip_family(route.gateway) != ip_family(route.dst.address))) {
        return bad_text("gw", gw, err);
    }
    *ret_route = route;
    return 0;
}

int
routes_parse(struct routes *routes, const json_t *array,
             const struct ip gateways[IP_N_FAMILIES], struct cni_error *err)
{
    const json_t *object;
    struct route route;
    size_t i;

    if (array && !json_is_array(array)) {
        return error_set(err, ERROR_CONFIG, "\"routes\" must be a list");
    }
    json_array_foreach (array, i, object) {
        if (parse_one(object, gateways, &route, err)
            || routes_add(routes, &route, err)) {
            return -1;
        }
    }
    return 0;
}

void
route_describe(const struct route *route, char buf[static ROUTE_STRLEN])
{
    char dst[IP_PREFIX_STRLEN], gateway[IP_STRLEN];

    ip_format_prefix(route->dst, dst);
    ip_format(route->gateway, gateway);
    if (ip_is_set(route->gateway)) {
        snprintf(buf, ROUTE_STRLEN, "%s by way of %s", dst, gateway);
    } else {
        snprintf(buf, ROUTE_STRLEN, "%s", dst);
    }
}

static json_t *
format_one(const struct route *route)
{
    char dst[IP_PREFIX_STRLEN], gateway[IP_STRLEN];
    json_t *object;

    ip_format_prefix(route->dst, dst);
    ip_format(route->gateway, gateway);
    object = json_pack("{s:s, s:s*}", "dst", dst, "gw",
                       ip_is_set(route->gateway) ? gateway : NULL);
    for (size_t i = 0; i < N_NUMBERS; i++) {
        uint32_t number =
            *(const uint32_t *) ((const char *) route + numbers[i].offset);

        if (number) {
            json_object_set_new(object, numbers[i].key, json_integer(number));
        }
    }
    return object;
}

json_t *
routes_format(const struct routes *routes)
{
    json_t *array = json_array();

    for (size_t i = 0; i < routes->n; i++) {
        json_array_append_new(array, format_one(&routes->list[i]));
    }
    return array;
}
