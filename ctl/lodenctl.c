/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* lodenctl: what an administrator says to the cluster.
 *
 * Here is how a line of arguments becomes one of the commands, which
 * 'ctl/commands.c' lists.  The conversation with the database is in
 * 'ctl/session.c'. */

#include <config.h>
#include "ctl/command.h"

#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-line.h"
#include "ctl/connection.h"
#include "ctl/session.h"
#include "fatal-signal.h"
#include "openvswitch/vlog.h"
#include "stream-ssl.h"
#include "stream.h"
#include "sset.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(lodenctl);

/* How long to wait for the database unless --timeout says otherwise. */
#define DEFAULT_TIMEOUT_S 10

/* How long --wait waits for the nodes unless it says otherwise. */
#define DEFAULT_WAIT_S 30

/* Ends the program with 'error', which it takes. */
OVS_NO_RETURN static void
fail(char *error)
{
    fprintf(stderr, "%s: %s\n", program_name, error);
    free(error);
    exit(EXIT_FAILURE);
}

OVS_NO_RETURN static void
usage(void)
{
    printf("%s: administer a Loden cluster\n"
           "usage: %s [OPTION]... COMMAND [ARGUMENT]...\n\nCommands:\n",
           program_name, program_name);
    for (size_t i = 0; i < n_commands; i++) {
        const struct command *c = &commands[i];
        char *left = xasprintf("%s%s%s", c->words, *c->arguments ? " " : "",
                               c->arguments);

        printf("  %-36s %s\n", left, c->help);
        free(left);
    }
    printf("\n%s\nOther options:\n"
           "  --db=REMOTE           cluster database; else $LODEN_DB, else\n"
           "                        external_ids:loden-remote of this "
           "machine, else\n"
           "                        unix:%s/cluster.sock\n"
           "  -t, --timeout=SECS    give up after SECS seconds, never if 0 "
           "(default: %d)\n"
           "  --wait[=SECS]         after a change, wait until every node "
           "that is alive has\n"
           "                        carried it out, for ever if SECS is 0 "
           "(default: %d)\n"
           "  -f, --format=FORMAT   table (default), json, list, csv, html\n"
           "  --no-headings, --pretty, --data, --bare, --max-column-width: "
           "as in ovs-vsctl(8)\n"
           "  -h, --help            display this help message\n"
           "  -V, --version         display version information\n",
           command_options_help, LODEN_RUNDIR, DEFAULT_TIMEOUT_S,
           DEFAULT_WAIT_S);
    stream_usage("database", true, false, true);
    vlog_usage();
    exit(EXIT_SUCCESS);
}

enum {
    OPT_DB = UCHAR_MAX + 1,
    OPT_OWN,
    OPT_WAIT,
    OPT_BOOTSTRAP_CA_CERT,
    OPT_PEER_CA_CERT,
    VLOG_OPTION_ENUMS,
    TABLE_OPTION_ENUMS,
    SSL_OPTION_ENUMS,
};

