# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Bridged networks: one segment on all nodes that have a member, what is
flooded there and what is kept out."""

import ipaddress
import itertools

import pytest

from harness.bridged import join, new_networks, settle
from harness.cluster import mesh
from harness.frames import BROADCAST, arp, datagram, ethernet, vxlan
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_networks(new_cluster())


@pytest.fixture(scope="module")
def blue(cluster):
    """Two pods on n1, one each on n2 and n3."""
    pods = [join(cluster, node, name, "blue") for node, name in (
        ("n1", "b1"), ("n1", "b2"), ("n2", "b3"), ("n3", "b4"))]
    settle(cluster)
    return pods


@pytest.fixture(scope="module")
def b1(blue):
    return blue[0]


def frame_from(pod, destination, to, port=7777):
    """An Ethernet frame with a datagram as 'pod' itself would send it."""
    return ethernet(destination, pod.mac, 0x0800,
                    datagram(pod.address, to, port))


def heard(senders, pods, frames, expression="udp port 7777"):
    """How many packets pass whose interface when each of 'senders' sends its
    frames: {(from, where): packets}.  The sender sees its own go."""
    captures = {pod.name: pod.capture(expression) for pod in pods}
    for capture in captures.values():
        capture.__enter__()
    try:
        for sender in senders:
            sender.send_frames(*frames(sender))
        # What is sent after it and arrives shows that all has arrived.
        assert all(ping == Ping.all(3, ttl=64)
                   for ping in mesh(pods).values())
        return {(a.name, b.name):
                len(captures[b.name].matching(f"{a.mac} > "))
                for a, b in itertools.product(senders, pods)}
    finally:
        for capture in captures.values():
            capture.__exit__()


# ---- Reaching each other ----------------------------------------------------

def test_all_members_reach_each_other_and_no_hop_is_lost(blue):
    assert mesh(blue) == {
        (a.name, b.name): Ping.all(3, ttl=64)
        for a, b in itertools.permutations(blue, 2)}


def test_a_stream_arrives_whole(b1, blue):
    assert b1.transfer(blue[3]) == b1.transfer(blue[1])


def test_neighbours_have_their_real_macs(b1, blue):
    b1.run("ip", "neighbour", "flush", "dev", "eth0")
    for pod in blue[1:]:
        b1.ping(pod)
        line = b1.output("ip", "neighbour", "show", pod.address)
        assert f"lladdr {pod.mac} " in line


def test_no_address_has_two_owners(blue):
    assert len({pod.address for pod in blue}) == len(blue)
    assert len({pod.mac for pod in blue}) == len(blue)


# ---- Flooding ---------------------------------------------------------------

def once(senders, pods):
    """Everybody hears it once; to the sender nothing comes back."""
    return {(a.name, b.name): 1 for a, b in itertools.product(senders, pods)}


def nobody(senders, pods):
    return {(a.name, b.name): int(a.name == b.name)
            for a, b in itertools.product(senders, pods)}


def test_each_listener_gets_one_copy_of_a_broadcast(blue):
    assert heard(blue, blue, lambda pod: [frame_from(
        pod, BROADCAST, "255.255.255.255")]) == once(blue, blue)


def test_each_listener_gets_one_copy_of_a_multicast(blue):
    assert heard(blue, blue, lambda pod: [frame_from(
        pod, "01:00:5e:01:02:03", "239.1.2.3")]) == once(blue, blue)


def test_unknown_unicast_is_dropped_and_counted(cluster, b1, blue):
    before = cluster.node("n1").dropped().get("unknown-mac", 0)
    assert heard([b1], blue, lambda pod: [frame_from(
        pod, "0a:58:0a:05:ff:fe", "10.5.255.254")]) == nobody([b1], blue)
    assert cluster.node("n1").dropped()["unknown-mac"] == before + 1


def test_unknown_unicast_is_flooded_where_the_network_says_so(cluster, b1,
                                                              blue):
    cluster.set_network("unknown_unicast", "flood", name="blue")
    try:
        for node in cluster.nodes:
            wait_until(lambda: any("flood" in str(flow) for flow in
                                   node.flows("bridge")
                                   if "priority=200" in str(flow)))
        assert heard([b1], blue, lambda pod: [frame_from(
            pod, "0a:58:0a:05:ff:fe", "10.5.255.254")]) == once([b1], blue)
    finally:
        cluster.set_network("unknown_unicast", "drop", name="blue")
    settle(cluster)


def test_multicast_ends_where_the_network_drops_it(cluster, b1, blue):
    cluster.set_network("multicast", "drop", name="blue")
    try:
        wait_until(lambda: any("dl_dst=01:00:00:00:00:00" in str(flow)
                               and "drop" in str(flow) for flow in
                               cluster.node("n1").flows("bridge")))
        assert heard([b1], blue, lambda pod: [frame_from(
            pod, "01:00:5e:01:02:03", "239.1.2.3")]) == nobody([b1], blue)
        assert cluster.node("n1").dropped()["multicast"] > 0
    finally:
        cluster.set_network("multicast", "flood", name="blue")
    settle(cluster)


def test_a_node_without_a_member_gets_no_copy(cluster, blue):
    r1, r2 = (join(cluster, node, name, "red")
              for node, name in (("n1", "r1"), ("n2", "r2")))
    settle(cluster)
    before = cluster.node("n1").tunnel_packets()
    r1.send_frames(*[frame_from(r1, BROADCAST, "255.255.255.255")] * 5)
    wait_until(lambda: cluster.node("n1").tunnel_packets()["n2"]
               >= before["n2"] + 5)
    assert cluster.node("n1").tunnel_packets()["n3"] == before["n3"]
    r1.delete()
    r2.delete()
    settle(cluster)


# ---- The host, and the world ------------------------------------------------

def test_the_host_reaches_its_own_pods_and_they_the_world(cluster, blue):
    for pod in blue:
        assert pod.node.ping(pod) == Ping.all(3, ttl=64)
        assert pod.ping(cluster.world_address) == Ping.all(3, ttl=63)
        assert pod.ping("10.5.0.1") == Ping.all(3, ttl=64)


def test_the_host_does_not_reach_pods_elsewhere(cluster, blue):
    assert cluster.node("n1").ping(blue[3]).received == 0


def test_nothing_of_a_gateway_enters_a_tunnel(cluster, blue):
    n1 = cluster.node("n1")
    before = n1.tunnel_packets()
    gateway = n1.network("blue")["mac"]
    n1.send_frames(
        ethernet(BROADCAST, gateway, 0x0806,
                 arp(1, gateway, "10.5.0.1", "00:00:00:00:00:00",
                     "10.5.0.1")),
        ethernet(BROADCAST, gateway, 0x0800,
                 datagram("10.5.0.1", "255.255.255.255", 7777)),
        ethernet(blue[3].mac, gateway, 0x0800,
                 datagram("10.5.0.1", blue[3].address, 7777)),
        device="loden-500")
    # The third is the last; it is for nobody here.
    wait_until(lambda: n1.dropped().get("unknown-mac", 0) > 0)
    assert n1.tunnel_packets() == before


def test_members_of_an_internal_network_have_no_way_out(cluster):
    r1 = join(cluster, "n1", "r1", "red")
    assert r1.output("ip", "route") .startswith("10.6.0.0/24 ")
    assert "default" not in r1.output("ip", "route")
    assert "gateway" not in r1.result["ips"][0]
    r1.run("ip", "route", "add", "default", "via", "10.6.0.1")
    assert r1.ping(cluster.world_address).received == 0
    r1.delete()


# ---- Apart ------------------------------------------------------------------

def test_one_address_in_two_internal_networks_on_one_node(cluster, blue):
    wish = {"capabilities": {"ips": True},
            "runtimeConfig": {"ips": ["10.6.0.77"]}}
    red, pink = (join(cluster, "n1", f"{name}1", name, **wish)
                 for name in ("red", "pink"))
    red2, pink2 = (join(cluster, "n2", f"{name}2", name)
                   for name in ("red", "pink"))
    settle(cluster)
    assert red.address == pink.address == "10.6.0.77"
    with red.capture("icmp") as in_red, pink.capture("icmp") as in_pink:
        assert red2.ping("10.6.0.77") == Ping.all(3, ttl=64)
        in_red.saw("echo request")
        assert not in_pink.matching("echo request")
        assert pink2.ping("10.6.0.77") == Ping.all(3, ttl=64)
    for pod in (red, pink, red2, pink2):
        pod.delete()
    settle(cluster)


@pytest.mark.parametrize("vni, source, address, reason", [
    (499, "b1", "b1", "unknown-vni"),
    (600, "b1", "b1", "tunnel-spoof"),
    (500, "0a:58:0a:05:aa:aa", "b1", "tunnel-spoof"),
    (500, "b1", "10.5.9.9", "tunnel-spoof"),
    (500, "b3", "b3", "tunnel-spoof"),
], ids=["wrong-vni", "other-network", "unknown-mac", "lying-address",
        "another-nodes"])
def test_what_lies_in_a_tunnel_is_dropped_and_counted(
        cluster, blue, vni, source, address, reason):
    """n1 sends to n3's tunnel port what its switch would not."""
    pods = {pod.name: pod for pod in blue}
    n1, n3, b4 = cluster.node("n1"), cluster.node("n3"), pods["b4"]
    before = n3.dropped().get(reason, 0)
    inner = ethernet(
        b4.mac, pods[source].mac if source in pods else source, 0x0800,
        datagram(pods[address].address if address in pods else address,
                 b4.address, 7777))
    with b4.capture("udp port 7777") as capture:
        n1.send_udp(n3.address, 4789, vxlan(vni, inner))
        wait_until(lambda: n3.dropped().get(reason, 0) == before + 1)
        assert not capture.lines


