# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A sandbox in the words that tests are written in."""

import fcntl
import ipaddress
import itertools
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from sandboxlib.errors import SandboxError  # noqa: E402
from sandboxlib import rpc  # noqa: E402
from sandboxlib.node import (  # noqa: E402
    FIRST, address, address6, subnet)
from sandboxlib.programs import (  # noqa: E402
    check_machine, find_build)
from sandboxlib.sandbox import Sandbox  # noqa: E402
from sandboxlib.underlay import (  # noqa: E402
    EXT_ADDRESS, EXT_ADDRESS6, WORLD_ADDRESS, WORLD_ADDRESS6)

from .capture import Capture  # noqa: E402
from .flows import parse_flows  # noqa: E402
from .logs import Logs  # noqa: E402
from .rows import condition, parse_table, value  # noqa: E402
from .traffic import Ping, Pinging, Stream  # noqa: E402
from .waiting import seconds, wait_until  # noqa: E402

SCRIPT = pathlib.Path(__file__).parents[2] / "sandbox"
DATAPATH = os.environ.get("LODEN_TEST_DATAPATH", "netdev")


# Of ioctl(2): asks for a device's address, see netdevice(7).
SIOCGIFHWADDR = 0x8927
IFREQ_SIZE = 40

# For clients of both families.
LISTEN = "TCP6-LISTEN"


def bracket(address):
    """An address as socat takes it."""
    return f"[{address}]" if ":" in address else address


def plain(text):
    """An address as it is written elsewhere, from how socat says it."""
    text = text.strip().strip("[]")
    if ":" not in text:
        return text
    parsed = ipaddress.ip_address(text)
    return str(parsed.ipv4_mapped or parsed)


def check_programs():
    """Ends the run at once if there is nothing to test."""
    try:
        check_machine()
        build = find_build(SCRIPT)
        build.check()
        print(f"testing what is {build}, datapath {DATAPATH}")
    except SandboxError as error:
        pytest.exit(str(error), returncode=1)


class Place:
    """Somewhere packets can be sent from: a machine, or a pod on it."""

    def __init__(self, name, machine, netns=None):
        self.name = name
        self.machine = machine
        self.netns = netns

    def __repr__(self):
        return self.name

    def run(self, *command, **options):
        return self.machine.run(*command, netns=self.netns, **options)

    def output(self, *command, **options):
        return self.machine.output(*command, netns=self.netns, **options)

    def socket(self, *arguments):
        """socket.socket(*arguments) of ours that is in this place."""
        return self.machine.socket(*arguments, netns=self.netns)

    def popen(self, command, **options):
        return self.machine.popen(command, netns=self.netns, **options)

    def pinging(self, target, **options):
        """Starts a ping to 'target', a place or an address."""
        return Pinging(self, getattr(target, "address", target), **options)

    def ping(self, target, **options):
        """Pings 'target' and returns what it came to, as a Ping."""
        return self.pinging(target, **options).result()

    def transfer(self, target, count=500_000, address=None):
        """Sends the numbers up to 'count' as text by TCP to the place
        'target', at its 'address'; returns the digest of what arrived."""
        server = target.popen(
            ["sh", "-c", f"socat -u {LISTEN}:5300,reuseaddr - | sha256sum"],
            stdout=subprocess.PIPE)
        wait_until(lambda: target.listens(5300))
        self.run("sh", "-c", f"seq {count} |"
                 f" socat -u - TCP:{bracket(address or target.address)}:5300,"
                 "connect-timeout=3")
        return server.communicate(timeout=seconds(30))[0].split()[0]

    def stream(self, target, megabytes=4, reverse=False):
        """Sends TCP to the place 'target'; returns the Stream."""
        server = target.popen(["iperf3", "--server", "--one-off"],
                              stdout=subprocess.DEVNULL)
        try:
            wait_until(lambda: target.listens(5201))
            done = self.run(
                "iperf3", "--client", target.address, "--json",
                "--connect-timeout", int(seconds(3000)),
                "--bytes", f"{megabytes}M", *(["--reverse"] * reverse),
                check=False)
            return Stream.parse(done.stdout)
        finally:
            self.stop(server)

    @staticmethod
    def stop(process):
        """Ends what popen() started."""
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
        process.wait(seconds(10))

    def capture(self, expression, device="eth0"):
        """Watches for packets that match, in a with statement."""
        return Capture(self, device, expression)

    def send_frames(self, *frames, device="eth0"):
        """Sends whole Ethernet frames, whatever they say."""
        with self.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
            sock.bind((device, 0))
            for frame in frames:
                sock.send(frame)

    def send_udp(self, address, port, *payloads):
        with self.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for payload in payloads:
                sock.sendto(payload, (str(address), int(port)))

    def listens(self, port, protocol="tcp"):
        """Whether a program waits for connections on 'port' here."""
        return self.output("ss", "--no-header", "--listening", "--numeric",
                           f"--{protocol}", "sport", "=", f":{port}")

    def serve(self, port):
        """Starts a server here that tells every TCP client the address that
        it came from, then hangs up.  It ends with the sandbox."""
        self.popen(["socat", f"{LISTEN}:{port},fork,reuseaddr",
                    "SYSTEM:echo $SOCAT_PEERADDR"])
        wait_until(lambda: self.listens(port))

    def ask(self, address, port):
        """What such a server says: the address that our packets had there,
        or None if it was not reached."""
        # Our side says nothing; socat is to wait for the answer all the same.
        done = self.run("socat", "-t", f"{seconds(5):g}", "-",
                        f"TCP:{bracket(address)}:{port},connect-timeout="
                        f"{seconds(2):g}", check=False)
        return plain(done.stdout) or None


