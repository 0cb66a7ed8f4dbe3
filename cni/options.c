/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* A configuration written for another plugin says what its author wants of a
 * bridge, or of flannel.  On a routed network some of that is so anyway and is
 * accepted, some cannot be and is refused by name; nothing is half done.
 *
 * bridge: containernetworking/plugins, plugins/main/bridge/bridge.go; flannel:
 * flannel-io/cni-plugin, flannel.go. */

#include "cni/options.h"

#include <string.h>

#include "cni/ipam.h"
#include "cni/route.h"
#include "cni/value.h"
#include "ovsdb/keys.h"

/* True or false makes no difference:
 * - the gateway is there whatever "isGateway" says, and so is its address;
 * - "ipMasq" would have the plugin masquerade: here the node does so as the
 *   network's settings say, and flannel's false means just that;
 * - a switch needs no hairpin, and a pod hears what is meant for it. */
static const char *const indifferent[] = {
    "isGateway",   "forceAddress", "ipMasq",
    "hairpinMode", "promiscMode",  "preserveDefaultVlan",
};

/* A tag is a second way to say which network a frame is of, beside the one
 * that the switch goes by, and one that a pod could write itself. */
#define ONE_NETWORK_FOR_EACH                                                  \
    "networks are kept apart by numbers of their own (VNIs), and a frame "    \
    "with a VLAN's tag passes from no pod: "

/* What no network can do, or a routed one cannot.  A value that asks for
 * nothing (false, 0, null, an empty list or text) is fine. */
static const struct {
    const char *key;
    const char *why;
} refused[] = {
    { "vlan", ONE_NETWORK_FOR_EACH
      "make a network for each VLAN, and say \"network\"" },
    { "vlanTrunk", ONE_NETWORK_FOR_EACH
      "make a network for each VLAN, and attach the pod to each" },
    { "trunk", ONE_NETWORK_FOR_EACH
      "make a network for each VLAN, and attach the pod to each" },
    { "disableContainerInterface",
      "a routed network's pod needs an interface and an address" },
};

#define N_ELEMENTS(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* The value of an option: flannel's configurations have the bridge plugin's
 * in "delegate". */
static json_t *
find(const struct config *config, const char *key)
{
    json_t *value = value_find(config->root, key);

    return value ? value
                 : value_find(value_find(config->root, "delegate"), key);
}

static bool
asks_for_nothing(const json_t *value)
{
    return !value || json_is_false(value)
           || (json_is_number(value) && json_number_value(value) == 0)
           || (json_is_array(value) && !json_array_size(value))
           || (json_is_string(value) && !json_string_length(value));
}

static int
check_others(const struct config *config, struct cni_error *err)
{
    bool value[N_ELEMENTS(indifferent)] = { false };

    for (size_t i = 0; i < N_ELEMENTS(indifferent); i++) {
        const char *key = indifferent[i];

        if (value_to_bool(find(config, key), key, &value[i], err)) {
            return -1;
        }
    }
    if (json_is_true(find(config, "hairpinMode"))
        && json_is_true(find(config, "promiscMode"))) {
        return error_set(err, ERROR_CONFIG,
                         "cannot set hairpin mode and promiscuous mode at the "
                         "same time");
    }
    for (size_t i = 0; i < N_ELEMENTS(refused); i++) {
        if (!asks_for_nothing(find(config, refused[i].key))) {
            error_set(err, ERROR_UNSUPPORTED, "\"%s\" is not supported",
                      refused[i].key);
            return error_details(err, "%s", refused[i].why);
        }
    }
    return 0;
}

/* flannel's plugin would run another plugin with "delegate". */
static int
check_delegate(const struct config *config, struct cni_error *err)
{
    const json_t *delegate = value_find(config->root, "delegate");
    const char *type = "loden";

    if (value_check_object(delegate, "delegate", err)) {
        return -1;
    } else if (value_find(delegate, "name") || value_find(delegate, "ipam")) {
        return error_set(err, ERROR_CONFIG,
                         "\"delegate\" must not have \"%s\"",
                         value_find(delegate, "name") ? "name" : "ipam");
    } else if (value_to_string(value_find(delegate, "type"), "delegate.type",
                               &type, err)) {
        return -1;
    } else if (strcmp(type, "loden") && strcmp(type, "bridge")) {
        error_set(err, ERROR_UNSUPPORTED,
                  "\"delegate\": type \"%s\" is not supported", type);
        return error_details(err, "this plugin runs no other: its pods are on "
                                  "the switch");
    }
    return 0;
}

/* Whether the network can do without Loden's addresses is seen later. */
static int
parse_ipam(const struct config *config, const char **ret_type,
           bool *ret_none, struct cni_error *err)
{
    const json_t *ipam = value_find(config->root, "ipam");
    const char *type = NULL;

    if (!ipam) {
        return 0;
    } else if (value_check_object(ipam, "ipam", err)) {
        return -1;
    } else if (!json_object_size(ipam)) {
        *ret_none = true;
        return 0;
    } else if (value_to_string(value_find(ipam, "type"), "ipam.type", &type,
                               err)) {
        return -1;
    } else if (!type || strchr(type, '/')) {
        return error_set(err, ERROR_CONFIG,
                         "\"ipam\": type \"%s\" is no plugin's name",
                         type ? type : "");
    } else if (!strcmp(type, "loden")) {
        error_set(err, ERROR_CONFIG,
                  "\"ipam\": type \"loden\" is no plugin "
                  "for addresses");
        return error_details(err, "leave \"ipam\" out for addresses of "
                                  "Loden's");
    }
    *ret_type = type;
    return 0;
}

