# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""lodenctl doctor finds what keeps a node from working, and nothing on one
that works."""

import json

import pytest

from harness.cluster import DATAPATH
from harness.rows import parse_table
from harness.waiting import wait_equal, wait_until


@pytest.fixture(scope="module")
def n2(cluster, pods):
    """A node that is not the one with the database."""
    return cluster.node("n2")


def doctor(node):
    """The exit status, and the findings by check."""
    done = node.run("lodenctl", "--format=json", "doctor", check=False)
    found = {}
    for row in parse_table(done.stdout):
        found.setdefault(row["check"], []).append(row)
    return done.returncode, found


def verdicts(node):
    return {check: [row["verdict"] for row in rows]
            for check, rows in doctor(node)[1].items()}


HEALTHY = {"daemon": ["ok"],
           "datapath": ["warn" if DATAPATH == "netdev" else "ok"],
           "switch": ["ok"], "cluster": ["ok"], "lease": ["ok"],
           "udp port": ["ok"], "mtu": ["ok"], "ip_forward": ["ok"],
           "firewall": ["ok"]}


def test_a_node_that_works_is_well(n2):
    wait_equal(lambda: verdicts(n2), HEALTHY)
    assert doctor(n2)[0] == 0


def finds(node, check, evidence, remedy):
    """Waits until doctor fails and finds what it should; returns its row."""
    def row():
        code, found = doctor(node)
        rows = [row for row in found.get(check, ())
                if row["verdict"] == "FAIL"]
        return code and rows and rows[0]
    row = wait_until(row)
    assert evidence in row["evidence"]
    assert remedy in row["remedy"]


def is_well_again(node):
    wait_equal(lambda: verdicts(node), HEALTHY, deadline=15)


def test_forwarding_that_somebody_switched_off(n2):
    n2.run("sysctl", "-w", "net.ipv4.ip_forward=0")
    finds(n2, "ip_forward", "net.ipv4.ip_forward is 0",
          "sysctl -w net.ipv4.ip_forward=1")
    n2.run("sysctl", "-w", "net.ipv4.ip_forward=1")
    is_well_again(n2)


@pytest.mark.logs("drops what the host forwards for pods")
def test_a_firewall_that_drops(n2):
    n2.run("nft", "-f", "-", input="""
        table ip filter { chain FORWARD {
            type filter hook forward priority 0; policy drop; }; }""")
    finds(n2, "firewall", "chain FORWARD of table ip filter",
          "nft 'insert rule ip filter FORWARD iifname loden* accept")
    n2.run("nft", "delete", "table", "ip", "filter")
    is_well_again(n2)


def test_flows_that_were_never_let_go(n2):
    n2.ovs_vsctl("--no-wait", "set", "open", ".",
                 "other_config:flow-restore-wait=true")
    finds(n2, "switch", "flow-restore-wait is true",
          "remove Open_vSwitch . other_config flow-restore-wait")
    n2.ovs_vsctl("--no-wait", "remove", "open", ".", "other_config",
                 "flow-restore-wait")
    is_well_again(n2)


def test_packets_too_large_for_the_underlay(cluster, n2):
    cluster.set_network("mtu", 1480)
    try:
        finds(n2, "mtu", "network default: 1480 bytes and 50 of tunnel do not "
              "fit", "lodenctl network set default --mtu=1450")
    finally:
        cluster.set_network("mtu", ["set", []])
    is_well_again(n2)


# What Open vSwitch says where that is in its way, and of what it has seen
# before the change.
@pytest.mark.logs(r"lt-\w+|vxlan|receive tunnel port not found")
def test_a_program_on_the_tunnels_port(n2):
    """On the userspace datapath it is in nobody's way."""
    server = n2.popen(["socat", "-u", "UDP-RECV:8472", "-"])
    try:
        wait_until(lambda: n2.listens(8472, "udp"))
        n2.run("lodenctl", "option", "set", "dst_port", "8472")
        row = wait_until(lambda: [
            row for row in doctor(n2)[1]["udp port"]
            if row["verdict"] != "ok"])[0]
        assert "UDP port 8472, the tunnels', is held by socat" \
            in row["evidence"]
        assert row["verdict"] == ("warn" if DATAPATH == "netdev" else "FAIL")
    finally:
        n2.run("lodenctl", "option", "delete", "dst_port")
        n2.stop(server)
    is_well_again(n2)


