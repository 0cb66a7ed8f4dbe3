# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A network with IPv4 and IPv6, and one with IPv6 alone: pods, hosts and the
world reach each other."""

import itertools

import pytest

from harness.traffic import Ping, digest_of_numbers
from harness.waiting import wait_equal, wait_until

MTU = 1450
# What IPv6 and ICMPv6 put around the bytes that ping is told to send.
HEADERS = 48


@pytest.fixture(scope="module", params=["dual", "ipv6"])
def cluster(new_cluster, request):
    """Three nodes."""
    return new_cluster(nodes=3, pods=request.param)


@pytest.fixture
def dual(cluster):
    return cluster.sandbox.settings()["pods"] == "dual"


def mesh6(pods, **options):
    running = {(a.name, b.name): a.pinging(b.address6, **options)
               for a, b in itertools.permutations(pods, 2)}
    return {pair: pinging.result() for pair, pinging in running.items()}


def hops_between(a, b):
    return 64 if a.node.name == b.node.name else 63


# ---- Pods -------------------------------------------------------------------

def test_a_pod_has_an_address_of_each_family_of_its_node(pods, dual):
    for pod in pods:
        addresses = pod.attachment.addresses()
        assert len(addresses) == (2 if dual else 1)
        assert pod.address6.startswith(pod.node.subnet6.removesuffix(":/64"))
        row, = pod.node.rows("Interface", "external_ids",
                             f"name={pod.host_port}")
        ids = row["external_ids"]
        assert ids["loden-ip6"] == f"default/{pod.address6}"
        assert ("loden-ip" in ids) == dual
        assert pod.link()["mtu"] == MTU


def test_all_pods_ping_each_other_without_loss_or_duplicate(pods):
    assert mesh6(pods, count=5) == {
        (a.name, b.name): Ping.all(5, ttl=hops_between(a, b))
        for a, b in itertools.permutations(pods, 2)}


def test_both_families_work_at_once(pods, dual):
    p1, p3 = pods[0], pods[2]
    if dual:
        assert p1.ping(p3.address) == Ping.all(3, ttl=63)
    assert p1.ping(p3.address6) == Ping.all(3, ttl=63)


def test_packets_as_large_as_the_mtu_pass(pods):
    p1, p2, p3 = pods[:3]
    for target in (p2, p3):
        assert p1.ping(target.address6, size=MTU - HEADERS,
                       dont_fragment=True) == Ping.all(
                           3, ttl=hops_between(p1, target))
        assert p1.ping(target.address6, size=4000) == Ping.all(
            3, ttl=hops_between(p1, target))


def test_tcp_carries_every_byte(pods):
    p1, p2, p3 = pods[:3]
    for target in (p2, p3):
        assert p1.transfer(target, address=target.address6) == (
            digest_of_numbers())


def test_the_last_hop_is_answered_for_by_the_node(pods):
    p1, p3 = pods[0], pods[2]
    pinging = p1.pinging(p3.address6, count=1, ttl=1)
    assert pinging.result() == Ping(1, 0, errors=1)
    assert f"From {p1.node.gateway6}" in pinging.text
    assert "Time exceeded: Hop limit" in pinging.text


# ---- The host ---------------------------------------------------------------

def test_the_host_has_the_gateways_addresses_and_routes(pods, dual):
    node = pods[0].node
    addresses = node.output("ip", "-6", "-o", "addr", "show", "dev", "loden0")
    assert f"inet6 {node.gateway6}/64 " in addresses
    assert "inet6 fe80::1/64 " in addresses
    assert len(addresses.splitlines()) == 2
    assert "tentative" not in addresses and "dadfailed" not in addresses
    assert "fd00:18::/48 dev loden0" in node.output("ip", "-6", "route")
    assert ("inet " in node.output("ip", "addr", "show", "loden0")) == dual


def test_a_route_that_somebody_deletes_comes_back(cluster, pods):
    n1 = cluster.node("n1")

    def route():
        return n1.output("ip", "-6", "route", "show", "fd00:18::/48")

    before = route()
    assert "dev loden0" in before
    n1.run("ip", "-6", "route", "delete", "fd00:18::/48")
    wait_equal(route, before)


def test_the_host_reaches_pods_and_back(pods):
    p1, p3 = pods[0], pods[2]
    assert p1.node.ping(p1.address6) == Ping.all(3, ttl=64)
    assert p1.node.ping(p3.address6) == Ping.all(3, ttl=63)
    assert p1.ping(p1.node.gateway6) == Ping.all(3, ttl=64)
    assert p1.ping(p1.node.address6) == Ping.all(3, ttl=64)
    assert p3.ping(p1.node.gateway6) == Ping.all(3, ttl=63)


def test_tcp_passes_between_host_and_pods(pods):
    p1, p3 = pods[0], pods[2]
    for sender, receiver in [(p1.node, p1), (p1.node, p3), (p1, p1.node)]:
        assert sender.transfer(receiver, address=receiver.address6) == (
            digest_of_numbers())


def test_the_subnet_file_has_what_flannels_would(cluster, pods, dual):
    n1 = cluster.node("n1")
    v4 = ["FLANNEL_NETWORK=172.18.0.0/16", "FLANNEL_SUBNET=172.18.6.1/24"]
    assert n1.output("cat", "/run/loden/subnet.env").splitlines() == [
        *(v4 if dual else []),
        "FLANNEL_IPV6_NETWORK=fd00:18::/48",
        "FLANNEL_IPV6_SUBNET=fd00:18:0:6::1/64",
        "FLANNEL_MTU=1450", "FLANNEL_IPMASQ=true"]
    pod = n1.add_pod("by-file", configuration={
        "cniVersion": "1.0.0", "name": "cbr0", "type": "loden",
        "subnetFile": "/run/loden/subnet.env"})
    try:
        assert pod.ping(pods[2].address6) == Ping.all(3, ttl=63)
    finally:
        pod.delete()


# ---- The world --------------------------------------------------------------

def test_a_pod_reaches_the_world_behind_its_nodes_address(cluster, pods):
    cluster.ext.serve(8080)
    for pod in pods:
        for address in (cluster.world_address6, cluster.ext.address6):
            assert pod.ask(address, 8080) == pod.node.address6


def test_without_masquerade_a_pod_keeps_its_address(cluster, pods):
    p1, ext = pods[0], cluster.ext
    ext.serve(8081)
    ext.run("ip", "route", "add", p1.node.subnet6, "via", p1.node.address6)
    cluster.set_network("masquerade", False)
    try:
        wait_equal(lambda: p1.ask(cluster.world_address6, 8081), p1.address6)
        # The host asks for the pod's MAC on behalf of somebody else.
        p1.node.run("ip", "-6", "neigh", "flush", "dev", "loden0")
        assert ext.ping(p1.address6) == Ping.all(3, ttl=63)
    finally:
        cluster.set_network("masquerade", True)
        ext.run("ip", "route", "del", p1.node.subnet6)
    wait_equal(lambda: p1.ask(cluster.world_address6, 8081),
               p1.node.address6)


def test_pods_keep_their_address_towards_pods(pods):
    p1, p2, p3 = pods[:3]
    for server in (p2, p3):
        server.serve(8082)
        assert p1.ask(server.address6, 8082) == p1.address6


# ---- Host ports and virtual addresses ---------------------------------------

@pytest.fixture(scope="module")
def published(cluster, pods):
    """A pod on n1 whose port 80 is port 8090 of its node."""
    pod = cluster.node("n1").add_pod("published", configuration={
        "cniVersion": "1.0.0", "name": "default", "type": "loden",
        "runtimeConfig": {"portMappings": [
            {"hostPort": 8090, "containerPort": 80, "protocol": "tcp"}]}})
    pod.serve(80)
    yield pod
    pod.delete()


def test_a_host_port_leads_to_the_pod_from_everywhere(cluster, pods,
                                                      published):
    p1, _, p3 = pods[:3]
    n1 = published.node
    assert cluster.ext.ask(n1.address6, 8090) == cluster.ext.address6
    # A pod of this node, the pod itself, one of another node, the host.
    assert p1.ask(n1.address6, 8090) == n1.gateway6
    assert published.ask(n1.address6, 8090) == n1.gateway6
    assert p3.ask(n1.address6, 8090) == p3.node.address6
    assert n1.ask(n1.address6, 8090) is not None


def test_a_virtual_address_leads_to_pods_here_and_elsewhere(cluster, pods):
    p1, _, p3 = pods[:3]
    service = "fd00:96::1"
    p3.serve(8091)
    p1.serve(8091)
    n1 = p1.node
    for target in (p1, p3):
        n1.run("nft", "-f", "-", input=(
            "table ip6 test-service {\n"
            "  chain prerouting {\n"
            "    type nat hook prerouting priority dstnat;\n"
            f"    ip6 daddr {service} tcp dport 80 dnat to "
            f"[{target.address6}]:8091\n"
            "  }\n"
            "}\n"))
        try:
            assert p1.ask(service, 80) == n1.gateway6
        finally:
            n1.run("nft", "delete", "table", "ip6", "test-service")


# ---- Restarts ---------------------------------------------------------------

def test_a_controller_that_restarts_loses_no_packet(pods):
    p1, p3 = pods[0], pods[2]
    n1 = p1.node
    before = n1.rules()
    pinging = p1.pinging(p3.address6, count=300, interval=0.01)
    n1.kill()
    n1.start_controller()
    wait_until(lambda: n1.appctl("flows/diff") == "")
    assert pinging.result().received >= 299
    assert n1.rules() == before
