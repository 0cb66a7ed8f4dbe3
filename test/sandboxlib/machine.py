# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""One machine of a sandbox: namespaces, private files, commands run in it.

A machine shares the host's programs and nothing that changes: /etc, /opt and
/var are copies on write, /run and the folders of Open vSwitch and Loden are
empty at first.  So ovs-vsctl, nft, loden-ctl and the like need no options
there: their default paths mean this machine.

What a machine is for (a node, the outside host) is not known here.
"""

import os
import pathlib
import re
import shutil
import socket
import subprocess

from . import entering, namespaces, rpc
from .errors import SandboxError
from .programs import PATH

# Copies on write, so that folders can be made and changed in them.
COPIED = ("etc", "opt", "var")

# Empty on a new machine, whatever the host has there.
EMPTY = ("/etc/cni", "/etc/loden", "/etc/openvswitch", "/var/lib/cni",
         "/var/lib/loden", "/var/lib/openvswitch")

# The logs, kept where they can be read from outside.
LOGS = ("/var/log/loden", "/var/log/openvswitch")


class Machine:
    """A machine that is there: 'process' is its init process."""

    def __init__(self, name, process, log_folder):
        self.name = name
        self.process = process
        self.log_folder = log_folder

    @classmethod
    def boot(cls, name, home, logs, build, stage, shared=(), inside=None):
        """Starts a machine.

        'home' is a folder for its files, on a tmpfs that only exists
        'inside' the namespaces of that process.  'stage' holds the programs
        of 'build', there too.  Each of 'shared' is (outer folder, folder on
        this machine).
        """
        return namespaces.spawn_init(
            f"machine {name}",
            (_set_up, name, pathlib.Path(home), logs, build, stage, shared),
            inside=inside)

    def argv(self, command, netns=None):
        """The arguments of a process that runs 'command' here; in the
        machine's network namespace called 'netns', when given."""
        init = self.process.pid
        net = "--net" + (f"=/proc/{init}/root/run/netns/{netns}"
                         if netns else "")
        return ["nsenter", "--target", str(init), "--mount", "--pid", "--uts",
                "--ipc", net, "--", *command]

    def environment(self):
        """The caller's, but for what would lead programs elsewhere."""
        kept = {name: value for name, value in os.environ.items()
                if not re.match("OVS_|LODEN_(?!TEST)", name)}
        return {**kept, "PATH": PATH}

    def popen(self, command, netns=None, **options):
        """Starts 'command' here, in a process group of its own, and returns
        its subprocess.Popen."""
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("start_new_session", True)
        return entering.popen(self.process.pid, namespaces.ALL, command,
                              netns=netns, text=True, env=self.environment(),
                              **options)

    def run(self, *command, netns=None, input=None, check=True, env=None):
        """Runs 'command' here to its end; returns its CompletedProcess.
        With 'check', a failure is a SandboxError with the command's words."""
        command = [str(word) for word in command]
        try:
            done = entering.run(self.process.pid, namespaces.ALL, command,
                                input, netns=netns,
                                env={**self.environment(), **(env or {})})
        except OSError as error:
            # With the status that a shell has for it.
            done = subprocess.CompletedProcess(command, 127, "", str(error))
        if check and done.returncode:
            raise SandboxError(
                f"{self.name}: '{' '.join(command)}' failed with status "
                f"{done.returncode}\n{done.stdout}{done.stderr}".rstrip())
        return done

    def socket(self, *arguments, netns=None):
        """socket.socket(*arguments) that is in a network namespace here."""
        return entering.call(self.process.pid, namespaces.ALL, netns,
                             socket.socket, *arguments)

    def output(self, *command, **options):
        """What 'command' prints here, without the last line's end."""
        return self.run(*command, **options).stdout.rstrip("\n")

    def daemon_socket(self, name):
        """Where a daemon with a file /run/openvswitch/NAME.pid takes the
        commands of ovs-appctl(8)."""
        folder = self.path("/run/openvswitch")
        try:
            pid = int((folder / f"{name}.pid").read_text())
        except OSError as error:
            raise SandboxError(f"{self.name}: {error}") from None
        return folder / f"{name}.{pid}.ctl"

    def rows(self, table, where=(), columns=None):
        """Rows of the database of Open vSwitch here, as rpc.select() has
        them."""
        return rpc.select(self.path("/run/openvswitch/db.sock"),
                          "Open_vSwitch", table, where, columns)

    def path(self, path):
        """Where the file 'path' of this machine is, seen from the host."""
        return pathlib.Path(f"/proc/{self.process.pid}/root{path}")

    def kill(self):
        """The machine loses its power."""
        self.process.kill()


def make_stage(home, build):
    """In a sandbox's init: the folder 'home' for the machines' files, and in
    it the programs that they run."""
    namespaces.mount("tmpfs", home, "tmpfs", options="mode=755")
    (home / "stage").mkdir()
    build.stage(home / "stage")


def _set_up(name, *files):
    socket.sethostname(name)
    _own_files(*files)


def _own_files(home, logs, build, stage, shared):
    """Gives this process's mount namespace a machine's files."""
    # An earlier machine of this name may have left its own.
    shutil.rmtree(home, ignore_errors=True)
    for name in COPIED:
        upper, work = home / f"{name}.upper", home / f"{name}.work"
        upper.mkdir(parents=True)
        work.mkdir()
        namespaces.mount("overlay", f"/{name}", "overlay",
                         options=f"lowerdir=/{name},upperdir={upper},"
                                 f"workdir={work}")
    for number, path in enumerate(EMPTY):
        _cover(path, home / f"empty{number}")
    for path in LOGS:
        _cover(path, logs)
    os.makedirs("/opt/cni/bin", exist_ok=True)
    for name, plugin in build.plugins().items():
        link = pathlib.Path("/opt/cni/bin", name)
        link.unlink(missing_ok=True)
        link.symlink_to(plugin)
    if any(stage.iterdir()):
        namespaces.mount("overlay", str(build.prefix), "overlay",
                         options=f"lowerdir={stage}:{build.prefix}")
    run = home / "run"
    run.mkdir()
    for outer, inner in shared:
        _cover(str(run / inner.removeprefix("/run/")), outer)
    # Last, for it hides where everything above came from.
    namespaces.bind(run, "/run")
    os.makedirs("/run/netns")
    os.makedirs("/run/lock")


def _cover(path, source):
    os.makedirs(source, exist_ok=True)
    os.makedirs(path, exist_ok=True)
    namespaces.bind(source, path)
