# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""containerd by its own client, 'ctr run --cni'."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import image
from harness.containerd import Containerd
from harness.logs import DEVICE_GONE
from harness.runtime import PluginCalls
from harness.traffic import Ping
from harness.waiting import seconds, wait_equal, wait_until

# ctr deletes a network when the namespace is gone, and with it the device.
pytestmark = pytest.mark.logs(*DEVICE_GONE)

PLUGINS = [{"type": "loden"}]


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=2)


@pytest.fixture(scope="module")
def containerds(cluster):
    with ThreadPoolExecutor() as threads:
        started = list(threads.map(lambda node: Containerd(node, PLUGINS),
                                   cluster.nodes))
    yield started
    for containerd in started:
        containerd.end()


@pytest.fixture(autouse=True)
def nothing_left(containerds):
    before = [containerd.traces() for containerd in containerds]
    yield
    for containerd, traces in zip(containerds, before):
        containerd.is_left_as(traces)


def test_containers_of_two_nodes_reach_each_other(containerds):
    n1, n2 = containerds
    with n1.running("a") as a, n2.running("b") as b:
        assert a.ping(b) == Ping.all(3, ttl=63)
        assert b.ping(a) == Ping.all(3, ttl=63)
        assert a.ask(b.address) == f"b {a.address}"
        assert b.ask(a.address) == f"a {b.address}"


def test_containers_of_one_node_reach_each_other_and_the_world(cluster,
                                                               containerds):
    n1, _ = containerds
    with n1.running("a") as a, n1.running("b") as b:
        assert a.ping(b) == Ping.all(3, ttl=64)
        assert a.ask(b.address) == f"b {a.address}"
        assert a.ping(cluster.world_address).received == 3


def test_del_comes_without_a_namespace_and_takes_all_away(containerds):
    n1, _ = containerds
    with PluginCalls(n1.node) as calls:
        with n1.running("a"):
            netns = n1.row("default-a")["loden-netns"]
            assert netns.startswith("/proc/")
        assert calls.made() == [("ADD", "eth0", 0, netns),
                                ("DEL", "eth0", 0, "")]
    assert n1.row("default-a") is None


# ---- What ctr never deletes -------------------------------------------------

def die_while_adding(containerd, name):
    """Everything that containerd has started dies while the plugin waits
    for the flows of container 'name'."""
    node = containerd.node
    controller = node.pid()
    node.run("kill", "-STOP", controller)
    try:
        starting = node.popen(
            [*containerd.cgroups.prefix, "ctr", "run", "--detach", "--cni",
             image.NAME, name],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: containerd.row(f"default-{name}"), deadline=15)
        containerd.kill_all()
        starting.wait(seconds(10))
    finally:
        node.run("kill", "-CONT", controller)
    containerd.start()


def test_what_nobody_deletes_the_controller_takes_away(containerds):
    """ctr forgets a detached container's network; another one's runtime dies
    in the middle.  What they leave has no device, and goes in a minute."""
    n1, n2 = containerds
    before = n1.node.ports()
    try:
        die_while_adding(n1, "died")
        a, b = n1.start_detached("a"), n2.start_detached("b")
        n1.kill()
        assert b.ping(a) == Ping.all(3, ttl=63)
        assert b.ask(a.address) == f"a {b.address}"
        n1.start()
        assert a.ping(b) == Ping.all(3, ttl=63)
    finally:
        n1.remove_detached("died")
        n1.remove_detached("a")
        n2.remove_detached("b")
    assert len(n1.node.ports() - before) == 2
    for containerd, name in (n1, "died"), (n1, "a"), (n2, "b"):
        wait_equal(lambda: containerd.row(f"default-{name}"), None,
                   deadline=90)
        # What ctr wrote down for a DEL.
        containerd.node.run("rm", "-f", "/var/lib/cni/results/"
                            f"pods-default-{name}-eth0")
