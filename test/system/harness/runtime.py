# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What every container runtime needs on a node, and what it must not leave.

Each node runs its own, with all paths at their defaults: a node's files are
its own.  Which programs run, and how they are told what to do, is for
podman.py, containerd.py and cri.py.
"""

import json
import shutil

import pytest

from sandboxlib.programs import PATH

from .cgroups import Cgroups, why_not
from .traces import traces, wait_until_as
from .traffic import Ping
from .waiting import seconds

# What all of them use, and Debian's packages that hold it.
PROGRAMS = {"runc": "runc", "busybox": "busybox-static", "curl": "curl",
            "iptables": "iptables",
            "/usr/lib/cni/portmap": "containernetworking-plugins"}

NETWORKS = "/etc/cni/net.d"
PLUGIN = "/opt/cni/bin/loden"

# Groups that a runtime makes once.
_KEPT_GROUPS = {"libpod_parent", "conmon", "default", "k8s.io", "commands"}

# Calls the plugin, and writes down what it was called with and said.
_RECORDER = """#!/bin/sh
/opt/cni/loden
status=$?
echo "$CNI_COMMAND $CNI_IFNAME $status $CNI_NETNS" >>/run/plugin-calls
exit $status
"""


class Runtime:
    """A container runtime on 'node'."""

    programs = {}       # Beyond PROGRAMS, in the same way.
    storage = ()        # Folders that cannot be copies on write.
    daemons = ()        # Command lines of what keeps running.

    def __init__(self, node, plugins, version="1.0.0"):
        """With the network "pods", which is the chain 'plugins' in CNI's
        'version'.  Skips the test if the runtime cannot run here."""
        self.node = node
        self._require()
        self.cgroups = Cgroups(node)
        # Locks of podman's are shared by all that share /dev/shm.
        for folder in (*self.storage, "/dev/shm"):
            node.run("mkdir", "-p", folder)
            node.run("mount", "-t", "tmpfs", "tmpfs", folder)
        self.write_network("pods", plugins, version)

    def _require(self):
        name = type(self).__name__
        missing = {package
                   for program, package in {**PROGRAMS,
                                            **self.programs}.items()
                   if not shutil.which(program, path=PATH)}
        if missing:
            pytest.skip(f"{name} cannot run here: apt-get install "
                        + " ".join(sorted(missing)))
        reason = why_not(self.node)
        if reason:
            pytest.skip(f"{name} cannot run here: {reason}")

    def write_network(self, name, plugins, version="1.0.0"):
        """Makes 'name' known to the runtime as the chain 'plugins'."""
        self.write(f"{NETWORKS}/50-{name}.conflist", json.dumps(
            {"cniVersion": version, "name": name, "plugins": plugins}))

    def write(self, path, content):
        """Puts a file there at once."""
        mode = "b" if isinstance(content, bytes) else ""
        draft = "/run/draft"
        self.node.run("mkdir", "-p", path.rpartition("/")[0])
        with open(self.node.machine.path(draft), f"w{mode}") as file:
            file.write(content)
        self.node.run("mv", draft, path)

    def call(self, *command, **options):
        """Runs a program of the runtime's; returns what it prints."""
        return self.node.output(*self.cgroups.prefix, *command, **options)

    def row(self, container_id, interface="eth0"):
        """What the row of a container's port says, None without a port."""
        rows = [row["external_ids"] for row in self.node.rows(
            "Interface", "external_ids")
            if row["external_ids"].get("loden-id", "").endswith(
                f"/{container_id}/{interface}")]
        assert len(rows) < 2
        return rows[0] if rows else None

    def traces(self):
        """All that containers can leave on the node."""
        return {
            **traces(self.node),
            "groups": {path.rpartition("/")[2]
                       for path in self.cgroups.groups()} - _KEPT_GROUPS,
            "processes": set(self.cgroups.processes()) - set(self.daemons),
        }

    def is_left_as(self, before):
        """Waits until the traces are those from 'before'."""
        wait_until_as(before, self.traces)

    def end(self):
        """The runtime leaves the node."""
        self.cgroups.remove()


class Container:
    """A running container of the image in image.py; 'execute' runs a
    command in it and returns what that prints."""

    def __init__(self, name, address, execute):
        self.name = name
        self.address = address
        self.output = execute

    def __repr__(self):
        return self.name

    def ping(self, target, count=3):
        """Pings 'target', which has an address or is one."""
        return Ping.parse(self.output(
            "ping", "-c", str(count), "-i", "0.1",
            "-W", f"{seconds(2):.0f}", getattr(target, "address", target)))

    def ask(self, address, port=80):
        """What a container says there: its name, and what our address is
        to it.  None if nothing answers."""
        return self.output("ask", str(address), str(port),
                           f"{seconds(3):.0f}") or None


def ask(place, address, port=80):
    """The same from elsewhere: a machine, or a pod of the sandbox."""
    return place.output("curl", "--silent", "--max-time", f"{seconds(3):g}",
                        f"http://{address}:{port}/cgi-bin/who",
                        check=False) or None


class PluginCalls:
    """In a with statement: what the runtime calls our plugin with."""

    def __init__(self, node):
        self.node = node

    def __enter__(self):
        self.node.run("sh", "-e", input=f"""
            cp -P {PLUGIN} /opt/cni/loden
            cat >/opt/cni/recorder <<'END'\n{_RECORDER}\nEND
            chmod 755 /opt/cni/recorder
            : >/run/plugin-calls
            mv /opt/cni/recorder {PLUGIN}
        """)
        return self

    def made(self):
        """The calls so far, without VERSION, as (command, interface, exit
        status, path of the network namespace)."""
        lines = self.node.output("cat", "/run/plugin-calls").splitlines()
        calls = [(line + " ").split(" ")[:4] for line in lines]
        return [(command, interface, int(status), netns)
                for command, interface, status, netns in calls
                if command != "VERSION"]

    def __exit__(self, *_):
        self.node.run("mv", "/opt/cni/loden", PLUGIN)
