# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Nodes join and leave a running cluster."""

import itertools

import pytest

from harness.cluster import mesh
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until


def peers(node):
    """The peers that 'node' has a tunnel port for."""
    rows = node.rows("Interface", "external_ids", "type=vxlan")
    return {row["external_ids"]["loden-peer"] for row in rows}


def test_a_fourth_node_is_reached_by_all_and_nobody_restarts(cluster, pods):
    pids = {node.name: node.pid() for node in cluster.nodes}
    n4 = cluster.add_node("n4")
    pods = pods + [n4.add_pod("p7"), n4.add_pod("p8")]
    for node in cluster.nodes:
        wait_equal(lambda: peers(node),
                   {n.name for n in cluster.nodes} - {node.name})
        wait_until(lambda: node.appctl("flows/diff") == "")
    assert mesh(pods) == {
        (a.name, b.name): Ping.all(
            3, ttl=64 if a.node.name == b.node.name else 63)
        for a, b in itertools.permutations(pods, 2)}
    assert {name: cluster.node(name).pid() for name in pids} == pids
    assert [row for row in n4.table("subnet", "list")
            if row["node"] == "n4"][0]["cidr"] == n4.subnet


@pytest.mark.logs("receive tunnel port not found .*tun_src=192.0.2.14")
def test_a_deleted_nodes_port_and_flows_go_everywhere(cluster, pods):
    if "n4" not in [node.name for node in cluster.nodes]:
        cluster.add_node("n4")
    n4 = cluster.node("n4")
    assert all(any(n4.mentioned_in(flow) for flow in node.flows())
               for node in cluster.nodes if node.name != "n4")
    cluster.sandbox.delete_node("n4")
    others = [cluster.node(name) for name in ("n1", "n2", "n3")]
    for node in others:
        wait_equal(lambda: peers(node),
                   {n.name for n in others} - {node.name})
        wait_equal(lambda: [str(flow) for flow in node.flows()
                            if n4.mentioned_in(flow)], [])
    assert {row["node"] for row in others[0].table("subnet", "list")} == {
        "n1", "n2", "n3"}
    assert mesh(pods) == {
        (a.name, b.name): Ping.all(
            3, ttl=64 if a.node.name == b.node.name else 63)
        for a, b in itertools.permutations(pods, 2)}
