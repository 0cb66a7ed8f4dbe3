# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Which programs are under test, and what this machine lacks.

The programs of a build tree are shown to the machines of a sandbox at the
places where 'make install' would put them, so that every default path in
them is tried as users have it.
"""

import os
import pathlib
import re
import shutil

from .errors import SandboxError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Where each of Loden's files is, in the build tree (or in the source tree, if
# nothing builds it) and in the prefix.
BUILT = {
    "controller/loden-controller": "sbin/loden-controller",
    "ctl/loden-ctl": "sbin/loden-ctl",
    "ctl/lodenctl": "bin/lodenctl",
    "ctl/lodenctl-pki": "share/loden/lodenctl-pki",
    "ovsdb/loden.ovsschema": "share/loden/loden.ovsschema",
}
PLUGIN = "cni/loden"

# Programs that a sandbox runs, and the Debian packages that hold them.
NEEDED = {
    "nsenter": "util-linux",
    "ip": "iproute2",
    "nft": "nftables",
    "ethtool": "ethtool",
    "ovsdb-tool": "openvswitch-common",
    "ovsdb-server": "openvswitch-common",
    "ovs-vsctl": "openvswitch-switch",
    "ovs-vswitchd": "openvswitch-switch",
}


def check_machine():
    """Refuses a machine on which no sandbox can run, naming the cure."""
    if os.geteuid() != 0:
        raise SandboxError("namespaces need root: try sudo")
    missing = sorted({package for program, package in NEEDED.items()
                      if not shutil.which(program, path=PATH)})
    if missing:
        raise SandboxError("these packages are missing: apt-get install "
                           + " ".join(missing))
    if "\toverlay\n" not in pathlib.Path("/proc/filesystems").read_text():
        raise SandboxError("the kernel has no overlay file system: "
                           "modprobe overlay")
    if not os.path.exists("/dev/net/tun"):
        raise SandboxError("/dev/net/tun does not exist: modprobe tun")


class Build:
    """A build tree, or the installed programs when 'path' is None."""

    def __init__(self, path):
        self.path = pathlib.Path(path) if path else None
        self.source = None
        self.prefix = pathlib.Path("/usr")
        if self.path:
            self.prefix = pathlib.Path(_configured(self.path, "prefix"))
            self.source = pathlib.Path(
                _configured(self.path, "abs_top_srcdir"))
            if self.prefix not in (pathlib.Path("/usr"),
                                   pathlib.Path("/usr/local")):
                raise SandboxError(f"'{path}' is configured with --prefix="
                                   f"{self.prefix}: use --prefix=/usr")

    def __str__(self):
        return f"built in {self.path}" if self.path else "installed"

    def check(self):
        """Refuses a build in which a program is missing."""
        missing = " ".join(self._missing())
        if missing and self.path:
            raise SandboxError(f"not built in {self.path}: {missing}: run "
                               "make there")
        if missing:
            raise SandboxError("not installed, and no build tree found: "
                               f"{missing}")

    def _missing(self):
        """The programs that are not there, as words for a person."""
        if self.path:
            return [name for name in (*BUILT, PLUGIN)
                    if not self._find(name)]
        missing = [name for name in ("loden-controller", "loden-ctl",
                                     "lodenctl")
                   if not shutil.which(name, path=PATH)]
        if not pathlib.Path("/opt/cni/bin/loden").exists():
            missing.append("/opt/cni/bin/loden")
        return missing

    def _find(self, name):
        """The path of one of the build tree's files, or None."""
        for top in (self.path, self.source):
            if top and (top / name).exists():
                return top / name
        return None

    def stage(self, folder):
        """Lays the build tree's programs out in 'folder' as below the
        prefix, by symbolic links."""
        for built, installed in BUILT.items():
            if self._find(built):
                link = folder / installed
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(self._find(built))

    def plugins(self):
        """The CNI plugins that a node shall have beside those that are in
        the host's /opt/cni/bin, as name: path."""
        found = {path.name: path
                 for path in pathlib.Path("/usr/lib/cni").glob("*")}
        if self._find(PLUGIN):
            found["loden"] = self._find(PLUGIN)
        return found


def find_build(script):
    """The build tree that belongs to 'script', test/sandbox itself."""
    named = os.environ.get("LODEN_BUILD")
    if named:
        path = pathlib.Path(named).resolve()
        if not (path / "config.status").exists():
            raise SandboxError(f"LODEN_BUILD={named} is no build tree: "
                               "it has no config.status")
        return Build(path)
    top = pathlib.Path(script).resolve().parent.parent
    for path in (top, top / "build", top / "b"):
        if (path / "config.status").exists():
            return Build(path)
    return Build(None)


def _configured(path, variable):
    """The value of one of make's variables in the build tree 'path'."""
    text = (path / "Makefile").read_text(errors="replace")
    found = re.search(rf"^{variable} = (.*)$", text, re.MULTILINE)
    if not found:
        raise SandboxError(f"{path}/Makefile does not tell {variable}")
    return found[1]