class Pod(Place):
    """A pod, attached by the plugin."""

    def __init__(self, cluster, name):
        pod = cluster.sandbox.pod(name)
        super().__init__(name, pod.machine, name)
        self.cluster = cluster
        self.node = cluster.node(pod.machine.name)
        self.attachment = pod
        self.result = pod.record["result"]

    @property
    def address(self):
        return self.attachment.addresses()[0]

    @property
    def address6(self):
        """The pod's IPv6 address; 'address' is its first one."""
        return next(each for each in self.attachment.addresses()
                    if ":" in each)

    @property
    def host_port(self):
        """The name of the pod's port on the switch."""
        return next(i["name"] for i in self.result["interfaces"]
                    if i["name"].startswith("ldn"))

    @property
    def mac(self):
        with self.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            answer = fcntl.ioctl(sock, SIOCGIFHWADDR,
                                 b"eth0".ljust(IFREQ_SIZE, b"\0"))
        return answer[18:24].hex(":")

    def link(self):
        """The pod's eth0 as ip(8) tells it."""
        return json.loads(self.output("ip", "-json", "link", "show",
                                      "eth0"))[0]

    def delete(self):
        self.cluster.sandbox.delete_pod(self.name)


class Node(Place):
    """A node, with its switch and its controller."""

    def __init__(self, cluster, name):
        super().__init__(name, cluster.sandbox.machine(name))
        self.cluster = cluster
        self.address = str(address(name))
        self.address6 = str(address6(name))
        self.subnet = subnet(name)
        self.subnet6 = subnet(name, "ipv6")

    @property
    def gateway(self):
        """The pods' gateway, which is this node's own address there."""
        return self.subnet.replace(".0/24", ".1")

    @property
    def gateway6(self):
        return self.subnet6.replace("::/64", "::1")

    def ovs_vsctl(self, *arguments):
        return self.output("ovs-vsctl", *arguments)

    def get(self, table, record, column):
        """A number or text of the row called 'record' of the node's database,
        as text; "" if there is none.  'column' may be of the kind
        "external_ids:KEY", and 'record' "." for a table with one row."""
        name, _, key = column.partition(":")
        where = [] if record == "." else [["name", "==", record]]
        for row in self.machine.rows(table, where, [name]):
            content = value(row[name])
            return str(content.get(key.strip('"'), "") if key else content)
        return ""

    def rows(self, table, *words):
        """Rows of the node's database; 'words' are columns, and conditions
        on text such as "type=vxlan" or "external_ids:loden-id=ID"."""
        columns = [word for word in words if "=" not in word]
        where = [condition(word) for word in words if "=" in word]
        return [{column: value(cell) for column, cell in row.items()}
                for row in self.machine.rows(table, where, columns)]

    def network(self, name):
        """What the controller tells the plugin about a network."""
        row, = self.rows("Bridge", "external_ids", "name=br-int")
        words = row["external_ids"][f"loden-net:{name}"].split(" ")
        return dict(word.split("=", 1) for word in words)

    def settle_counters(self):
        """Has the datapath's counts reach the rules and ports they are of."""
        self.appctl("revalidator/wait", target="ovs-vswitchd")

    def dropped(self):
        """How many packets were dropped so far, by the reason's name."""
        text = self.appctl("pipeline/show").partition("reasons, ")[2]
        names = dict(re.findall(r"^ *(\d+) ([a-z-]+)", text, re.MULTILINE))
        self.settle_counters()
        counts = {}
        for flow in self.flows("drop"):
            reason = re.search(r"reg3=(\w+)", flow.match)
            if reason and flow.packets:
                counts[names[str(int(reason[1], 0))]] = flow.packets
        return counts

    def tunnel_packets(self):
        """How many packets went into the tunnel to each peer."""
        self.settle_counters()
        sent = {}
        for row in self.tunnel_rows("name", "external_ids"):
            port = self.output("ovs-ofctl", "-O", "OpenFlow15", "dump-ports",
                               "br-int", row["name"], check=False)
            found = re.search(r"tx pkts=(\d+)", port)
            if found:   # Else the port is coming or going.
                peer = row["external_ids"].get("loden-peer", "shared")
                sent[peer] = sent.get(peer, 0) + int(found[1])
        return sent

    def tunnel_rows(self, *columns):
        """The rows of the tunnel ports."""
        return [row for encap in ("vxlan", "geneve")
                for row in self.rows("Interface", *columns, f"type={encap}")]

    def mentioned_in(self, flow):
        """Whether a rule is about this node's pods or its tunnel."""
        return any(word in str(flow) for word in (
            self.subnet, self.address, self.subnet.removesuffix("0/24")))

    def flows(self, table=None, bridge="br-int"):
        """The rules on the switch, those of 'table' when given."""
        match = [f"table={table}"] if table else []
        return parse_flows(self.output(
            "ovs-ofctl", "-O", "OpenFlow15", "--names", "dump-flows",
            bridge, *match))

    def rules(self):
        """The rules on the switch, without what the switch counts."""
        return sorted(flow.rule for flow in self.flows())

    def ports(self, bridge="br-int"):
        row, = self.rows("Bridge", "ports", f"name={bridge}")
        names = {port["_uuid"]: port["name"]
                 for port in self.rows("Port", "_uuid", "name")}
        ports = row["ports"]
        return {names[port] for port in (
            ports if isinstance(ports, list) else [ports])} - {bridge}

    def appctl(self, *arguments, target="loden-controller"):
        """What 'ovs-appctl -t TARGET ARGUMENT...' prints."""
        command, *words = map(str, arguments)
        return rpc.call(self.machine.daemon_socket(target), command,
                        *words).rstrip("\n")

    def status(self):
        """The controller's own account, as it prints it in JSON."""
        return json.loads(self.appctl("status"))

    def lodenctl(self, *arguments):
        return self.output("lodenctl", *arguments)

    def table(self, *arguments):
        """A lodenctl list as rows: dictionaries by column."""
        return parse_table(self.lodenctl("--format=json", *arguments))

    def pid(self, daemon="loden-controller"):
        """The process of a daemon, as the node sees it."""
        path = self.machine.path(f"/run/openvswitch/{daemon}.pid")
        return int(path.read_text())

    def start_controller(self):
        self.cluster.sandbox.node(self.name).start_controller()

    def start_vswitchd(self):
        self.cluster.sandbox.node(self.name).start_vswitchd()

    def kill(self, daemon="loden-controller"):
        """Kills a daemon in the hard way."""
        self.run("kill", "-KILL", self.pid(daemon))

    def add_pod(self, name, **options):
        self.cluster.sandbox.add_pod(self.name, name, **options)
        return self.cluster.pod(name)


