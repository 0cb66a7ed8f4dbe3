/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* What an ADD decides before and between making things (add.c): whether it is
 * wanted at all, in which network, with which addresses and routes.  It reads
 * the node's database and changes nothing, but for what an earlier boot
 * left. */

#include <stdio.h>
#include <string.h>

#include "cni/add-private.h"
#include "cni/detach.h"
#include "cni/reply.h"
#include "cni/result.h"
#include "cni/value.h"
#include "ovsdb/keys.h"

/* How often an ADD waits for another block of a bridged network. */
#define MAX_BLOCKS 16

int
add_prepare(struct add *add, struct cni_error *err)
{
    const struct env *env = add->env;
    struct env_args args;

    if (env_parse_args(env->args, &args, err)
        || options_parse(add->config, &add->options, err)
        || wish_parse(add->config, &args, &add->wish, err)
        || capability_parse(add->config, &add->capability, err)
        || result_check_prev(value_find(add->config->root, "prevResult"),
                             err)
        || config_get_ovsdb(add->config, env->ovs_rundir, add->socket,
                            sizeof add->socket, err)
        || (add->options.subnet_file
            && subnetfile_read(add->options.subnet_file, &add->file, err))
        || id_init(&add->id, add->config->name, env->container_id, env->ifname,
                   err)
        || id_check(&add->id, err) || io_make_nonce(add->nonce, err)
        || io_make_nonce(add->first_nonce, err)
        || io_get_boot_id(add->boot, err)) {
        return -1;
    }
    add->ipam.type = add->options.ipam;
    snprintf(add->pod, sizeof add->pod, "%s%s%s", args.pod_namespace,
             *args.pod_namespace ? "/" : "", args.pod_name);
    return 0;
}

/* Reads the database anew. */
int
add_look(struct add *add, struct cni_error *err)
{
    view_destroy(&add->view);
    return view_read(&add->db, &add->view, err);
}

int
add_look_again(struct add *add, struct cni_error *err)
{
    struct network network;

    if (add_look(add, err)) {
        return -1;
    } else if (!add->network.bridged) {
        return 0;
    } else if (view_get_network(&add->view, add->network.name, NULL, &network,
                                err)) {
        return -1;
    }
    network_destroy(&add->network);
    add->network = network;
    return 0;
}

/* ---- The network ------------------------------------------------------ */

/* An attachment of this name that an earlier boot left is none: its veth went
 * with that kernel.  Runtimes that keep their containers over a reboot attach
 * them again under the same name. */
static int
check_not_attached(struct add *add, struct cni_error *err)
{
    const json_t *row = view_find_interface(&add->view, KEY_ID, add->id.text);
    const char *boot = reply_get_key(row, "external_ids", KEY_BOOT);

    if (!row) {
        return 0;
    } else if (boot && strcmp(boot, add->boot)) {
        return detach_delete(&add->db, row, "remove an earlier boot's", err);
    }
    return error_set(err, ERROR_EXISTS, "%s is attached already",
                     add->id.text);
}

int
add_find_network(struct add *add, struct cni_error *err)
{
    const struct subnetfile *file =
        add->options.subnet_file ? &add->file : NULL;

    if (check_not_attached(add, err)) {
        return -1;
    } else if (view_is_draining(&add->view)) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "this node is draining and takes no new pods");
    } else if (view_get_network(&add->view, add->options.network, file,
                                &add->network, err)
               || options_fit(&add->options, file, &add->network, &add->mtu,
                              err)) {
        return -1;
    } else if (add->network.internal && *add->capability.ports) {
        return error_set(err, ERROR_CONFIG,
                         "portMappings: network \"%s\" is internal, and no "
                         "host reaches its pods",
                         add->network.name);
    }
    return 0;
}

/* ---- Addresses -------------------------------------------------------- */

bool
add_has(const struct add *add, enum ip_family family)
{
    return ip_is_set(add->addresses[family].address);
}

bool
add_is_silent(const struct add *add)
{
    return add->options.no_ipam;
}

bool
add_claims(const struct add *add)
{
    bool claims = add->network.bridged && add->wish.has_mac;

    for (int family = 0; family < IP_N_FAMILIES; family++) {
        const struct ip ip = add->addresses[family].address;

        claims |= add->network.bridged && ip_is_set(ip)
                  && !bridged_gives(&add->network, ip,
                                    add->addresses[IP_V4].address);
    }
    return claims;
}

/* Without a wish it follows from the pod's address, or, without that or
 * before it, from its name. */
static int
choose_mac(struct add *add, struct cni_error *err)
{
    const enum ip_family family = add_has(add, IP_V4) ? IP_V4 : IP_V6;

    if (add->made_first) {
        return 0;
    } else if (!add->wish.has_mac
               && (add_is_silent(add) || ipam_needs_port(&add->ipam))) {
        add->mac = bridged_silent_mac(add->id.hash);
        return 0;
    } else if (!add->wish.has_mac) {
        add->mac = ip_pod_mac(add->addresses[family].address);
        return 0;
    }
    add->mac = add->wish.mac;
    return wish_check_mac(&add->wish, &add->view, &add->network, err);
}

/* Guesses an address that is free. */
static int
guess(struct add *add, enum ip_family family, struct cni_error *err)
{
    struct ip *ip = &add->addresses[family].address;
    unsigned int wrong = add->wrong_guesses;
    uint64_t hash = add->id.hash;
    struct address_pool pool;
    struct ip last;
    int retval;

    if (view_get_pool(&add->view, &add->network, family, &pool, err)) {
        return -1;
    }
    last = view_get_last(&add->view, &add->network, family);
    /* The blocks of a bridged network are scattered over a large subnet. */
    retval = wrong || add->network.bridged
                 ? address_choose_other(&pool, hash, wrong, ip, err)
                 : address_choose_first(&pool, hash, last, ip, err);
    address_pool_destroy(&pool);
    return retval;
}

