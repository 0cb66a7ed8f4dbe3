# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Geneve between nodes that both speak it, VXLAN to those that do not, and
changes of that which lose no packet."""

import re

import pytest

from harness.frames import BROADCAST, ethernet, geneve, ipv4, udp
from harness.traffic import Ping
from harness.tunnels import STALE, during
from harness.waiting import wait_equal, wait_until

VXLAN, GENEVE = 4789, 6081
MTU = 1450
SHARED = {"lt-shared", "lg-shared"}

pytestmark = pytest.mark.logs(STALE)


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=3)


@pytest.fixture(scope="module")
def trio(cluster):
    """A pod on each node."""
    return [node.add_pod(f"p{i}") for i, node in enumerate(cluster.nodes, 1)]


def encaps(node):
    """How the node sends to each peer."""
    return {peer["name"]: peer["encap"] for peer in node.status()["peers"]}


def has_settled(node, peers, shared):
    """Whether the node sends to its peers like that, by ports of their own
    unless it has none, and has these shared ports and no others."""
    names = {row["name"] for row in node.tunnel_rows("name")}
    return (encaps(node) == peers
            and node.appctl("flows/diff") == ""
            and node.status()["openflow"]["confirmed"]
            and names & SHARED == shared
            and len(names - SHARED) in (0, len(peers)))


def peers_of(node, encap, **others):
    """The same for all peers of a node but 'others'."""
    return {each.name: others.get(each.name, encap)
            for each in node.cluster.nodes if each.name != node.name}


def change(cluster, trio, what, settled):
    """Makes a change under pings between all nodes; none may be lost."""
    lost, sent = during(what, settled, trio)
    print(f"{lost} of {sent} lost")
    assert lost == 0


def udp_ports_between(a, b):
    """The UDP ports that packets between the nodes of two pods go to."""
    with a.node.capture(f"host {b.node.address} and "
                        f"(udp port {VXLAN} or udp port {GENEVE})") as capture:
        assert a.ping(b) == Ping.all(3, ttl=63)
        capture.saw(f"{b.node.address}.")
    return {int(port) for line in capture.lines
            for port in re.findall(r" > \S+\.(4789|6081): ", line)}


def all_speak(encap, shared):
    """What is so on a node when all nodes speak 'encap'."""
    return lambda node: has_settled(node, peers_of(node, encap), shared)


def n3_speaks_vxlan(n3_shared, own=2):
    """What is so when n3 speaks VXLAN and the others Geneve, with so many
    ports of peers' own."""
    def settled(node):
        if node.name == "n3":
            done = has_settled(node, peers_of(node, "vxlan"), n3_shared)
        else:
            done = has_settled(node, peers_of(node, "geneve", n3="vxlan"),
                               SHARED)
        return done and len(node.tunnel_rows("name")) >= own
    return settled


def speak(node, encap):
    """Sets what one node speaks; None takes the setting away."""
    if encap:
        node.ovs_vsctl("set", "open", ".", f"external_ids:loden-encap={encap}")
    else:
        node.ovs_vsctl("remove", "open", ".", "external_ids", "loden-encap")


@pytest.fixture
def begun(cluster, trio):
    """All speak VXLAN by ports of their own, before and afterwards."""
    def back():
        for node in cluster.nodes:
            speak(node, None)
        cluster.set_option("encap")
        cluster.set_option("tunnel_ports")
        for node in cluster.nodes:
            wait_until(lambda: all_speak("vxlan", set())(node), deadline=30)
    back()
    yield
    back()


@pytest.fixture
def geneve_everywhere(cluster, begun):
    cluster.set_option("encap", "geneve")
    for node in cluster.nodes:
        wait_until(lambda: all_speak("geneve", SHARED)(node), deadline=30)


def test_the_change_to_geneve_and_back_loses_nothing(cluster, trio, begun):
    p1, p2, p3 = trio
    assert udp_ports_between(p1, p2) == {VXLAN}
    change(cluster, trio, lambda: cluster.set_option("encap", "geneve"),
           all_speak("geneve", SHARED))
    for a, b in ((p1, p2), (p2, p3), (p3, p1)):
        assert udp_ports_between(a, b) == {GENEVE}
    # It takes as much as VXLAN does.
    assert p1.link()["mtu"] == MTU
    assert p1.ping(p2.address, size=MTU - 28, dont_fragment=True) == \
        Ping.all(3, ttl=63)
    change(cluster, trio, lambda: cluster.set_option("encap"),
           all_speak("vxlan", set()))
    assert udp_ports_between(p1, p2) == {VXLAN}


def test_a_node_that_speaks_geneve_alone_sends_vxlan(cluster, trio, begun):
    """It takes both, and nothing else changes."""
    n1 = cluster.node("n1")
    speak(n1, "geneve")
    wait_until(lambda: n1.status()["tunnels"]["speaks"] == "geneve",
               deadline=20)
    wait_until(lambda: has_settled(n1, peers_of(n1, "vxlan"), SHARED),
               deadline=20)
    assert udp_ports_between(trio[0], trio[1]) == {VXLAN}


def test_one_node_goes_back_to_vxlan_and_loses_nothing(
        cluster, trio, geneve_everywhere):
    n3 = cluster.node("n3")
    change(cluster, trio, lambda: speak(n3, "vxlan"),
           n3_speaks_vxlan({"lg-shared"}))
    p1, p2, p3 = trio
    assert udp_ports_between(p1, p2) == {GENEVE}
    assert udp_ports_between(p1, p3) == {VXLAN}
    assert udp_ports_between(p3, p2) == {VXLAN}


def test_shared_ports_speak_both_and_change_without_loss(
        cluster, trio, begun):
    p1, p2, p3 = trio
    speak(cluster.node("n3"), "vxlan")
    cluster.set_option("tunnel_ports", "shared")
    for node in cluster.nodes:
        wait_until(lambda: all_speak("vxlan", {"lt-shared"})(node),
                   deadline=30)
    change(cluster, trio, lambda: cluster.set_option("encap", "geneve"),
           n3_speaks_vxlan({"lt-shared"}, own=0))
    assert udp_ports_between(p1, p2) == {GENEVE}
    assert udp_ports_between(p1, p3) == {VXLAN}
    change(cluster, trio, lambda: cluster.set_option("encap"),
           all_speak("vxlan", {"lt-shared"}))


PLAIN = ethernet(BROADCAST, "02:00:00:00:00:01", 0x0800, ipv4(
    "172.18.7.2", "172.18.6.2", 17, udp(1, 6680, b"x")))


def test_geneve_is_taken_from_peers_only(cluster, trio, geneve_everywhere):
    n1, n2 = cluster.node("n1"), cluster.node("n2")
    before = n1.dropped()
    cluster.ext.send_udp(n1.address, GENEVE, geneve(1, PLAIN))
    wait_equal(lambda: n1.dropped().get("unknown-peer", 0),
               before.get("unknown-peer", 0) + 1)
    n2.send_udp(n1.address, GENEVE, geneve(99, PLAIN))
    wait_equal(lambda: n1.dropped().get("unknown-vni", 0),
               before.get("unknown-vni", 0) + 1)
    p1, p2, _ = trio
    p1.send_udp(p2.node.address, GENEVE, geneve(1, PLAIN))
    wait_equal(lambda: n1.dropped().get("pod-geneve", 0),
               before.get("pod-geneve", 0) + 1)
