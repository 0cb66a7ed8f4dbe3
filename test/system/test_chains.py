# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Debian's plugins chained behind ours, run one by one as libcni does."""

import pathlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from harness.traces import traces, wait_until_as
from harness.traffic import Ping, digest_of_numbers
from sandboxlib.pod import Pod, default_configuration, new_record

PORTMAP = {"type": "portmap", "capabilities": {"portMappings": True}}
BANDWIDTH = {"type": "bandwidth", "capabilities": {"bandwidth": True}}
FIREWALL = {"type": "firewall"}
TUNING = {"type": "tuning"}
LOOPBACK = {"type": "loopback"}

# What a runtime says beside the configuration.
WEB = {"portMappings": [{"hostPort": 8080, "containerPort": 80,
                         "protocol": "tcp"}]}


@pytest.fixture(scope="module")
def cluster(new_cluster):
    if not pathlib.Path("/usr/lib/cni/portmap").exists():
        pytest.skip("there is nothing to chain: apt-get install "
                    "containernetworking-plugins")
    return new_cluster(nodes=2)


@pytest.fixture
def node(cluster):
    return cluster.node("n1")


@pytest.fixture(scope="module")
def peers(cluster):
    """A pod on each node that is only ours: near on n1, far on n2."""
    return {"near": cluster.node("n1").add_pod("near"),
            "far": cluster.node("n2").add_pod("far")}


@pytest.fixture(autouse=True)
def nothing_left(node, peers):
    before = traces(node)
    yield
    wait_until_as(before, lambda: traces(node))


@pytest.fixture
def add(node):
    """Adds a pod to the chain of 'plugins' behind ours, for the time of a
    with statement.  Of 'runtime' each plugin gets what it declares."""
    @contextmanager
    def add(*plugins, **runtime):
        ready = [{**plugin, "runtimeConfig": {
            name: runtime[name] for name in plugin.get("capabilities", {})}}
            for plugin in ({"type": "loden"}, *plugins)]
        pod = node.add_pod("chained", configuration={
            "cniVersion": "1.0.0", "name": "chain", "plugins": ready})
        try:
            yield pod
        finally:
            pod.delete()
    return add


# ---- All of them ------------------------------------------------------------

def test_the_chains_result_is_ours_in_our_order(node, add):
    with add(PORTMAP, FIREWALL, TUNING, LOOPBACK, **WEB) as pod:
        bridge, host, inside = pod.result["interfaces"]
        assert bridge["name"] == "br-int"
        assert host["name"] in node.ports()
        assert inside["name"] == "eth0"
        assert inside["sandbox"] == pod.attachment.netns
        assert [ip["interface"] for ip in pod.result["ips"]] == [2]


def test_a_chain_whose_namespace_is_gone_leaves_nothing(node, add):
    before = traces(node)
    with add(PORTMAP, BANDWIDTH, FIREWALL, TUNING, **WEB, bandwidth={
            "ingressRate": 10_000_000, "ingressBurst": 1_000_000}) as pod:
        assert traces(node) != before
        for _ in range(2):
            for plugin in reversed(list(pod.attachment.plugins())):
                pod.attachment.plugin("DEL", plugin, CNI_NETNS="")
        before["namespaces"].add("chained")
        before["mounts"].add("/run/netns/chained")
        wait_until_as(before, lambda: traces(node))


# ---- portmap ----------------------------------------------------------------

@pytest.mark.parametrize("client, seen", [
    ("ext", "192.0.2.100"), ("n2", "192.0.2.12"), ("n1", "192.0.2.11"),
    ("far", "192.0.2.12"), ("near", "172.18.6.1"),
    ("chained", "172.18.6.1"),
])
def test_a_mapped_port_is_reached_from(cluster, add, peers, client, seen):
    with add(PORTMAP, **WEB) as pod:
        places = {"ext": cluster.ext, "n1": cluster.node("n1"),
                  "n2": cluster.node("n2"), "chained": pod, **peers}
        pod.serve(80)
        assert places[client].ask("192.0.2.11", 8080) == seen


# ---- bandwidth --------------------------------------------------------------

LIMIT = 20_000_000     # bits/s


