/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The life of an attachment begins here.  steps[] is the story; what each
 * step does is below it, in the order of the story, and undo() takes back what
 * was made, newest first. */

#include "cni/add.h"

#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "cni/attach.h"
#include "cni/detach.h"
#include "cni/id.h"
#include "cni/io.h"
#include "cni/netns.h"
#include "cni/reply.h"
#include "cni/result.h"
#include "cni/subnetfile.h"
#include "ovsdb/keys.h"

#define ADD_TIME 10000 /* ms, for everything. */
#define UNDO_TIME 2000 /* ms, for undoing. */
#define MAX_GUESSES 64 /* Of a free address. */

struct add {
    /* What is wanted. */
    const struct env *env;        /* Borrowed. */
    const struct config *config;  /* Borrowed. */
    struct config_network wanted; /* The rest of 'config'. */
    struct subnetfile file;       /* If 'wanted' names one. */
    char pod[384];                /* For people: NAMESPACE/NAME, or "". */

    /* What this call is. */
    struct id id;                /* The attachment. */
    char nonce[IO_NONCE_STRLEN]; /* This call alone. */
    char boot[IO_BOOT_STRLEN];   /* The running kernel's boot id. */

    /* What it talks to. */
    char socket[sizeof((struct sockaddr_un *) NULL)->sun_path];
    struct ovsdb db;    /* At 'socket'. */
    struct netns netns; /* The pod's. */
    struct link host;   /* The plugin's own namespace. */
    struct link in_pod; /* The pod's namespace. */

    /* What it learns and decides. */
    struct view view;           /* The newest look at the node. */
    struct network network;     /* As the first look showed it. */
    unsigned int mtu;           /* Of the pod, bytes. */
    unsigned int wrong_guesses; /* Others were faster with these. */
    uint32_t ip;                /* Of the pod. */
    struct ip_mac mac;          /* Of the pod. */
    char *output;               /* The result, in the end. */

    /* What it made, in this order. */
    bool made_links; /* The veth. */
    bool made_port;  /* The port, or nobody knows. */
};

static int prepare(struct add *, struct cni_error *);
static int open_all(struct add *, struct cni_error *);
static int look(struct add *, struct cni_error *);
static int find_network(struct add *, struct cni_error *);
static int choose_address(struct add *, struct cni_error *);
static int make_links(struct add *, struct cni_error *);
static int claim_address(struct add *, struct cni_error *);
static int set_up_pod(struct add *, struct cni_error *);
static int confirm(struct add *, struct cni_error *);
static int format(struct add *, struct cni_error *);
static void undo(struct add *, struct cni_error *);
static void close_all(struct add *);

static int (*const steps[])(struct add *, struct cni_error *) = {
    prepare,        /* Everything given makes sense. */
    open_all,       /* The pod's namespace and the database are there. */
    look,           /* What is on this node? */
    find_network,   /* The network is, and the attachment is not. */
    choose_address, /* There is room. */
    make_links,     /* The veth: the first thing to undo. */
    claim_address,  /* The port, in one transaction: the other one. */
    set_up_pod,     /* While others work on the port. */
    confirm,        /* The controller says that packets flow. */
    format,         /* What the runtime is told. */
};

