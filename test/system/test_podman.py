# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""podman: containers of two nodes on one network."""

import subprocess
from functools import partial

import pytest

from harness import image
from harness.podman import Podman
from harness.runtime import PluginCalls, ask
from harness.traffic import Ping
from harness.waiting import seconds, wait_until
from sandboxlib.errors import SandboxError

# podman's own default chain, with our plugin in the place of the bridge.
PLUGINS = [
    {"type": "loden"},
    {"type": "portmap", "capabilities": {"portMappings": True}},
    {"type": "firewall"},
    {"type": "tuning"},
]


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=2)


@pytest.fixture(scope="module")
def podmans(cluster):
    """podman on each node, with the networks pods and blue."""
    cluster.node("n1").lodenctl("network", "add", "blue",
                                "--range=10.77.0.0/16", "--vni=77")
    started = [Podman(node, PLUGINS, "0.4.0") for node in cluster.nodes]
    for podman in started:
        podman.write_network("blue", [{"type": "loden", "network": "blue"}])
        wait_until(lambda: podman.node.network("blue")["subnet"])
    yield started
    for podman in started:
        podman.end()


@pytest.fixture
def podman(podmans):
    """That of n1."""
    return podmans[0]


@pytest.fixture(scope="module")
def containers(podmans):
    """web, which n1 publishes, near on the same node, and far on n2."""
    n1, n2 = podmans
    before = [podman.traces() for podman in podmans]
    yield {"web": n1.start("web", "--publish", "8080:80"),
           "near": n1.start("near"), "far": n2.start("far")}
    n1.remove("web", "near")
    n2.remove("far")
    for podman, traces in zip(podmans, before):
        podman.is_left_as(traces)


@pytest.fixture(autouse=True)
def nothing_left(podmans, containers):
    before = [podman.traces() for podman in podmans]
    yield
    for podman, traces in zip(podmans, before):
        podman.is_left_as(traces)


# ---- Containers talk --------------------------------------------------------

def test_podman_is_told_what_the_switch_knows(podman, containers):
    told = podman.addresses("web")["pods"]
    row = podman.row(podman.inspect("web")["Id"])
    assert row["loden-id"].startswith("pods/")
    assert row["loden-ip"] == f"default/{told['IPAddress']}"
    assert row["loden-mac"] == told["MacAddress"]
    assert row["loden-netns"] == podman.inspect("web")["NetworkSettings"][
        "SandboxKey"]
    assert (told["Gateway"], told["IPPrefixLen"]) == ("172.18.6.1", 24)


def test_containers_of_two_nodes_reach_each_other(containers):
    web, far = containers["web"], containers["far"]
    assert web.ping(far) == Ping.all(3, ttl=63)
    assert far.ping(web) == Ping.all(3, ttl=63)
    assert web.ask(far.address) == f"far {web.address}"
    assert far.ask(web.address) == f"web {far.address}"


def test_containers_of_one_node_reach_each_other(containers):
    web, near = containers["web"], containers["near"]
    assert web.ping(near) == Ping.all(3, ttl=64)
    assert near.ask(web.address) == f"web {near.address}"


def test_a_container_reaches_the_world(cluster, containers):
    assert containers["web"].ping(cluster.world_address).received == 3


# ---- Published ports --------------------------------------------------------

@pytest.fixture
def clients(cluster, containers):
    return {"the world": partial(ask, cluster.ext),
            "another node": partial(ask, cluster.node("n2")),
            "its own node": partial(ask, cluster.node("n1")),
            "a container of another node": containers["far"].ask,
            "a container of its node": containers["near"].ask,
            "the container itself": containers["web"].ask}


# Whom the container sees: within its subnet, portmap masquerades.
@pytest.mark.parametrize("client, seen", [
    ("the world", "192.0.2.100"),
    ("another node", "192.0.2.12"),
    ("its own node", "192.0.2.11"),
    ("a container of another node", "192.0.2.12"),
    ("a container of its node", "172.18.6.1"),
    ("the container itself", "172.18.6.1"),
])
def test_a_published_port_is_reached_from(clients, client, seen):
    assert clients[client]("192.0.2.11", 8080) == f"web {seen}"


def test_a_published_port_is_reached_from_the_nodes_loopback(clients):
    assert clients["its own node"]("127.0.0.1", 8080) == "web 172.18.6.1"


def test_a_port_is_no_longer_published_when_the_container_is_gone(cluster,
                                                                  podman):
    with podman.running("brief", "--publish", "8081:80"):
        assert ask(cluster.ext, "192.0.2.11", 8081) == "brief 192.0.2.100"
    assert ask(cluster.ext, "192.0.2.11", 8081) is None


# ---- Restarts ---------------------------------------------------------------

def assert_works(cluster, podman, far, name):
    """That the container 'name', published at 8081, is reached."""
    container = podman.container(name)
    assert container.ping(far) == Ping.all(3, ttl=63)
    assert far.ask(container.address) == f"{name} {far.address}"
    assert ask(cluster.ext, "192.0.2.11", 8081) == f"{name} 192.0.2.100"


def test_a_container_restarted_keeps_working(cluster, podman, containers):
    with podman.running("again", "--publish", "8081:80"):
        ports = podman.node.ports()
        podman("restart", "again")
        assert_works(cluster, podman, containers["far"], "again")
        assert len(podman.node.ports()) == len(ports)