@pytest.mark.datapath("system", "the kernel has no tunnels otherwise")
@pytest.mark.logs(r"lt-\w+|vxlan|receive tunnel port not found")
def test_a_tunnel_of_others_on_the_tunnels_port(n2):
    """Of flannel's, say."""
    n2.run("ip", "link", "add", "flannel.1", "type", "vxlan", "id", "1",
           "dstport", "8472", "dev", "eth0")
    try:
        n2.run("ip", "link", "set", "flannel.1", "up")
        n2.run("lodenctl", "option", "set", "dst_port", "8472")
        finds(n2, "udp port", "UDP port 8472, the tunnels', is held by a "
              "program of another container, or a tunnel of the kernel's own",
              "lodenctl option set dst_port")
    finally:
        n2.run("lodenctl", "option", "delete", "dst_port")
        n2.run("ip", "link", "delete", "flannel.1")
    is_well_again(n2)


@pytest.mark.logs("network tiny: no ", "constraint violation")
def test_a_network_without_a_subnet_for_this_node(cluster, n2):
    """There is one, and other nodes have the first choice of it."""
    n2.lodenctl("network", "add", "tiny", "--range=10.66.0.0/24", "--vni=66")
    try:
        holder = wait_until(lambda: [
            row["node"] for row in n2.table("subnet", "list")
            if row["network"] == "tiny"])
        without = next(node for node in cluster.nodes
                       if node.name not in holder)
        finds(without, "lease", "this node has no subnet of network tiny",
              "lodenctl subnet list")
    finally:
        n2.lodenctl("--force", "network", "delete", "tiny")
    is_well_again(n2)


@pytest.mark.logs("192.0.2.250|receive tunnel port not found|underlay")
def test_an_address_that_the_host_does_not_have(n2):
    n2.ovs_vsctl("set", "open", ".",
                 "external_ids:loden-encap-ip=192.0.2.250")
    try:
        finds(n2, "daemon", "no interface of this node has the tunnels' "
              "address 192.0.2.250: give it to one, or choose another", "")
    finally:
        n2.ovs_vsctl("set", "open", ".",
                     f"external_ids:loden-encap-ip={n2.address}")
    is_well_again(n2)


def test_a_cluster_database_that_does_not_answer(n2):
    was = n2.get("Open_vSwitch", ".", "external_ids:loden-remote")
    n2.ovs_vsctl("set", "open", ".",
                 'external_ids:loden-remote="unix:/run/loden/nobody"')
    finds(n2, "cluster", "unix:/run/loden/nobody does not answer",
          "external_ids:loden-remote")
    n2.ovs_vsctl("set", "open", ".",
                 f"external_ids:loden-remote={json.dumps(was)}")
    is_well_again(n2)


def test_a_daemon_that_is_not_there(cluster, n2):
    n2.run("loden-ctl", "stop")
    finds(n2, "daemon", "is not running here", "loden-ctl start")
    n2.start_controller()
    is_well_again(n2)


def test_options_of_the_cluster_are_judged(n2):
    def refusal(*words):
        done = n2.run("lodenctl", "option", *words, check=False)
        assert done.returncode == 1
        return done.stderr.strip()

    assert refusal("set", "dst_port", "0") == \
        "lodenctl: option dst_port: '0' is no UDP port, 1 to 65535"
    assert refusal("set", "tunnel_ports", "one").startswith(
        "lodenctl: option tunnel_ports: 'one' is neither per-peer, shared nor")
    assert refusal("set", "mtu", "1400").startswith(
        "lodenctl: there is no option 'mtu'")
    n2.lodenctl("option", "set", "tunnel_ports", "per-peer")
    assert {("dst_port", "4789", "false"),
            ("tunnel_ports", "per-peer", "true")} <= {
        (row["option"], row["value"], row["set"])
        for row in n2.table("option", "list")}
    n2.lodenctl("option", "delete", "tunnel_ports")