int
add_run(const struct env *env, const struct config *config, int stop_fd,
        char **ret_output, struct cni_error *err)
{
    struct add add = { .env = env,
                       .config = config,
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
prepare(struct add *add, struct cni_error *err)
{
    const struct env *env = add->env;
    struct env_args args;

    if (env_parse_args(env->args, &args, err)
        || config_get_network(add->config, &add->wanted, err)
        || config_get_ovsdb(add->config, env->ovs_rundir, add->socket,
                            sizeof add->socket, err)
        || (add->wanted.subnet_file
            && subnetfile_read(add->wanted.subnet_file, &add->file, err))
        || id_init(&add->id, add->config->name, env->container_id, env->ifname,
                   err)
        || id_check(&add->id, err)
        || io_make_nonce(add->nonce, err) || io_get_boot_id(add->boot, err)) {
        return -1;
    }
    snprintf(add->pod, sizeof add->pod, "%s%s%s", args.pod_namespace,
             *args.pod_namespace ? "/" : "", args.pod_name);
    return 0;
}

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

/* ---- Looking ---------------------------------------------------------- */

/* Reads the database anew. */
static int
look(struct add *add, struct cni_error *err)
{
    view_destroy(&add->view);
    return view_read(&add->db, &add->view, err);
}

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
find_network(struct add *add, struct cni_error *err)
{
    const bool has_file = add->wanted.subnet_file;

    if (check_not_attached(add, err)) {
        return -1;
    } else if (view_is_draining(&add->view)) {
        return error_set(err, ERROR_TRY_AGAIN,
                         "this node is draining and takes no new pods");
    } else if (view_get_network(&add->view, add->wanted.network,
                                has_file ? &add->file.subnet : NULL,
                                &add->network, err)) {
        return -1;
    }
    add->mtu = has_file ? add->file.mtu : add->network.mtu;
    return 0;
}

/* Decides on an address by the newest look. */
static int
choose_address(struct add *add, struct cni_error *err)
{
    struct address_pool pool;
    uint64_t hash = add->id.hash;
    unsigned int wrong = add->wrong_guesses;
    uint32_t last;
    int retval;

    if (view_get_pool(&add->view, &add->network, &pool, err)) {
        return -1;
    }
    last = view_get_last(&add->view, &add->network);
    retval = wrong ? address_choose_other(&pool, hash, wrong, &add->ip, err)
                   : address_choose_first(&pool, hash, last, &add->ip, err);
    address_pool_destroy(&pool);
    add->mac = ip_pod_mac(add->ip);
    return retval;
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

/* Inserts the port, or returns ATTACH_TAKEN.  If the connection breaks, the
 * port may be in or not: then 'add->made_port' is true although this fails. */
static int
insert_port(struct add *add, struct cni_error *err)
{
    const struct attach_port port = {
        .id = add->id.text,
        .host_name = add->id.host_name,
        .nonce = add->nonce,
        .netns = add->env->netns,
        .boot = add->boot,
        .pod = add->pod,
        .ip = add->ip,
        .mac = add->mac,
    };
    int retval =
        attach_insert(&add->db, &add->view, &add->network, &port, err);

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

        if (look(add, err)) {
            return -1;
        }
        add->made_port = view_find_interface(&add->view, KEY_REQ, add->nonce);
        if (add->made_port) {
            return 0;
        }
        /* After a lost connection the same address again: should the server
         * execute the first insertion late, one of the two fails. */
        if (retval == ATTACH_TAKEN && choose_address(add, err)) {
            return -1;
        }
    }
    return error_set(err, ERROR_TRY_AGAIN,
                     "%d times others were faster with a free address",
                     MAX_GUESSES);
}

/* Meanwhile ovs-vswitchd takes the port and the controller writes flows. */
static int
set_up_pod(struct add *add, struct cni_error *err)
{
    const struct link_setup setup = {
        .name = add->env->ifname,
        .mac = add->mac,
        .address = { add->ip, add->network.subnet.length },
        .gateway = add->network.gateway,
        .routes = add->network.routes,
        .n_routes = add->network.n_routes,
    };

    return link_set_up(&add->in_pod, &setup, err);
}

static int
confirm(struct add *add, struct cni_error *err)
{
    return attach_confirm(&add->db, add->id.host_name, add->nonce, err);
}

static int
format(struct add *add, struct cni_error *err)
{
    const struct result result = {
        .bridge = add->view.name,
        .host_name = add->id.host_name,
        .host_mac = add->id.host_mac,
        .pod_name = add->env->ifname,
        .pod_mac = add->mac,
        .netns = add->env->netns,
        .mtu = add->mtu,
        .address = { add->ip, add->network.subnet.length },
        .gateway = add->network.gateway,
        .routes = add->network.routes,
        .n_routes = add->network.n_routes,
        .dns = add->wanted.dns,
    };

    add->output = result_format(&result, add->config->version);
    return add->output ? 0 : error_no_memory(err);
}

/* ---- Going ------------------------------------------------------------ */

static int
remove_port(struct add *add, struct cni_error *err)
{
    const struct detach_query query = {
        .key = KEY_REQ,
        .value = add->nonce,
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

/* Takes back what was made.  What cannot be taken back goes into the details
 * of '*err'. */
static void
undo(struct add *add, struct cni_error *err)
{
    struct cni_error another;

    if (add->made_port && remove_port(add, &another)) {
        error_details(err,
                      "the port stays until its device has been gone for "
                      "a minute: %s",
                      another.msg);
    }
    if (add->made_links
        && link_delete(&add->host, add->id.host_name, &another)) {
        error_details(err, "%s", another.msg);
    }
}

static void
close_all(struct add *add)
{
    network_destroy(&add->network);
    view_destroy(&add->view);
    link_close(&add->in_pod);
    link_close(&add->host);
    netns_close(&add->netns);
    ovsdb_destroy(&add->db);
    id_destroy(&add->id);
}
