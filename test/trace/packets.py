# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""From a few words to a packet as ofproto/trace takes it.

    ip p1 > p2           an echo request, of IPv4
    ip6 p1 > p2          of IPv6
    udp/udp6 p1 > p2     a datagram
    arp p1 > p2          who has p2's address? asks p1
    nd p1 > p2           the same of IPv6
    na p1 > p2           p1 says to all who it is, whoever p2 is
    eth p1 > p2          neither

and then FIELD=VALUE, which replaces what follows from that.  In a value
'p1.mac', 'p1.ip' and 'p1.ip6' stand for what p1 has."""

import ipaddress
import re
from dataclasses import dataclass, field


@dataclass
class Port:
    name: str
    number: int
    type: str
    options: list


@dataclass
class Network:
    vni: int
    mode: str
    mac: str


@dataclass
class World:
    """What test/trace/world prints."""
    tables: list = field(default_factory=list)
    reasons: dict = field(default_factory=dict)
    ports: dict = field(default_factory=dict)
    networks: dict = field(default_factory=dict)
    peers: dict = field(default_factory=dict)   # {address: name}
    names: dict = field(default_factory=dict)
    rules: str = ""

    @classmethod
    def parse(cls, text):
        world = cls()
        facts, _, world.rules = text.partition("rules\n")
        for line in facts.splitlines():
            kind, *words = line.split()
            getattr(world, f"_{kind}")(*words)
        return world

    def _table(self, number, name):
        assert int(number) == len(self.tables)
        self.tables.append(name)

    def _reason(self, number, name):
        self.reasons[int(number)] = name

    def _port(self, name, number, type, *options):
        self.ports[name] = Port(name, int(number), type, list(options))

    def _network(self, name, vni, mode, mac):
        self.networks[name] = Network(int(vni), mode, mac)

    def _peer(self, name, address):
        self.peers[address] = name

    def _name(self, name, network, *values):
        self.names[name] = {"network": network, **dict(
            value.split("=", 1) for value in values)}


def _solicited(address):
    return str(ipaddress.ip_address(
        int(ipaddress.ip_address("ff02::1:ff00:0"))
        | int(ipaddress.ip_address(address)) & 0xffffff))


def _l3(world, kind, source, target):
    """The fields of such a packet behind its MACs."""
    v4 = {"nw_src": source["ip"], "nw_dst": target["ip"], "nw_ttl": "64"}
    v6 = {"ipv6_src": source["ip6"], "ipv6_dst": target["ip6"],
          "nw_ttl": "64"}
    ports = {"udp_src": "4444", "udp_dst": "7777"}
    return {
        "ip": {"icmp": None, **v4, "icmp_type": "8"},
        "ip6": {"icmp6": None, **v6, "icmpv6_type": "128"},
        "udp": {"udp": None, **v4, **ports},
        "udp6": {"udp6": None, **v6, **ports},
        "arp": {"arp": None, "arp_op": "1", "arp_spa": source["ip"],
                "arp_tpa": target["ip"], "arp_sha": source["mac"],
                "dl_dst": "ff:ff:ff:ff:ff:ff"},
        "nd": {"icmp6": None, "icmpv6_type": "135", "icmpv6_code": "0",
               "nw_ttl": "255", "ipv6_src": source["ip6"],
               "ipv6_dst": target["ip6"], "nd_target": target["ip6"],
               "nd_sll": source["mac"], "dl_dst": "33:33:ff:00:00:00"},
        "na": {"icmp6": None, "icmpv6_type": "136", "icmpv6_code": "0",
               "nw_ttl": "255", "ipv6_src": source["ip6"],
               "ipv6_dst": "ff02::1", "nd_target": source["ip6"],
               "nd_tll": source["mac"], "dl_dst": "33:33:00:00:00:01"},
        "eth": {"dl_type": "0x88b5"},
    }[kind]


def packet(world, port, words):
    """The packet that 'words' describe and that comes in by 'port'."""
    kind, source, arrow, target, *fields = words.split()
    assert arrow == ">", words
    source, target = world.names[source], world.names[target]
    network = world.networks[source["network"] if source["network"] != "-"
                             else target["network"]]
    values = {"in_port": str(world.ports[port].number)}
    addresses = {name: address for address, name in world.peers.items()}
    routed = network.mode == "routed"
    if world.ports[port].type in ("vxlan", "geneve"):
        values.update(_outer(addresses.get(port, addresses["n4"])))
        values["tun_id"] = str(network.vni)
    values["dl_src"] = (network.mac if routed and "tun_id" in values
                        else source["mac"])
    values["dl_dst"] = network.mac if routed else target["mac"]
    more = _l3(world, kind, source, target)
    if kind == "nd":
        more["ipv6_dst"] = _solicited(target["ip6"])
    values.update(more)
    for each in fields:
        name, equals, value = each.partition("=")
        values[name] = _substitute(world, value) if equals else None
    return ",".join(name if value is None else f"{name}={value}"
                    for name, value in values.items())


def _outer(address):
    if ":" in address:
        return {"tun_ipv6_src": address, "tun_ipv6_dst": "2001:db8:2::11"}
    return {"tun_src": address, "tun_dst": "192.0.2.11"}


def _substitute(world, value):
    return re.sub(r"\b([a-z][a-z0-9-]*)\.(mac|ip6|ip)\b",
                  lambda found: world.names[found[1]][found[2]], value)
