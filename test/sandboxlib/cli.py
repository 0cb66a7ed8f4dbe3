# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The command line of test/sandbox."""

import argparse
import json
import os
import sys

from .errors import SandboxError
from .node import FAMILIES
from .sandbox import DATAPATHS, Sandbox
from .state import Folder

EPILOG = """\
The cluster is 172.18.0.0/16 with the nodes n1, n2, ...; n1 holds
172.18.6.0/24, n2 172.18.7.0/24 and so on.  'ext' is a host outside, at
192.0.2.100 and 198.51.100.1.  With --pods=ipv6 it is fd00:18::/48 and n1 has
fd00:18:0:6::/64, with --pods=dual both; 'ext' is 2001:db8:2::100 as well, and
2001:db8:51::1.

  test/sandbox up
  test/sandbox pod add n1 p1
  test/sandbox pod exec p1 ip address
  test/sandbox exec n1 ovs-vsctl show
  test/sandbox down

LODEN_BUILD names the build tree to use, LODEN_SANDBOX the default --name.
"""


def _parser():
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--name", default=argparse.SUPPRESS,
                        help="which sandbox (default: loden)")
    parser = argparse.ArgumentParser(
        prog="sandbox", parents=[common], epilog=EPILOG,
        description="Nodes with Open vSwitch and Loden, and pods on them, "
                    "in namespaces of this machine.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name, function, help, under=commands):
        added = under.add_parser(name, help=help, description=help,
                                 parents=[common])
        added.set_defaults(function=function)
        return added

    up = command("up", _up, "start a cluster")
    up.add_argument("--nodes", type=int, default=3, metavar="N",
                    help="how many nodes (default: 3)")
    up.add_argument("--datapath", choices=DATAPATHS, default="netdev",
                    help="Open vSwitch's, in userspace (netdev, the default) "
                         "or the kernel (system)")
    up.add_argument("--pods", choices=FAMILIES, default="ipv4",
                    help="the pods' addresses (default: ipv4)")
    up.add_argument("--tunnels", choices=FAMILIES, default="ipv4",
                    help="the tunnels' addresses (default: ipv4)")
    up.add_argument("--die-with", type=int, metavar="PID",
                    help="end the sandbox when that process ends")
    up.add_argument("--without-loden", action="store_true",
                    help="start only Open vSwitch on the nodes")
    command("down", _down, "end a cluster, or what is left of one")
    command("list", _list, "show the sandboxes of this machine")

    run = command("exec", _exec, "run a command on a node, or on ext")
    run.add_argument("node")
    run.add_argument("command", nargs=argparse.REMAINDER)

    node = commands.add_parser("node", help="add or delete a node")
    node = node.add_subparsers(metavar="COMMAND", required=True)
    command("add", _node_add, "add a node", node).add_argument("node")
    command("delete", _node_delete, "delete a node",
            node).add_argument("node")

    pod = commands.add_parser("pod", help="add, delete or enter a pod")
    pod = pod.add_subparsers(metavar="COMMAND", required=True)
    add = command("add", _pod_add, "add a pod; prints the plugin's result",
                  pod)
    add.add_argument("node")
    add.add_argument("pod")
    add.add_argument("--network", default="default", metavar="NET",
                     help="Loden's network (default: default)")
    add.add_argument("--conf", metavar="FILE",
                     help="the whole CNI configuration, or list of them")
    run = command("exec", _pod_exec, "run a command in a pod", pod)
    run.add_argument("pod")
    run.add_argument("command", nargs=argparse.REMAINDER)
    command("delete", _pod_delete, "delete a pod", pod).add_argument("pod")
    command("pods", _pods, "show the pods")

    log = command("log", _log, "show the logs of a machine's daemons")
    log.add_argument("node")
    log.add_argument("daemon", nargs="?",
                     help="such as ovs-vswitchd; without it, their names")
    return parser


def _sandbox(args):
    name = getattr(args, "name", None) or os.environ.get("LODEN_SANDBOX",
                                                         "loden")
    return Sandbox(name, args.script)


def _up(args):
    if not 1 <= args.nodes <= 89:
        raise SandboxError("--nodes takes 1 to 89")
    _sandbox(args).up(args.nodes, args.datapath, args.die_with,
                      loden=not args.without_loden, pods=args.pods,
                      tunnels=args.tunnels)


def _down(args):
    sandbox = _sandbox(args)
    if not sandbox.down():
        print(f"sandbox '{sandbox.name}' was not up", file=sys.stderr)


def _list(args):
    for name in Folder.names():
        sandbox = Sandbox(name, args.script)
        try:
            settings = sandbox.settings()
            print(name, settings["datapath"], *sandbox.nodes())
        except SandboxError:
            print(name, "dead")


def _exec(args):
    _become(_sandbox(args).machine(args.node), args.command)


def _become(machine, command, netns=None):
    """Turns this process into 'command' on 'machine'."""
    if command[:1] == ["--"]:
        command = command[1:]
    if not command:
        raise SandboxError("which command?")
    argv = machine.argv(command, netns)
    os.execvpe(argv[0], argv, machine.environment())


def _node_add(args):
    _sandbox(args).add_node(args.node)


def _node_delete(args):
    _sandbox(args).delete_node(args.node)


def _pod_add(args):
    configuration = None
    if args.conf:
        try:
            with open(args.conf) as file:
                configuration = json.load(file)
        except (OSError, ValueError) as error:
            raise SandboxError(f"{args.conf}: {error}") from None
        if not isinstance(configuration, dict) or "name" not in configuration:
            raise SandboxError(f"{args.conf}: no CNI configuration: it has "
                               "no \"name\"")
    pod = _sandbox(args).add_pod(args.node, args.pod, args.network,
                                 configuration)
    print(json.dumps(pod.record["result"], indent=4))


def _pod_exec(args):
    pod = _sandbox(args).pod(args.pod)
    _become(pod.machine, args.command, pod.name)


def _pod_delete(args):
    _sandbox(args).delete_pod(args.pod)


def _pods(args):
    sandbox = _sandbox(args)
    for name in sandbox.pods():
        pod = sandbox.pod(name)
        print(name, pod.machine.name, *pod.addresses())


def _log(args):
    folder = _sandbox(args).machine(args.node).log_folder
    if not args.daemon:
        for path in sorted(folder.glob("*.log")):
            print(path.stem)
        return
    path = folder / f"{args.daemon}.log"
    if not path.exists():
        raise SandboxError(f"{args.node} has no log of '{args.daemon}'")
    sys.stdout.write(path.read_text(errors="replace"))


def main(script, arguments):
    args = _parser().parse_args(arguments)
    args.script = script
    try:
        args.function(args)
    except SandboxError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0
