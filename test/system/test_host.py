# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The node's own side: its address among the pods, the way out, DNAT."""

import pytest

from harness.traffic import Ping, digest_of_numbers
from harness.waiting import wait_equal, wait_until

SERVICE = "10.96.0.1"
SUBNET_FILE = "/run/loden/subnet.env"


# ---- The subnet file --------------------------------------------------------

def subnet_file(node):
    return node.output("cat", SUBNET_FILE).splitlines()


def test_the_subnet_file_is_flannels(cluster):
    n1 = cluster.node("n1")
    assert subnet_file(n1) == [
        "FLANNEL_NETWORK=172.18.0.0/16", "FLANNEL_SUBNET=172.18.6.1/24",
        "FLANNEL_MTU=1450", "FLANNEL_IPMASQ=true"]


def test_the_subnet_file_is_replaced_and_never_written_into(cluster):
    n1 = cluster.node("n1")
    before = n1.output("stat", "-c", "%i", SUBNET_FILE)
    cluster.set_network("mtu", 1400)
    wait_until(lambda: "FLANNEL_MTU=1400" in subnet_file(n1))
    assert n1.output("stat", "-c", "%i", SUBNET_FILE) != before
    cluster.set_network("mtu", ["set", []])
    wait_until(lambda: "FLANNEL_MTU=1450" in subnet_file(n1))
    assert [name for name in n1.output("ls", "-A", "/run/loden").split()
            if "subnet.env" in name] == ["subnet.env"]


def test_the_plugin_attaches_a_pod_from_the_file_alone(cluster, pods):
    n1 = cluster.node("n1")
    pod = n1.add_pod("by-file", configuration={
        "cniVersion": "1.0.0", "name": "cbr0", "type": "loden",
        "subnetFile": SUBNET_FILE})
    try:
        assert pod.address.startswith("172.18.6.")
        assert pod.link()["mtu"] == 1450
        assert pod.ping(pods[0]) == Ping.all(3, ttl=64)
        assert pod.ping(pods[2]) == Ping.all(3, ttl=63)
    finally:
        pod.delete()


# ---- Host and pods ----------------------------------------------------------

def test_the_host_reaches_a_local_pod_and_back(pods):
    p1 = pods[0]
    assert p1.node.ping(p1) == Ping.all(3, ttl=64)
    assert p1.ping(p1.node.gateway) == Ping.all(3, ttl=64)
    assert p1.ping(p1.node) == Ping.all(3, ttl=64)


def test_the_host_reaches_a_remote_pod_and_back(pods):
    p1, p3 = pods[0], pods[2]
    assert p1.node.ping(p3) == Ping.all(3, ttl=63)
    assert p3.ping(p1.node.gateway) == Ping.all(3, ttl=63)


def test_a_route_that_somebody_deletes_comes_back(cluster):
    """As systemd-networkd does with routes that it does not know."""
    n1 = cluster.node("n1")
    routes = n1.output("ip", "route", "show", "dev", "loden0")
    assert "172.18.0.0/16" in routes
    n1.run("ip", "route", "delete", "172.18.0.0/16")
    wait_equal(lambda: n1.output("ip", "route", "show", "dev", "loden0"),
               routes)


def test_tcp_passes_between_host_and_pods(pods):
    p1, p3 = pods[0], pods[2]
    for sender, receiver in [(p1.node, p1), (p1.node, p3), (p1, p1.node),
                             (p3, p3.node)]:
        assert sender.transfer(receiver) == digest_of_numbers()


# ---- The way out ------------------------------------------------------------

def test_a_pod_reaches_the_world_behind_its_nodes_address(cluster, pods):
    cluster.ext.serve(8080)
    for pod in pods:
        assert pod.ask(cluster.world_address, 8080) == pod.node.address
        assert pod.ask(cluster.ext.address, 8080) == pod.node.address


def test_without_masquerade_a_pod_keeps_its_address(cluster, pods):
    p1, ext = pods[0], cluster.ext
    ext.serve(8081)
    ext.run("ip", "route", "add", p1.node.subnet, "via", p1.node.address)
    cluster.set_network("masquerade", False)
    try:
        wait_equal(lambda: p1.ask(cluster.world_address, 8081), p1.address)
    finally:
        cluster.set_network("masquerade", True)
        ext.run("ip", "route", "del", p1.node.subnet)
    wait_equal(lambda: p1.ask(cluster.world_address, 8081), p1.node.address)


def test_pods_keep_their_address_towards_pods(pods):
    p1, p2, p3 = pods[:3]
    for server in (p2, p3):
        server.serve(8082)
        assert p1.ask(server.address, 8082) == p1.address


def test_the_rules_are_in_one_table_of_nftables(cluster, pods):
    tables = cluster.node("n1").output("nft", "list", "tables").splitlines()
    families = {line.split()[1] for line in tables if " loden" in line}
    assert "table inet loden" in tables or "table ip loden" in tables
    assert families <= {"inet", "ip", "netdev"}


# ---- What the host's DNAT leads to a pod ------------------------------------

@pytest.fixture(scope="module", params=["local", "remote"])
def backend(request, cluster, pods):
    """A pod that serves what n1 is asked for: at the address of a service on
    every node, and at n1's own port 9000."""
    pod = pods[0] if request.param == "local" else pods[2]
    pod.serve(80)
    for node in cluster.nodes:
        port = f"ip daddr {node.address} tcp dport 9000 " \
            f"dnat to {pod.address}:80" if node.name == "n1" else ""
        rules = f"ip daddr {SERVICE} tcp dport 80 dnat to " \
            f"{pod.address}:80\n{port}\n"
        node.run("nft", "-f", "-", input=(
            "table ip services {\n"
            "  chain prerouting {\n"
            f"    type nat hook prerouting priority dstnat;\n{rules} }}\n"
            "  chain output {\n"
            f"    type nat hook output priority -100;\n{rules} }}\n"
            "}\n"))
    yield pod
    for node in cluster.nodes:
        node.run("nft", "delete", "table", "ip", "services")
    pod.run("sh", "-c", "kill $(ss -Hltnp sport = :80 |"
            " sed 's/.*pid=\\([0-9]*\\).*/\\1/')")


@pytest.mark.parametrize("client", ["p1", "p2", "p3", "p4", "p5"])
def test_a_service_is_reached_from_every_pod(cluster, pods, backend, client):
    """The backend itself among them, and pods of its node and of others."""
    assert cluster.pod(client).ask(SERVICE, 80)


def test_a_service_is_reached_from_every_host(cluster, pods, backend):
    assert all([node.ask(SERVICE, 80) for node in cluster.nodes])


@pytest.mark.parametrize("client", ["p1", "p2", "p3", "p5"])
def test_a_host_port_is_reached_from_pods(cluster, pods, backend, client):
    assert cluster.pod(client).ask(cluster.node("n1").address, 9000)


def test_a_host_port_is_reached_from_outside(cluster, pods, backend):
    seen = cluster.ext.ask(cluster.node("n1").address, 9000)
    if backend.node.name == "n1":
        # A local pod sees who it was.
        assert seen == cluster.ext.address
    else:
        # The reply must come back through n1.
        assert seen == cluster.node("n1").gateway