const char *
options_get_ipam(const struct config *config)
{
    struct cni_error ignored;
    const char *type = NULL;
    bool none = false;

    parse_ipam(config, &type, &none, &ignored);
    return type;
}

static int
parse_mtu(const struct config *config, unsigned int *ret_mtu,
          struct cni_error *err)
{
    long long mtu = 0;

    if (value_to_integer(find(config, "mtu"), "mtu", &mtu, err)) {
        return -1;
    } else if (mtu && (mtu < NETWORK_MTU_MIN || mtu > NETWORK_MTU_MAX)) {
        return error_set(err, ERROR_CONFIG, "\"mtu\": %lld is no MTU", mtu);
    }
    *ret_mtu = mtu;
    return 0;
}

static int
parse_network(const struct config *config, struct options *options,
              struct cni_error *err)
{
    if (value_to_string(find(config, "network"), "network", &options->network,
                        err)
        || value_to_string(find(config, "subnetFile"), "subnetFile",
                           &options->subnet_file, err)) {
        return -1;
    }
    if (!options->network && !options->subnet_file) {
        options->network = DEFAULT_NETWORK;
    }
    return options->network && strlen(options->network) > OPTIONS_NAME_MAX
               ? error_set(err, ERROR_CONFIG, "\"network\" is too long")
               : 0;
}

/* Where routes without a gateway lead is seen later. */
static int
check_routes(const json_t *routes, struct cni_error *err)
{
    static const struct ip no_gateways[IP_N_FAMILIES];
    struct routes parsed = { .n = 0 };

    return routes_parse(&parsed, routes, no_gateways, err);
}

/* It goes into the result as it is, which runtimes then have to read. */
static int
check_dns(const json_t *dns, struct cni_error *err)
{
    const char *domain = NULL;

    return value_check_object(dns, "dns", err)
           || value_check_list(value_find(dns, "nameservers"),
                               "dns.nameservers", JSON_STRING, err)
           || value_check_list(value_find(dns, "search"), "dns.search",
                               JSON_STRING, err)
           || value_check_list(value_find(dns, "options"), "dns.options",
                               JSON_STRING, err)
           || value_to_string(value_find(dns, "domain"), "dns.domain", &domain,
                              err);
}

int
options_parse(const struct config *config, struct options *ret_options,
              struct cni_error *err)
{
    struct options options = { .default_route = true, .mac_check = true };

    if (check_delegate(config, err) || parse_network(config, &options, err)
        || check_others(config, err) || parse_mtu(config, &options.mtu, err)
        || parse_ipam(config, &options.ipam, &options.no_ipam, err)
        || value_to_bool(find(config, "isDefaultGateway"), "isDefaultGateway",
                         &options.default_route, err)
        || value_to_bool(find(config, "macspoofchk"), "macspoofchk",
                         &options.mac_check, err)
        || value_to_bool(find(config, "portIsolation"), "portIsolation",
                         &options.isolated, err)
        || value_to_bool(find(config, "enabledad"), "enabledad", &options.dad,
                         err)) {
        return -1;
    }
    options.routes = find(config, "routes");
    options.dns = find(config, "dns");
    if (check_routes(options.routes, err) || check_dns(options.dns, err)) {
        return -1;
    }
    *ret_options = options;
    return 0;
}

/* ---- In a network ----------------------------------------------------- */

/* A network's MTU may be less than what was asked for, today: it follows the
 * underlay of all nodes, and so will the pod.  What the file says was the
 * network's when it was written. */
static int
choose_mtu(const struct options *options, const struct subnetfile *file,
           const struct network *network, unsigned int *ret_mtu,
           struct cni_error *err)
{
    unsigned int wish = options->mtu ? options->mtu : file ? file->mtu : 0;
    unsigned int mtu = wish && wish < network->mtu ? wish : network->mtu;

    /* Also with an IPAM plugin that may give no IPv6 address: the network says
     * what a pod can have. */
    if (network_has(network, IP_V6) && mtu < NETWORK_MTU_V6) {
        return error_set(err, ERROR_CONFIG,
                         "an MTU of %u is too small for IPv6, which network "
                         "\"%s\" has: %d is the least",
                         mtu, network->name, NETWORK_MTU_V6);
    }
    *ret_mtu = mtu;
    return 0;
}

int
options_fit(const struct options *options, const struct subnetfile *file,
            const struct network *network, unsigned int *ret_mtu,
            struct cni_error *err)
{
    const struct ipam ipam = { .type = options->ipam };

    if (options->no_ipam && !network->bridged) {
        error_set(err, ERROR_UNSUPPORTED, "\"ipam\": {} is not supported");
        return error_details(err, "a routed network's pod needs an address: "
                                  "leave \"ipam\" out for one of Loden's");
    } else if (network->internal && ipam_needs_port(&ipam)) {
        return error_set(err, ERROR_CONFIG,
                         "\"ipam\": network \"%s\" is internal, and no DHCP "
                         "server can be on its node's port there: leave "
                         "\"ipam\" out",
                         network->name);
    }
    return choose_mtu(options, file, network, ret_mtu, err);
}
