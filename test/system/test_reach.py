# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Pods reach each other."""

import itertools

import pytest

from harness.cluster import mesh
from harness.traffic import Ping, digest_of_numbers

MTU = 1450
# What IPv4 and ICMP put around the bytes that ping is told to send.
HEADERS = 28


def ttl_between(a, b):
    """64 on one node; the switch of the sending node takes one off for
    another."""
    return 64 if a.node.name == b.node.name else 63


def each_pair(pods):
    return itertools.permutations(pods, 2)


def test_all_pods_ping_each_other_without_loss_or_duplicate(pods):
    assert mesh(pods, count=5) == {
        (a.name, b.name): Ping.all(5, ttl=ttl_between(a, b))
        for a, b in each_pair(pods)}


def test_packets_as_large_as_the_mtu_pass_unfragmented(pods):
    assert mesh(pods, size=MTU - HEADERS, dont_fragment=True) == {
        (a.name, b.name): Ping.all(3, ttl=ttl_between(a, b))
        for a, b in each_pair(pods)}


def test_larger_packets_pass_in_fragments(pods):
    p1, p3 = pods[0], pods[2]
    assert p1.ping(p3, size=4000) == Ping.all(3, ttl=63)


def test_the_pods_mtu_leaves_room_for_the_tunnel(pods):
    assert {pod.name: pod.link()["mtu"] for pod in pods} == {
        pod.name: MTU for pod in pods}


@pytest.mark.parametrize("reverse", [False, True],
                         ids=["forwards", "backwards"])
@pytest.mark.parametrize("target", ["p2", "p3", "p6"])
def test_tcp_passes_both_ways(cluster, pods, target, reverse):
    stream = pods[0].stream(cluster.pod(target), megabytes=64,
                            reverse=reverse)
    # iperf3 does not wait for the last bytes to arrive.
    assert stream.received >= 4 * 1024 * 1024


@pytest.mark.parametrize("target", ["p2", "p3"])
def test_tcp_carries_every_byte(cluster, pods, target):
    assert pods[0].transfer(cluster.pod(target)) == digest_of_numbers()


def test_the_last_hop_is_answered_for_by_the_node(pods):
    p1, p3 = pods[0], pods[2]
    pinging = p1.pinging(p3, count=1, ttl=1)
    assert pinging.result() == Ping(1, 0, errors=1)
    assert f"From {p1.node.gateway}" in pinging.text
    assert "Time to live exceeded" in pinging.text