@pytest.mark.logs("receive tunnel port not found .*")
def test_an_unknown_host_is_not_heard(cluster, blue):
    b1, b4 = blue[0], blue[3]
    with b4.capture("udp port 7777") as capture:
        cluster.ext.send_udp(
            cluster.node("n3").address, 4789,
            vxlan(500, frame_from(b1, b4.mac, b4.address)))
        b1.send_frames(frame_from(b1, b4.mac, b4.address))
        capture.saw("7777")
        assert len(capture.lines) == 1


def test_a_pod_cannot_pose_as_another(cluster, b1, blue):
    n1 = cluster.node("n1")
    before = n1.dropped()
    b1.send_frames(
        ethernet(blue[3].mac, blue[2].mac, 0x0800,
                 datagram(b1.address, blue[3].address, 7777)),
        ethernet(blue[3].mac, b1.mac, 0x0800,
                 datagram(blue[2].address, blue[3].address, 7777)),
        ethernet(BROADCAST, b1.mac, 0x0806,
                 arp(1, b1.mac, blue[2].address, "00:00:00:00:00:00",
                     blue[3].address)))
    wait_equal(lambda: [n1.dropped().get(reason, 0) - before.get(reason, 0)
                        for reason in ("spoofed-mac", "spoofed-address")],
               [1, 2])