class Cluster:
    """A sandbox that ends with this process."""

    def __init__(self, name, nodes=3, **options):
        self.sandbox = Sandbox(name, SCRIPT)
        self.logs = Logs(self.sandbox)
        try:
            self.sandbox.up(nodes, DATAPATH, die_with=os.getpid(), **options)
        except BaseException:
            for title, text in self.logs.tails():
                print(f"---- {title}\n{text}")
            self.down()
            raise
        self.ext = Place("ext", self.sandbox.machine("ext"))
        self.ext.address = str(EXT_ADDRESS)
        self.ext.address6 = str(EXT_ADDRESS6)
        self.world_address = str(WORLD_ADDRESS)
        self.world_address6 = str(WORLD_ADDRESS6)

    def node(self, name):
        return Node(self, name)

    @property
    def nodes(self):
        return [self.node(name) for name in self.sandbox.nodes()]

    def pod(self, name):
        return Pod(self, name)

    @property
    def pods(self):
        return [self.pod(name) for name in self.sandbox.pods()]

    def add_node(self, name, **options):
        self.sandbox.add_node(name, **options)
        return self.node(name)

    def transact(self, *operations):
        """Changes the cluster's database as any client of it can; returns
        the results."""
        results = rpc.call(
            self.node(FIRST).machine.path("/run/loden/cluster.sock"),
            "transact", "Loden", *operations)
        assert all("error" not in each for each in results), results
        return results

    def set_network(self, column, value, name="default"):
        """Changes a column of a Network row."""
        self.transact({"op": "update", "table": "Network",
                       "row": {column: value},
                       "where": [["name", "==", name]]})

    def set_option(self, key, value=None):
        """Sets an option of the whole cluster; None takes it away."""
        mutations = [["options", "delete", ["set", [key]]]]
        if value is not None:
            mutations += [["options", "insert", ["map", [[key, value]]]]]
        self.transact({"op": "mutate", "table": "Loden_Global", "where": [],
                       "mutations": mutations})

    def down(self):
        self.sandbox.down()


def mesh(places, **options):
    """Lets each of 'places' ping each other one, all at once; returns what
    they came to, by (from, to)."""
    running = {(a.name, b.name): a.pinging(b, **options)
               for a, b in itertools.permutations(places, 2)}
    return {pair: pinging.result() for pair, pinging in running.items()}


__all__ = ["DATAPATH", "Cluster", "Node", "Ping", "Place", "Pod", "mesh"]
