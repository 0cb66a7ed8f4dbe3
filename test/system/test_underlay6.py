# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Tunnels over IPv6, and nodes that have one family or both."""

import itertools
import re

import pytest

from harness.cluster import mesh
from harness.traffic import Ping, digest_of_numbers
from harness.waiting import wait_equal, wait_until

# 1500 bytes of the underlay, less what VXLAN over IPv6 adds.
MTU = 1430


def ends(node):
    """Where the node's tunnels lead, by peer, and from where."""
    return {row["external_ids"]["loden-peer"]: (
        row["options"]["local_ip"], row["options"]["remote_ip"])
        for row in node.rows("Interface", "external_ids", "options",
                             "type=vxlan")
        if "loden-peer" in row["external_ids"]}


def passed(pods):
    """Each pod pings each other one."""
    return mesh(pods) == {
        (a.name, b.name): Ping.all(3, ttl=64 if a.node.name == b.node.name
                                   else 63)
        for a, b in itertools.permutations(pods, 2)}


# ---- IPv6 alone -------------------------------------------------------------

@pytest.fixture(scope="module")
def alone(new_cluster):
    """Two nodes, whose pods have both families, and tunnels IPv6."""
    cluster = new_cluster(nodes=2, pods="dual", tunnels="ipv6")
    for i, node in enumerate(cluster.nodes, 1):
        node.add_pod(f"p{i}")
    return cluster


def test_packets_of_both_families_pass_through_ipv6(alone):
    p1, p2 = alone.pods
    assert ends(p1.node) == {"n2": (p1.node.address6, p2.node.address6)}
    assert p1.ping(p2.address) == Ping.all(3, ttl=63)
    assert p1.ping(p2.address6) == Ping.all(3, ttl=63)
    assert p1.transfer(p2) == digest_of_numbers()
    assert p1.transfer(p2, address=p2.address6) == digest_of_numbers()


def test_the_mtu_leaves_room_for_ipv6(alone):
    p1, p2 = alone.pods
    assert [pod.link()["mtu"] for pod in (p1, p2)] == [MTU, MTU]
    for address, headers in ((p2.address, 28), (p2.address6, 48)):
        assert p1.ping(address, size=MTU - headers,
                       dont_fragment=True) == Ping.all(3, ttl=63)


def test_the_wire_sees_ipv6_with_a_checksum(alone):
    p1, p2 = alone.pods
    with alone.node("n2").capture("udp port 4789", device="eth0") as capture:
        assert p1.ping(p2) == Ping.all(3, ttl=63)
        capture.saw(f"{p1.node.address6}.")
        assert all("ethertype IPv6" in line for line in capture.lines
                   if re.search(r"\.4789: ", line))


# ---- Some have one family, some both ----------------------------------------

@pytest.fixture(scope="module")
def mixed(new_cluster):
    """n1 has IPv4 and IPv6, n2 IPv4, n3 both: all speak IPv4."""
    cluster = new_cluster(nodes=1, tunnels="dual")
    cluster.add_node("n2", tunnels="ipv4")
    cluster.add_node("n3", tunnels="dual")
    for i, node in enumerate(cluster.nodes, 1):
        node.add_pod(f"p{i}")
    return cluster


def test_ipv4_goes_before_ipv6(mixed):
    n1, n2, n3 = mixed.nodes
    assert ends(n1) == {"n2": (n1.address, n2.address),
                        "n3": (n1.address, n3.address)}
    assert passed(mixed.pods)
    assert {pod.link()["mtu"] for pod in mixed.pods} == {1450}


# The two ends do not change at one moment.
CHANGE = ("receive tunnel port not found", "it has no IPv[46] tunnel address",
          "there is no usable Node row")


