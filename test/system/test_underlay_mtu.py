# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Pods' MTU follows the underlay's, while they talk."""

import re

import pytest

from harness.cluster import DATAPATH
from harness.traffic import ENDLESS, Ping
from harness.waiting import wait_equal, wait_until

# The device that has the tunnels' address.
DEVICE = "br-ex" if DATAPATH == "netdev" else "eth0"
LOG = "/var/log/loden/loden-controller.log"
# What Open vSwitch says of packets that it has seen before a change.
STALE = "receive tunnel port not found"


def mtus(pod):
    """Every MTU that a pod of a node lives with, and the node's host port and
    what is told to others, each once."""
    node = pod.node
    return {int(each) for each in (
        pod.link()["mtu"],
        node.output("cat", f"/sys/class/net/{pod.host_port}/mtu"),
        node.output("cat", "/sys/class/net/loden0/mtu"),
        node.network("default")["mtu"],
        re.search(r"FLANNEL_MTU=(\d+)", node.output(
            "cat", "/run/loden/subnet.env"))[1])}


def settle(now, wanted):
    """Waits for what pods' MTU is to be; for more, nodes take their time."""
    wait_equal(now, wanted, deadline=25)


def set_underlay(node, mtu):
    """Gives the node's wire another MTU; br-ex follows its ports."""
    node.run("ip", "link", "set", "eth0", "mtu", mtu)


def route_to(node, peer, *words):
    """Gives the route from 'node' to 'peer' what 'words' say."""
    node.run("ip", "route", "replace", f"{peer.address}/32", "dev", DEVICE,
             "src", node.address, *words)


def forget_route(node, peer):
    node.run("ip", "route", "delete", f"{peer.address}/32", "dev", DEVICE)


def limits(node):
    """What the rules that look at sizes let through: IP packets, in bytes."""
    return {int(size) - 14 for flow in node.flows() for size in
            re.findall(r"check_pkt_larger\((\d+)\)", flow.actions)}


class Unhurt:
    """A ping from one pod to another in a with statement, which must lose
    nothing.  The userspace datapath looks for its way to a peer anew when a
    device or a route of the host changes, and drops what is to go there
    meanwhile."""

    def __init__(self, pod, other):
        self.pair = pod, other

    def __enter__(self):
        pod, other = self.pair
        assert pod.ping(other).received == 3
        self.pinging = pod.pinging(other, count=ENDLESS, interval=0.002)

    def __exit__(self, kind, *_):
        ping = self.pinging.end()
        lost = ping.sent - ping.received
        print(f"lost {lost} of {ping.sent}")
        assert kind or lost <= (0 if DATAPATH == "system" else 5)


@pytest.fixture(scope="module")
def trio(cluster):
    """A pod on each of three nodes."""
    return [node.add_pod(f"p{i}") for i, node in enumerate(cluster.nodes, 1)]


@pytest.mark.logs(STALE)
def test_the_wire_gets_another_mtu(cluster, trio):
    for mtu in (1400, 1500):
        with Unhurt(*trio[:2]):
            for node in cluster.nodes:
                set_underlay(node, mtu)
            for pod in trio:
                settle(lambda: mtus(pod), {mtu - 50})
        for node in cluster.nodes:
            assert node.status()["underlay_mtu"] == mtu
        assert trio[0].ping(trio[1], size=mtu - 50 - 28,
                            dont_fragment=True) == Ping.all(3, ttl=63)


@pytest.mark.logs(STALE)
def test_a_route_to_one_peer_has_an_mtu_of_its_own(cluster, trio):
    n1, n2, _ = cluster.nodes
    with Unhurt(*trio[:2]):
        route_to(n1, n2, "mtu", "1420")
        for pod in trio:
            settle(lambda: mtus(pod), {1370})
        route_to(n1, n2)
        settle(lambda: mtus(trio[0]), {1450})
        route_to(n1, n2, "mtu", "1300")
        settle(lambda: mtus(trio[0]), {1250})
        forget_route(n1, n2)
        settle(lambda: mtus(trio[0]), {1450})


@pytest.mark.logs(STALE)
def test_a_route_never_takes_more_than_its_device(cluster, trio):
    n1, n2, _ = cluster.nodes
    route_to(n1, n2, "mtu", "9000")
    try:
        route_to(n1, cluster.node("n3"), "mtu", "1490")
        settle(lambda: mtus(trio[0]), {1440})
        assert n1.status()["underlay_mtu"] == 1490
    finally:
        forget_route(n1, cluster.node("n3"))
        forget_route(n1, n2)
    settle(lambda: mtus(trio[0]), {1450})


@pytest.mark.logs(STALE)
def test_of_several_next_hops_the_least_counts(cluster, trio):
    n1, n2, _ = cluster.nodes
    n1.run("ip", "link", "add", "narrow", "mtu", "1400", "type", "veth",
           "peer", "name", "end")
    for device in ("end", "narrow"):
        n1.run("ip", "link", "set", device, "up")
    # The kernel would answer with the other one nearly always.
    n1.run("ip", "route", "replace", f"{n2.address}/32", "src", n1.address,
           "nexthop", "dev", DEVICE, "weight", "200",
           "nexthop", "dev", "narrow", "weight", "1")
    try:
        settle(lambda: mtus(trio[0]), {1350})
        n1.run("ip", "link", "set", "narrow", "mtu", "1380")
        settle(lambda: mtus(trio[0]), {1330})
    finally:
        n1.run("ip", "route", "delete", f"{n2.address}/32")
        n1.run("ip", "link", "delete", "narrow")
    settle(lambda: mtus(trio[0]), {1450})


