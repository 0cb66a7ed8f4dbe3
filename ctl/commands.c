/* Copyright 2026 The Loden authors.
 * SPDX-License-Identifier: Apache-2.0 */

/* The list of lodenctl's commands: how each is called, what it may be told,
 * and the function that does it. */

#include <config.h>
#include "ctl/command.h"

#include "util.h"

const struct command commands[] = {
    { "init", "", 0, "network-range= cluster-id=", COMMAND_WRITES,
      "make an empty database a cluster's", cluster_init },
    { "status", "", 0, "", COMMAND_ELSEWHERE, "ask the daemon of this machine",
      daemon_status },
    { "drops", "", 0, "all interval= watch", COMMAND_ELSEWHERE,
      "show what this machine's switch drops, and why", drops_show },
    { "doctor", "", 0, "", COMMAND_ELSEWHERE,
      "find what keeps this machine's node from working", doctor_examine },
    { "option list", "", 0, "", COMMAND_READS, "show the cluster's options",
      option_list },
    { "option set", "OPTION VALUE", 2, "force", COMMAND_WRITES,
      "set an option of the cluster", option_set },
    { "option delete", "OPTION", 1, "force", COMMAND_WRITES,
      "let an option be as if it was never set", option_delete },
    { "network add", "NAME", 1,
      "range= vni= mode= node-prefix= node-prefix6= subnet-min= subnet-max= "
      "subnet-min6= subnet-max6= mtu= internal=? masquerade= "
      "unknown-unicast= multicast= storm-rate= block-rest= from-flannel=",
      COMMAND_WRITES, "make a network", network_add },
    { "network set", "NAME", 1,
      "range= vni= mode= node-prefix= node-prefix6= subnet-min= subnet-max= "
      "subnet-min6= subnet-max6= mtu= internal=? masquerade= "
      "unknown-unicast= multicast= storm-rate= block-rest= force",
      COMMAND_WRITES, "change a network", network_set },
    { "network show", "NAME", 1, "", COMMAND_READS, "show all of a network",
      network_show },
    { "network list", "", 0, "", COMMAND_READS, "show all networks",
      network_list },
    { "network delete", "NAME", 1, "force", COMMAND_WRITES, "delete a network",
      network_delete },
    { "node list", "", 0, "", COMMAND_READS, "show all nodes", node_list },
    { "node drain", "NAME", 1, "", COMMAND_WRITES,
      "let a node take no new pods", node_drain },
    { "node undrain", "NAME", 1, "", COMMAND_WRITES,
      "let a node take new pods again", node_undrain },
    { "node delete", "NAME", 1, "force", COMMAND_WRITES,
      "forget a node and free its subnets", node_delete },
    { "subnet list", "", 0, "", COMMAND_READS,
      "show which node has which subnet", subnet_list },
    { "endpoints", "", 0, "network=", COMMAND_READS,
      "show who is in bridged networks", endpoint_list },
    { "reservation add", "NETWORK CIDR NODE", 3, "", COMMAND_WRITES,
      "keep a subnet for a node", reservation_add },
    { "reservation list", "", 0, "", COMMAND_READS,
      "show what is kept for whom", reservation_list },
    { "reservation delete", "NETWORK CIDR", 2, "", COMMAND_WRITES,
      "keep a subnet no longer", reservation_delete },
    { "listener add", "TARGET", 1,
      "role= no-role plain read-only inactivity-probe=", COMMAND_WRITES,
      "let the servers listen", listener_add },
    { "listener list", "", 0, "", COMMAND_READS,
      "show where the servers listen", listener_list },
    { "listener delete", "TARGET", 1, "", COMMAND_WRITES,
      "let the servers listen there no longer", listener_delete },
    { "ssl set", "KEY CERTIFICATE CA", 3, "", COMMAND_WRITES,
      "name the servers' keys", ssl_set },
    { "pki init", "", 0, "pki-dir= days=", COMMAND_ELSEWHERE,
      "make an authority for certificates", pki_init },
    { "pki node", "NAME", 1, "pki-dir= days= force", COMMAND_ELSEWHERE,
      "make the keys of a node or a server", pki_node },
    { "generation raise", "", 0, "", COMMAND_WRITES,
      "say that an older database is meant", generation_raise },
};

const size_t n_commands = ARRAY_SIZE(commands);

const char command_options_help[] =
    "Options of 'network add' and 'network set': --range=CIDR[,CIDR]...\n"
    "  --vni=VNI --node-prefix=LENGTH --node-prefix6=LENGTH\n"
    "  --subnet-min=ADDRESS|none --subnet-max=ADDRESS|none\n"
    "  --subnet-min6=ADDRESS|none --subnet-max6=ADDRESS|none\n"
    "  --mtu=BYTES|auto --masquerade=true|false --internal[=true|false]\n"
    "Options of 'network add': --mode=routed|bridged --from-flannel=FILE\n"
    "Options of both in a bridged network: --unknown-unicast=drop|flood\n"
    "  --multicast=flood|snoop|drop\n"
    "  --storm-rate=BITS|none --block-rest=SECS\n"
    "Options of 'endpoints': --network=NAME\n"
    "Options of 'network delete', 'network set', 'node delete' and 'option': "
    "--force\n"
    "Options of 'drops': --all --interval=SECS --watch\n"
    "Options of 'init': --network-range=CIDR[,CIDR]...|none "
    "--cluster-id=ID\n"
    "Options of 'listener add': --role=ROLE (default: loden-node) "
    "--no-role\n"
    "  --plain --read-only --inactivity-probe=MS\n"
    "Options of 'pki': --pki-dir=FOLDER --days=DAYS --force\n";
