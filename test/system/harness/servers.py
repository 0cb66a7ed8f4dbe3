# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A cluster whose database several machines of their own serve, with TLS and
roles, as doc/cluster.md tells people to; and what can go wrong with it."""

import json
import re
import signal
import subprocess
import threading

from sandboxlib.underlay import NETWORK

from .cluster import DATAPATH, Place
from .rows import parse_table
from .traffic import Pinging
from .waiting import seconds, wait_equal, wait_until

PORT = 6642
SOCKET = "unix:/run/loden/cluster.sock"
PKI = "/var/lib/loden/pki"
START = ("start", "--cluster-db", "--no-controller", "--no-monitor",
         "--network-range=172.18.0.0/16")

# What daemons say when servers die or cannot be reached.
SERVERS_GO = (
    r"\|(reconnect|jsonrpc|stream_ssl|socket_util)(\(\w+\))?\|(WARN|ERR)\|",
    # The files of a sandbox's machines cannot be synchronized one by one.
    r"\|ovsdb_log\(\w+\)\|WARN\|fsync failed \(Invalid argument\)",
    r"\|raft\|(INFO|WARN)\|",
    r"\|ovsdb_cs\|WARN\|.* clustered database server (is (not cluster leader|"
    r"disconnected from cluster)|has stale data)",
    r"\|(cluster|ovsdb_idl|ovsdb_cs)\|WARN\|.*(connection|transaction)",
    r"\|timeval(\(\w+\))?\|WARN\|",
)


class Host(Place):
    """A machine of its own, without a switch."""

    def __init__(self, cluster, name, address):
        self.address = str(address)
        super().__init__(name, cluster.sandbox.add_machine(
            name, self.address, offload=DATAPATH == "system"))
        self.remote = f"ssl:{self.address}:{PORT}"

    def loden_ctl(self, *arguments, check=True):
        return self.run("loden-ctl", *arguments, check=check)


class Relay(Host):
    """A machine from which nodes read the cluster database."""

    def __init__(self, service, number):
        super().__init__(service.cluster, f"r{number}", NETWORK[210 + number])
        service.give_keys(self)
        self.service = service
        self.start()

    def start(self):
        self.loden_ctl("start-relay", "--no-monitor",
                       f"--remote={self.service.remotes}")

    def kill(self):
        self.run("kill", "-KILL",
                 self.output("cat", "/run/loden/relay.pid"))


class Server(Host):
    """A machine that serves the cluster database, and does nothing else."""

    def __init__(self, cluster, number):
        super().__init__(cluster, f"s{number}", NETWORK[200 + number])

    def start(self, *options):
        self.loden_ctl(*START, *options)

    def pid(self, name="cluster"):
        return int(self.output("cat", f"/run/loden/{name}.pid"))

    def kill(self):
        self.run("kill", "-KILL", self.pid())

    def freeze(self):
        self.run("kill", "-STOP", self.pid())

    def thaw(self):
        self.run("kill", "-CONT", self.pid())

    def health(self):
        """What loden-ctl says of the servers."""
        return self.loden_ctl("status", "--no-controller", check=False).stdout

    def raft(self, word):
        """A line of the server's own account, e.g. "Role"."""
        answer = self.run("ovs-appctl", "-T", "5", "-t",
                          "/run/loden/cluster.ctl", "cluster/status",
                          "Loden", check=False).stdout
        found = re.search(rf"^{word}: (.*)$", answer, re.MULTILINE)
        return found[1] if found else None

    def lodenctl(self, *arguments, check=True):
        return self.run("lodenctl", f"--db={SOCKET}", *arguments, check=check)

    def table(self, *arguments):
        return parse_table(self.lodenctl("--format=json", *arguments).stdout)

    def fill_disk(self):
        """Leaves no room for the database's files."""
        self.run("dd", "if=/dev/zero", "of=/var/lib/loden/filling", "bs=4k",
                 check=False)

    def empty_disk(self):
        self.run("rm", "/var/lib/loden/filling")

    def cut_off(self, *others):
        """Nothing passes to or from 'others' any more, until heal()."""
        addresses = ", ".join(other.address for other in others)
        self.run("nft", "-f", "-", input=(
            "table inet partition {\n"
            "    chain in {\n"
            "        type filter hook input priority 0;\n"
            f"        ip saddr {{ {addresses} }} drop\n"
            "    }\n"
            "    chain out {\n"
            "        type filter hook output priority 0;\n"
            f"        ip daddr {{ {addresses} }} drop\n"
            "    }\n"
            "}\n"))

    def heal(self):
        self.run("nft", "delete", "table", "inet", "partition")


