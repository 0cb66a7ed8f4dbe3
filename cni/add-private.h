/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef CNI_ADD_PRIVATE_H
#define CNI_ADD_PRIVATE_H 1

/* What add.c, which makes things, addplan.c, which decides on them, and
 * addpod.c, which sets up the pod, share and nobody else sees. */

#include <stdbool.h>
#include <sys/un.h>

#include "cni/attach.h"
#include "cni/bridged.h"
#include "cni/capability.h"
#include "cni/config.h"
#include "cni/env.h"
#include "cni/id.h"
#include "cni/io.h"
#include "cni/ipam.h"
#include "cni/netns.h"
#include "cni/options.h"
#include "cni/route.h"
#include "cni/subnetfile.h"
#include "cni/view.h"
#include "cni/wish.h"

struct add {
    /* What is wanted. */
    const struct env *env;        /* Borrowed. */
    const struct config *config;  /* Borrowed. */
    struct options options;       /* The rest of 'config'... */
    struct wish wish;             /* ...the addresses wished there... */
    struct capability capability; /* ...and what else. */
    struct subnetfile file;       /* If 'options' name one. */
    char pod[384];                /* For people: NAMESPACE/NAME, or "". */

    /* What this call is. */
    struct id id;                /* The attachment. */
    char nonce[IO_NONCE_STRLEN]; /* This call alone. */
    char first_nonce[IO_NONCE_STRLEN]; /* The same, of its first port. */
    char boot[IO_BOOT_STRLEN];   /* The running kernel's boot id. */

    /* What it talks to. */
    char socket[sizeof((struct sockaddr_un *) NULL)->sun_path];
    struct ovsdb db;    /* At 'socket'. */
    struct netns netns; /* The pod's. */
    struct link host;   /* The plugin's own namespace. */
    struct link in_pod; /* The pod's namespace. */
    struct ipam ipam;   /* The plugin that manages addresses, if any. */

    /* What it learns and decides. */
    struct view view;           /* The newest look at the node. */
    struct network network;     /* As the first look showed it. */
    unsigned int mtu;           /* Of the pod, bytes. */
    unsigned int wrong_guesses; /* Others were faster with these. */
    struct ipam_result given;   /* What 'ipam' answered. */
    struct ip_mac mac;          /* Of the pod. */
    struct routes routes;       /* Of the pod. */
    char *output;               /* The result, in the end. */

    /* Of the pod, one of each family that it has. */
    struct ip_prefix addresses[IP_N_FAMILIES];

    /* What it made, in this order. */
    bool made_links; /* The veth. */
    bool made_first; /* A port without addresses, or nobody knows. */
    bool asked_ipam; /* It may have given an address. */
    bool made_port;  /* The port, or nobody knows. */
};

/* Steps of an ADD, before anything is made. */
int add_prepare(struct add *, struct cni_error *);
int add_look(struct add *, struct cni_error *);
int add_find_network(struct add *, struct cni_error *);

/* Has the pod an address of the family? */
bool add_has(const struct add *, enum ip_family);

/* Decides on the pod's addresses, by the newest look: its wished or another
 * free one, or else 'given'. */
int add_choose_addresses(struct add *, struct cni_error *);
int add_take_given(struct add *, struct cni_error *);

/* Looks again, also at the network. */
int add_look_again(struct add *, struct cni_error *);

/* Is the pod to have no address that Loden knows? */
bool add_is_silent(const struct add *);

/* Has the cluster to say whether the pod can have its addresses? */
bool add_claims(const struct add *);

/* What is written about the pod that has 'ips'; borrows all. */
struct attach_port add_get_port(const struct add *, const char *nonce,
                                const struct ip ips[IP_N_FAMILIES]);

/* Lets the pod's packets to a DHCP server pass, if that is who gives its
 * address. */
int add_open_way(struct add *, struct cni_error *);

/* Decides on the pod's routes. */
int add_choose_routes(struct add *, struct cni_error *);

/* Sets up the pod, while ovs-vswitchd takes the port and the controller writes
 * flows. */
int add_set_up_pod(struct add *, struct cni_error *);

/* Once the flows are there: until what the switch sends arrives, until the pod
 * speaks IPv6, until it can use its addresses, and to tell others of it. */
int add_await_carrier(struct add *, struct cni_error *);
int add_start_v6(struct add *, struct cni_error *);
int add_settle(struct add *, struct cni_error *);
int add_announce(struct add *, struct cni_error *);

#endif /* cni/add-private.h */
