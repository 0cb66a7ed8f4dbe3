/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

#ifndef LODEN_CTL_COMMAND_H
#define LODEN_CTL_COMMAND_H 1

/* What one run of lodenctl is made of.  The table of all commands stands in
 * ctl/commands.c; each noun's commands stand in a file of its name. */

#include <stddef.h>

#include <stdbool.h>

#include "openvswitch/compiler.h"
#include "openvswitch/dynamic-string.h"
#include "smap.h"
#include "table.h"

struct ovsdb_idl;
struct ovsdb_idl_txn;
struct svec;

/* The role of those whose certificates name nodes. */
#define NODE_ROLE "loden-node"

/* What a command does with the cluster database. */
enum command_access {
    COMMAND_ELSEWHERE, /* Nothing. */
    COMMAND_READS,     /* Reads it. */
    COMMAND_WRITES     /* Changes it in one transaction. */
};

struct invocation;

struct command {
    const char *words;          /* What is typed first: "network add". */
    const char *arguments;      /* What follows, for the usage: "NAME". */
    int n_arguments;            /* Exactly so many. */
    const char *options;        /* Its own options, by spaces, without the
                                 * dashes; "range=" wants a value, and
                                 * "internal=?" can have one. */
    enum command_access access; /* What it does with the database. */
    const char *help;           /* One line for --help. */

    /* Reads 'invocation' and fills its outputs.  May be called again, with
     * them empty, if the database changed meanwhile.  Returns NULL or a
     * malloc'd error that names the thing, the value and what would be
     * right. */
    char *(*run)(struct invocation *);
};

extern const struct command commands[];
extern const size_t n_commands;
extern const char command_options_help[];

struct invocation {
    /* Input. */
    const struct command *command; /* What to do. */
    char **args;                   /* Its 'command->n_arguments' arguments. */
    struct smap options;           /* Its own options; flags have "". */
    struct table_style style;      /* How a person wants tables. */
    long long int deadline;        /* When to give up, in time_msec()'s terms;
                                    * LLONG_MAX: never. */
    long long int timeout_s;       /* The same, as it was said. */
    long long int wait_s;          /* How long to wait for the nodes after a
                                    * change, in s; 0: for ever; -1: not. */

    /* Input, valid if the command's access is not COMMAND_ELSEWHERE. */
    struct ovsdb_idl *idl;     /* The cluster database. */
    struct ovsdb_idl_txn *txn; /* Open if the access is COMMAND_WRITES. */
    int n_steps;               /* How many of its changes every node that is
                                * alive has carried out. */
    bool followed;             /* Have they carried out the database as it
                                * is now?  Others may have changed it. */
    const char *late;          /* Why the last one was not, or NULL. */

    /* Output of a command that writes. */
    bool keeps_subnets; /* Must no node lose its subnet by the change? */
    bool goes_on;       /* Is it to run again when that is carried out, or
                         * 'late'?  Not if it is late already. */
    char *failure;      /* Why the command as a whole has failed although this
                         * change is made; or NULL.  Malloc'd. */

    /* Output, shown only once the change is made. */
    struct ds out;   /* For standard output. */
    struct ds notes; /* For standard error. */
};

void invocation_note(struct invocation *, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);
char *invocation_uint(const struct invocation *, const char *option,
                      unsigned int min, unsigned int max,
                      unsigned int *ret_value) OVS_WARN_UNUSED_RESULT;

char *invocation_join(struct svec *);

char *network_add(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *network_set(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *network_show(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *network_list(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *network_delete(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *node_list(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *node_drain(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *node_undrain(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *node_delete(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *endpoint_list(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *subnet_list(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *reservation_add(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *reservation_list(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *reservation_delete(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *cluster_init(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *daemon_status(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *drops_show(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *doctor_examine(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *option_list(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *option_set(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *option_delete(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *generation_raise(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *listener_add(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *listener_list(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *listener_delete(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *ssl_set(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *pki_init(struct invocation *) OVS_WARN_UNUSED_RESULT;
char *pki_node(struct invocation *) OVS_WARN_UNUSED_RESULT;

#endif /* ctl/command.h */
