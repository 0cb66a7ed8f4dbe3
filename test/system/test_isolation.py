# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What must not pass."""


import pytest

from harness.frames import (
    BROADCAST, arp, datagram, ethernet, fragments, udp, vlan, vxlan)
from harness.traffic import Ping
from harness.waiting import wait_equal

IPV4, ARP, VLAN = 0x0800, 0x0806, 0x8100
VNI = 1


def gateway_mac(node):
    return node.network("default")["mac"]


# Pods speak IPv6 whether asked to or not; it has nothing to do with a test.
NOISE = {"no-such-family", "nd-unanswered"}


class Drops:
    """What 'node' drops from now on."""

    def __init__(self, node):
        self.node = node
        self.before = node.dropped()

    def now(self):
        """How many packets, by reason."""
        return {reason: count - self.before.get(reason, 0)
                for reason, count in self.node.dropped().items()
                if count != self.before.get(reason, 0)
                and reason not in NOISE}

    def become(self, **counts):
        """Waits until exactly that was dropped."""
        wait_equal(self.now, {reason.replace("_", "-"): count
                              for reason, count in counts.items()})


# ---- ARP and broadcast ------------------------------------------------------

def test_arp_is_answered_in_the_switch(pods):
    p1, p2, p3 = pods[:3]
    for target in (p2, p3):
        p1.run("ip", "neigh", "flush", "all")
        with target.capture("arp or icmp") as capture:
            assert p1.ping(target).received == 3
            capture.saw("echo request")
            asked = [line for line in capture.lines
                     if f"who-has {target.address} " in line
                     and p1.address in line]
        assert asked == []


def test_every_neighbour_is_the_gateway(pods):
    p1 = pods[0]
    for target in pods[1:]:
        assert p1.ping(target).received == 3
    known = p1.output("ip", "neigh", "show", "dev", "eth0").splitlines()
    assert {line.split()[2] for line in known if "lladdr" in line} == {
        gateway_mac(p1.node)}


def test_a_broadcast_stays_on_its_node(cluster, pods):
    p1, p2, p3 = pods[:3]
    frame = ethernet(BROADCAST, p1.mac, IPV4,
                     datagram(p1.address, "255.255.255.255", 7777))
    with p3.capture("udp port 7777 or icmp") as there, \
            cluster.ext.capture("udp port 4789", device="eth0") as wire, \
            p2.capture("udp port 7777 or icmp") as here:
        p1.send_frames(frame, frame, frame)
        assert p1.ping(p3).received == 3
        assert p1.ping(p2).received == 3
        there.saw("echo request")
        here.saw("echo request")
        assert there.matching("7777") == []
        assert wire.matching("255.255.255.255") == []


# ---- Addresses that nobody has ----------------------------------------------

@pytest.mark.parametrize("prefix, reason, where", [
    ("172.18.200.", "no_such_subnet", 0),
    ("172.18.6.", "no_such_pod", 0),
    ("172.18.7.", "tunnel_not_local", 1),
])
def test_an_address_that_nobody_has_ends_in_a_counted_rule(
        cluster, pods, prefix, reason, where):
    p1, node = pods[0], cluster.nodes[where]
    taken = {pod.address for pod in pods}
    address = next(prefix + str(n) for n in range(250, 2, -1)
                   if prefix + str(n) not in taken)
    drops = [Drops(each) for each in cluster.nodes]
    sent = {n.name: n.tunnel_packets() for n in cluster.nodes}
    with cluster.ext.capture(f"host {address}") as outside:
        ping = p1.ping(address, count=3)
        assert ping.received == 0
        # The answer to this is the last thing that ext can see.
        assert p1.ping(cluster.ext).received == 3
        assert outside.lines == []
    for each in drops:
        each.become(**({reason: 3} if each.node.name == node.name else {}))
    if where == 0:
        # It never went into a tunnel, let alone round in one.
        assert {n.name: n.tunnel_packets() for n in cluster.nodes} == sent


# ---- Lies -------------------------------------------------------------------

