# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Debian's kernels, unpacked in a cache that outlives the checkout.

A package is downloaded and unpacked, and never installed.  Once that is done
no network is needed.
"""

import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager

from .errors import Unavailable

# Raised with every change to what is kept, so that no old tree is used.
RECIPE = 2

# Of 400 MB of modules these are worth keeping.
KEPT = ("arch", "crypto", "fs/9p", "fs/fscache", "fs/netfs", "fs/overlayfs",
        "lib", "net", "drivers/char", "drivers/net", "drivers/virtio")
NOT_KEPT = ("drivers/net/ethernet", "drivers/net/wireless",
            "drivers/net/usb", "net/mac80211", "net/bluetooth")


class Kernel:
    """A kernel in the folder 'path'."""

    def __init__(self, path):
        self.path = path
        self.image = path / "vmlinux"
        # The folder with its modules; None if it has none.
        self.modules = next((path / "lib/modules").glob("*"), None)

    def needed_files(self, *names):
        """The files of modules 'names' and of what they need, each after
        those that it needs."""
        if not names:
            return []
        needs = {}
        for line in (self.modules / "modules.dep").read_text().splitlines():
            file, _, others = line.partition(":")
            needs[file] = others.split()
        by_name = {_module_name(file): file for file in needs}
        ordered = {}

        def add(file):
            for other in reversed(needs[file]):
                add(other)
            ordered[file] = True

        for name in names:
            # What is not there is built in.
            if name in by_name:
                add(by_name[name])
        return [self.modules / file for file in ordered]


def _module_name(file):
    return pathlib.Path(file).name.partition(".")[0].replace("-", "_")


def cache_folder():
    """Where packaging/ovs-tree keeps its trees, too."""
    named = os.environ.get("LODEN_CACHE")
    if named:
        return pathlib.Path(named).resolve()
    if os.geteuid() == 0:
        return pathlib.Path("/var/cache/loden")
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(base, "loden")


@contextmanager
def _lock(cache):
    """One at a time prepares a kernel; a second one then finds it."""
    try:
        cache.mkdir(parents=True, exist_ok=True)
        file = open(cache / ".kernel.lock", "w")
    except OSError as error:
        raise Unavailable(f"no folder to keep a kernel in: {error}") from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find_kernel(kind, refresh=False, say=print):
    """The newest kernel of 'kind' in the cache, or one that is fetched now.
    With 'refresh', the one that the package lists name today."""
    cache = cache_folder()
    with _lock(cache):
        trees = sorted(cache.glob(f"kernel-{kind.name}-{RECIPE}-*/vmlinux"),
                       key=lambda path: path.stat().st_mtime)
        if trees and not refresh:
            return Kernel(trees[-1].parent)
        package, version = _package(kind)
        tree = cache / f"kernel-{kind.name}-{RECIPE}-{package}-{version}"
        if not tree.exists():
            say(f"preparing {package} {version} in {cache}, which may take "
                "minutes")
            _fetch(kind, package, tree)
        return Kernel(tree)


def _package(kind):
    """The kernel package to use and its version."""
    if not shutil.which("apt-get"):
        raise Unavailable("this is not Debian: no apt-get to fetch a kernel")
    for again in (False, True):
        name = kind.package()
        version = name and first_match(
            r"^Version: (\S+)$",
            "apt-cache", "show", "--no-all-versions", name)
        if version:
            # An epoch's colon is no good in a file's name.
            return name, version.replace(":", "_")
        if not again and os.geteuid() == 0:
            subprocess.run(["apt-get", "update"], capture_output=True,
                           stdin=subprocess.DEVNULL)
    raise Unavailable("the package lists do not know the kernel for "
                      f"{kind.name}: apt-get update")


def first_match(pattern, *command):
    """What the group of 'pattern' matches first in what 'command' says."""
    done = subprocess.run(command, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    found = re.search(pattern, done.stdout, re.MULTILINE)
    return found[1] if found else None


def _fetch(kind, package, tree):
    """Makes the folder 'tree', whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".kernel-", dir=tree.parent) \
            as work:
        work = pathlib.Path(work)
        run(work, "apt-get", "download", "-q", package)
        file = next(work.glob("*.deb"))
        run(work, "dpkg-deb", "-x", file, work / "all")
        new = work / "new"
        new.mkdir()
        kind.unpack(work / "all", new)
        os.chmod(new, 0o755)
        new.rename(tree)


def run(folder, *command):
    """Runs a command in 'folder', or says why there can be no kernel."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL,
                              env={**os.environ,
                                   "PATH": os.environ.get("PATH", "")
                                   + ":/usr/sbin:/sbin"})
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is missing: apt-get install "
                          "kmod dpkg") from None
    if done.returncode:
        words = " ".join(map(str, command))
        raise Unavailable(f"'{words}' failed: {done.stderr.strip()}")


def keep_modules(source, tree):
    """Copies those worth keeping of a kernel's modules to its tree."""
    target = tree / "lib/modules" / source.name
    for name in KEPT:
        if (source / "kernel" / name).is_dir():
            shutil.copytree(source / "kernel" / name,
                            target / "kernel" / name)
    for name in NOT_KEPT:
        shutil.rmtree(target / "kernel" / name, ignore_errors=True)
    for path in source.glob("modules.*"):
        shutil.copy(path, target)
    run(tree, "depmod", "-b", tree, source.name)
