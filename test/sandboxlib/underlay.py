# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The wire between the machines, and the host outside.

The wire is a Linux bridge in the sandbox's own network namespace with a veth
to each machine's eth0.  The machine 'ext' is an ordinary host on it; the
nodes' default route leads there, so that it, and a second address on its
loopback device, are the world.  All of them have IPv4 and IPv6.
"""

import ipaddress

from . import entering, namespaces
from .errors import SandboxError
from .programs import PATH

NETWORK = ipaddress.ip_network("192.0.2.0/24")
NETWORK6 = ipaddress.ip_network("2001:db8:2::/64")
MTU = 1500
EXT = "ext"
EXT_ADDRESS = NETWORK[100]
EXT_ADDRESS6 = NETWORK6[0x100]
WORLD_ADDRESS = ipaddress.ip_address("198.51.100.1")
WORLD_ADDRESS6 = ipaddress.ip_address("2001:db8:51::1")


def address6_commands(device, address6):
    """What ip(8) is told to give a device on the wire its IPv6 addresses.
    They can be used at once; a kernel asks for neighbours on behalf of others
    only from a link-local one, so that there has to be one."""
    host = int(address6) & 0xffff
    return (f"addr add fe80::{host:x}/64 dev {device} nodad\n"
            f"addr add {address6}/{NETWORK6.prefixlen} dev {device} nodad\n")


class Underlay:
    """The wire; 'process' is any process in its network namespace."""

    def __init__(self, process):
        self.process = process

    def _ip(self, *lines):
        done = entering.run(self.process.pid, namespaces.CLONE_NEWNET,
                            ["ip", "-batch", "-"],
                            input="\n".join(lines) + "\n",
                            env={"PATH": PATH})
        if done.returncode:
            raise SandboxError(f"the underlay: {done.stderr.strip()}")

    def build(self):
        self._ip("link set lo up",
                 "link add underlay type bridge forward_delay 0 "
                 "mcast_snooping 0",
                 f"link set underlay mtu {MTU} addrgenmode none up")

    def plug(self, machine):
        """Gives 'machine' its eth0, still without an address."""
        name = machine.name
        self._ip(f"link add {name} type veth peer name eth0 "
                 f"netns {machine.process.pid}",
                 f"link set {name} master underlay mtu {MTU} "
                 "addrgenmode none up")
        machine.run("ip", "-batch", "-", input=(
            "link set lo up\n"
            f"link set eth0 mtu {MTU} addrgenmode none up\n"))

    def unplug(self, name):
        """Takes away what is left of the wire to a machine that has ended:
        the kernel does so too, a little later."""
        try:
            self._ip(f"link del {name}")
        except SandboxError as error:
            if "Cannot find device" not in str(error):
                raise


def configure_host(machine, addresses, offload):
    """Makes an ordinary host of 'machine'.  Without 'offload' it fills in
    every checksum itself, as a userspace datapath wants to see them."""
    for address in addresses:
        machine.run("ip", "address", "add",
                    f"{address}/{NETWORK.prefixlen}", "dev", "eth0")
    if not offload:
        machine.run("ethtool", "-K", "eth0", "tx", "off")


def give_world(ext):
    """Gives 'ext' what only it has: IPv6, and the addresses of the world."""
    ext.run("ip", "-batch", "-", input=(
        address6_commands("eth0", EXT_ADDRESS6)
        + f"addr add {WORLD_ADDRESS}/32 dev lo\n"
        + f"addr add {WORLD_ADDRESS6}/128 dev lo nodad\n"))