def rate(sender, receiver):
    """The most that gets through in a few tries: others may be busy."""
    return max(sender.stream(receiver, megabytes=4).bits_per_second
               for _ in range(3))


# The kernel's queue of the host end refuses what is too much.
@pytest.mark.logs(r"error sending Ethernet packet on \w+: "
                  "Resource temporarily unavailable")
@pytest.mark.parametrize("sender", ["near", "far"])
def test_a_pod_is_sent_as_much_as_its_limit_says(add, peers, sender):
    with add(BANDWIDTH, bandwidth={"ingressRate": LIMIT,
                                   "ingressBurst": 1_000_000}) as pod:
        assert rate(peers[sender], pod) == pytest.approx(LIMIT, rel=0.1)


@pytest.mark.datapath("system", "the userspace datapath gets what a pod sends"
                      " before the kernel's queues do")
@pytest.mark.parametrize("receiver", ["near", "far"])
def test_a_pod_sends_as_much_as_its_limit_says(add, peers, receiver):
    with add(BANDWIDTH, bandwidth={"egressRate": LIMIT,
                                   "egressBurst": 1_000_000}) as pod:
        assert rate(pod, peers[receiver]) == pytest.approx(LIMIT, rel=0.1)


# ---- tuning -----------------------------------------------------------------

def test_tuning_sets_the_pods_sysctls_and_nobody_elses(node, add, peers):
    name = "net.ipv4.conf.eth0.arp_filter"
    with add({**TUNING, "sysctl": {name: "1"}}) as pod:
        assert pod.output("sysctl", "-n", name) == "1"
        assert peers["near"].output("sysctl", "-n", name) == "0"
        assert pod.ping(peers["far"]) == Ping.all(3, ttl=63)


def test_tuning_sets_a_smaller_mtu_which_packets_keep_to(add, peers):
    with add({**TUNING, "mtu": 1300}) as pod:
        assert pod.link()["mtu"] == 1300
        assert pod.ping(peers["far"], size=1272, dont_fragment=True) \
            == Ping.all(3, ttl=63)
        assert pod.transfer(peers["far"]) == digest_of_numbers()


# ---- firewall ---------------------------------------------------------------

@pytest.fixture
def closed(node):
    """The node forwards nothing that is not expressly allowed, as Docker
    has it."""
    node.run("iptables", "--policy", "FORWARD", "DROP")
    yield
    node.run("iptables", "--policy", "FORWARD", "ACCEPT")


@pytest.mark.logs("chain FORWARD of table ip filter drops what the host")
def test_firewall_opens_a_closed_node_for_its_pod_alone(cluster, closed, add,
                                                        peers):
    cluster.ext.serve(7000)
    with add(FIREWALL) as pod:
        assert pod.ask(cluster.world_address, 7000) == "192.0.2.11"
        assert peers["near"].ask(cluster.world_address, 7000) is None


def test_firewall_takes_our_switch_for_the_bridge(node, add):
    with add({**FIREWALL, "ingressPolicy": "same-bridge"}):
        assert "-i br-int" in node.output("iptables", "--list-rules",
                                          "CNI-ISOLATION-STAGE-1")


# ---- loopback ---------------------------------------------------------------

def test_loopback_and_ours_are_run_at_the_same_time(node, peers):
    """As containerd does it."""
    pod = Pod("both", node.machine, new_record(
        node.name, default_configuration("default")))
    loopback = {"cniVersion": "1.0.0", "name": "cni-loopback", **LOOPBACK}
    pod.create()
    try:
        pod.run("ip", "link", "set", "lo", "down")
        with ThreadPoolExecutor() as threads:
            done = threads.submit(pod.plugin, "ADD", loopback,
                                  CNI_IFNAME="lo")
            pod.attach()
        assert done.result().stdout
        for address in "127.0.0.1", peers["far"].address:
            pod.run("ping", "-c", "1", "-W", "2", address)
        pod.plugin("DEL", loopback, CNI_IFNAME="lo")
        pod.run("ping", "-c", "1", "-W", "2", peers["far"].address)
    finally:
        pod.detach()
        pod.destroy()
