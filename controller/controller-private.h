/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CONTROLLER_CONTROLLER_PRIVATE_H
#define LODEN_CONTROLLER_CONTROLLER_PRIVATE_H 1

/* What controller.c and commands.c share; nobody else includes it. */

#include "controller/controller.h"

#include <stdbool.h>
#include <stdint.h>

#include "controller/own-mtu.h"
#include "smap.h"

/* The versions of the sources that a world was made from. */
struct sources {
    unsigned int local;   /* local_seqno(). */
    unsigned int known;   /* known_seqno(). */
    unsigned int ports;   /* ofctl_ports_seqno(). */
    unsigned int paths;   /* host_paths_seqno(). */
    unsigned int errors;  /* host_errors_seqno(). */
    unsigned int mcast;   /* mcast_seqno(). */
};

struct controller {
    struct local *local;     /* The node's database. */
    struct cluster *cluster; /* The cluster's database. */
    struct known *known;     /* What is known of the cluster. */
    struct mcast *mcast;     /* What pods listen to. */
    struct ofctl *ofctl;     /* The switch. */
    struct host_paths *paths; /* The ways to the peers. */
    struct host_errors *errors; /* What routers say of them. */
    struct own_mtu own_mtu;  /* What they leave, for other nodes to know. */
    struct host *host;       /* The host's side. */
    struct report *report;   /* What we tell people. */
    const char *datapath;    /* Of the bridge, or NULL; borrowed. */

    /* The world, once every source has spoken. */
    struct world *world;     /* NULL before. */
    struct sources sources;  /* What it was made from. */
    uint64_t version;        /* Its number, from 1. */
    long long int made_at;   /* When, in ms; for the log. */
    uint64_t logged;         /* The last version whose flows we reported. */
    struct smap acked;       /* Pods whose flows are confirmed: id to req. */
    bool acks_known;         /* Is 'acked' the truth?  Not before the switch
                              * has first confirmed anything. */
    bool usable;             /* Had the last run a bridge? */
    bool acts;               /* Did the last run carry out the world? */
    bool remembered;         /* Has 'cluster' been told our old subnets? */
    int64_t done_seq;        /* The configuration of the last world that our
                              * part is done of; 0: none. */
    long long int done_at;   /* Since when, in ms. */
    bool waits;              /* Is it done, and the datapath not yet? */
    int64_t applied_seq;     /* The same once packets follow it; 0: none. */
};

/* Registers the commands that ovs-appctl and lodenctl can give. */
void commands_register(struct controller *);

#endif /* controller/controller-private.h */
