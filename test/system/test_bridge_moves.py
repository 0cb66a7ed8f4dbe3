# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Another bridge takes over from the one before, with its pods."""

import pytest

from harness.cluster import mesh
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until

# What ovs-vswitchd says while a port is on neither bridge.
LEAVING = "receive tunnel port not found"
# What it says when it learns of both bridges at once.
AT_ONCE = r"attempting to add tunnel port|could not add .*\(File exists\)"
# What it says of a device that is not up.
OTHER = "from other0: Network is down|packet on other0: Network is down"


@pytest.fixture(scope="module")
def n1(cluster, pods):
    return cluster.node("n1")


def set_bridge(node, name=None):
    if name:
        node.ovs_vsctl("set", "open", ".", f"external_ids:loden-bridge={name}")
    else:
        node.ovs_vsctl("remove", "open", ".", "external_ids", "loden-bridge")


def bridges(node):
    return set(node.ovs_vsctl("list-br").split()) - {"br-ex"}


def acknowledged(pods):
    return all(pod.node.get("Interface", pod.host_port,
                            "external_ids:loden-ack")
               == pod.node.get("Interface", pod.host_port,
                               "external_ids:loden-req") for pod in pods)


def works(cluster, pods):
    """Waits until pods of all nodes reach each other, the host its pods, and
    the pods the world."""
    places = [pods[0], pods[1], pods[2], pods[4]]
    wait_until(lambda: all(ping.received == 3 for ping in
                           mesh(places, count=3).values()), deadline=30)
    n1 = cluster.node("n1")
    assert n1.ping(pods[0]) == Ping.all(3, ttl=64)
    assert pods[0].ping(cluster.ext) == Ping.all(3, ttl=63)


@pytest.mark.logs(LEAVING, AT_ONCE)
def test_pods_move_to_another_bridge_and_back(cluster, pods, n1):
    works(cluster, pods)
    ports = n1.ports()
    for name in ("br-other", None):
        set_bridge(n1, name)
        bridge = name or "br-int"
        wait_equal(lambda: bridges(n1), {bridge}, deadline=15)
        wait_equal(lambda: n1.ports(bridge), ports, deadline=15)
        wait_until(lambda: acknowledged(pods[:2]), deadline=15)
        works(cluster, pods)
        pod = n1.add_pod(f"new-on-{bridge}")
        assert pod.ping(pods[2]) == Ping.all(3, ttl=63)
        pod.delete()


@pytest.mark.logs(LEAVING, AT_ONCE, OTHER,
                  "bridge br-int: it has 1 ports of others and stays")
def test_a_bridge_with_ports_of_others_stays(cluster, pods, n1):
    n1.run("ip", "tuntap", "add", "mode", "tap", "name", "other0")
    n1.ovs_vsctl("add-port", "br-int", "other0")
    set_bridge(n1, "br-other")
    wait_equal(lambda: bridges(n1), {"br-int", "br-other"}, deadline=15)
    wait_equal(lambda: n1.ports("br-int"), {"other0"}, deadline=15)
    row, = n1.rows("Bridge", "external_ids", "name=br-int")
    assert not [key for key in row["external_ids"] if key.startswith("loden")]
    works(cluster, pods)
    n1.ovs_vsctl("del-br", "br-int")
    set_bridge(n1)
    wait_equal(lambda: bridges(n1), {"br-int"}, deadline=15)
    works(cluster, pods)
    n1.run("ip", "link", "delete", "other0")
