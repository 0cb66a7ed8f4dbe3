# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A sandbox: a cluster on its own wire, from 'up' to 'down'.

All of it lives in the namespaces of one process, the sandbox's init, nested
as in sandbox > machine > pod.  Whoever calls these functions may be gone the
next moment: what they need to know later stands in state.Folder.
"""

import re
import time
from concurrent.futures import ThreadPoolExecutor

from . import namespaces, programs
from .errors import SandboxError
from .machine import Machine, make_stage
from .node import FIRST, SHARED_FOLDER, Node, is_node, number
from .pod import Pod, default_configuration, new_record
from .state import Folder, Process
from .underlay import (
    EXT, EXT_ADDRESS, Underlay, configure_host, give_world)

DATAPATHS = ("netdev", "system")


class Sandbox:
    """The sandbox called 'name', which may not be up."""

    def __init__(self, name, script):
        self.folder = Folder(name)
        self.name = name
        self.script = script

    # ---- The whole --------------------------------------------------------

    def up(self, nodes=3, datapath="netdev", die_with=None, loden=True,
           pods="ipv4", tunnels="ipv4"):
        """Starts the sandbox with nodes n1 to n'nodes', whose pods and
        tunnels are of the given FAMILIES.  It ends with the process
        'die_with', when given."""
        programs.check_machine()
        build = programs.find_build(self.script)
        if loden:
            build.check()
        with self.folder.lock():
            if self._init():
                raise SandboxError(f"sandbox '{self.name}' is up already: "
                                   "take it down, or choose another --name")
            self.folder.remove()
            try:
                self._start(nodes, die_with, build, {
                    "datapath": datapath, "loden": loden, "pods": pods,
                    "tunnels": tunnels})
            except BaseException:
                # The logs stay, until the next up or down.
                self._kill()
                raise

    def down(self):
        """Ends the sandbox, whatever is left of it."""
        with self.folder.lock():
            known = self.folder.path.exists()
            self._kill()
            self.folder.remove()
        return known

    def _start(self, nodes, die_with, build, settings):
        home = self.folder.path / "files"
        home.mkdir(parents=True)

        pid = namespaces.spawn_init(f"sandbox {self.name}",
                                    (make_stage, home, build), die_with=die_with)
        init = Process(pid)
        self.folder.write("sandbox", "sandbox", {
            "pid": pid, "start": init.start,
            "build": str(build.path) if build.path else None, **settings})
        self._underlay().build()
        ext = self._boot(EXT)
        configure_host(ext, [EXT_ADDRESS],
                       offload=settings["datapath"] == "system")
        give_world(ext)
        self._add_nodes([f"n{i}" for i in range(1, nodes + 1)])

    def _kill(self):
        init = self._init()
        if init:
            init.kill()

    def _init(self):
        """The sandbox's init process, or None."""
        stored = self.folder.read("sandbox", "sandbox")
        if stored:
            process = Process(stored["pid"], stored["start"])
            return process if process.alive() else None
        return None

    def settings(self):
        """What 'up' was told; an error when the sandbox is not up."""
        if not self._init():
            raise SandboxError(
                f"sandbox '{self.name}' is not up"
                + (": it died" if self.folder.path.exists() else ""))
        return self.folder.read("sandbox", "sandbox")

    def _underlay(self):
        return Underlay(self._init())

    # ---- Machines ---------------------------------------------------------

    def _boot(self, name, tunnels=None):
        settings = self.settings()
        home = self.folder.path / "files"
        shared = []
        if is_node(name) and name != FIRST:
            shared.append((home / FIRST / "run/loden", SHARED_FOLDER))
        pid = Machine.boot(
            name, home / name, self.folder.logs(name),
            programs.Build(settings["build"]),
            home / "stage", shared, inside=settings["pid"])
        process = Process(pid)
        self.folder.write("machines", name,
                          {"pid": pid, "start": process.start,
                           "tunnels": tunnels})
        machine = self.machine(name)
        self._underlay().plug(machine)
        return machine

    def machine(self, name):
        """The machine called 'name': a node, or ext."""
        self.settings()
        stored = self.folder.read("machines", name)
        if not stored:
            raise SandboxError(f"there is no machine '{name}'; there are "
                               + ", ".join(self.folder.list("machines")))
        process = Process(stored["pid"], stored["start"])
        if not process.alive():
            raise SandboxError(f"machine '{name}' has died")
        return Machine(name, process, self.folder.logs(name))

    def add_machine(self, name, address, offload):
        """Makes a machine that is no node: an ordinary host on the wire with
        that address; see underlay.configure_host()."""
        with self.folder.lock():
            machine = self._boot(name)
        configure_host(machine, [address], offload)
        return machine

    # ---- Nodes ------------------------------------------------------------

    def nodes(self):
        """The nodes' names."""
        return [name for name in self.folder.list("machines")
                if is_node(name)]

    def node(self, name):
        number(name)
        settings = self.settings()
        tunnels = (self.folder.read("machines", name) or {}).get("tunnels")
        return Node(self.machine(name), settings["datapath"],
                    settings["pods"], tunnels or settings["tunnels"])

    def add_node(self, name, tunnels=None):
        """Adds a node; its tunnels are of the FAMILIES that all have unless
        it is said."""
        number(name)
        with self.folder.lock():
            if name in self.nodes():
                raise SandboxError(f"node '{name}' exists already")
            self._add_nodes([name], tunnels)

    def _add_nodes(self, names, tunnels=None):
        for name in names:
            self._boot(name, tunnels)
        nodes = [self.node(name) for name in names]
        with ThreadPoolExecutor(len(nodes)) as pool:
            list(pool.map(Node.start_ovs, nodes))
            list(pool.map(Node.connect_underlay, nodes))
            if self.settings()["loden"]:
                self._start_loden(nodes, pool)
        self._introduce(names)

    def _introduce(self, new):
        """Lets the nodes 'new' and all others know each other."""
        for name in self.nodes():
            others = self.nodes() if name in new else new
            self.node(name).know([each for each in others if each != name])

    def _start_loden(self, nodes, pool):
        first = self.node(FIRST)
        if any(node.name == FIRST for node in nodes):
            first.start_cluster_db()
        for node in nodes:
            first.reserve_subnet(node.name)
        list(pool.map(Node.start_controller, nodes))
        self._wait_for_peers()

    def _wait_for_peers(self, patience=30):
        """Waits until every node knows every other one."""
        names = set(self.nodes())
        waiting = {name: self.node(name) for name in names}
        end = time.monotonic() + patience
        while waiting:
            waiting = {name: node for name, node in waiting.items()
                       if not node.knows(names - {name})}
            if waiting and time.monotonic() > end:
                raise SandboxError(
                    f"not all peers are known on {', '.join(waiting)}: see "
                    f"the log of loden-controller in {self.folder.path}/log")
            if waiting:
                time.sleep(0.02)

    def delete_node(self, name):
        """Takes the node away and lets the cluster forget it."""
        number(name)
        if name == FIRST:
            raise SandboxError(f"{FIRST} runs the cluster database: take the"
                               " whole sandbox down instead")
        with self.folder.lock():
            self.machine(name).kill()
            self._underlay().unplug(name)
            self.folder.forget("machines", name)
            for pod in self.pods():
                if self.folder.read("pods", pod)["node"] == name:
                    self.folder.forget("pods", pod)
            if self.settings()["loden"]:
                self.node(FIRST).forget_node(name)
                self._wait_for_peers()

    # ---- Pods -------------------------------------------------------------

    def pods(self):
        """The pods' names."""
        self.settings()
        return self.folder.list("pods")

    def pod(self, name):
        self.settings()
        record = self.folder.read("pods", name)
        if not record:
            raise SandboxError(f"there is no pod '{name}'")
        return Pod(name, self.machine(record["node"]), record)

    def add_pod(self, node, name, network="default", configuration=None):
        """Makes pod 'name' on 'node' and attaches it; returns it."""
        if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}", name):
            raise SandboxError(f"'{name}' cannot be a pod's name")
        machine = self.node(node).machine
        record = new_record(
            node, configuration or default_configuration(network))
        pod = Pod(name, machine, record)
        try:
            self.folder.write("pods", name, record, new=True)
        except FileExistsError:
            raise SandboxError(f"pod '{name}' exists already") from None
        try:
            pod.create()
            pod.attach()
        except BaseException:
            machine.run("ip", "netns", "delete", name, check=False)
            self.folder.forget("pods", name)
            raise
        self.folder.write("pods", name, record)
        return pod

    def delete_pod(self, name):
        pod = self.pod(name)
        pod.detach()
        pod.destroy()
        self.folder.forget("pods", name)
