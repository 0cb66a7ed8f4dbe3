# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""lodenctl doctor finds what keeps a node from working, and nothing on one
that works."""

import json
import pathlib

import pytest

from harness.cluster import DATAPATH
from harness.nft import refusing
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


def finds(node, check, evidence, remedy, verdict="FAIL"):
    """Waits until doctor finds what it should, and fails with a FAIL."""
    def row():
        code, found = doctor(node)
        rows = [row for row in found.get(check, ())
                if row["verdict"] == verdict]
        return bool(code) == (verdict == "FAIL") and rows and rows[0]
    row = wait_until(row)
    assert evidence in row["evidence"]
    assert remedy in row["remedy"]


def is_well_again(node):
    wait_equal(lambda: verdicts(node), HEALTHY, deadline=15)


# ---- The switch and its database --------------------------------------------

@pytest.mark.datapath("netdev", "the kernel has Open vSwitch's otherwise")
@pytest.mark.skipif(pathlib.Path("/sys/module/openvswitch").exists(),
                    reason="the kernel has Open vSwitch's")
@pytest.mark.logs("datapath|br-int|ofproto|bridge")
def test_a_datapath_that_the_kernel_does_not_have(n2):
    """The switch cannot make the bridge.  What follows from its ports is
    judged if the daemon saw them before that."""
    expected = {"daemon": ["ok"], "datapath": ["FAIL"], "switch": ["FAIL"],
                "cluster": ["ok"], "udp port": ["ok"], "ip_forward": ["ok"],
                "firewall": ["ok"]}

    def judged():
        now = verdicts(n2)
        return {check: now.get(check) for check in expected}

    def again(datapath):
        n2.run("loden-ctl", "stop")
        n2.run("loden-ctl", "start", f"--datapath={datapath}", check=False)

    again("system")
    try:
        finds(n2, "datapath", "system: the kernel's openvswitch is not loaded",
              "modprobe openvswitch")
        wait_equal(judged, expected)
    finally:
        again("netdev")
    is_well_again(n2)


@pytest.mark.logs("Connection refused|connection (attempt|closed|dropped)",
                  "db.sock|ovsdb", "not connected")
def test_a_node_s_database_that_is_not_there(n2):
    n2.kill("ovsdb-server")
    try:
        finds(n2, "switch", "no connection to unix:/var/run/openvswitch/"
              "db.sock", "systemctl start openvswitch-switch")
    finally:
        n2.cluster.sandbox.node(n2.name).start_database()
    is_well_again(n2)


@pytest.mark.logs("Connection refused|connection (attempt|closed|dropped)",
                  "br-int")
def test_a_switch_that_is_not_there(n2):
    n2.kill("ovs-vswitchd")
    try:
        finds(n2, "switch", "flows are not confirmed: ",
              "see /var/log/openvswitch/ovs-vswitchd.log")
    finally:
        n2.start_vswitchd()
    is_well_again(n2)


@pytest.mark.logs("lt-|other-tunnel|already", "receive tunnel port not found")
def test_a_tunnel_of_others_in_the_place_of_ours(n2):
    """Open vSwitch takes one of a kind."""
    row = n2.rows("Interface", "name", "options", "type=vxlan")[0]
    options = [f'options:{key}="{value}"'
               for key, value in row["options"].items()]
    n2.run("kill", "-STOP", n2.pid())
    try:
        n2.ovs_vsctl("add-br", "br-other", "--", "set", "bridge", "br-other",
                     f"datapath_type={DATAPATH}",
                     "--", "del-port", row["name"],
                     "--", "add-port", "br-other", "other-tunnel",
                     "--", "set", "interface", "other-tunnel", "type=vxlan",
                     *options)
        n2.run("kill", "-CONT", n2.pid())
        finds(n2, "port", f"port {row['name']}: could not add network device "
              f"{row['name']} to ofproto", "ovs-vswitchd.log")
    finally:
        n2.ovs_vsctl("del-br", "br-other")
    is_well_again(n2)


# ---- The host ---------------------------------------------------------------

@pytest.mark.logs("nft refuses: No room today")
def test_rules_that_nft_refuses(cluster, n2):
    with refusing(n2):
        cluster.set_network("masquerade", False)
        finds(n2, "nftables", "nft refuses: No room today",
              "nft list table inet loden")
    cluster.set_network("masquerade", True)
    is_well_again(n2)


def test_forwarding_that_somebody_switched_off(n2):
    n2.run("sysctl", "-w", "net.ipv4.ip_forward=0")
    finds(n2, "ip_forward", "net.ipv4.ip_forward is 0",
          "sysctl -w net.ipv4.ip_forward=1")
    n2.run("sysctl", "-w", "net.ipv4.ip_forward=1")
    is_well_again(n2)


def test_ipv6_that_is_not_forwarded(new_cluster):
    """Which is missed only where a network has IPv6."""
    node = new_cluster(nodes=1, pods="dual").node("n1")
    wait_equal(lambda: verdicts(node), HEALTHY)
    node.run("sysctl", "-w", "net.ipv6.conf.all.forwarding=0")
    finds(node, "ip_forward", "net.ipv6.conf.all.forwarding is 0",
          "sysctl -w net.ipv6.conf.all.forwarding=1")
    node.run("sysctl", "-w", "net.ipv6.conf.all.forwarding=1")
    is_well_again(node)
    node.lodenctl("--force", "network", "delete", "default")
    finds(node, "lease", "there is no network yet",
          "lodenctl network add NAME --range=CIDR", "warn")


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
def test_a_program_on_the_tunnels_port(cluster, n2):
    """On the userspace datapath it is in nobody's way."""
    server = n2.popen(["socat", "-u", "UDP-RECV:8472", "-"])
    try:
        wait_until(lambda: n2.listens(8472, "udp"))
        cluster.set_option("dst_port", "8472")
        row = wait_until(lambda: [
            row for row in doctor(n2)[1]["udp port"]
            if row["verdict"] != "ok"])[0]
        assert "UDP port 8472, the tunnels', is held by socat" \
            in row["evidence"]
        assert row["verdict"] == ("warn" if DATAPATH == "netdev" else "FAIL")
    finally:
        cluster.set_option("dst_port")
        n2.stop(server)
    is_well_again(n2)