# ---- Restarts ---------------------------------------------------------------

def test_a_controller_that_restarts_changes_nothing(cluster, blue):
    n1 = cluster.node("n1")
    rules = n1.rules()
    groups = n1.output("ovs-ofctl", "-O", "OpenFlow15", "dump-groups",
                       "br-int")
    with_pings = blue[0].pinging(blue[3], count=200, interval=0.01)
    n1.kill()
    n1.start_controller()
    wait_until(lambda: n1.appctl("flows/diff") == "")
    assert with_pings.result() == Ping.all(200, ttl=64)
    assert n1.rules() == rules
    assert n1.output("ovs-ofctl", "-O", "OpenFlow15", "dump-groups",
                     "br-int") == groups


@pytest.mark.logs("flows were changed by somebody else")
def test_groups_that_somebody_deletes_come_back(cluster, blue):
    n1 = cluster.node("n1")
    n1.run("ovs-ofctl", "-O", "OpenFlow15", "del-groups", "br-int")
    wait_until(lambda: "type=all" in n1.output(
        "ovs-ofctl", "-O", "OpenFlow15", "dump-groups", "br-int"))
    wait_until(lambda: n1.appctl("flows/diff") == "")
    assert heard(blue, blue, lambda pod: [frame_from(
        pod, BROADCAST, "255.255.255.255")]) == once(blue, blue)


