# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""containerd's CRI, called as a kubelet calls it."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from harness.cri import Cri, CriError
from harness.runtime import PluginCalls, ask
from harness.traffic import Ping

PLUGINS = [
    {"type": "loden"},
    {"type": "portmap", "capabilities": {"portMappings": True}},
]


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=2)


@pytest.fixture(scope="module")
def cris(cluster):
    with ThreadPoolExecutor() as threads:
        started = list(threads.map(lambda node: Cri(node, PLUGINS),
                                   cluster.nodes))
    yield started
    for cri in started:
        cri.end()


@pytest.fixture
def cri(cris):
    """That of n1."""
    return cris[0]


@pytest.fixture(scope="module")
def pods(cris):
    """web, which n1 has at its port 8080, near on the same node, and far on
    n2."""
    n1, n2 = cris
    before = [cri.traces() for cri in cris]
    with n1.running("web", host_port=8080) as web, \
            n1.running("near") as near, n2.running("far") as far:
        yield {"web": web, "near": near, "far": far}
    for cri, traces in zip(cris, before):
        cri.is_left_as(traces)


@pytest.fixture(autouse=True)
def nothing_left(cris, pods):
    before = [cri.traces() for cri in cris]
    yield
    for cri, traces in zip(cris, before):
        cri.is_left_as(traces)


# ---- Pods talk --------------------------------------------------------------

def test_the_row_says_which_pod_it_is(cri, pods):
    row = cri.row(pods["web"].id)
    assert row["loden-id"] == f"pods/{pods['web'].id}/eth0"
    assert row["loden-ip"] == f"default/{pods['web'].address}"
    assert row["loden-pod"] == "default/web"
    assert row["loden-netns"].startswith("/var/run/netns/cni-")


def test_pods_of_two_nodes_reach_each_other(pods):
    web, far = pods["web"], pods["far"]
    assert web.ping(far) == Ping.all(3, ttl=63)
    assert far.ping(web) == Ping.all(3, ttl=63)
    assert web.ask(far.address) == f"far {web.address}"
    assert far.ask(web.address) == f"web {far.address}"


def test_pods_of_one_node_reach_each_other(pods):
    web, near = pods["web"], pods["near"]
    assert web.ping(near) == Ping.all(3, ttl=64)
    assert near.ask(web.address) == f"web {near.address}"


def test_a_pod_reaches_itself_and_the_world(cluster, pods):
    web = pods["web"]
    assert web.ask("127.0.0.1") == "web 127.0.0.1"
    assert web.ping(cluster.world_address).received == 3


# ---- Host ports -------------------------------------------------------------

@pytest.fixture
def clients(cluster, pods):
    return {"the world": partial(ask, cluster.ext),
            "another node": partial(ask, cluster.node("n2")),
            "its own node": partial(ask, cluster.node("n1")),
            "a pod of another node": pods["far"].ask,
            "a pod of its node": pods["near"].ask,
            "the pod itself": pods["web"].ask}


# Whom the pod sees: within its subnet, portmap masquerades.
@pytest.mark.parametrize("client, seen", [
    ("the world", "192.0.2.100"),
    ("another node", "192.0.2.12"),
    ("its own node", "192.0.2.11"),
    ("a pod of another node", "192.0.2.12"),
    ("a pod of its node", "172.18.6.1"),
    ("the pod itself", "172.18.6.1"),
])
def test_a_host_port_is_reached_from(clients, client, seen):
    assert clients[client]("192.0.2.11", 8080) == f"web {seen}"


# ---- The life of a pod ------------------------------------------------------

def test_del_comes_twice_the_second_time_without_a_namespace(cri):
    with PluginCalls(cri.node) as calls:
        with cri.running("brief", host_port=8081) as pod:
            netns = cri.row(pod.id)["loden-netns"]
        assert calls.made() == [("ADD", "eth0", 0, netns),
                                ("DEL", "eth0", 0, netns),
                                ("DEL", "eth0", 0, "")]
    assert cri.row(pod.id) is None


def test_a_pod_removed_in_one_step_leaves_nothing(cri):
    pod = cri.run_pod("brief")
    assert cri.row(pod.id)
    pod.remove()
    assert cri.row(pod.id) is None


def test_a_container_replaced_has_the_pods_address(cluster, cri, pods):
    with cri.running("brief", host_port=8081) as pod:
        row = cri.row(pod.id)
        pod.replace_container("second")
        assert pods["far"].ask(pod.address) \
            == f"second {pods['far'].address}"
        assert ask(cluster.ext, "192.0.2.11", 8081) == "second 192.0.2.100"
        assert pod.ping(pods["far"]) == Ping.all(3, ttl=63)
        assert cri.row(pod.id) == row


def test_many_pods_at_once_all_talk(cri, pods):
    names = [f"many{i}" for i in range(6)]
    with ThreadPoolExecutor() as threads:
        many = list(threads.map(cri.run_pod, names))
        try:
            assert len({pod.address for pod in many}) == len(names)
            for pod in many:
                assert pods["far"].ping(pod) == Ping.all(3, ttl=63)
        finally:
            list(threads.map(lambda pod: pod.remove(), many))


def test_our_words_reach_the_kubelet_which_cleans_up_later(cri):
    node = cri.node
    node.run("mv", "/run/openvswitch/db.sock", "/run/openvswitch/away")
    try:
        with pytest.raises(CriError, match="cannot connect to Open vSwitch"):
            cri.run_pod("refused")
    finally:
        node.run("mv", "/run/openvswitch/away", "/run/openvswitch/db.sock")
    # DEL was refused, too, and has to come again.
    cri.remove_pod(cri.known()["refused"])
    assert "refused" not in cri.known()


# ---- containerd dies --------------------------------------------------------

def test_containerd_that_died_knows_its_pods_again(cri, pods):
    with cri.running("brief", host_port=8081) as pod:
        cri.kill()
        assert pods["far"].ping(pod) == Ping.all(3, ttl=63)
        cri.start()
        assert pod.ping(pods["far"]) == Ping.all(3, ttl=63)
        assert pod.ask("192.0.2.11", 8081) == "brief 172.18.6.1"
