# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Packets that are too large for a tunnel."""

import re
import time

import pytest

from harness.traffic import Ping, digest_of_numbers
from harness.waiting import wait_equal, wait_until

MTU = 1450
BY_HAND = 1500
# Packets of one port that are answered in a second, and at once.
METER = 100
# What IPv4 and ICMP put around the bytes that ping is told to send.
HEADERS = 28


def set_mtu(pod, mtu):
    """Gives both ends of a pod's veth another MTU, as somebody might by
    hand."""
    pod.node.run("ip", "link", "set", pod.host_port, "mtu", mtu)
    pod.run("ip", "link", "set", "eth0", "mtu", mtu)


def checks(node):
    """The rules that look at how large packets are, and what they lead
    to."""
    return [flow for flow in node.flows()
            if "check_pkt_larger" in flow.actions
            or (flow.table == "mtu" and flow.priority)]


def follows(node):
    return (node.status()["openflow"]["confirmed"]
            and node.appctl("flows/diff") == "")


# Networks of every kind, and with what they are made.
NETWORKS = {"routed": "--range=10.76.0.0/16,fd00:76::/48",
            "internal": "--internal --range=10.77.0.0/16,fd00:77::/48",
            "bridged": "--mode=bridged --range=10.78.0.0/16,fd00:78::/64"}
KINDS = pytest.mark.parametrize("kind", NETWORKS)
FAMILIES = pytest.mark.parametrize("family", [4, 6])


@pytest.fixture(scope="module")
def pairs(cluster):
    """Pods of each network, on the first and the second node."""
    first, second = cluster.nodes[:2]
    for name, options in NETWORKS.items():
        first.lodenctl("network", "add", name, *options.split())
    for node in (first, second):
        for name in NETWORKS:
            wait_until(lambda: "subnet6" in node.network(name))
    return {name: (first.add_pod(f"{name[0]}1", network=name),
                   second.add_pod(f"{name[0]}2", network=name))
            for name in NETWORKS}


@pytest.fixture(scope="module")
def large(pods, pairs):
    """Larger pods than the tunnels have room for."""
    changed = [pods[0], pods[2], *(pod for pair in pairs.values()
                                   for pod in pair)]
    for pod in changed:
        set_mtu(pod, BY_HAND)
    for pod in changed:
        wait_until(lambda: pod.host_port in str(checks(pod.node)))
        wait_until(lambda: follows(pod.node))
    return changed


@pytest.fixture
def pair(pairs, large, kind):
    """Two such pods of a network, on two nodes, that know of no path's
    MTU."""
    for pod in pairs[kind]:
        pod.run("ip", "route", "flush", "cache")
        pod.run("ip", "-6", "route", "flush", "cache")
    return pairs[kind]


def address_of(pod, family):
    return pod.address if family == 4 else pod.address6


def told(pod, target, family=4, **options):
    """What a ping that may not be cut up hears, and the path's MTU that the
    pod's kernel believes afterwards."""
    pinging = pod.pinging(target, size=BY_HAND - HEADERS - 20 * (family == 6),
                          dont_fragment=True, count=1, **options)
    pinging.result()
    route = pod.output("ip", "route", "get", target)
    believed = re.search(r"\bmtu (\d+)", route)
    return pinging.text, int(believed[1]) if believed else None


def test_nobody_looks_at_packets_that_fit(pods, pairs):
    for node in pods[0].cluster.nodes:
        assert checks(node) == []


@KINDS
@FAMILIES
def test_the_sender_is_told_what_fits(pair, family):
    a, b = pair
    text, believed = told(a, address_of(b, family), family=family)
    assert f"mtu = {MTU}" in text or f"mtu={MTU}" in text
    assert believed == MTU


@KINDS
def test_what_may_be_cut_up_arrives(pair, kind):
    a, b = pair
    with b.capture(f"src {a.address} and ip[6:2] & 0x1fff != 0") as later:
        # Not "want", which finds the path's MTU and cuts up by itself.
        done = a.output("ping", "-n", "-c", 3, "-i", "0.2", "-M", "dont", "-s",
                        BY_HAND - HEADERS, b.address)
        later.saw(f"{a.address} > {b.address}")
    assert Ping.parse(done) == Ping.all(3, ttl=64 - (kind != "bridged"))


@KINDS
@FAMILIES
def test_tcp_finds_the_size_that_passes(pair, family):
    a, b = pair
    before = a.node.status()["openflow"]["too_large"]["told"]
    for here, there in ((a, b), (b, a)):
        assert here.transfer(there, address=address_of(
            there, family)) == digest_of_numbers()
    assert a.node.status()["openflow"]["too_large"]["told"] > before


def test_the_controller_gets_no_more_than_the_meter_lets_through(large):
    p1, p3 = large[:2]
    before = p1.node.status()["openflow"]["too_large"]["cut"]
    began = time.monotonic()
    p1.run("ping", "-n", "-q", "-f", "-c", 5000, "-l", 100, "-W", "1", "-M",
           "dont", "-s", BY_HAND - HEADERS, p3.address, check=False)
    took = time.monotonic() - began
    cut = p1.node.status()["openflow"]["too_large"]["cut"] - before
    assert cut >= METER
    assert cut <= min(4000, METER + 1.5 * METER * (took + 1))


def test_the_rules_go_when_pods_fit_again(large):
    for pod in large:
        set_mtu(pod, MTU)
    for pod in large:
        wait_equal(lambda: checks(pod.node), [])