@pytest.mark.datapath("system", "the kernel has no tunnels otherwise")
@pytest.mark.logs(r"lt-\w+|vxlan|receive tunnel port not found")
def test_a_tunnel_of_others_on_the_tunnels_port(cluster, n2):
    """Of flannel's, say."""
    n2.run("ip", "link", "add", "flannel.1", "type", "vxlan", "id", "1",
           "dstport", "8472", "dev", "eth0")
    try:
        n2.run("ip", "link", "set", "flannel.1", "up")
        cluster.set_option("dst_port", "8472")
        finds(n2, "udp port", "UDP port 8472, the tunnels', is held by a "
              "program of another container, or a tunnel of the kernel's own",
              "lodenctl option set dst_port")
    finally:
        cluster.set_option("dst_port")
        n2.run("ip", "link", "delete", "flannel.1")
    is_well_again(n2)


# ---- The cluster ------------------------------------------------------------

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
        n2.run("loden-ctl", "stop")
        n2.start_controller()
        finds(n2, "mtu", "no interface has the tunnels' address",
              "external_ids:loden-encap-ip=ADDRESS")
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


def test_changes_that_were_left_half_done(cluster, n2):
    """As if the lodenctl that made them had been killed."""
    cluster.set_network("options", ["map", [["also_vni", "7"],
                                            ["closing", "true"]]])
    cluster.set_option("also_dst_port", "8472")
    try:
        wait_equal(lambda: {
            row["evidence"]: row["remedy"].partition(": ")[2]
            for row in doctor(n2)[1].get("change", ())}, {
                "network default sends VNI 1 and takes 7 as well":
                "lodenctl network set default --vni=1",
                "network default takes no pods, as it is about to be deleted":
                "lodenctl network delete default",
                "tunnels send to UDP port 4789 and take 8472 as well":
                "lodenctl option set dst_port 4789"})
        assert doctor(n2)[0] == 0
        n2.lodenctl("network", "set", "default", "--vni=1")
        n2.lodenctl("option", "set", "dst_port", "4789")
    finally:
        cluster.set_network("options", ["map", []])
        cluster.set_option("also_dst_port")
        cluster.set_option("dst_port")
    is_well_again(n2)


@pytest.mark.logs("it has no Loden_Global row")
def test_a_cluster_database_that_is_nobodys(cluster, n2):
    columns = ["cluster_id", "generation", "config_seq"]
    found = cluster.transact({"op": "select", "table": "Loden_Global",
                              "where": [], "columns": columns})
    cluster.transact({"op": "delete", "table": "Loden_Global", "where": []})
    try:
        finds(n2, "cluster", "cluster.sock is not initialised", "")
    finally:
        cluster.transact({"op": "insert", "table": "Loden_Global",
                          "row": found[0]["rows"][0]})
    is_well_again(n2)


@pytest.mark.logs("refused: Reservation nonsense")
def test_a_row_that_is_refused(cluster, n2):
    where = [["cidr", "==", "nonsense"]]
    cluster.transact({"op": "insert", "table": "Reservation", "row": {
        "network": "default", "cidr": "nonsense", "node": "n9"}})
    finds(n2, "refused", "Reservation nonsense of node n9 in network default:"
          " ", "", "warn")
    cluster.transact({"op": "delete", "table": "Reservation", "where": where})
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
