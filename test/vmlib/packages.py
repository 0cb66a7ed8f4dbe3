# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Debian's packages, to be looked up and downloaded, never installed."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
from contextlib import contextmanager

from .errors import Unavailable

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Packages:
    """Those that this machine's own package lists know."""

    def __init__(self, options=()):
        self._options = options

    def find(self, meta_package, pattern):
        """The first package matching 'pattern' that 'meta_package' depends
        on, and its version.  Lists that are absent or too old are renewed,
        for root."""
        for again in (False, True):
            name = self._match(rf"^ +Depends: ({pattern})$", "apt-cache",
                               "depends", meta_package)
            version = name and self._match(
                r"^Version: (\S+)$", "apt-cache", "show",
                "--no-all-versions", name)
            if version:
                # An epoch's colon is no good in a file's name.
                return name, version.replace(":", "_")
            if not again and os.geteuid() == 0:
                self.update()
        raise Unavailable(f"the package lists do not know {meta_package}: "
                          "apt-get update")

    def update(self):
        self._output("apt-get", "update")

    def unpack(self, package, folder):
        """Downloads 'package' into 'folder'; returns the folder there with
        its files."""
        run(folder, "apt-get", *self._options, "download", "-q", package)
        run(folder, "dpkg-deb", "-x", next(folder.glob("*.deb")),
            folder / "all")
        return folder / "all"

    def _match(self, pattern, *command):
        """What the group of 'pattern' matches first in what 'command'
        says."""
        found = re.search(pattern, self._output(*command), re.MULTILINE)
        return found[1] if found else None

    def _output(self, program, *words):
        return subprocess.run([program, *self._options, *words],
                              capture_output=True, text=True,
                              stdin=subprocess.DEVNULL).stdout


@contextmanager
def packages_of(suite):
    """Those of one of Debian's suites, or this machine's own if 'suite' is
    None.  Lists of a suite are fetched into a folder that is gone at the
    end: apt itself hears nothing of it."""
    if not shutil.which("apt-get"):
        raise Unavailable("this is not Debian: no apt-get to fetch a kernel")
    own = Packages()
    if not suite:
        yield own
        return
    mirror = own._match(
        r"^(\S+) Debian$", "apt-get", "indextargets",
        "--format", "$(REPO_URI) $(ORIGIN)", "Created-By: Packages")
    if not mirror:
        raise Unavailable("apt knows no mirror of Debian")
    with tempfile.TemporaryDirectory(prefix="loden-apt-") as folder:
        folder = pathlib.Path(folder)
        (folder / "lists/partial").mkdir(parents=True)
        sources = folder / "sources.list"
        sources.write_text(
            f"deb [signed-by={KEYRING}] {mirror} {suite} main\n")
        # apt fetches as a user of its own.
        os.chmod(folder, 0o755)
        packages = Packages((
            "-o", f"Dir::Etc::SourceList={sources}",
            "-o", "Dir::Etc::SourceParts=/dev/null",
            "-o", f"Dir::State::Lists={folder}/lists",
            "-o", f"Dir::Cache={folder}"))
        packages.update()
        yield packages


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
