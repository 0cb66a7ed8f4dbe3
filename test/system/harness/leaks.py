# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What a run of the tests may have left on the host.

Every process of a run inherits a mark in its environment; a sandbox has the
run's mark in its name.  Other runs on the same machine are not looked at.
"""

import os
import pathlib
import secrets
import subprocess

from sandboxlib.sandbox import Sandbox
from sandboxlib.state import Folder

MARK = "LODEN_TEST_RUN"


def run_mark():
    """This run's mark, made by the first process that asks."""
    return os.environ.setdefault(MARK, secrets.token_hex(3))


def _interfaces():
    return set(os.listdir("/sys/class/net"))


def _named_namespaces():
    return set(subprocess.run(["ip", "netns", "list"], capture_output=True,
                              text=True).stdout.split("\n"))


def _cgroups(mark):
    """The nodes' control groups, wherever the host shows them."""
    found = []
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, folder, kind, *_ = line.split()
        if kind in ("cgroup", "cgroup2"):
            found += pathlib.Path(folder).glob(f"loden-test-{mark}-*")
    return found


def _remove_cgroup(path):
    """Also those within; what still has processes stays."""
    for folder, _, _ in os.walk(path, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            pass


def _processes(mark):
    """The processes with 'mark' that are not this one's ancestors."""
    wanted = f"{MARK}={mark}\0".encode()
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes():
                words = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
                found.append((int(folder.name), os.fsdecode(words)))
        except OSError:
            pass
    return [f"process {pid}: {words}" for pid, words in found
            if pid not in (os.getpid(), os.getppid())]


class LeakCheck:
    """Compares the host after a run with the host before it."""

    def __init__(self):
        self.mark = run_mark()
        self.interfaces = _interfaces()
        self.namespaces = _named_namespaces()

    def leaks(self):
        """One line for each thing that was left behind.  Sandboxes and
        control groups that were left are reported and taken down."""
        found = []
        for name in Folder.names():
            if name.startswith(f"test-{self.mark}-"):
                found.append(f"sandbox {name}")
                Sandbox(name, __file__).down()
        for path in _cgroups(self.mark):
            found.append(f"control group {path}")
            _remove_cgroup(path)
        found += [f"interface {name}"
                  for name in _interfaces() - self.interfaces]
        found += [f"network namespace {name}"
                  for name in _named_namespaces() - self.namespaces]
        return found + _processes(self.mark)
