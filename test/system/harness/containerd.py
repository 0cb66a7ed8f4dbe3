# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""containerd on a node, and ctr, its own client."""

import itertools
import subprocess
from contextlib import contextmanager

from . import image
from .runtime import Container, Runtime
from .waiting import seconds, wait_until

# Lowering a process's OOM score needs CAP_SYS_RESOURCE, which some machines
# do not give.
_SETTINGS = f"""
version = 2
[plugins."io.containerd.grpc.v1.cri"]
restrict_oom_score_adj = true
sandbox_image = "{image.PAUSE}"
"""

_LOG = "/var/log/loden/containerd.log"


class Containerd(Runtime):
    programs = {"containerd": "containerd", "ctr": "containerd"}
    storage = ("/var/lib/containerd",)
    daemons = ("containerd",)

    def __init__(self, node, plugins, version="1.0.0"):
        super().__init__(node, plugins, version)
        self.write("/etc/containerd/config.toml", _SETTINGS)
        self.numbers = itertools.count(1)
        self.start()
        for name in image.COMMANDS:
            self.write("/run/image.tar", image.make_image(name))
            for namespace in ("default", "k8s.io"):
                self.ctr("--namespace", namespace, "images", "import",
                         "/run/image.tar")

    def start(self):
        self.daemon = self.node.popen(
            [*self.cgroups.prefix, "sh", "-c",
             f"exec containerd >>{_LOG} 2>&1"])
        wait_until(lambda: not self.node.run("ctr", "version",
                                             check=False).returncode, 30)

    def kill(self):
        """containerd dies in the hard way; its shims go on."""
        self.node.run("kill", "-KILL",
                      self.node.output("pgrep", "-x", "containerd"))
        self.daemon.wait(seconds(10))

    def kill_all(self):
        """As kill(), and with it everything that it has started."""
        self.cgroups.kill()
        self.daemon.wait(seconds(10))

    def end(self):
        self.node.stop(self.daemon)
        super().end()

    # ---- ctr --------------------------------------------------------------

    def ctr(self, *arguments, **options):
        return self.call("ctr", *arguments, **options)

    @contextmanager
    def running(self, name):
        """A container that ctr itself waits for, in a with statement."""
        ctr = self.node.popen(
            [*self.cgroups.prefix, "ctr", "run", "--rm", "--cni",
             "--env", f"NAME={name}", image.NAME, name],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            wait_until(lambda: ctr.poll() is not None or self.runs(name), 15)
            assert ctr.poll() is None, ctr.stderr.read()
            yield self.container(name)
        finally:
            self.ctr("task", "kill", "--signal", "KILL", name, check=False)
            ctr.communicate(timeout=seconds(15))

    def start_detached(self, name):
        """A container that ctr forgets as soon as it runs."""
        self.ctr("run", "--detach", "--cni", "--env", f"NAME={name}",
                 image.NAME, name)
        return self.container(name)

    def remove_detached(self, name):
        self.ctr("task", "kill", "--signal", "KILL", name, check=False)
        self.ctr("task", "rm", "--force", name, check=False)
        self.ctr("container", "rm", name, check=False)

    def runs(self, name):
        tasks = self.ctr("task", "list").splitlines()
        return any(line.split()[0] == name and line.endswith("RUNNING")
                   for line in tasks)

    def container(self, name):
        def execute(*command):
            return self.ctr("task", "exec", "--exec-id",
                            f"exec{next(self.numbers)}", name, *command,
                            check=False)
        address = self.row(f"default-{name}")["loden-ip"].partition("/")[2]
        return Container(name, address, execute)
