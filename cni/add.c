/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The life of an attachment begins here.  steps[] is the story; what each
 * step does is below it, in the order of the story, or in addplan.c and
 * addpod.c; undo() takes back what was made, newest first. */

#include "cni/add.h"

#include "cni/add-private.h"
#include "cni/attach.h"
#include "cni/detach.h"
#include "cni/reply.h"
#include "cni/result.h"
#include "cni/value.h"
#include "ovsdb/keys.h"

#define ADD_TIME 10000 /* ms, for everything. */
#define UNDO_TIME 2000 /* ms, for undoing. */
#define MAX_GUESSES 64 /* Of a free address. */

static int open_all(struct add *, struct cni_error *);
static int make_links(struct add *, struct cni_error *);
static int ask_ipam(struct add *, struct cni_error *);
static int claim_address(struct add *, struct cni_error *);
static int ask_cluster(struct add *, struct cni_error *);
static int confirm(struct add *, struct cni_error *);
static int format(struct add *, struct cni_error *);
static void undo(struct add *, struct cni_error *);
static void close_all(struct add *);

static int (*const steps[])(struct add *, struct cni_error *) = {
    add_prepare,          /* Everything given makes sense. */
    open_all,             /* The pod's namespace and the database are there. */
    add_look,             /* What is on this node? */
    add_find_network,     /* The network is, and the attachment is not. */
    add_choose_addresses, /* There is room. */
    make_links,           /* The veth: the first thing to undo. */
    add_open_way,         /* For a DHCP client, which is a plugin, too. */
    ask_ipam,             /* An address from elsewhere, if so configured. */
    add_choose_routes,    /* Where the pod can go. */
    claim_address,        /* The port, in one transaction. */
    add_set_up_pod,       /* While others work on the port. */
    ask_cluster,          /* An address that is not this node's to give. */
    confirm,              /* The controller says that packets flow. */
    add_await_carrier,    /* And the veth passes what the switch sends. */
    add_start_v6,         /* The pod may speak: its first words pass. */
    add_settle,           /* The pod's kernel may take its time. */
    add_announce,         /* Others in a bridged network hear of it. */
    format,               /* What the runtime is told. */
};

int
add_run(const struct env *env, const struct config *config, int stop_fd,
        char **ret_output, struct cni_error *err)
{
    struct add add = { .env = env,
                       .config = config,
                       .ipam = { NULL, env, config, stop_fd },
                       .netns = { .pod = -1, .own = -1 } };
    int retval = 0;

    ovsdb_init(&add.db, add.socket, ovsdb_now() + ADD_TIME, stop_fd);
    for (size_t i = 0; !retval && i < sizeof steps / sizeof steps[0]; i++) {
        retval = steps[i](&add, err) ? -1 : 0;
    }
    if (retval) {
        undo(&add, err);
    } else {
        *ret_output = add.output;
    }
    close_all(&add);
    return retval;
}

/* ---- Before anything is touched --------------------------------------- */

static int
open_all(struct add *add, struct cni_error *err)
{
    if (netns_open(&add->netns, add->env->netns, err)) {
        return -1;
    } else if (!add->env->netns_override && netns_is_own(&add->netns)) {
        return error_set(err, ERROR_NETNS,
                         "plugin's netns and netns from CNI_NETNS should not "
                         "be the same");
    }
    return link_open(&add->host, err)
           || netns_open_link(&add->netns, &add->in_pod, err)
           || ovsdb_connect(&add->db, err);
}

/* ---- Making ----------------------------------------------------------- */

/* The veth comes before its row: ovs-vswitchd complains about a row whose
 * device is not there, and then tries again only at the next occasion. */
static int
make_links(struct add *add, struct cni_error *err)
{
    const struct link_pair pair = {
        .host_name = add->id.host_name,
        .host_mac = add->id.host_mac,
        .pod_name = add->env->ifname,
        .pod_netns = add->netns.pod,
        .mtu = add->mtu,
        .id = add->id.text,
    };

    if (link_make_pair(&add->host, &pair, err)) {
        return -1;
    }
    add->made_links = true;

    /* The userspace datapath passes on what it receives, and nobody behind it
     * would fill in a checksum that the pod's kernel left open. */
    return add->view.userspace
               ? link_disable_tx_offload(&add->in_pod, add->env->ifname, err)
               : 0;
}

/* The pod's interface is there, as the specification promises. */
static int
ask_ipam(struct add *add, struct cni_error *err)
{
    const long long before = ovsdb_now();
    int retval;

    if (!add->ipam.type) {
        return 0;
    }
    add->asked_ipam = true;
    retval = ipam_add(&add->ipam, &add->given, err);
    /* The other plugin has a time of its own. */
    add->db.deadline += ovsdb_now() - before;
    return retval || add_take_given(add, err);
}

/* Returns the MTU that the pod never gets more than, be the network's larger
 * one day; 0: it has the network's. */
static unsigned int
get_wished_mtu(const struct add *add)
{
    if (add->options.mtu) {
        return add->options.mtu;
    }
    return (add->options.subnet_file && add->mtu < add->network.mtu
            ? add->mtu : 0);
}

struct attach_port
add_get_port(const struct add *add, const char *nonce,
             const struct ip ips[IP_N_FAMILIES])
{
    return (struct attach_port){
        .id = add->id.text,
        .host_name = add->id.host_name,
        .nonce = nonce,
        .netns = add->env->netns,
        .boot = add->boot,
        .pod = add->pod,
        .ip = { ips[IP_V4], ips[IP_V6] },
        .mac = add->mac,
        .wished_mac = add->wish.has_mac,
        .mac_check = add->options.mac_check,
        .isolated = add->options.isolated,
        .mtu = get_wished_mtu(add),
        .rate_in = add->capability.rate_in,
        .rate_out = add->capability.rate_out,
        .ports = add->capability.ports,
        .dhcp = ipam_needs_port(&add->ipam),
        .moves = add->wish.has_mac,
    };
}

