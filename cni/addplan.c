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
#include "ovsdb/keys.h"

int
add_prepare(struct add *add, struct cni_error *err)
{
    const struct env *env = add->env;
    struct env_args args;

    if (env_parse_args(env->args, &args, err)
        || options_parse(add->config, &add->options, err)
        || wish_parse(add->config, &args, &add->wish, err)
        || capability_parse(add->config, &add->capability, err)
        || config_get_ovsdb(add->config, env->ovs_rundir, add->socket,
                            sizeof add->socket, err)
        || (add->options.subnet_file
            && subnetfile_read(add->options.subnet_file, &add->file, err))
        || id_init(&add->id, add->config->name, env->container_id, env->ifname,
                   err)
        || id_check(&add->id, err) || io_make_nonce(add->nonce, err)
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

static int
choose_mtu(struct add *add, struct cni_error *err)
{
    const unsigned int wanted = add->options.mtu;

    if (wanted > add->network.mtu) {
        return error_set(err, ERROR_CONFIG,
                         "\"mtu\": %u is more than the %u bytes of network "
                         "\"%s\"",
                         wanted, add->network.mtu, add->network.name);
    }
    add->mtu = wanted                     ? wanted
               : add->options.subnet_file ? add->file.mtu
                                          : add->network.mtu;
    return 0;
}

int
add_find_network(struct add *add, struct cni_error *err)
{
    const bool has_file = add->options.subnet_file;

    if (check_not_attached(add, err)) {
        return -1;
    } else if (view_is_draining(&add->view)) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "this node is draining and takes no new pods");
    } else if (view_get_network(&add->view, add->options.network,
                                has_file ? &add->file.subnet : NULL,
                                &add->network, err)) {
        return -1;
    } else if (add->network.internal && *add->capability.ports) {
        return error_set(err, ERROR_CONFIG,
                         "portMappings: network \"%s\" is internal, and no "
                         "host reaches its pods",
                         add->network.name);
    }
    return choose_mtu(add, err);
}

/* ---- Addresses -------------------------------------------------------- */

static int
choose_mac(struct add *add, struct cni_error *err)
{
    if (!add->wish.has_mac) {
        add->mac = ip_pod_mac(add->address.address);
        return 0;
    }
    add->mac = add->wish.mac;
    return wish_check_mac(&add->wish, &add->view, &add->network, err);
}

/* Guesses an address that is free. */
static int
guess(struct add *add, struct cni_error *err)
{
    uint32_t *ip = &add->address.address;
    unsigned int wrong = add->wrong_guesses;
    uint64_t hash = add->id.hash;
    struct address_pool pool;
    uint32_t last;
    int retval;

    if (view_get_pool(&add->view, &add->network, &pool, err)) {
        return -1;
    }
    last = view_get_last(&add->view, &add->network);
    retval = wrong ? address_choose_other(&pool, hash, wrong, ip, err)
                   : address_choose_first(&pool, hash, last, ip, err);
    address_pool_destroy(&pool);
    return retval;
}

int
add_choose_addresses(struct add *add, struct cni_error *err)
{
    if (add->ipam.type) {
        return add->given.root ? add_take_given(add, err) : 0;
    }
    add->address.length = add->network.subnet.length;
    if (!add->wish.ip) {
        return guess(add, err) || choose_mac(add, err);
    }
    add->address.address = add->wish.ip;
    return wish_check_ip(&add->wish, &add->view, &add->network, err)
           || choose_mac(add, err);
}

/* An address from elsewhere is good here if it is one that Loden could have
 * given: the switch lets a pod send from no other. */
int
add_take_given(struct add *add, struct cni_error *err)
{
    struct wish given = { .ip = add->given.address.address, .length = 32 };
    const uint32_t gateway = add->given.gateway;
    char have[IP_STRLEN], want[IP_STRLEN];

    ip_format(given.ip, have);
    if (wish_check_ip(&given, &add->view, &add->network, err)) {
        return error_wrap(err, "IPAM plugin \"%s\"", add->ipam.type);
    } else if (!ip_contains(add->given.address, add->network.gateway)) {
        ip_format(add->network.gateway, want);
        return error_set(err, ERROR_CONFIG,
                         "IPAM plugin \"%s\": %s/%u leaves out the gateway %s",
                         add->ipam.type, have, add->given.address.length,
                         want);
    } else if (gateway && gateway != add->network.gateway) {
        ip_format(gateway, have);
        ip_format(add->network.gateway, want);
        return error_set(err, ERROR_CONFIG,
                         "IPAM plugin \"%s\": the gateway is %s, and not %s",
                         add->ipam.type, want, have);
    } else if (add->wish.ip && add->wish.ip != given.ip) {
        ip_format(add->wish.ip, want);
        return error_set(err, ERROR_CONFIG,
                         "IPAM plugin \"%s\": it gave %s, but %s is wished",
                         add->ipam.type, have, want);
    }
    add->address = add->given.address;
    return choose_mac(add, err);
}

/* What is configured goes before what the IPAM plugin says, and that before
 * what the network has for all. */
int
add_choose_routes(struct add *add, struct cni_error *err)
{
    const uint32_t gateway = add->network.gateway;
    enum network_routes wanted =
        add->options.default_route ? NETWORK_DEFAULT : NETWORK_RANGES;

    add->routes.n = 0;
    return routes_parse(&add->routes, add->options.routes, gateway, err)
           || routes_parse(&add->routes, add->given.routes, gateway, err)
           || network_add_routes(&add->network, wanted, &add->routes, err);
}