def test_a_pod_cannot_send_from_anothers_address(pods):
    p1, p2, p3 = pods[:3]
    drops = Drops(p1.node)
    forged = ethernet(gateway_mac(p1.node), p1.mac, IPV4,
                      datagram(p2.address, p3.address, 6666))
    with p3.capture("udp port 6666 or icmp") as capture:
        p1.send_frames(forged, forged)
        assert p1.ping(p3).received == 3
        capture.saw("echo request")
        assert capture.matching("6666") == []
    drops.become(spoofed_address=2)


def test_a_pod_cannot_send_from_anothers_mac(pods):
    p1, p2, p3 = pods[:3]
    drops = Drops(p1.node)
    forged = ethernet(gateway_mac(p1.node), p2.mac, IPV4,
                      datagram(p1.address, p3.address, 6667))
    with p3.capture("udp port 6667 or icmp") as capture:
        p1.send_frames(forged, forged)
        assert p1.ping(p3).received == 3
        capture.saw("echo request")
        assert capture.matching("6667") == []
    drops.become(spoofed_mac=2)


def test_a_pod_cannot_claim_anothers_address_by_arp(pods):
    p1, p2 = pods[:2]
    claim = arp(2, p1.mac, p2.address, BROADCAST, p1.node.gateway)
    drops = Drops(p1.node)
    with p1.node.capture("arp", device="loden0") as capture:
        p1.send_frames(ethernet(BROADCAST, p1.mac, ARP, claim))
        drops.become(spoofed_address=1)
        assert p1.node.ping(p1).received == 3
        assert capture.matching(f"{p2.address} is-at {p1.mac}") == []


def test_a_pod_cannot_send_vxlan_itself(cluster, pods):
    p1, p3 = pods[0], pods[2]
    inner = ethernet(gateway_mac(p3.node), p1.mac, IPV4,
                     datagram(p1.address, p3.address, 6668))
    drops = Drops(p1.node)
    with p3.capture("udp port 6668 or icmp") as capture:
        p1.send_udp(p3.node.address, 4789, vxlan(VNI, inner))
        assert p1.ping(p3).received == 3
        capture.saw("echo request")
        assert capture.matching("6668") == []
    drops.become(pod_vxlan=1)


def test_a_pod_cannot_send_vxlan_in_fragments(pods):
    """The host puts them together again before it sends them on."""
    p1, p3 = pods[0], pods[2]
    inner = ethernet(gateway_mac(p3.node), p1.mac, IPV4,
                     datagram(p1.address, p3.address, 6672))
    whole = udp(4444, 4789, vxlan(VNI, inner))
    drops = Drops(p1.node)
    with p3.node.capture("ip[6:2] & 0x1fff != 0 or icmp",
                         device="eth0") as wire:
        p1.send_frames(*(ethernet(gateway_mac(p1.node), p1.mac, IPV4, piece)
                         for piece in fragments(p1.address, p3.node.address,
                                                17, whole, 16)))
        drops.become(pod_vxlan=1)
        assert p1.ping(p3.node).received == 3
        wire.saw("ICMP echo request")
        assert [line for line in wire.lines if "ICMP" not in line] == []
    # What is no tunnel's may come in pieces.
    assert p1.ping(p3, size=4000).received == 3
    assert p1.ping(p3.node, size=4000).received == 3


def test_a_frame_with_a_vlan_s_tag_goes_nowhere(pods):
    p1, p2 = pods[:2]
    packet = datagram(p1.address, p2.address, 6673)
    tagged = [ethernet(gateway_mac(p1.node), p1.mac, VLAN,
                       vlan(number, IPV4, packet)) for number in (0, 5)]
    before = p1.node.dropped().get("not-ip", 0)
    with p2.capture("icmp or udp port 6673 or vlan") as capture:
        p1.send_frames(*tagged)
        assert p1.ping(p2).received == 3
        capture.saw("echo request")
        assert capture.matching("6673") == []
    assert p1.node.dropped()["not-ip"] >= before + 2


