# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A machine as a node: Open vSwitch and, above it, Loden.

On the userspace datapath the uplink stands in a bridge of its own, br-ex,
whose port carries the node's address: Open vSwitch sends its tunnels only
out of bridges.  On the kernel datapath the uplink carries the address.
"""

import re

from .errors import SandboxError
from .underlay import (
    EXT_ADDRESS, EXT_ADDRESS6, NETWORK, NETWORK6, address6_commands)

# What a cluster's pods, and its tunnels, can have.
RANGES = {"ipv4": "172.18.0.0/16", "ipv6": "fd00:18::/48"}
FAMILIES = ("ipv4", "ipv6", "dual")
# The node whose machine runs the cluster database, where loden-ctl puts its
# socket, and where the other nodes find that folder.
FIRST = "n1"
CLUSTER_FOLDER = "/var/run/loden"
SHARED_FOLDER = "/run/loden-cluster"

OVS_SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema"
OVS_DATABASE = "/etc/openvswitch/conf.db"


def is_node(name):
    """Whether a machine of that name is a node."""
    return re.fullmatch(r"n[1-9][0-9]?", name) is not None


def number(name):
    """The number k of the node called 'nk'."""
    found = re.fullmatch(r"n([1-9][0-9]?)", name)
    if not found or int(found[1]) > 89:
        raise SandboxError(f"'{name}' is no node's name: n1, n2, ... n89")
    return int(found[1])


def address(name):
    """The address of node 'name' on the underlay."""
    return NETWORK[10 + number(name)]


def address6(name):
    return NETWORK6[0x10 + number(name)]


def families(choice):
    """The families that one of FAMILIES stands for."""
    return ("ipv4", "ipv6") if choice == "dual" else (choice,)


def subnet(name, family="ipv4"):
    """The part of the cluster network that is reserved for 'name'."""
    place = 5 + number(name)
    return (f"172.18.{place}.0/24" if family == "ipv4"
            else f"fd00:18:0:{place}::/64")


def tunnel_ends(name, choice):
    """Where the tunnels of 'name' end, as loden-encap-ip has it."""
    ends = {"ipv4": address(name), "ipv6": address6(name)}
    return ",".join(str(ends[family]) for family in families(choice))


def cluster_remote(name):
    """The cluster database, as node 'name' reaches it."""
    folder = CLUSTER_FOLDER if name == FIRST else SHARED_FOLDER
    return f"unix:{folder}/cluster.sock"


def _mac(name):
    """A fixed Ethernet address for a node's br-ex."""
    return f"02:00:5e:00:53:{number(name):02x}"


class Node:
    """A node on 'machine', in a sandbox of the given 'datapath', whose pods
    and tunnels have what 'pods' and 'tunnels', of FAMILIES, say."""

    def __init__(self, machine, datapath, pods="ipv4", tunnels="ipv4"):
        self.machine = machine
        self.name = machine.name
        self.datapath = datapath
        self.pods = pods
        self.tunnels = tunnels

    def start_ovs(self):
        """Starts Open vSwitch as its init script would."""
        run = self.machine.run
        run("mkdir", "-p", "/run/openvswitch")
        run("ovsdb-tool", "create", OVS_DATABASE, OVS_SCHEMA)
        self.start_database()
        run("ovs-vsctl", "--no-wait", "init", "--", "set", "Open_vSwitch",
            ".", f"external_ids:system-id={self.name}",
            f"external_ids:hostname={self.name}",
            f"external_ids:loden-node={self.name}",
            "external_ids:loden-encap-ip="
            f'"{tunnel_ends(self.name, self.tunnels)}"',
            f'external_ids:loden-remote="{cluster_remote(self.name)}"')
        self.start_vswitchd()

    def start_database(self):
        self.machine.run(
            "ovsdb-server", OVS_DATABASE, "--detach", "--pidfile",
            "--log-file", "-vconsole:off", "--no-chdir",
            "--remote=punix:/run/openvswitch/db.sock",
            "--remote=db:Open_vSwitch,Open_vSwitch,manager_options")

    def start_vswitchd(self):
        self.machine.run("ovs-vswitchd", "--detach", "--pidfile",
                         "--log-file", "-vconsole:off", "--no-chdir",
                         *(["--disable-system"]
                           if self.datapath == "netdev" else []))

    def connect_underlay(self):
        """Puts the node's address on the underlay."""
        device = "eth0"
        if self.datapath == "netdev":
            device = "br-ex"
            self._build_br_ex()
        # An address that comes by itself, and late, would have ovs-vswitchd
        # make its table of tunnels anew and lose packets meanwhile.
        self.machine.run("ip", "-batch", "-", input=(
            f"link set {device} addrgenmode none\n"
            f"link set {device} up\n"
            f"addr add {address(self.name)}/{NETWORK.prefixlen} dev {device}\n"
            + address6_commands(device, address6(self.name))
            + f"route add default via {EXT_ADDRESS}\n"
            f"route add default via {EXT_ADDRESS6}\n"))

    def _build_br_ex(self):
        run = self.machine.run
        # The kernel, too, gets every frame that the switch gets from the
        # uplink: it must not answer beside it.
        run("nft", "-f", "-", input=(
            "table netdev sandbox {\n"
            "    chain uplink {\n"
            "        type filter hook ingress device eth0 priority -500;\n"
            "        policy drop;\n"
            "    }\n"
            "}\n"))
        # The userspace datapath drops what has half a checksum.
        run("ethtool", "-K", "eth0", "tx", "off")
        run("ovs-vsctl", "add-br", "br-ex",
            "--", "set", "bridge", "br-ex", "datapath_type=netdev",
            f'other_config:hwaddr="{_mac(self.name)}"',
            "--", "add-port", "br-ex", "eth0")

    def know(self, others):
        """Puts the nodes 'others' into the userspace datapath's table of
        neighbours, which otherwise drops the packet that it asks for, where
        the kernel queues it."""
        if self.datapath == "netdev" and others:
            self.machine.run("sh", "-e", input="".join(
                f"ovs-appctl tnl/neigh/set br-ex {end} {_mac(name)}\n"
                for name in others
                for end in (address(name), address6(name))))

    # ---- Loden ------------------------------------------------------------

    def start_cluster_db(self):
        """Starts the cluster's database on this node's machine."""
        ranges = ",".join(RANGES[each] for each in families(self.pods))
        self.machine.run("loden-ctl", "start", "--cluster-db",
                         "--no-controller", f"--network-range={ranges}")

    def reserve_subnet(self, name):
        """Keeps its own subnets for node 'name', if that is not done."""
        if name not in self.machine.output(
                "lodenctl", "--bare", "reservation", "list").split():
            for family in families(self.pods):
                self.machine.run("lodenctl", "reservation", "add", "default",
                                 subnet(name, family), name)

    def forget_node(self, name):
        self.machine.run("lodenctl", "--force", "node", "delete", name)

    def start_controller(self):
        self.machine.run("loden-ctl", "start",
                         f"--datapath={self.datapath}")

    def knows(self, peers):
        """Whether this node has its subnets, and a tunnel to each of 'peers'
        and to nobody else."""
        def external_ids(table, column, text):
            return str(self.machine.rows(table, [[column, "==", text]],
                                         ["external_ids"]))

        known = set(re.findall(r"\['loden-peer', '([^']+)'\]",
                               external_ids("Interface", "type", "vxlan")))
        published = external_ids("Bridge", "name", "br-int")
        return known == peers and all(
            f"={subnet(self.name, family)} " in published
            for family in families(self.pods))