/* Inserts the port, or returns ATTACH_TAKEN.  If the connection breaks, the
 * port may be in or not: then 'add->made_port' is true although this fails. */
static int
insert_port(struct add *add, struct cni_error *err)
{
    const struct ip ips[IP_N_FAMILIES] = {
        add->addresses[IP_V4].address,
        add->addresses[IP_V6].address,
    };
    struct attach_port port = add_get_port(add, add->nonce, ips);
    int retval;

    port.claims = add_claims(add);
    port.former = add->made_first ? add->first_nonce : NULL;
    retval = attach_insert(&add->db, &add->view, &add->network, &port, err);
    add->made_port = !retval || !ovsdb_is_connected(&add->db);
    return retval;
}

/* Guesses again until nobody is faster with the address. */
static int
claim_address(struct add *add, struct cni_error *err)
{
    while (add->wrong_guesses++ < MAX_GUESSES) {
        int retval = insert_port(add, err);

        if (!retval) {
            return 0;
        } else if (retval != ATTACH_TAKEN
                   && (!add->made_port || ovsdb_reconnect(&add->db, err))) {
            return -1;
        }

        if (add_look_again(add, err)) {
            return -1;
        }
        add->made_port = view_find_interface(&add->view, KEY_REQ, add->nonce);
        if (add->made_port) {
            return 0;
        }
        /* After a lost connection the same address again: should the server
         * execute the first insertion late, one of the two fails. */
        if (retval == ATTACH_TAKEN && add_choose_addresses(add, err)) {
            return -1;
        }
    }
    return error_set(err, ERROR_TRY_AGAIN,
                     "%d times others were faster with a free address",
                     MAX_GUESSES);
}

static int
ask_cluster(struct add *add, struct cni_error *err)
{
    return add_claims(add) ? attach_await_claim(&add->db, add->id.host_name,
                                                add->nonce, err)
                           : 0;
}

static int
confirm(struct add *add, struct cni_error *err)
{
    return attach_confirm(&add->db, add->id.host_name, add->nonce, err);
}

static int
format(struct add *add, struct cni_error *err)
{
    static const struct ip no_gateways[IP_N_FAMILIES];
    const json_t *prev = value_find(add->config->root, "prevResult");
    json_t *earlier = value_restore_integers(prev);
    struct result result = {
        .bridge = add->view.name,
        .host_name = add->id.host_name,
        .host_mac = add->id.host_mac,
        .pod_name = add->env->ifname,
        .pod_mac = add->mac,
        .netns = add->env->netns,
        .mtu = add->mtu,
        .addresses = add->addresses,
        .gateways = bridged_has_no_gateway(&add->network)
                        ? no_gateways
                        : add->network.gateway,
        .routes = &add->routes,
        .dns = add->options.dns ? add->options.dns : add->given.dns,
        .prev = earlier,
    };

    if (!result.dns) {
        result.dns = value_find(earlier, "dns");
    }
    add->output = result_format(&result, add->config->version);
    json_decref(earlier);
    return add->output ? 0 : error_no_memory(err);
}

/* ---- Going ------------------------------------------------------------ */

static int
remove_port(struct add *add, const char *nonce, struct cni_error *err)
{
    const struct detach_query query = {
        .key = KEY_REQ,
        .value = nonce,
        .host_name = add->id.host_name,
    };
    struct detach_found found;
    const json_t *row;
    int retval = 0;
    size_t i;

    ovsdb_grant(&add->db, UNDO_TIME);
    if ((!ovsdb_is_connected(&add->db) && ovsdb_reconnect(&add->db, err))
        || detach_find(&add->db, &query, &found, err)) {
        return -1;
    }
    json_array_foreach (found.ours, i, row) {
        retval = detach_delete(&add->db, row, "undo ADD of", err) || retval;
    }
    detach_found_destroy(&found);
    return retval;
}

static void
undo_port(struct add *add, struct cni_error *err)
{
    struct cni_error another;

    if ((add->made_port && remove_port(add, add->nonce, &another))
        || (add->made_first
            && remove_port(add, add->first_nonce, &another))) {
        error_details(err,
                      "the port stays until its device has been gone for "
                      "a minute: %s",
                      another.msg);
    }
}

static void
undo_ipam(struct add *add, struct cni_error *err)
{
    struct cni_error another;

    if (add->asked_ipam && ipam_del(&add->ipam, &another)) {
        error_details(err, "%s", another.msg);
    }
}

/* Takes back what was made.  What cannot be taken back goes into the details
 * of '*err'. */
static void
undo(struct add *add, struct cni_error *err)
{
    struct cni_error another;

    /* Whoever wants the plugin to stop wants this done. */
    add->ipam.stop_fd = -1;
    if (ipam_needs_port(&add->ipam)) {
        undo_ipam(add, err);
        undo_port(add, err);
    } else {
        undo_port(add, err);
        undo_ipam(add, err);
    }
    if (add->made_links
        && link_delete(&add->host, add->id.host_name, &another)) {
        error_details(err, "%s", another.msg);
    }
}

static void
close_all(struct add *add)
{
    ipam_result_destroy(&add->given);
    capability_destroy(&add->capability);
    network_destroy(&add->network);
    view_destroy(&add->view);
    link_close(&add->in_pod);
    link_close(&add->host);
    netns_close(&add->netns);
    ovsdb_destroy(&add->db);
    id_destroy(&add->id);
}
