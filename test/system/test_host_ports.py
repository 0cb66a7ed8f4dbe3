# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Ports of a node that lead to ports of its pods."""

import re
import secrets

import pytest

from harness.waiting import wait_equal, wait_until

PORTS = "tcp/8080/80 udp/5353/53"


def ask_for(pod, ports):
    """Writes what the plugin would, in a new request: the host ports of
    'pod'; None for none."""
    row = ["Interface", pod.host_port]
    pod.node.ovs_vsctl(
        "remove", *row, "external_ids", "loden-ports", "--", "set", *row,
        f"external_ids:loden-req={secrets.token_hex(8)}",
        *([f'external_ids:loden-ports="{ports}"'] if ports else []))


def leads(node):
    """What the kernel has: host port to pod's port."""
    listing = node.output("nft", "list", "table", "inet", "loden")
    chain = listing.partition("chain host-ports {")[2].partition("\n\t}")[0]
    return set(re.findall(r"((?:\S+ \. )+\d+ : \S+ \. \d+)", chain))


@pytest.fixture(scope="module")
def server(cluster, pods):
    """p1 on n1, whose ports 8080/tcp and 5353/udp lead to it."""
    pod = pods[0]
    pod.serve(80)
    pod.popen(["socat", "UDP-RECVFROM:53,fork",
               "SYSTEM:read word; echo $SOCAT_PEERADDR"])
    wait_until(lambda: pod.listens(53, "udp"))
    ask_for(pod, PORTS)
    wait_equal(lambda: leads(pod.node), {
        f"tcp . 8080 : {pod.address} . 80", f"udp . 5353 : {pod.address} . 53"})
    return pod


def ask_udp(place, address, port):
    """What the server says to a datagram from 'place'."""
    done = place.run("sh", "-c", "echo hello | socat -t 2 - "
                     f"UDP:{address}:{port}", check=False)
    return done.stdout.strip() or None


def who_asks(asker, server, address):
    """What both services see of 'asker' at an address of the node."""
    return {asker.ask(address, 8080), ask_udp(asker, address, 5353)}


def test_from_outside_the_pod_sees_who_asks(cluster, server):
    assert who_asks(cluster.ext, server, server.node.address) == {
        cluster.ext.address}


@pytest.mark.parametrize("which", [0, 1, 2])
def test_pods_reach_it_the_pod_itself_and_one_elsewhere_too(
        cluster, pods, server, which):
    asker = pods[which]
    node = server.node
    seen = asker.node.address if asker.node.name != node.name else node.gateway
    assert who_asks(asker, server, node.address) == {seen}
    # The gateway's address of that node is the node's own, too.
    assert who_asks(asker, server, node.gateway) == {node.gateway}


def test_nodes_reach_it_and_the_node_itself(cluster, server):
    node = server.node
    assert who_asks(node, server, node.address) == {node.address}
    assert who_asks(node, server, node.gateway) == {node.gateway}
    other = cluster.node("n2")
    assert who_asks(other, server, node.address) == {other.address}


def test_the_hosts_loopback_stays_its_own(cluster, server):
    node = server.node
    assert node.ask("127.0.0.1", 8080) is None
    assert node.output("sysctl", "-n",
                       "net.ipv4.conf.all.route_localnet") == "0"


def test_other_nodes_have_no_such_port(cluster, server):
    assert cluster.ext.ask(cluster.node("n2").address, 8080) is None


def test_a_restart_of_the_controller_keeps_them(cluster, server):
    """A client that asks again and again never misses one."""
    node = server.node
    ext = cluster.ext
    asking = ext.popen(["sh", "-c", (
        "while :; do echo | socat -t 2 - TCP:%s:8080,connect-timeout=1"
        " >/dev/null 2>&1 || echo lost >> /run/lost; echo >> /run/asked; done")
        % node.address])
    asked = lambda: int(ext.output("sh", "-c",  # noqa: E731
                                   "wc -l < /run/asked || echo 0"))
    try:
        wait_until(lambda: asked() > 5)
        node.kill()
        here = asked()
        wait_until(lambda: asked() > here + 5)
        node.start_controller()
        wait_equal(lambda: node.status()["host"]["nftables"]["applied"], True)
        here = asked()
        wait_until(lambda: asked() > here + 5)
    finally:
        ext.stop(asking)
    assert ext.run("cat", "/run/lost", check=False).stdout == ""


def test_a_host_port_on_one_address_is_there_alone(cluster, pods, server):
    p2 = pods[1]
    node = p2.node
    p2.serve(80)
    ask_for(p2, f"tcp/8081/80/{node.address}")
    wait_until(lambda: f"{node.address} . tcp . 8081 : {p2.address} . 80"
               in leads(node))
    assert cluster.ext.ask(node.address, 8081) == cluster.ext.address
    assert pods[2].ask(node.gateway, 8081) is None
    ask_for(p2, None)
    wait_equal(lambda: len(leads(node)), 2)
    assert cluster.ext.ask(node.address, 8081) is None


@pytest.mark.logs("refused: Interface")
@pytest.mark.parametrize("ports, why", [
    ("tcp/8080/81", "the host port tcp/8080 is pod .*'s already"),
    ("tcp/80/80/127.0.0.1", "route_localnet, which Loden leaves alone"),
    ("http/80/80", "PROTO is tcp, udp or sctp"),
    ("udp/4789/80", "the host port udp/4789 is the tunnels'"),
])
def test_what_cannot_be_had_refuses_the_pod(cluster, pods, server, ports,
                                            why):
    """And the one that has it keeps it."""
    p2 = pods[1]
    node = server.node
    ask_for(p2, ports)
    try:
        wait_until(lambda: re.search(why, str(node.status()["refusals"])))
        wait_until(lambda: not node.get("Interface", p2.host_port,
                                        "external_ids:loden-ack"))
        assert who_asks(cluster.ext, server, node.address) == {
            cluster.ext.address}
    finally:
        ask_for(p2, None)
        wait_until(lambda: node.get("Interface", p2.host_port,
                                    "external_ids:loden-ack"))


def test_a_pod_that_is_told_it_works_has_its_ports(cluster, server):
    """The acknowledgement comes with the ports, not before them."""
    node = server.node
    pod = node.add_pod("fresh")
    row = pod.host_port
    was = node.get("Interface", row, "external_ids:loden-ack")
    ask_for(pod, "tcp/9090/90")
    wait_until(lambda: node.get("Interface", row, "external_ids:loden-ack")
               not in ("", was))
    assert f"tcp . 9090 : {pod.address} . 90" in leads(node)
    pod.delete()
    wait_equal(lambda: len(leads(node)), 2)


def test_a_deleted_pods_ports_are_gone(cluster, server):
    node = server.node
    server.delete()
    wait_equal(lambda: leads(node), set())
    assert cluster.ext.ask(node.address, 8080) is None
