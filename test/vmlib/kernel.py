# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Debian's kernel, unpacked in a cache that outlives the checkout.

The package that linux-image-amd64 depends on is downloaded and unpacked; it
is never installed.  Once that is done no network is needed.
"""

import fcntl
import lzma
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
from contextlib import contextmanager

from .errors import Unavailable

# Raised with every change to what is kept, so that no old tree is used.
RECIPE = 1

META_PACKAGE = "linux-image-amd64"

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
        self.modules = next((path / "lib/modules").iterdir())
        self.version = self.modules.name

    def needed_files(self, *names):
        """The files of modules 'names' and of what they need, each after
        those that it needs."""
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


def find_kernel(refresh=False, say=print):
    """The newest kernel in the cache, or one that is fetched now.  With
    'refresh', the one that the package lists name today."""
    cache = cache_folder()
    with _lock(cache):
        trees = sorted(cache.glob(f"kernel-{RECIPE}-*/vmlinux"),
                       key=lambda path: path.stat().st_mtime)
        if trees and not refresh:
            return Kernel(trees[-1].parent)
        package, version = _package()
        tree = cache / f"kernel-{RECIPE}-{package}-{version}"
        if not tree.exists():
            say(f"fetching {package} {version} into {cache}")
            _fetch(package, tree)
        return Kernel(tree)


def _package():
    """The kernel package to use and its version."""
    if not shutil.which("apt-get"):
        raise Unavailable("this is not Debian: no apt-get to fetch a kernel")
    for again in (False, True):
        name = _first(r"^ +Depends: (linux-image-\S+)$",
                      "apt-cache", "depends", META_PACKAGE)
        version = name and _first(r"^Version: (\S+)$", "apt-cache", "show",
                                  "--no-all-versions", name)
        if version:
            # An epoch's colon is no good in a file's name.
            return name, version.replace(":", "_")
        if not again and os.geteuid() == 0:
            subprocess.run(["apt-get", "update"], capture_output=True,
                           stdin=subprocess.DEVNULL)
    raise Unavailable(f"the package lists do not know {META_PACKAGE}: "
                      "apt-get update")


def _first(pattern, *command):
    done = subprocess.run(command, capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)
    found = re.search(pattern, done.stdout, re.MULTILINE)
    return found[1] if found else None


def _fetch(package, tree):
    """Makes the folder 'tree', whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".kernel-", dir=tree.parent) \
            as work:
        work = pathlib.Path(work)
        _run(work, "apt-get", "download", "-q", package)
        file = next(work.glob("*.deb"))
        _run(work, "dpkg-deb", "-x", file, work / "all")
        new = work / "new"
        new.mkdir()
        image = next(work.glob("all/boot/vmlinuz-*"))
        (new / "vmlinux").write_bytes(_unpacked(image.read_bytes()))
        modules = next(work.glob("all/lib/modules/*"))
        _keep(modules, new / "lib/modules" / modules.name)
        _run(work, "depmod", "-b", new, modules.name)
        os.chmod(new, 0o755)
        new.rename(tree)


def _run(folder, *command):
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


def _keep(source, target):
    for name in KEPT:
        if (source / "kernel" / name).is_dir():
            shutil.copytree(source / "kernel" / name,
                            target / "kernel" / name)
    for name in NOT_KEPT:
        shutil.rmtree(target / "kernel" / name, ignore_errors=True)
    for path in source.glob("modules.*"):
        shutil.copy(path, target)


def _unpacked(image):
    """The ELF file within a bzImage: qemu starts that as well, and the
    emulated processor would take seconds to unpack it.

    Linux, Documentation/x86/boot.rst: the protected mode part comes after
    setup_sects + 1 sectors; payload_offset in it, and payload_length, at
    0x248 and 0x24c.  The payload's last four bytes are its unpacked size.
    """
    if image[0x202:0x206] != b"HdrS":
        raise Unavailable("the kernel package's image is of no known kind")
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = (image[0x1f1] + 1) * 512 + offset
    try:
        unpacked = lzma.decompress(image[start:start + length - 4])
    except lzma.LZMAError as error:
        raise Unavailable(f"the kernel's image: {error}") from None
    return unpacked
