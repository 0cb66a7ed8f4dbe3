/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* Reads the node's database in one transaction, and answers questions about
 * the reply without asking again.  attach.c writes. */

#include "cni/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cni/bridged.h"
#include "cni/op.h"
#include "cni/reply.h"
#include "ovsdb/keys.h"

/* Operations of the transaction. */
enum {
    VIEW_SWITCH,
    VIEW_BRIDGE,
    VIEW_INTERFACE,
    VIEW_N_OPERATIONS
};

/* Tunnel ports may be a thousand: the condition on type leaves them out. */
static json_t *
make_selects(void)
{
    return op_list(VIEW_N_OPERATIONS,
                   op_select("Open_vSwitch", json_array(), "external_ids"),
                   op_select("Bridge", json_array(),
                             "_uuid name datapath_type external_ids"),
                   op_select("Interface", op_where_string("type", ""),
                             "_uuid name external_ids"));
}

int
view_read(struct ovsdb *db, struct view *ret_view, struct cni_error *err)
{
    json_t *results;

    if (ovsdb_transact(db, make_selects(), &results, err)) {
        return -1;
    }
    return view_parse(results, ret_view, err);
}

static json_t *
find_row(json_t *rows, const char *name)
{
    json_t *row;
    size_t i;

    json_array_foreach (rows, i, row) {
        const char *row_name = reply_get_string(row, "name");

        if (row_name && !strcmp(row_name, name)) {
            return row;
        }
    }
    return NULL;
}

static int
find_bridge(struct view *view, struct cni_error *err)
{
    json_t *switches, *bridges;
    const char *name, *datapath;

    if (reply_get_rows(view->results, VIEW_SWITCH, &switches, err)
        || reply_get_rows(view->results, VIEW_BRIDGE, &bridges, err)) {
        return -1;
    }
    name =
        reply_get_key(json_array_get(switches, 0), "external_ids", KEY_BRIDGE);
    view->name = name ? name : DEFAULT_BRIDGE;
    view->bridge = find_row(bridges, view->name);
    view->uuid = reply_get_uuid(view->bridge, "_uuid");
    if (!view->uuid) {
        error_set(err, ERROR_TRY_AGAIN, "there is no bridge %s", view->name);
        return error_details(err, "loden-controller makes it: is it running?");
    }
    if (!reply_get_key(view->bridge, "external_ids", KEY_OWNER)) {
        error_set(err, ERROR_TRY_AGAIN, "bridge %s is not Loden's",
                  view->name);
        return error_details(err, "loden-controller marks it with " KEY_OWNER
                                  ": is it running?");
    }
    datapath = reply_get_string(view->bridge, "datapath_type");
    view->userspace = datapath && !strcmp(datapath, "netdev");
    return 0;
}

/* Takes 'results', those of make_selects()'s operations. */
int
view_parse(json_t *results, struct view *ret_view, struct cni_error *err)
{
    struct view view = { .results = results };

    if (reply_failed_operation(results, VIEW_N_OPERATIONS, err) >= 0
        || find_bridge(&view, err)
        || reply_get_rows(results, VIEW_INTERFACE, &view.interfaces, err)) {
        view_destroy(&view);
        return -1;
    }
    *ret_view = view;
    return 0;
}

void
view_destroy(struct view *view)
{
    json_decref(view->results);
    *view = (struct view){ .results = NULL };
}

/* Stores the 'i'th published network's name and words.  Skips keys of the
 * bridge that are others', and moves '*i' behind the one found. */
static bool
next_network(const struct view *view, size_t *i, const char **name,
             const char **words)
{
    const size_t n = strlen(KEY_NET_PREFIX);

    while (reply_get_pair(view->bridge, "external_ids", (*i)++, name, words)) {
        if (!strncmp(*name, KEY_NET_PREFIX, n)) {
            *name += n;
            return true;
        }
    }
    return false;
}

/* Says that no network is as wanted, and which there are. */
static int
no_network(const struct view *view, const char *what, struct cni_error *err)
{
    char published[256] = "";
    const char *name, *words;
    size_t i = 0, n = 0;

    while (next_network(view, &i, &name, &words) && n < sizeof published) {
        n += snprintf(published + n, sizeof published - n, "%s%s",
                      n ? ", " : "", name);
    }
    error_set(err, ERROR_TRY_AGAIN, "%s is not published on this node", what);
    return n ? error_details(err, "published are: %s", published)
             : error_details(err, "no network is published: is "
                                  "loden-controller running, and does this "
                                  "node hold a subnet?");
}

static int
get_by_name(const struct view *view, const char *wanted,
            struct network *network, struct cni_error *err)
{
    const char *name, *words;
    char what[300];
    size_t i = 0;

    while (next_network(view, &i, &name, &words)) {
        if (!strcmp(name, wanted)) {
            return network_parse(name, words, network, err);
        }
    }
    snprintf(what, sizeof what, "network \"%s\"", wanted);
    return no_network(view, what, err);
}

/* Does the network have the subnets that the file tells? */
static bool
has_subnets(const struct network *network, const struct subnetfile *file)
{
    for (int family = 0; family < IP_N_FAMILIES; family++) {
        if (file->subnet[family].length
            && !ip_same_network(network->subnet[family],
                                file->subnet[family])) {
            return false;
        }
    }
    return true;
}

/* Stores the subnet that the file tells first. */
static void
get_first(const struct subnetfile *file, struct ip_prefix *ret_subnet)
{
    const bool v4 = file->subnet[IP_V4].length;

    *ret_subnet = file->subnet[v4 ? IP_V4 : IP_V6];
}

static int
get_by_subnets(const struct view *view, const struct subnetfile *file,
               struct network *network, struct cni_error *err)
{
    char prefix[IP_PREFIX_STRLEN];
    const char *name, *words;
    struct ip_prefix subnet;
    char what[300];
    size_t i = 0;