@pytest.mark.logs("receive tunnel port not found .*tun_src=192.0.2.100")
def test_a_stranger_cannot_put_a_packet_in_through_the_tunnel(cluster, pods):
    p1, p3 = pods[0], pods[2]
    inner = ethernet(gateway_mac(p1.node), p3.mac, IPV4,
                     datagram(p3.address, p1.address, 6669))
    with p1.capture("udp port 6669 or icmp") as capture:
        cluster.ext.send_udp(p1.node.address, 4789, vxlan(VNI, inner))
        assert p3.ping(p1).received == 3
        capture.saw("echo request")
        assert capture.matching("6669") == []


@pytest.mark.parametrize("source, vni, reason", [
    ("p5", VNI, "tunnel_spoof"),    # Another node's address,
    ("p1", VNI, "tunnel_spoof"),    # the receiver's own,
    ("p3", 4711, "unknown_vni"),    # a network that nobody knows.
])
def test_a_peer_cannot_put_in_a_packet_that_lies(cluster, pods, source, vni,
                                                 reason):
    p1, n2 = pods[0], cluster.node("n2")
    source = cluster.pod(source)
    inner = ethernet(gateway_mac(p1.node), source.mac, IPV4,
                     datagram(source.address, p1.address, 6670))
    drops = Drops(p1.node)
    with p1.capture("udp port 6670 or icmp") as capture:
        n2.send_udp(p1.node.address, 4789, vxlan(vni, inner))
        assert cluster.pod("p3").ping(p1).received == 3
        capture.saw("echo request")
        assert capture.matching("6670") == []
    drops.become(**{reason: 1})


def test_a_true_packet_from_a_peer_passes_like_the_lies_above(cluster, pods):
    """So that they are not dropped for another reason."""
    p1, p3, n2 = pods[0], pods[2], cluster.node("n2")
    inner = ethernet(gateway_mac(p1.node), p3.mac, IPV4,
                     datagram(p3.address, p1.address, 6671))
    with p1.capture("udp port 6671") as capture:
        n2.send_udp(p1.node.address, 4789, vxlan(VNI, inner))
        capture.saw("6671")


# ---- A switch without flows -------------------------------------------------

@pytest.fixture
def stopped(cluster):
    """n1's controller, stopped in its tracks until the test ends."""
    n1 = cluster.node("n1")
    n1.run("kill", "-STOP", n1.pid())
    yield n1
    n1.run("kill", "-CONT", n1.pid())


@pytest.mark.logs("flows were changed by somebody else")
def test_without_flows_a_pod_reaches_nothing(cluster, pods, stopped):
    p1, p2, p3 = pods[:3]
    rules = stopped.rules()
    stopped.run("ovs-ofctl", "-O", "OpenFlow15", "del-flows", "br-int")
    p1.run("ip", "neigh", "flush", "all")
    targets = [stopped.gateway, stopped.address, p2.address, p3.address,
               cluster.ext.address]
    pings = {target: p1.pinging(target) for target in targets}
    assert {target: ping.result().received
            for target, ping in pings.items()} == dict.fromkeys(targets, 0)
    # Not even by ARP does anything answer.
    assert "lladdr" not in p1.output("ip", "neigh", "show", "dev", "eth0")

    stopped.run("kill", "-CONT", stopped.pid())
    wait_equal(stopped.rules, rules, deadline=30)
    assert p1.ping(p3) == Ping.all(3, ttl=63)


@pytest.mark.logs("flows were changed by somebody else")
def test_flows_deleted_by_hand_come_back(cluster, pods):
    n1 = cluster.node("n1")
    rules = n1.rules()
    n1.run("ovs-ofctl", "-O", "OpenFlow15", "del-flows", "br-int",
           "table=route")
    wait_equal(n1.rules, rules, deadline=30)


@pytest.mark.logs("flows were changed by somebody else")
def test_flows_added_by_hand_go_away(cluster, pods):
    n1 = cluster.node("n1")
    rules = n1.rules()
    n1.run("ovs-ofctl", "-O", "OpenFlow15", "add-flow", "br-int",
           "table=route,priority=999,actions=drop")
    wait_equal(n1.rules, rules, deadline=30)
