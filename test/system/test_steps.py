# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A VNI changes in steps: nodes that lag, nodes that are silent, datapaths
that are slower than their switch."""

import pytest

from harness.bridged import join, settle_in
from harness.cluster import DATAPATH
from harness.live import carried_out, network, under_ping, vnis
from harness.traffic import Ping
from harness.tunnels import LONG, STALE
from harness.waiting import seconds, wait_equal, wait_until


def test_another_vni_loses_nothing_and_leaves_nothing_of_the_old(cluster,
                                                                 pods):
    n1 = cluster.node("n1")
    for vni in (0xabcd, 1):
        assert sum(under_ping(
            pods, lambda: n1.lodenctl("network", "set", "default",
                                      f"--vni={vni}"),
            lambda node: vnis(node) == [vni]).values()) == 0
        old = 0xabcd if vni == 1 else 1
        for node in cluster.nodes:
            assert not any(f"reg1={old:#x}," in str(flow)
                           or f"tun_id={old:#x} " in str(flow)
                           for flow in node.flows())


def test_a_node_that_lags_holds_a_vni_up_and_nobody_loses_a_packet(cluster,
                                                                   pods):
    n1, n3 = cluster.node("n1"), cluster.node("n3")
    p1, p3, p5 = pods[0], pods[2], pods[4]
    pings = [p1.pinging(p3, **LONG), p3.pinging(p5, **LONG),
             p5.pinging(p1, **LONG)]
    n3.kill()
    try:
        done = n1.run("lodenctl", f"--wait={seconds(2):.0f}", "network",
                      "set", "default", "--vni=7", check=False)
        assert done.returncode == 1
        assert "sends VNI 1 and takes 7 as well" in done.stderr
        assert "'n3' (at " in done.stderr and "'n2'" not in done.stderr
        for node in cluster.nodes[:2]:
            assert vnis(node) == [1, 7]
        done = n1.run("lodenctl", "network", "add", "other", "--vni=7",
                      "--range=10.77.0.0/16", check=False)
        assert "VNI 7 is taken by network 'default'" in done.stderr
    finally:
        n3.start_controller()
    for vni in (7, 1):
        n1.lodenctl("network", "set", "default", f"--vni={vni}")
        for node in cluster.nodes:
            wait_equal(lambda: vnis(node), [vni])
    for ping in pings:
        result = ping.end()
        print(f"{result.sent - result.received} of {result.sent} lost, of "
              f"which {ping.lost}")
        assert result.sent == result.received


def test_a_stale_node_does_not_hold_a_vni_up_and_follows_later(cluster, pods):
    n1, n3 = cluster.node("n1"), cluster.node("n3")
    n3.kill()
    try:
        cluster.transact({"op": "update", "table": "Node_Status",
                          "row": {"last_seen": 1},
                          "where": [["node", "==", "n3"]]})
        ping = pods[0].pinging(pods[2], **LONG)
        done = n1.run("lodenctl", "network", "set", "default", "--vni=7")
        assert done.stderr.count("not waited for") == 1
        assert "'n3' (last heard of: " in done.stderr
        result = ping.end()
        assert result == Ping.all(result.sent, ttl=63)
        assert pods[0].ping(pods[4]).received == 0
    finally:
        n3.start_controller()
    wait_equal(lambda: vnis(n3), [7])
    wait_until(lambda: pods[0].ping(pods[4]).received == 3)
    n1.lodenctl("network", "set", "default", "--vni=1")


def test_a_datapath_that_follows_late_holds_a_vni_up(cluster, pods):
    """Open vSwitch confirms rules before its datapath goes by them: here
    n1's, which sends the old VNI for as long."""
    n1, p1, p3 = cluster.node("n1"), pods[0], pods[2]
    ping = p1.pinging(p3, **LONG)
    wait_until(lambda: n1.tunnel_packets()["n2"] > 50)
    change = n1.popen(["lodenctl", "network", "set", "default", "--vni=7"])
    wait_until(lambda: vnis(n1) == [1, 7])
    n1.appctl("revalidator/pause", target="ovs-vswitchd")
    try:
        wait_until(lambda: vnis(n1) == [7, 1])
    finally:
        n1.appctl("revalidator/resume", target="ovs-vswitchd")
    assert change.wait(seconds(30)) == 0
    for node in cluster.nodes:
        wait_equal(lambda: vnis(node), [7])
    n1.lodenctl("network", "set", "default", "--vni=1")
    result = ping.end()
    print(f"{result.sent - result.received} of {result.sent} lost: "
          f"{ping.lost}")
    # When the kernel's revalidators go on, on a machine that does much else, a
    # few packets in a row have been lost, up to 9, which is not explained.
    most = 20 if DATAPATH == "system" else 0
    assert result.sent - result.received <= most
    assert (result.duplicates, result.errors, result.ttl) == (0, 0, (63,))


@pytest.fixture(params=["--internal", "--internal=false"])
def wide(cluster, request):
    """A bridged network, with two pods on n1 and one each on n2 and n3."""
    n1 = cluster.node("n1")
    n1.lodenctl("network", "add", "wide", "--mode=bridged", "--vni=500",
                "--range=10.5.0.0/16", request.param)
    for node in cluster.nodes:
        wait_until(lambda: node.network("wide"))
    members = [join(cluster, node, name, "wide") for node, name in (
        ("n1", "w1"), ("n1", "w2"), ("n2", "w3"), ("n3", "w4"))]
    settle_in(cluster, "wide", 4)
    yield members
    for pod in members:
        pod.delete()
    n1.lodenctl("network", "delete", "wide", "--force")


@pytest.mark.logs(STALE, "loden-50")
def test_a_bridged_network_s_vni_loses_nothing(cluster, wide):
    w1, w2, w3, w4 = wide
    pings = {f"{a} to {b}": a.pinging(b, **LONG) for a, b in (
        (w1, w2), (w1, w3), (w3, w4), (w4, w1))}
    for vni in (501, 500):
        cluster.node("n1").lodenctl("network", "set", "wide", f"--vni={vni}")
        for node in cluster.nodes:
            wait_equal(lambda: vnis(node, "wide"), [vni])
            wait_until(lambda: carried_out(node), deadline=20)
    results = {way: ping.end() for way, ping in pings.items()}
    lost = {way: each.sent - each.received for way, each in results.items()}
    print(lost, "of", sum(each.sent for each in results.values()))
    # The userspace datapath looks for its way anew, see nothing(), when the
    # host port is made anew.
    most = (0 if DATAPATH == "system" or network(w1.node, "wide")["internal"]
            else seconds(100))
    assert lost.pop("w1 to w2") == 0
    assert all(n <= most for n in lost.values())