@pytest.mark.logs(STALE)
def test_a_network_with_an_mtu_of_its_own_keeps_it(cluster, trio):
    """What is too large for one peer is told to who sends it, and the ways to
    others are not looked at."""
    n1, n2, _ = cluster.nodes
    p1, p2, p3 = trio
    cluster.set_network("mtu", 1440)
    try:
        settle(lambda: mtus(p1), {1440})
        assert limits(n1) == set()
        route_to(n1, n2, "mtu", "1400")
        wait_equal(lambda: limits(n1), {1350})
        assert mtus(p1) == {1440}
        wait_until(lambda: n1.status()["openflow"]["confirmed"])
        pinging = p1.pinging(p2, size=1412, dont_fragment=True, count=1)
        pinging.result()
        assert re.search(r"mtu ?= ?1350", pinging.text)
        assert p1.ping(p3, size=1412, dont_fragment=True) == Ping.all(3,
                                                                      ttl=63)
        forget_route(n1, n2)
        wait_equal(lambda: limits(n1), set())
    finally:
        cluster.set_network("mtu", ["set", []])
    settle(lambda: mtus(p1), {1450})


@pytest.mark.logs(STALE)
def test_a_route_that_is_away_for_a_moment_changes_nothing(cluster, trio):
    n1 = cluster.node("n1")
    route_to(n1, cluster.node("n2"), "mtu", "1400")
    settle(lambda: mtus(trio[0]), {1350})
    try:
        n1.run("ip", "route", "replace", "unreachable", "192.0.2.12/32")
        # Something later that the controller does follow.
        route_to(n1, cluster.node("n3"), "mtu", "1450")
        wait_until(lambda: "on the way to 192.0.2.13 is now 1450"
                   in n1.output("cat", LOG))
        assert mtus(trio[0]) == {1350}
    finally:
        forget_route(n1, cluster.node("n3"))
        n1.run("ip", "route", "delete", "unreachable", "192.0.2.12/32")
    settle(lambda: mtus(trio[0]), {1450})


@pytest.mark.logs(STALE)
def test_a_controller_that_starts_knows_it_at_once(cluster, trio):
    """Pods do not get the MTU of a world whose ways nobody has looked at."""
    n1, n2, _ = cluster.nodes
    route_to(n2, n1, "mtu", "1400")
    settle(lambda: mtus(trio[1]), {1350})
    try:
        lines = len(n2.output("cat", LOG).splitlines())
        n2.run("loden-ctl", "stop")
        n2.start_controller()
        wait_until(lambda: n2.status()["openflow"]["confirmed"])
        assert mtus(trio[1]) == {1350}
        news = n2.output("cat", LOG).splitlines()[lines:]
        assert [line for line in news if "MTU is now" in line] == []
    finally:
        forget_route(n2, n1)
    settle(lambda: mtus(trio[1]), {1450})


@pytest.mark.logs(STALE)
def test_all_pods_have_what_one_node_leaves(cluster, trio):
    """What is larger than a pod's MTU would be dropped by it without a word."""
    n1, n2, n3 = cluster.nodes
    p1, p2, p3 = trio
    with Unhurt(p1, p2):
        set_underlay(n3, 1400)
        for pod in trio:
            settle(lambda: mtus(pod), {1350})
    assert n1.status()["underlay_mtu"] == 1500
    assert n3.status()["underlay_mtu"] == 1400
    assert "peer n3 ip=192.0.2.13 path_mtu=1500 pod_mtu=1350" in n1.appctl(
        "world/show")
    # More than one packet, of the size that all can take.
    assert p1.ping(p3, size=4000) == Ping.all(3, ttl=63)
    with Unhurt(p1, p2):
        set_underlay(n3, 1500)
        for pod in trio:
            settle(lambda: mtus(pod), {1450})


@pytest.mark.logs(STALE, "is no MTU from 1210 to 65535 bytes")
def test_a_node_holds_others_down_until_it_is_deleted(cluster, trio):
    n1, n3 = cluster.node("n1"), cluster.node("n3")
    cluster.transact({
        "op": "insert", "table": "Node", "row": {
            "name": "n9", "tunnel_ips": "192.0.2.19", "options": [
                "map", [["pod_mtu", "1300"]]]}})
    for pod in trio:
        settle(lambda: mtus(pod), {1300})
    n1.lodenctl("node", "delete", "n9")
    for pod in trio:
        settle(lambda: mtus(pod), {1450})
    # Nobody can have all pods send tiny packets.
    n3.run("loden-ctl", "stop")
    try:
        cluster.transact({
            "op": "update", "table": "Node", "where": [["name", "==", "n3"]],
            "row": {"options": ["map", [["pod_mtu", "576"]]]}})
        wait_until(lambda: "is no MTU from 1210" in str(n1.status()))
        assert mtus(trio[0]) == {1450}
    finally:
        n3.start_controller()
    wait_until(lambda: "pod_mtu=1450" in n1.appctl("world/show"))


# The two ends do not change at one moment.
@pytest.mark.logs(STALE, "it has no IPv[46] tunnel address",
                  "there is no usable Node row")
def test_a_node_that_has_ipv6_only_joins(new_cluster):
    cluster = new_cluster(nodes=1, tunnels="dual")
    cluster.add_node("n2", tunnels="dual")
    p1, p2 = [node.add_pod(f"p{i}")
              for i, node in enumerate(cluster.nodes, 1)]
    assert mtus(p1) == mtus(p2) == {1450}
    with Unhurt(p1, p2):
        cluster.add_node("n3", tunnels="ipv6")
        for pod in (p1, p2):
            settle(lambda: mtus(pod), {1430})
    p3 = cluster.node("n3").add_pod("p3")
    assert mtus(p3) == {1430}
    assert p1.ping(p3, size=1430 - 28,
                   dont_fragment=True) == Ping.all(3, ttl=63)