def test_a_container_that_died_is_started_again_and_works(cluster, podman,
                                                          containers):
    with podman.running("again", "--publish", "8081:80", "--restart",
                        "always"):
        ports = podman.node.ports()
        died = podman.inspect("again")
        podman.node.run("kill", "-KILL", died["State"]["Pid"])
        wait_until(lambda: podman.inspect("again")["RestartCount"] == 1
                   and podman.inspect("again")["State"]["Running"],
                   deadline=15)
        assert_works(cluster, podman, containers["far"], "again")
        assert len(podman.node.ports()) == len(ports)


# ---- Several networks -------------------------------------------------------

def test_a_container_in_two_networks_talks_in_both(podmans, containers):
    n1, n2 = podmans
    with n1.running("both", network="pods,blue") as both, \
            n2.running("bluefar", network="blue") as bluefar:
        told = n1.addresses("both")
        assert both.ping(containers["far"]) == Ping.all(3, ttl=63)
        assert both.ping(bluefar) == Ping.all(3, ttl=63)
        assert bluefar.ping(told["blue"]["IPAddress"]) == Ping.all(3, ttl=63)
        assert bluefar.ping(containers["far"]).received == 0


def test_a_container_leaves_one_network_and_stays_in_the_other(podmans,
                                                               containers):
    n1, _ = podmans
    with n1.running("both", network="pods,blue") as both:
        container = n1.inspect("both")["Id"]

        def networks():
            rows = [n1.row(container, name) for name in ("eth0", "eth1")]
            return {row["loden-network"] for row in rows if row}

        assert networks() == {"default", "blue"}
        n1("network", "disconnect", "blue", "both")
        assert networks() == {"default"}
        assert both.ping(containers["far"]) == Ping.all(3, ttl=63)
        n1("network", "connect", "blue", "both")
        assert networks() == {"default", "blue"}


# ---- Failures ---------------------------------------------------------------

def refused(podman, *options, **network):
    """Starts a container that must be refused; returns podman's words."""
    with pytest.raises(SandboxError) as error:
        podman.start("refused", *options, **network)
    podman.remove("refused")
    return str(error.value)


def test_our_words_reach_who_ran_podman(podman):
    podman.write_network("nowhere", [{"type": "loden",
                                      "network": "nowhere"}])
    try:
        assert 'network "nowhere" is not published on this node' \
            in refused(podman, network="nowhere")
    finally:
        podman.node.run("rm", "/etc/cni/net.d/50-nowhere.conflist")


def test_a_chain_that_breaks_behind_ours_leaves_nothing(podman):
    # Debian's firewall forgets its rules then, whatever is before it.
    podman.write_network("broken", [
        *PLUGINS[:2], {"type": "tuning", "sysctl": {"net.no_such": "1"}}])
    try:
        with PluginCalls(podman.node) as calls:
            assert "no_such" in refused(podman, "--publish", "8081:80",
                                        network="broken")
            made = calls.made()
        assert [call[:3] for call in made][:2] == [("ADD", "eth0", 0),
                                                   ("DEL", "eth0", 0)]
    finally:
        podman.node.run("rm", "/etc/cni/net.d/50-broken.conflist")


# ---- A runtime that dies ----------------------------------------------------

@pytest.fixture
def dying(podman):
    """Starts a container and kills the given programs when the plugin has
    made its port and waits for its flows.  Returns the port."""
    controller = podman.node.pid()
    before = podman.traces()

    def start(*victims):
        ports = podman.node.ports()
        podman.node.run("kill", "-STOP", controller)
        starting = podman.node.popen(
            [*podman.cgroups.prefix, "podman", "run", "--detach", "--name",
             "dying", "--network", "pods", image.NAME],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port, = wait_until(lambda: podman.node.ports() - ports, deadline=15)
        for victim in victims:
            podman.node.run("kill", "-KILL",
                            podman.node.output("pgrep", "-x", victim))
        starting.wait(seconds(15))
        podman.node.run("kill", "-CONT", controller)
        return port

    yield start
    node = podman.node
    node.run("kill", "-CONT", controller)
    podman("rm", "--force", "--time", "0", "dying", check=False)
    # What podman mounted when it died it does not know of.
    for path in podman.traces()["mounts"] - before["mounts"]:
        node.run("umount", "--lazy", path)
    for name in podman.traces()["namespaces"] - before["namespaces"]:
        node.run("rm", f"/run/netns/{name}")
    podman("rm", "--force", "--ignore", "dying")


def test_podman_dies_and_the_plugin_takes_back_what_it_made(podman, dying):
    port = dying("podman")
    wait_until(lambda: port not in podman.node.ports())


def test_both_die_and_the_container_can_be_started_all_the_same(
        cluster, podman, containers, dying):
    port = dying("podman", "loden")
    assert port in podman.node.ports()
    # podman deletes what it was refused, and with it what was left.
    with pytest.raises(SandboxError, match="is attached already"):
        podman("start", "dying")
    assert port not in podman.node.ports()
    podman("start", "dying")
    assert containers["far"].ping(podman.container("dying")).received == 3