class Service:
    """The servers of a cluster, and nodes that know them."""

    def __init__(self, cluster, servers=3, disk=None, join=True):
        """'cluster' has nodes without Loden, which 'join'.  With 'disk', the
        servers' files are on a disk of that size, such as "1m"."""
        self.cluster = cluster
        self.servers = [Server(cluster, number + 1)
                        for number in range(servers)]
        first = self.servers[0]
        for server in self.servers * bool(disk):
            server.run("mount", "-t", "tmpfs", "-o", f"size={disk}", "disk",
                       "/var/lib/loden")
        first.lodenctl("pki", "init")
        for server in self.servers:
            self.give_keys(server)
        for number, server in enumerate(self.servers):
            server.start(*(
                [f"--cluster-local-addr={server.address}"]
                if servers > 1 else []), *(
                [f"--cluster-remote-addr={first.address}"] if number else []))
        first.lodenctl("listener", "add", f"pssl:{PORT}")
        for node in cluster.nodes:
            self.give_keys(node)
            first.lodenctl("reservation", "add", "default", node.subnet,
                           node.name)
        if join:
            self.join(*cluster.nodes)

    @property
    def remotes(self):
        return ",".join(server.remote for server in self.servers)

    def give_keys(self, place):
        """Has keys made for a machine, and brings them there."""
        authority = self.servers[0]
        authority.lodenctl("pki", "node", place.name)
        for name in "loden.key", "loden.crt", "ca.crt":
            place.run("tee", f"/etc/loden/{name}", input=authority.output(
                "cat", f"{PKI}/nodes/{place.name}/{name}") + "\n")

    def join(self, *nodes, remote=None, options=()):
        """Starts Loden on 'nodes', and waits until they can have pods and
        know all others that have joined."""
        for node in nodes:
            node.run("loden-ctl", "start", f"--datapath={DATAPATH}",
                     f"--node={node.name}",
                     f"--remote={remote or self.remotes}", *options)
        for node in nodes:
            self.wait_for(node)

    def wait_for(self, node):
        """Waits until a node can have pods, and knows all others."""
        wait_until(lambda: node.network("default")["subnet"], 30)
        wait_until(lambda: len(node.status()["peers"])
                   == len(self.cluster.nodes) - 1, 30)

    def leader(self):
        """The server that leads, once there is one."""
        return wait_until(lambda: next(
            (server for server in self.servers
             if server.raft("Role") == "leader"), None), 30)

    def others(self, *servers):
        return [each for each in self.servers if each not in servers]

    def leases(self):
        """Who has which subnet, as any server that answers tells it, the
        newest first."""
        for server in sorted(self.servers, key=lambda server: -int(
                server.raft("Term") or 0)):
            done = server.lodenctl("--format=json", "--timeout=3", "subnet",
                                   "list", check=False)
            if not done.returncode:
                return sorted((row["network"], row["cidr"], row["node"])
                              for row in parse_table(done.stdout))
        raise AssertionError("no server answers")

    def whole(self):
        """Whether every server and every node is as it should be."""
        return (all(server.raft("Status") == "cluster member"
                    for server in self.servers if len(self.servers) > 1)
                and all(node.status()["cluster"]["connected"]
                        for node in self.cluster.nodes))

    def transact_as(self, node, *operations, remote=None):
        """What the servers say to a node that writes with its own keys: the
        error, or None."""
        keys = [f"--{option}=/etc/loden/{name}" for option, name in (
            ("private-key", "loden.key"), ("certificate", "loden.crt"),
            ("ca-cert", "ca.crt"))]
        results = json.loads(node.output(
            "ovsdb-client", *keys, "transact", remote or self.remotes,
            json.dumps(["Loden", *operations])))
        return next((result["error"] for result in results
                     if result and result.get("error")), None)


class SteadyPing:
    """In a with statement: a ping that goes on all the time, of which not one
    may be lost."""

    def __init__(self, place, target):
        self.pinging = Pinging(place, target.address, count=1_000_000,
                               interval=0.05)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.pinging.process.send_signal(signal.SIGINT)
        if kind is not None:
            self.pinging.process.communicate()
        else:
            ping = self.pinging.result()
            got = {int(n) for n in re.findall(r"icmp_seq=(\d+) ttl",
                                              self.pinging.text)}
            assert (ping.sent > 0, ping.sent - ping.received,
                    ping.duplicates, ping.errors) == (True, 0, 0, 0), (
                f"{ping}, lost {set(range(1, ping.sent + 1)) - got}")


class Churn:
    """In a with statement: pods that come and go on 'nodes' all the time, no
    two that live at once with one address."""

    def __init__(self, nodes, base):
        self.nodes = nodes
        self.base = base            # Of their names; one for each test.
        self.ends = threading.Event()
        self.lock = threading.Lock()
        self.live = {}              # Address: pod's name.
        self.made = 0
        self.errors = []
        self.threads = [threading.Thread(target=self._run, args=[node])
                        for node in nodes]

    def _run(self, node):
        number = 0
        try:
            while not self.ends.is_set():
                number += 1
                pod = node.add_pod(f"{self.base}-{node.name}-{number}")
                address = pod.address
                with self.lock:
                    assert address not in self.live, (address, self.live)
                    self.live[address] = pod.name
                    self.made += 1
                wait_equal(lambda: pod.ping(node.gateway, count=1).received,
                           1, 20)
                with self.lock:
                    del self.live[address]
                pod.delete()
        except BaseException as error:
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def goes_on(self, count=2):
        """Waits until so many pods more have come and gone on each node."""
        wanted = self.made + count * len(self.nodes)
        wait_until(lambda: self.made >= wanted or self.errors, 60)
        self.check()

    def check(self):
        assert not self.errors, self.errors

    def __exit__(self, kind, *_):
        self.ends.set()
        for thread in self.threads:
            thread.join(seconds(60))
        if kind is None:
            self.check()


__all__ = ["SERVERS_GO", "Churn", "Relay", "Server", "Service", "SteadyPing"]
