# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Debian's kernels, unpacked in a cache that outlives the checkout.

A package is downloaded and unpacked, and never installed.  Once that is done
no network is needed.
"""

import fcntl
import os
import pathlib
import shutil
import tempfile
from contextlib import contextmanager

from .errors import Unavailable, VmError
from .packages import packages_of, run

# Raised with every change to what is kept, so that no old tree is used.
RECIPE = 3

# Seconds in which a new kernel must have run a program, emulated or not.
START_LIMIT = 300

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
    kernel = None if refresh else _newest(kind, cache)
    if kernel:
        return kernel
    with _lock(cache):
        # Another one may have prepared it meanwhile.
        kernel = None if refresh else _newest(kind, cache)
        if kernel:
            return kernel
        *better, last = kind.suites
        for suite in better:
            try:
                return _kernel_of(kind, suite, cache, say)
            except VmError as error:
                say(f"no kernel of {suite}: {error}")
        return _kernel_of(kind, last, cache, say)


def _newest(kind, cache):
    """The newest kernel of 'kind' in the cache, or None."""
    trees = sorted(cache.glob(f"kernel-{kind.name}-{RECIPE}-*/vmlinux"),
                   key=lambda path: path.stat().st_mtime)
    return Kernel(trees[-1].parent) if trees else None


def _kernel_of(kind, suite, cache, say):
    """The kernel that 'suite' has, fetched if the cache does not hold it."""
    with packages_of(suite) as packages:
        package, version = packages.find(*kind.package)
        tree = cache / f"kernel-{kind.name}-{RECIPE}-{package}-{version}"
        if not tree.exists():
            say(f"preparing {package} {version} in {cache}, which may take "
                "minutes")
            _fetch(kind, packages, package, tree)
    return Kernel(tree)


def _fetch(kind, packages, package, tree):
    """Makes the folder 'tree', whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".kernel-", dir=tree.parent) \
            as work:
        work = pathlib.Path(work)
        new = work / "new"
        new.mkdir()
        kind.unpack(packages.unpack(package, work), new)
        os.chmod(new, 0o755)
        # A kernel that does not get so far is none.
        status = kind(Kernel(new), "#!/bin/sh\n", 512).run(START_LIMIT)
        if status:
            raise Unavailable(f"{package} does not start a program")
        new.rename(tree)


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