@pytest.mark.logs(*CHANGE)
def test_a_node_that_loses_a_family_is_reached_by_the_other(mixed):
    """n1 without IPv4 is out of n2's reach, and says so, and in n3's."""
    n1, n2, n3 = mixed.nodes
    p1, p2, p3 = mixed.pods
    n1.ovs_vsctl("set", "open", ".",
                 f'external_ids:loden-encap-ip="{n1.address6}"')
    try:
        wait_equal(lambda: ends(n1), {"n3": (n1.address6, n3.address6)})
        wait_equal(lambda: ends(n3), {"n1": (n3.address6, n1.address6),
                                      "n2": (n3.address, n2.address)})
        wait_until(lambda: "n1" not in ends(n2))
        wait_until(lambda: p1.ping(p3, count=1).received)
        assert p1.ping(p3) == Ping.all(3, ttl=63)
        assert p2.ping(p3) == Ping.all(3, ttl=63)
        refusals = {each["what"]: each["why"]
                    for each in n1.status()["refusals"]}
        assert refusals["Node n2"] == "it has no IPv6 tunnel address"
        # New pods of all nodes can take what any of them sends.
        for node in (n1, n2, n3):
            wait_equal(lambda: node.network("default")["mtu"], str(MTU))
    finally:
        n1.ovs_vsctl("set", "open", ".", "external_ids:loden-encap-ip="
                     f'"{n1.address},{n1.address6}"')
    wait_equal(lambda: ends(n1), {"n2": (n1.address, n2.address),
                                  "n3": (n1.address, n3.address)})
    wait_until(lambda: p1.ping(p2, count=1).received)
    wait_until(lambda: p1.ping(p3, count=1).received)
    assert passed(mixed.pods)


@pytest.mark.logs(*CHANGE, "has two addresses of one family")
def test_an_address_that_makes_no_sense_is_told_and_changes_nothing(mixed):
    n1, n2, n3 = mixed.nodes
    before = ends(n1)
    n1.ovs_vsctl("set", "open", ".", "external_ids:loden-encap-ip="
                 '"192.0.2.11,192.0.2.111"')
    try:
        wait_until(lambda: any("two addresses of one family" in each
                               for each in n1.status()["problems"]))
        assert ends(n1) == before
    finally:
        n1.ovs_vsctl("set", "open", ".", "external_ids:loden-encap-ip="
                     f'"{n1.address},{n1.address6}"')
    wait_equal(lambda: n1.status()["problems"], [])
    assert passed(mixed.pods)


@pytest.mark.datapath("netdev", "the kernel takes no flow for it")
@pytest.mark.logs(*CHANGE)
def test_one_port_for_all_peers_reaches_both_families(mixed):
    """n3 has IPv6 only, n2 IPv4, and n1 one tunnel port for both."""
    n1, n2, n3 = mixed.nodes
    mixed.transact({"op": "mutate", "table": "Loden_Global", "where": [],
                    "mutations": [["options", "insert", [
                        "map", [["tunnel_ports", "shared"]]]]]})
    wait_equal(lambda: [row["options"]["remote_ip"] for row in n1.rows(
        "Interface", "options", "type=vxlan")], ["flow"], 15)
    n3.ovs_vsctl("set", "open", ".",
                 f'external_ids:loden-encap-ip="{n3.address6}"')
    p1, p2, p3 = mixed.pods
    wait_until(lambda: p1.ping(p3, count=1).received, 10)
    assert p1.ping(p3) == Ping.all(3, ttl=63)
    assert p1.ping(p2) == Ping.all(3, ttl=63)


def misses(node):
    """How many packets the datapath did not know what to do with."""
    return int(re.search(r"missed:(\d+)", node.appctl(
        "dpctl/show", target="ovs-vswitchd"))[1])


@pytest.mark.datapath("system", "the userspace datapath takes all flows")
@pytest.mark.logs(*CHANGE)
def test_peers_of_both_families_share_no_port_in_the_kernel(mixed):
    """It would not keep the flows of one of them."""
    n1, n2, n3 = mixed.nodes
    mixed.set_option("tunnel_ports", "shared")
    n3.ovs_vsctl("set", "open", ".",
                 f'external_ids:loden-encap-ip="{n3.address6}"')
    wait_equal(lambda: ends(n1), {"n2": (n1.address, n2.address),
                                  "n3": (n1.address6, n3.address6)},
               deadline=20)
    wait_until(lambda: n1.status()["tunnels"]["mode"] == "per-peer"
               and n1.appctl("flows/diff") == "")
    p1, p2, p3 = mixed.pods
    wait_until(lambda: p1.ping(p3, count=1).received, 10)
    for peer in (p2, p3):
        before = misses(n1)
        assert p1.ping(peer, count=100, interval=0.01).received == 100
        assert misses(n1) - before < 20
    mixed.set_option("tunnel_ports")