static const struct option global_options[] = {
    { "db", required_argument, NULL, OPT_DB },
    { "timeout", required_argument, NULL, 't' },
    { "wait", optional_argument, NULL, OPT_WAIT },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    VLOG_LONG_OPTIONS,
    TABLE_LONG_OPTIONS,
    STREAM_SSL_LONG_OPTIONS,
    { "bootstrap-ca-cert", required_argument, NULL, OPT_BOOTSTRAP_CA_CERT },
    { "peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT },
    { NULL, 0, NULL, 0 },
};

/* Returns whether 'name', of 'len' bytes, is a word of 'options' (see struct
 * command). */
static bool
has_option(const char *options, const char *name, size_t len)
{
    for (const char *p = options; *p; p += strspn(p, " ")) {
        size_t word_len = strcspn(p, " ");

        if (!strncmp(p, name, len)
            && (word_len == len || (p[len] == '=' && word_len > len))) {
            return true;
        }
        p += word_len;
    }
    return false;
}

/* Returns all options, the global ones and those of every command, for
 * getopt_long(). */
static struct option *
all_options(void)
{
    size_t n = ARRAY_SIZE(global_options) - 1;
    struct option *options = xmemdup(global_options, sizeof global_options);
    struct sset known = SSET_INITIALIZER(&known);

    for (size_t i = 0; i < n_commands; i++) {
        char *copy = xstrdup(commands[i].options);
        char *save_ptr = NULL;

        for (char *word = strtok_r(copy, " ", &save_ptr); word;
             word = strtok_r(NULL, " ", &save_ptr)) {
            int has_arg = (!strchr(word, '=') ? no_argument
                           : strchr(word, '?') ? optional_argument
                           : required_argument);

            word[strcspn(word, "=")] = '\0';
            if (!sset_add(&known, word)) {
                continue;
            }
            options = xrealloc(options, (n + 2) * sizeof *options);
            options[n++] =
                (struct option){ xstrdup(word), has_arg, NULL, OPT_OWN };
            memset(&options[n], 0, sizeof options[n]);
        }
        free(copy);
    }
    sset_destroy(&known);
    return options;
}

static void
free_options(struct option *options)
{
    for (struct option *o = options; o->name; o++) {
        if (o->val == OPT_OWN) {
            free(CONST_CAST(char *, o->name));
        }
    }
    free(options);
}

/* Ends the program if 'question' is an option that asks for words only. */
static void
answer(int question)
{
    if (question == 'h') {
        usage();
    } else if (question == 'V') {
        ovs_print_version(0, 0);
        exit(EXIT_SUCCESS);
    }
}

/* Returns the value 'text' of 'option', a number of seconds. */
static long long int
parse_seconds(const char *option, const char *text)
{
    long long int seconds;

    if (!str_to_llong(text, 10, &seconds) || seconds < 0
        || seconds > INT_MAX) {
        fail(xasprintf("--%s=%s: it is a number of seconds", option, text));
    }
    return seconds;
}

/* Takes everything with dashes from the arguments, among it the cluster
 * database's place, malloc'd; what remains stands from 'optind' on. */
static void
parse_options(int argc, char *argv[], char **remote,
              struct invocation *invocation)
{
    struct option *options = all_options();
    char *short_options =
        ovs_cmdl_long_options_to_short_options(global_options);
    int question = 0;

    for (;;) {
        int index = 0;
        int c = getopt_long(argc, argv, short_options, options, &index);

        switch (c) {
        case -1:
            free(short_options);
            free_options(options);
            answer(question);
            return;
        case OPT_DB:
            free(*remote);
            *remote = xstrdup(optarg);
            break;
        case 't':
            invocation->timeout_s = parse_seconds("timeout", optarg);
            break;
        case OPT_WAIT:
            invocation->wait_s = (optarg ? parse_seconds("wait", optarg)
                                  : DEFAULT_WAIT_S);
            break;
        case OPT_OWN:
            smap_replace(&invocation->options, options[index].name,
                         optarg ? optarg : "");
            break;
        case 'h':
        case 'V':
            question = c;
            break;
        case OPT_BOOTSTRAP_CA_CERT:
            stream_ssl_set_ca_cert_file(optarg, true);
            break;
        case OPT_PEER_CA_CERT:
            stream_ssl_set_peer_ca_cert_file(optarg);
            break;
            VLOG_OPTION_HANDLERS
            TABLE_OPTION_HANDLERS(&invocation->style)
            STREAM_SSL_OPTION_HANDLERS
        default:
            fail(xasprintf("see '%s --help' for usage", program_name));
        }
    }
}

/* Finds the command that 'argv' starts with and stores it, and the arguments
 * after it, into 'invocation'. */
static void
find_command(int argc, char *argv[], struct invocation *invocation)
{
    struct svec near = SVEC_EMPTY_INITIALIZER;

    for (size_t i = 0; i < n_commands; i++) {
        const struct command *c = &commands[i];
        const char *space = strchr(c->words, ' ');
        size_t noun_len = space ? space - c->words : strlen(c->words);
        int n_words = space ? 2 : 1;

        if (argc < 1 || strlen(argv[0]) != noun_len
            || strncmp(argv[0], c->words, noun_len)) {
            continue;
        }
        if (!space || (argc >= 2 && !strcmp(argv[1], space + 1))) {
            if (argc - n_words != c->n_arguments) {
                fail(xasprintf("usage: %s %s%s%s", program_name, c->words,
                               *c->arguments ? " " : "", c->arguments));
            }
            invocation->command = c;
            invocation->args = argv + n_words;
            svec_destroy(&near);
            return;
        }
        svec_add_nocopy(&near, xasprintf("'%s'", c->words));
    }
    if (!argc) {
        fail(xasprintf("no command: see '%s --help'", program_name));
    } else if (!near.n) {
        fail(xasprintf("unknown command '%s': see '%s --help'", argv[0],
                       program_name));
    } else {
        char *list = invocation_join(&near);
        char *error =
            xasprintf("unknown command '%s%s%s': there is %s", argv[0],
                      argc > 1 ? " " : "", argc > 1 ? argv[1] : "", list);
        free(list);
        svec_destroy(&near);
        fail(error);
    }
}

static void
check_options(const struct invocation *invocation)
{
    struct smap_node *node;

    if (invocation->wait_s >= 0
        && invocation->command->access != COMMAND_WRITES) {
        fail(xasprintf("--wait is not an option of '%s', which changes "
                       "nothing", invocation->command->words));
    }
    SMAP_FOR_EACH (node, &invocation->options) {
        if (!has_option(invocation->command->options, node->key,
                        strlen(node->key))) {
            fail(xasprintf("--%s is not an option of '%s': see '%s --help'",
                           node->key, invocation->command->words,
                           program_name));
        }
    }
}

int
main(int argc, char *argv[])
{
    struct invocation invocation = {
        .timeout_s = DEFAULT_TIMEOUT_S,
        .wait_s = -1,
        .options = SMAP_INITIALIZER(&invocation.options),
        .style = { .format = TF_TABLE,
                   .cell_format = CF_BARE,
                   .headings = true,
                   .json_flags = JSSF_SORT },
        .out = DS_EMPTY_INITIALIZER,
        .notes = DS_EMPTY_INITIALIZER,
    };
    char *remote = NULL;
    char *error;

    ovs_set_program_name(argv[0], LODEN_VERSION);
    fatal_ignore_sigpipe();
    /* Every failure is told once, in the command's own words. */
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_EMER);

    parse_options(argc, argv, &remote, &invocation);
    find_command(argc - optind, argv + optind, &invocation);
    check_options(&invocation);
    invocation.deadline =
        (invocation.timeout_s ? time_msec() + invocation.timeout_s * 1000
                              : LLONG_MAX);

    if (invocation.command->access == COMMAND_ELSEWHERE) {
        error = invocation.command->run(&invocation);
    } else {
        remote = remote ? remote : connection_default_remote();
        error = session_run(remote, &invocation);
    }
    if (error) {
        fail(error);
    }
    fputs(ds_cstr(&invocation.out), stdout);
    fputs(ds_cstr(&invocation.notes), stderr);

    free(remote);
    smap_destroy(&invocation.options);
    ds_destroy(&invocation.out);
    ds_destroy(&invocation.notes);
    return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
