# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What 'lodenctl drops' tells, as values, and one cause for each reason."""

import json

from .frames import BROADCAST, arp, datagram, ethernet, ip, vxlan
from .nd import (
    IPV6, REDIRECT, ROUTER_ADVERTISEMENT, UNSPECIFIED, icmpv6, ipv6,
    link_local, solicitation, udp6)

IPV4, ARP, OTHER = 0x0800, 0x0806, 0x88b5
VNI = 1
WORLD, WORLD6 = "198.51.100.1", "2001:db8::1"
ALL_NODES = "ff02::1"


class Drops:
    """One report."""

    def __init__(self, node):
        node.settle_counters()
        told = json.loads(node.lodenctl(
            "--format=json", "--all", "--interval=0", "drops"))
        self.reasons = {each["reason"]: each["packets"]
                        for each in told["reasons"]}
        self.sources = {(each["from"], each["name"]): each
                        for each in told["sources"]}

    def of(self, kind, name, reason):
        """How many of what came from there were dropped for 'reason'."""
        source = self.sources.get((kind, name), {"reasons": {}})
        return source["reasons"].get(reason, 0)


def name_of(pod):
    """What the controller calls a pod."""
    return pod.node.get("Interface", pod.host_port, "external_ids:loden-id")


class Scene:
    """What causes need: a dual-stack network 'default' with p1 and p2 on n1
    and p3 on n2; a network 'vault', internal and IPv4 only, with v1 on n1."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.n1, self.n2 = cluster.node("n1"), cluster.node("n2")
        self.gateway = self.n1.network("default")["mac"]

    def __getattr__(self, name):
        return self.cluster.pod(name)

    # ---- What is sent ----

    def ip4(self, pod, destination, port=6800, ttl=64, **lies):
        """A frame with a datagram from 'pod'."""
        source = lies.get("source", pod.address)
        return ethernet(self.gateway, lies.get("mac", pod.mac), IPV4,
                        datagram(source, destination, port, ttl))

    def ip6(self, pod, destination, source=None):
        return ethernet(self.gateway, pod.mac, IPV6, udp6(
            source or pod.address6, destination, 4444, 6800, b"lost"))

    def icmp6(self, pod, kind, **options):
        return ethernet("33:33:00:00:00:01", pod.mac, IPV6, icmpv6(
            link_local(pod.mac), ALL_NODES, kind, bytes(12), **options))

    def asks(self, pod, target, source=None, **options):
        return solicitation(pod.mac, source or pod.address6, target,
                            **options)

    def arp(self, pod, operation, target):
        return ethernet(BROADCAST, pod.mac, ARP, arp(
            operation, pod.mac, pod.address, "00:00:00:00:00:00", target))

    def from_n2(self, frame, vni=VNI):
        """Puts a frame into n1's switch as its peer n2 can."""
        self.n2.send_udp(self.n1.address, 4789, vxlan(vni, frame))

    def stray(self, name="stray"):
        """Sends a frame by a port of br-int that is nobody's."""
        self.n1.ovs_vsctl("--may-exist", "add-port", "br-int", name, "--",
                          "set", "Interface", name, "type=internal")
        self.n1.run("ip", "link", "set", name, "up")
        self.n1.send_frames(ethernet(BROADCAST, "02:00:00:00:00:07", OTHER,
                                     b"stray"), device=name)

    def from_host(self, frame, device="loden0"):
        self.n1.send_frames(frame, device=device)


def spare(text, last=250):
    """An address of the subnet of 'text' that nobody has."""
    return text.rpartition(".")[0] + f".{last}"


def dhcp(pod):
    from .frames import ipv4, udp
    return ethernet(BROADCAST, pod.mac, IPV4, ipv4(
        pod.address, "255.255.255.255", 17, udp(67, 68, b"offer")))


__all__ = ["ARP", "BROADCAST", "Drops", "OTHER", "REDIRECT",
           "ROUTER_ADVERTISEMENT", "Scene", "UNSPECIFIED", "WORLD", "WORLD6",
           "dhcp", "ethernet", "ip", "ipv6", "name_of", "spare"]