def test_groups_come_back_with_the_switch(cluster, blue):
    n1 = cluster.node("n1")
    pid = n1.pid("ovs-vswitchd")
    n1.kill("ovs-vswitchd")
    wait_until(lambda: n1.run("kill", "-0", pid, check=False).returncode)
    n1.start_vswitchd()
    wait_until(lambda: n1.appctl("flows/diff") == "")
    # On the userspace datapath the first packets to a peer wait for ARP.
    wait_until(lambda: set(mesh(blue).values()) == {Ping.all(3, ttl=64)})
    assert heard(blue, blue, lambda pod: [frame_from(
        pod, BROADCAST, "255.255.255.255")]) == once(blue, blue)


# ---- Both families ----------------------------------------------------------

def test_ipv6_beside_ipv4(cluster):
    cluster.node("n1").lodenctl(
        "network", "add", "dual", "--mode=bridged", "--vni=700",
        "--range=10.8.0.0/24,fd00:8::/64")
    for node in cluster.nodes:
        wait_until(lambda: "subnet6" in node.network("dual"))
    d1, d2, d3 = (join(cluster, node, name, "dual") for node, name in (
        ("n1", "d1"), ("n1", "d2"), ("n2", "d3")))
    for pod in (d1, d2, d3):
        v6 = pod.result["ips"][1]["address"]
        assert ipaddress.ip_interface(v6).ip == ipaddress.ip_address(
            f"fd00:8::{pod.address}")
        wait_until(lambda: pod.ping("fd00:8::1") == Ping.all(3, ttl=64))
    wait_until(lambda: d1.ping(d3) == Ping.all(3, ttl=64))
    assert d1.ping(f"fd00:8::{d2.address}") == Ping.all(3, ttl=64)
    assert d1.ping(f"fd00:8::{d3.address}") == Ping.all(3, ttl=64)
    line = d1.output("ip", "-6", "neighbour", "show",
                     f"fd00:8::{d3.address}")
    assert f"lladdr {d3.mac} " in line


# ---- Storms -----------------------------------------------------------------

def test_a_storm_is_held_to_the_networks_rate(cluster):
    cluster.node("n1").lodenctl(
        "network", "add", "calm", "--mode=bridged", "--vni=701",
        "--range=10.9.0.0/24", "--internal", "--storm-rate=16000")
    for node in cluster.nodes:
        wait_until(lambda: node.network("calm"))
    s1, s2 = (join(cluster, node, name, "calm") for node, name in (
        ("n1", "s1"), ("n2", "s2")))
    wait_until(lambda: s1.ping(s2) == Ping.all(3, ttl=64))
    frame = ethernet(BROADCAST, s1.mac, 0x0800, datagram(
        s1.address, "255.255.255.255", 7777) + bytes(1000))
    # 16000 bits are two such frames, and a second's worth may come at once.
    with s2.capture("udp port 7777 or icmp") as capture:
        s1.send_frames(*[frame] * 100)
        assert s1.ping(s2) == Ping.all(3, ttl=64)
        capture.saw("echo reply")
        assert 1 <= len(capture.matching("7777")) < 50