    while (next_network(view, &i, &name, &words)) {
        struct cni_error ignored;

        if (network_parse(name, words, network, &ignored)) {
            continue;
        } else if (has_subnets(network, file)) {
            return 0;
        }
        network_destroy(network);
    }
    get_first(file, &subnet);
    subnet.address = ip_first(subnet);
    ip_format_prefix(subnet, prefix);
    snprintf(what, sizeof what, "a network with subnet %s", prefix);
    return no_network(view, what, err);
}

/* Refuses a network of which another node has this node's subnet. */
static int
check_not_lost(const struct view *view, const struct network *network,
               struct cni_error *err)
{
    char key[sizeof KEY_LOST_PREFIX + 300];
    const char *holder;

    snprintf(key, sizeof key, "%s%s", KEY_LOST_PREFIX, network->name);
    holder = reply_get_key(view->bridge, "external_ids", key);
    return !holder
               ? 0
               : error_set(err, ERROR_TRY_AGAIN,
                           "network \"%s\": node %s has this node's subnet by "
                           "now, and a person has to decide whose it is: see "
                           "'lodenctl status'",
                           network->name, holder);
}

int
view_get_network(const struct view *view, const char *name,
                 const struct subnetfile *file, struct network *ret_network,
                 struct cni_error *err)
{
    struct network network;

    if (name ? get_by_name(view, name, &network, err)
             : get_by_subnets(view, file, &network, err)) {
        return -1;
    }
    if (file && !has_subnets(&network, file)) {
        char have[NETWORK_SUBNETS_STRLEN], want[IP_PREFIX_STRLEN];
        struct ip_prefix subnet;

        get_first(file, &subnet);
        network_format_subnets(&network, have);
        ip_format_prefix(subnet, want);
        network_destroy(&network);
        return error_set(err, ERROR_TRY_AGAIN,
                         "network \"%s\" has subnet %s here, and not that "
                         "of %s=%s",
                         name, have,
                         ip_family(subnet.address) == IP_V4
                             ? "FLANNEL_SUBNET"
                             : "FLANNEL_IPV6_SUBNET",
                         want);
    } else if (network_check_open(&network, err)
               || check_not_lost(view, &network, err)) {
        network_destroy(&network);
        return -1;
    }
    *ret_network = network;
    return 0;
}

const json_t *
view_find_interface(const struct view *view, const char *key,
                    const char *value)
{
    const json_t *row;
    size_t i;

    json_array_foreach (view->interfaces, i, row) {
        const char *v = reply_get_key(row, "external_ids", key);

        if (v && !strcmp(v, value)) {
            return row;
        }
    }
    return NULL;
}

/* The key of a pod's address. */
static const char *
ip_key(enum ip_family family)
{
    return family == IP_V4 ? KEY_IP : KEY_IP6;
}

const json_t *
view_find_address(const struct view *view, const struct network *network,
                  struct ip ip)
{
    char text[IP_STRLEN], owned[300];

    ip_format(ip, text);
    snprintf(owned, sizeof owned, "%s/%s", network->name, text);
    return view_find_interface(view, ip_key(ip_family(ip)), owned);
}

const json_t *
view_find_mac(const struct view *view, const struct network *network,
              struct ip_mac mac)
{
    const json_t *row;
    size_t i;

    json_array_foreach (view->interfaces, i, row) {
        const char *name = reply_get_key(row, "external_ids", KEY_NETWORK);
        const char *text = reply_get_key(row, "external_ids", KEY_MAC);
        struct ip_mac other;

        if (name && text && !strcmp(name, network->name)
            && ip_parse_mac(text, &other)
            && !memcmp(&other, &mac, sizeof mac)) {
            return row;
        }
    }
    return NULL;
}

/* Takes from 'pool' the address in 'owned', NETWORK/ADDRESS or NULL, if it is
 * one of the network 'name'. */
static void
take_owned(struct address_pool *pool, const char *name, const char *owned)
{
    size_t n = strlen(name);
    struct ip ip;

    if (owned && !strncmp(owned, name, n) && owned[n] == '/'
        && ip_parse(owned + n + 1, &ip)) {
        address_pool_take(pool, ip);
    }
}

int
view_get_pool(const struct view *view, const struct network *network,
              enum ip_family family, struct address_pool *ret_pool,
              struct cni_error *err)
{
    const json_t *row;
    size_t i;

    if (address_pool_init(ret_pool, network->subnet[family],
                          network->gateway[family], err)) {
        return -1;
    } else if (network->bridged
               && bridged_limit(network, ret_pool, err)) {
        address_pool_destroy(ret_pool);
        return -1;
    }
    json_array_foreach (view->interfaces, i, row) {
        take_owned(ret_pool, network->name,
                   reply_get_key(row, "external_ids", ip_key(family)));
    }
    return 0;
}

struct ip
view_get_last(const struct view *view, const struct network *network,
              enum ip_family family)
{
    const char *prefix = family == IP_V4 ? KEY_LAST_PREFIX : KEY_LAST6_PREFIX;
    const size_t n = strlen(prefix);
    struct ip ip = { .bytes = { 0 } };
    const char *key, *value;

    for (size_t i = 0;
         reply_get_pair(view->bridge, "external_ids", i, &key, &value); i++) {
        if (!strncmp(key, prefix, n) && !strcmp(key + n, network->name)
            && ip_parse(value, &ip)) {
            return ip;
        }
    }
    return ip;
}

bool
view_is_draining(const struct view *view)
{
    const char *value =
        reply_get_key(view->bridge, "external_ids", KEY_DRAINING);

    return value && !strcmp(value, "true");
}
