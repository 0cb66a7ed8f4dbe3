# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""podman on a node, with CNI as its network's back end."""

import json
from contextlib import contextmanager

from . import image
from .runtime import Container, Runtime

# The limits are those of a container, which podman raises by default: some
# machines do not let it.
_SETTINGS = """
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
pids_limit = 0
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_backend = "cni"
"""


class Podman(Runtime):
    programs = {"podman": "podman", "conmon": "conmon"}
    storage = ("/var/lib/containers",)

    def __init__(self, node, plugins, version="1.0.0"):
        super().__init__(node, plugins, version)
        self.write("/etc/containers/containers.conf", _SETTINGS)
        self.write("/run/image.tar", image.make_image())
        self("load", "--quiet", "--input", "/run/image.tar")

    def __call__(self, *arguments, **options):
        return self.call("podman", *arguments, **options)

    def start(self, name, *options, network="pods"):
        """Starts a container; 'options' are those of podman run."""
        self("run", "--detach", "--name", name, "--network", network,
             "--env", f"NAME={name}", "--cap-add", "NET_RAW", *options,
             image.NAME)
        return self.container(name)

    @contextmanager
    def running(self, *arguments, **options):
        """The same, in a with statement."""
        try:
            yield self.start(*arguments, **options)
        finally:
            self.remove(arguments[0])

    def remove(self, *names):
        self("rm", "--force", "--time", "0", *names)

    def inspect(self, name):
        return json.loads(self("container", "inspect", name))[0]

    def addresses(self, name):
        """What podman tells of each network that a container is in."""
        return self.inspect(name)["NetworkSettings"]["Networks"]

    def container(self, name):
        def execute(*command):
            return self("exec", name, *command, check=False)
        address = next(iter(self.addresses(name).values()))["IPAddress"]
        return Container(name, address, execute)