/* Makes sure that this node has an address to give in a bridged network: the
 * first pod there, and the one that finds all in use, wait for another block.
 */
static int
get_block(struct add *add, enum ip_family family, struct cni_error *err)
{
    for (int i = 0; i < MAX_BLOCKS; i++) {
        struct address_pool pool;
        bool any;

        if (view_get_pool(&add->view, &add->network, family, &pool, err)) {
            return -1;
        }
        any = pool.n_free;
        address_pool_destroy(&pool);
        if (any) {
            return 0;
        } else if (bridged_want(&add->db, &add->view, &add->network,
                                add->nonce, err)
                   || add_look_again(add, err)) {
            return -1;
        }
    }
    return error_set(err, ERROR_TRY_AGAIN,
                     "others took all addresses of %d new blocks", MAX_BLOCKS);
}

/* Decides on the address of one family. */
static int
choose_address(struct add *add, enum ip_family family, struct cni_error *err)
{
    const struct ip_prefix wish = add->wish.ip[family];
    struct ip_prefix *address = &add->addresses[family];

    if (ip_is_set(wish.address)) {
        address->address = wish.address;
        address->length = add->network.subnet[family].length;
        return wish_check_ip(wish, &add->view, &add->network, err);
    } else if (!network_has(&add->network, family)) {
        return 0;
    }
    address->length = add->network.subnet[family].length;
    if (add->network.bridged && family != bridged_family(&add->network)) {
        address->address = bridged_v6(add->network.subnet[IP_V6],
                                      add->addresses[IP_V4].address);
        return 0;
    } else if (add->network.bridged && get_block(add, family, err)) {
        return -1;
    }
    return guess(add, family, err);
}

int
add_choose_addresses(struct add *add, struct cni_error *err)
{
    if (add_is_silent(add)
        || (ipam_needs_port(&add->ipam) && !add->given.root)) {
        return choose_mac(add, err);
    } else if (add->ipam.type) {
        return add->given.root ? add_take_given(add, err) : 0;
    }
    return choose_address(add, IP_V4, err) || choose_address(add, IP_V6, err)
           || choose_mac(add, err);
}

/* An address from elsewhere is good here if it is one that Loden could have
 * given: the switch lets a pod send from no other. */
static int
check_given(struct add *add, enum ip_family family, struct cni_error *err)
{
    const struct ip_prefix given = add->given.addresses[family];
    const struct ip_prefix alone = { given.address, ip_max(given.address) };
    const struct ip wish = add->wish.ip[family].address;
    const struct ip gateway = add->network.gateway[family];
    const struct ip told = add->given.gateways[family];
    char have[IP_STRLEN], want[IP_STRLEN];

    ip_format(given.address, have);
    ip_format(gateway, want);
    if (wish_check_ip(alone, &add->view, &add->network, err)) {
        return -1;
    } else if (!ip_contains(given, gateway)) {
        return error_set(err, ERROR_CONFIG, "%s/%u leaves out the gateway %s",
                         have, given.length, want);
    } else if (ip_is_set(told) && !ip_equal(told, gateway)) {
        ip_format(told, have);
        return error_set(err, ERROR_CONFIG, "the gateway is %s, and not %s",
                         want, have);
    } else if (ip_is_set(wish) && !ip_equal(wish, given.address)) {
        ip_format(wish, want);
        return error_set(err, ERROR_CONFIG, "it gave %s, but %s is wished",
                         have, want);
    }
    return 0;
}

int
add_take_given(struct add *add, struct cni_error *err)
{
    for (int family = 0; family < IP_N_FAMILIES; family++) {
        const struct ip_prefix wish = add->wish.ip[family];
        char want[IP_STRLEN];

        add->addresses[family] = add->given.addresses[family];
        if (add_has(add, family)) {
            if (check_given(add, family, err)) {
                return error_wrap(err, "IPAM plugin \"%s\"", add->ipam.type);
            }
        } else if (ip_is_set(wish.address)) {
            ip_format(wish.address, want);
            return error_set(err, ERROR_CONFIG,
                             "IPAM plugin \"%s\": it gave no %s address, but "
                             "%s is wished",
                             add->ipam.type, ip_family_name(family), want);
        }
    }
    return choose_mac(add, err);
}

/* The pod's kernel would refuse a route of a family without an address, and
 * not say which. */
static int
check_routes(const struct add *add, struct cni_error *err)
{
    for (size_t i = 0; i < add->routes.n; i++) {
        const struct ip_prefix dst = add->routes.list[i].dst;
        const enum ip_family family = ip_family(dst.address);
        char text[IP_PREFIX_STRLEN];

        if (!add_has(add, family)) {
            ip_format_prefix(dst, text);
            return error_set(err, ERROR_UNSUPPORTED,
                             "route \"dst\": \"%s\" is %s, of which "
                             "the pod has no address",
                             text, ip_family_name(family));
        }
    }
    return 0;
}

/* What is configured goes before what the IPAM plugin says, and that before
 * what the network has for all. */
int
add_choose_routes(struct add *add, struct cni_error *err)
{
    const struct ip *gateways = add->network.gateway;
    enum network_routes wanted =
        add->options.default_route ? NETWORK_DEFAULT : NETWORK_RANGES;

    add->routes.n = 0;
    return routes_parse(&add->routes, add->options.routes, gateways, err)
           || routes_parse(&add->routes, add->given.routes[0], gateways, err)
           || routes_parse(&add->routes, add->given.routes[1], gateways, err)
           || check_routes(add, err)
           || network_add_routes(&add->network, wanted, add->addresses,
                                 &add->routes, err);
}
