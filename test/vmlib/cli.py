# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The command line of test/vm."""

import argparse
import os
import pathlib
import shlex
import signal
import sys

from .errors import VmError
from .kernel import find_kernel
from .machine import die_with_parent
from .qemu import Qemu
from .uml import Uml

EPILOG = """\
The guest has this machine's files: it can read them all, and what it writes
is gone with it.  So it has every program that is installed here, and the
build tree.  Variables that begin with LODEN_ are passed on.

  test/vm run ovs-vsctl --version
  test/vm run --timeout 60 -- test/sandbox up --datapath system
  test/vm shell --cluster

The exit status is the command's, or 77 if no machine can be had here, 124
after the time limit, 125 if the machine died.

There are two kinds of machine.  "uml" is a user-mode Linux: one processor, at
full speed.  "qemu" emulates a whole machine with two processors, and is ten
times slower; it runs Debian's ordinary kernel.  LODEN_VM names
the kind for those who do not say --machine.

LODEN_CACHE names the folder where the kernel is kept; without it that is
/var/cache/loden for root, and ~/.cache/loden for others.
"""

KINDS = {kind.name: kind for kind in (Uml, Qemu)}

TOP = pathlib.Path(__file__).resolve().parents[2]


def _parser():
    parser = argparse.ArgumentParser(
        prog="vm", epilog=EPILOG,
        description="A virtual machine with Debian's kernel, which has Open "
                    "vSwitch's datapath, and this machine's files.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    def command(name, function, help):
        added = commands.add_parser(name, help=help, description=help)
        added.set_defaults(function=function)
        return added

    def kind(added):
        added.add_argument("--machine", choices=sorted(KINDS),
                           default=os.environ.get("LODEN_VM", "uml"),
                           help="its kind (default: %(default)s)")

    def machine(added, timeout):
        kind(added)
        added.add_argument("--timeout", type=float, default=timeout,
                           metavar="S", help="seconds after which it is "
                           "ended, 0 for never (default: %(default)s)")
        added.add_argument("--memory", type=int, default=4096, metavar="MB",
                           help="default: %(default)s")
        added.add_argument("--results", metavar="DIR",
                           help="a folder that the command may write to; "
                                "LODEN_VM_RESULTS names it there")

    prepare = command("prepare", _prepare, "have a kernel ready")
    kind(prepare)
    prepare.add_argument("--newest", action="store_true",
                         help="the newest that the package lists know, also "
                              "when there is one already")
    run = command("run", _run, "run a command in the machine")
    machine(run, 600)
    run.add_argument("--processor", type=int, metavar="N",
                     help="keep a machine of one processor on the Nth of "
                          "ours, from 0 on and round again")
    run.add_argument("command", nargs=argparse.REMAINDER)
    shell = command("shell", _shell, "start a shell in the machine")
    machine(shell, 0)
    shell.add_argument("--cluster", action="store_true",
                       help="with three nodes and six pods up")
    return parser


def _say(text):
    print(f"vm: {text}", file=sys.stderr, flush=True)


def _prepare(args):
    print(find_kernel(KINDS[args.machine], args.newest, say=_say).path)


def _job(command, results, **variables):
    """A script that runs 'command' as if it had been run here."""
    variables |= {name: value for name, value in os.environ.items()
                  if name.startswith("LODEN_") or name in ("CI", "TERM")}
    if results:
        variables["LODEN_VM_RESULTS"] = "/run/loden-vm/results"
    return "".join([
        "#!/bin/bash\n",
        *(f"export {name}={shlex.quote(value)}\n"
          for name, value in variables.items()),
        f"cd {shlex.quote(os.getcwd())} || exit\n",
        f"exec {shlex.join(command)}\n"])


def _machine(args, job):
    results = None
    if args.results:
        results = pathlib.Path(args.results).resolve()
        results.mkdir(parents=True, exist_ok=True)
    kind = KINDS[args.machine]
    kernel = find_kernel(kind, say=_say)
    return kind(kernel, job, args.memory, results)


def _run(args):
    command = args.command
    if command[:1] == ["--"]:
        command = command[1:]
    if not command:
        raise VmError("run what?")
    if args.processor is not None and KINDS[args.machine].cpus == 1:
        _stay_on(args.processor)
    job = _job(command, args.results)
    return _machine(args, job).run(args.timeout)


def _stay_on(number):
    """Keeps this process and those that it starts on one processor.

    A user-mode kernel and its programs take turns: to wake each other up on
    another processor costs far more than what they do meanwhile."""
    ours = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {ours[number % len(ours)]})


def _shell(args):
    command = ["bash", "-i"]
    if args.cluster:
        command = [str(TOP / "test/vmlib/cluster")]
    size = ""
    if sys.stdin.isatty():
        columns, lines = os.get_terminal_size()
        size = f"stty rows {lines} cols {columns}\n"
    shebang, _, rest = _job(command, args.results).partition("\n")
    job = f"{shebang}\n{size}{rest}"
    _machine(args, job).shell(args.timeout)
    return 0


def main(arguments):
    args = _parser().parse_args(arguments)
    # Who called may die in a way that we are not told of.
    die_with_parent(signal.SIGTERM)
    try:
        return args.function(args)
    except VmError as error:
        _say(error)
        return error.status
