/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The daemon loden-controller: options, signals, and the loop.  What it does
 * is in controller/controller.c. */

#include <config.h>

#include <getopt.h>
#include <stdlib.h>

#include "command-line.h"
#include "controller/controller.h"
#include "daemon.h"
#include "dirs.h"
#include "fatal-signal.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "simap.h"
#include "stream-ssl.h"
#include "stream.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(loden_controller);

static unixctl_cb_func exit_command;
static void parse_options(int argc, char *argv[],
                          struct controller_options *);
OVS_NO_RETURN static void usage(void);

int
main(int argc, char *argv[])
{
    struct controller_options options;
    struct unixctl_server *unixctl;
    bool exiting = false;
    int error;

    ovs_cmdl_proctitle_init(argc, argv);
    ovs_set_program_name(argv[0], LODEN_VERSION);
    service_start(&argc, &argv);
    fatal_ignore_sigpipe();
    parse_options(argc, argv, &options);

    daemonize_start(false);
    error = unixctl_server_create(NULL, &unixctl);
    if (error) {
        exit(EXIT_FAILURE);
    }
    unixctl_command_register("exit", "", 0, 0, exit_command, &exiting);
    struct controller *controller = controller_open(&options);
    daemonize_complete();
    VLOG_INFO("loden-controller %s", LODEN_VERSION);

    while (!exiting) {
        controller_run(controller);
        unixctl_server_run(unixctl);

        controller_wait(controller);
        unixctl_server_wait(unixctl);
        if (exiting) {
            poll_immediate_wake();
        }
        poll_block();
        if (should_service_stop()) {
            exiting = true;
        }
    }

    controller_close(controller);
    unixctl_server_destroy(unixctl);
    service_stop();
    return 0;
}

enum {
    OPT_DATAPATH = UCHAR_MAX + 1,
    OPT_SUBNET_FILE,
    OPT_LAST_GOOD,
    OPT_PEER_CA_CERT,
    OPT_BOOTSTRAP_CA_CERT,
    VLOG_OPTION_ENUMS,
    DAEMON_OPTION_ENUMS,
    SSL_OPTION_ENUMS,
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"datapath", required_argument, NULL, OPT_DATAPATH},
    {"subnet-file", required_argument, NULL, OPT_SUBNET_FILE},
    {"last-good", required_argument, NULL, OPT_LAST_GOOD},
    VLOG_LONG_OPTIONS,
    DAEMON_LONG_OPTIONS,
    STREAM_SSL_LONG_OPTIONS,
    {"peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT},
    {"bootstrap-ca-cert", required_argument, NULL, OPT_BOOTSTRAP_CA_CERT},
    {NULL, 0, NULL, 0},
};

static void
parse_option(int c, struct controller_options *options)
{
    switch (c) {
    case 'h':
        usage();
    case 'V':
        printf("%s (Loden) %s\n", program_name, LODEN_VERSION);
        exit(EXIT_SUCCESS);
    case OPT_DATAPATH:
        if (strcmp(optarg, "system") && strcmp(optarg, "netdev")) {
            ovs_fatal(0, "--datapath=%s: must be \"system\" or \"netdev\"",
                      optarg);
        }
        options->datapath = optarg;
        break;
    case OPT_SUBNET_FILE:
        options->subnet_file = optarg;
        break;
    case OPT_LAST_GOOD:
        options->last_good = optarg;
        break;
    VLOG_OPTION_HANDLERS
    DAEMON_OPTION_HANDLERS
    STREAM_SSL_OPTION_HANDLERS
    case OPT_PEER_CA_CERT:
        stream_ssl_set_peer_ca_cert_file(optarg);
        break;
    case OPT_BOOTSTRAP_CA_CERT:
        stream_ssl_set_ca_cert_file(optarg, true);
        break;
    case '?':
        exit(EXIT_FAILURE);
    default:
        abort();
    }
}

static void
parse_options(int argc, char *argv[], struct controller_options *options)
{
    char *short_options = ovs_cmdl_long_options_to_short_options(long_options);
    int c;

    *options = (struct controller_options) {
        .subnet_file = LODEN_RUNDIR"/subnet.env",
        .last_good = LODEN_STATEDIR"/last-good",
    };
    while ((c = getopt_long(argc, argv, short_options, long_options, NULL))
           != -1) {
        parse_option(c, options);
    }
    free(short_options);

    if (argc - optind > 1) {
        ovs_fatal(0, "%s: only one argument is taken, the node's database; "
                  "use --help for usage", argv[optind + 1]);
    }
    options->database = (optind < argc ? xstrdup(argv[optind])
                         : xasprintf("unix:%s/db.sock", ovs_rundir()));
}

static void
usage(void)
{
    printf("%s: Loden's daemon on each node\n"
           "usage: %s [OPTIONS] [DATABASE]\n"
           "where DATABASE is the socket of the node's Open_vSwitch database\n"
           "  (default: unix:%s/db.sock).\n"
           "\nOptions:\n"
           "  --datapath=system|netdev  datapath of the integration bridge\n"
           "                            (default: system if the kernel has\n"
           "                            its module loaded)\n"
           "  --subnet-file=FILE        where to write the subnet file\n"
           "                            (default: "LODEN_RUNDIR
           "/subnet.env)\n"
           "  --last-good=FILE          where to keep what the cluster database\n"
           "                            said last (default: "LODEN_STATEDIR"\n"
           "                            /last-good)\n",
           program_name, program_name, ovs_rundir());
    daemon_usage();
    vlog_usage();
    stream_usage("DATABASE", true, false, true);
    printf("\nOther options:\n"
           "  -h, --help     display this help message\n"
           "  -V, --version  display version information\n");
    exit(EXIT_SUCCESS);
}

static void
exit_command(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *exiting)
{
    *(bool *) exiting = true;
    unixctl_command_reply(conn, NULL);
}
