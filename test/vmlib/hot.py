# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Which of the host's files the guest is given in its memory at once.

Opening a file over 9p takes an emulated processor many milliseconds, and the
tests start thousands of small programs.  The files are read from the host at
each start, so that they are never old ones.  One that is missing here only
makes the guest slower.
"""

import os
import pathlib
import re
import shutil
import subprocess

PROGRAMS = (
    "bash", "busybox", "cat", "chmod", "cp", "dash", "date", "env", "ethtool",
    "find", "grep", "head", "hostname", "ip", "iperf3", "kill", "ln", "ls",
    "mkdir", "mktemp", "mount", "mv", "nft", "nsenter", "ovs-appctl",
    "ovs-ofctl", "ovs-vsctl", "ovs-vswitchd", "ovsdb-client", "ovsdb-server",
    "ovsdb-tool", "ping", "pgrep", "ps", "python3", "readlink", "rm", "sed",
    "seq", "setsid", "sh", "sleep", "socat", "sort", "ss", "sysctl", "tail",
    "tcpdump", "tr", "true", "unshare", "wc")

# What the tests are written with.
PYTHON = "/usr/bin/python3"
MODULES = ("argparse", "concurrent.futures.thread", "ctypes", "dataclasses",
           "encodings.ascii", "encodings.idna", "fcntl", "json", "ipaddress",
           "pytest", "secrets", "statistics", "subprocess", "xdist.looponfail",
           "xdist.plugin", "xdist.remote", "xdist.scheduler",
           "xdist.workermanage")

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Prints the files that these modules, and those that they need, come from.
ASK_PYTHON = """
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
for module in list(sys.modules.values()):
    for kind in "__file__", "__cached__":
        print(getattr(module, kind, None) or "")
"""


def hot_files():
    """The files that are here, and each link that leads to them."""
    programs = [path for name in PROGRAMS
                if (path := shutil.which(name, path=PATH))]
    # The short names are links where Debian has merged its folders.
    programs += [path.removeprefix("/usr") for path in programs]
    modules = [path for path in _output(PYTHON, "-c", ASK_PYTHON, *MODULES)
               if os.path.isabs(path)]
    extensions = [path for path in modules if path.endswith(".so")]
    libraries = re.findall(r"^\s+(?:\S+ => )?(/\S+) \(0x", "\n".join(
        _output("ldd", *programs, *extensions)), re.MULTILINE)
    found = set()
    for path in (*programs, *modules, *libraries):
        if os.path.isfile(path):
            _add(path, found)
    return sorted(found)


def _output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True,
                              env={"PATH": PATH}).stdout.split("\n")
    except FileNotFoundError:
        return []


def _add(path, found):
    """Adds the links on the way to 'path', and the file at the end."""
    parts = pathlib.PurePath(path).parts[1:]
    at = "/"
    while parts:
        at = os.path.normpath(os.path.join(at, parts[0]))
        parts = parts[1:]
        if os.path.islink(at):
            found.add(at)
            target = pathlib.PurePath(os.readlink(at))
            at = os.path.dirname(at)
            parts = (*target.parts, *parts)
    found.add(at)
