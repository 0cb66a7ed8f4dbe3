# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Tunnel ports of both kinds, and what becomes of packets while tunnels
change: their ports, their UDP port, the addresses where they end."""

import re

import pytest

from harness.cluster import DATAPATH
from harness.frames import BROADCAST, ethernet, ipv4, udp, vxlan
from harness.traffic import Ping
from harness.tunnels import STALE, during
from harness.waiting import seconds, wait_equal, wait_until


@pytest.fixture(scope="module")
def trio(pods):
    """A pod on each node."""
    return pods[0], pods[2], pods[4]


def tunnels(node):
    """The tunnel ports, by whom they lead to."""
    rows = node.rows("Interface", "external_ids", "type=vxlan")
    return {row["external_ids"].get("loden-peer",
                                    row["external_ids"].get("loden-tunnels"))
            for row in rows}


def peers(node):
    return {each.name for each in node.cluster.nodes} - {node.name}


def has_settled(node, ports, dst_port=4789):
    """Whether the node has these tunnel ports and no others, in the switch
    and in its rules."""
    rows = node.rows("Interface", "name", "options", "type=vxlan")
    return (tunnels(node) == ports
            and all(row["options"]["dst_port"] == str(dst_port)
                    for row in rows)
            and named_in_rules(node) == {row["name"] for row in rows}
            and node.appctl("flows/diff") == ""
            and node.status()["openflow"]["confirmed"])


def named_in_rules(node):
    """The tunnel ports, by name or number, that rules of the switch speak
    of."""
    return {name for flow in node.flows("classify")
            for name in re.findall(r"in_port=\"?(lt-[\w-]+|3\d{4})",
                                   flow.match)}


@pytest.fixture
def shared(cluster, trio):
    cluster.set_option("tunnel_ports", "shared")
    for node in cluster.nodes:
        wait_until(lambda: has_settled(node, {"shared"}), deadline=20)
    yield
    cluster.set_option("tunnel_ports")
    for node in cluster.nodes:
        wait_until(lambda: has_settled(node, peers(node)), deadline=20)


@pytest.mark.logs(STALE)
def test_the_change_to_shared_ports_and_back_loses_nothing(cluster, trio):
    for node in cluster.nodes:
        wait_until(lambda: has_settled(node, peers(node)), deadline=20)
    lost, sent = during(
        lambda: cluster.set_option("tunnel_ports", "shared"),
        lambda node: has_settled(node, {"shared"}), trio)
    assert lost == 0, f"of {sent}"
    status = trio[0].node.status()["tunnels"]
    assert (status["mode"], status["port"]) == ("shared", "lt-shared")
    assert "tunnels mode=shared asked=shared" in \
        trio[0].node.appctl("world/show")

    lost, sent = during(
        lambda: cluster.set_option("tunnel_ports", "per-peer"),
        lambda node: has_settled(node, peers(node)), trio)
    assert lost == 0, f"of {sent}"
    cluster.set_option("tunnel_ports")


@pytest.mark.logs(STALE)
def test_nodes_of_both_kinds_talk(cluster, trio):
    n1 = cluster.node("n1")
    n1.ovs_vsctl("set", "open", ".", "external_ids:loden-tunnel-ports=shared")
    try:
        wait_until(lambda: has_settled(n1, {"shared"}), deadline=20)
        assert tunnels(cluster.node("n2")) == {"n1", "n3"}
        for a, b in ((0, 1), (1, 2), (2, 0)):
            assert trio[a].ping(trio[b]) == Ping.all(3, ttl=63)
    finally:
        n1.ovs_vsctl("remove", "open", ".", "external_ids",
                     "loden-tunnel-ports")
        wait_until(lambda: has_settled(n1, peers(n1)), deadline=20)


PLAIN = ethernet(BROADCAST, "02:00:00:00:00:01", 0x0800, ipv4(
    "172.18.7.2", "172.18.6.2", 17, udp(1, 6680, b"x")))


def drops(node):
    dropped = node.dropped()
    return {reason: dropped.get(reason, 0)
            for reason in ("unknown-peer", "unknown-vni", "tunnel-spoof")}


@pytest.mark.logs(STALE)
def test_a_shared_port_takes_from_peers_only(cluster, trio, shared):
    """Everybody reaches the one port; the address says who it is."""
    n1, n2, ext = cluster.node("n1"), cluster.node("n2"), cluster.ext
    before = drops(n1)
    ext.send_udp(n1.address, 4789, vxlan(1, PLAIN))
    wait_equal(lambda: drops(n1)["unknown-peer"],
               before["unknown-peer"] + 1)
    n2.send_udp(n1.address, 4789, vxlan(99, PLAIN))
    wait_equal(lambda: drops(n1)["unknown-vni"], before["unknown-vni"] + 1)


# ---- Changes that all nodes must follow -------------------------------------

@pytest.mark.logs(STALE)
@pytest.mark.parametrize("kind", ["per-peer", "shared"])
def test_another_udp_port_takes_the_tunnels_along(cluster, trio, kind,
                                                  request):
    """In three steps, so that no packet is lost."""
    if kind == "shared":
        request.getfixturevalue("shared")
    n1 = cluster.node("n1")
    for words, port in ((("set", "dst_port", "8472"), 8472),
                        (("delete", "dst_port"), 4789)):
        lost, sent = during(
            lambda: n1.lodenctl("option", *words),
            lambda node: has_settled(
                node, {"shared"} if kind == "shared" else peers(node), port),
            trio)
        print(f"to UDP port {port}: {lost} of {sent} lost")
        assert lost == 0, f"of {sent}, to UDP port {port}"
        assert "also_dst_port" not in n1.status()["tunnels"]


def udp_ports(node):
    """To which a node sends, and which it takes as well."""
    known = node.status()["tunnels"]
    return known["dst_port"], known.get("also_dst_port")


@pytest.mark.logs(STALE)
def test_a_lodenctl_that_is_killed_between_steps_loses_nothing(cluster, trio):
    """Nor do controllers that are.  Whoever says the same again goes on."""
    n1, n2 = cluster.node("n1"), cluster.node("n2")

    def change():
        for ports in ((4789, 8472), (8472, 4789)):
            changing = n1.popen(["lodenctl", "option", "set", "dst_port",
                                 "8472"])
            wait_until(lambda: udp_ports(n2) == ports, deadline=20)
            n1.stop(changing)
            n2.kill()
            n2.start_controller()
        n1.lodenctl("option", "set", "dst_port", "8472")

    lost, sent = during(change, lambda node: has_settled(
        node, peers(node), 8472), trio)
    print(f"{lost} of {sent} lost")
    assert lost == 0, f"of {sent}"
    n1.lodenctl("option", "delete", "dst_port")
    for node in cluster.nodes:
        wait_until(lambda: has_settled(node, peers(node), 4789), deadline=20)


@pytest.mark.logs(STALE)
def test_a_udp_port_changes_by_hand_at_once(cluster, trio):
    """Then what is under way while one of two nodes has followed is lost."""
    for port in ("8472", None):
        lost, sent = during(
            lambda: cluster.set_option("dst_port", port),
            lambda node: has_settled(node, peers(node), port or 4789), trio)
        print(f"to UDP port {port}: {lost} of {sent} lost")
        assert lost < seconds(1000)


def ends_at(node, peer, address):
    """Whether 'node' sends to 'peer' at 'address'; of the peer itself,
    whether it sends from there."""
    if node.name == peer.name:
        return all(row["options"]["local_ip"] == address for row in
                   node.rows("Interface", "options", "type=vxlan"))
    row, = node.rows("Interface", "options",
                     f"external_ids:loden-peer={peer.name}")
    return row["options"]["remote_ip"] == address


@pytest.mark.logs(STALE)
def test_a_node_s_tunnels_end_at_another_address(cluster, trio):
    n1 = cluster.node("n1")
    device = "br-ex" if DATAPATH == "netdev" else "eth0"
    other = n1.address.rpartition(".")[0] + ".61"
    n1.run("ip", "address", "add", f"{other}/24", "dev", device)
    for node in cluster.nodes[1:]:
        if DATAPATH == "netdev":
            hwaddr = n1.output("cat", f"/sys/class/net/{device}/address")
            node.appctl("tnl/neigh/set", "br-ex", other, hwaddr.strip(),
                        target="ovs-vswitchd")
    try:
        for address in (other, n1.address):
            lost, sent = during(
                lambda: n1.ovs_vsctl("set", "open", ".", "external_ids:"
                                     f"loden-encap-ip={address}"),
                lambda node: ends_at(node, n1, address), trio)
            print(f"to {address}: {lost} of {sent} lost")
            assert lost < seconds(1000)
    finally:
        n1.run("ip", "address", "del", f"{other}/24", "dev", device)
