# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Daemons end in the hard way, and packets do not notice."""

import re
import subprocess

import pytest

from harness.bundles import received_by
from harness.traffic import ENDLESS, Ping
from harness.waiting import wait_until


def settled(node):
    """Whether the controller is connected and wants nothing else."""
    return node.appctl("flows/diff") == ""


LONG = {"count": ENDLESS, "interval": 0.002}


@pytest.fixture
def restarted(cluster, pods):
    """n1 before and after its controller was killed and started again, all
    of it under a ping from n1 to n2: (flows before, flows after, what the
    ping came to)."""
    n1, p1, p3 = cluster.node("n1"), pods[0], pods[2]
    assert p1.ping(p3) == Ping.all(3, ttl=63)
    pid = n1.pid()
    ping = p1.pinging(p3, **LONG)
    wait_until(lambda: counted(n1, p3) > 50)
    before = n1.flows()
    n1.kill()
    wait_until(lambda: n1.run("kill", "-0", pid, check=False).returncode)
    down = counted(n1, p3)
    wait_until(lambda: counted(n1, p3) > down)
    n1.start_controller()
    wait_until(lambda: settled(n1), deadline=15)
    assert n1.pid() != pid
    n1.settle_counters()
    after = n1.flows()
    return before, after, ping.end()


def counted(node, target):
    """How many packets went out of the tunnel to 'target's node."""
    return node.tunnel_packets()[target.node.name]


def test_a_killed_controller_loses_no_packet_and_no_counter(restarted):
    before, after, ping = restarted
    assert ping == Ping.all(ping.sent, ttl=63)
    assert {flow.rule for flow in after} == {flow.rule for flow in before}

    # A rule that is sent again is younger; a rule that is made anew has
    # counted less.
    was = {flow.rule: flow for flow in before}
    for flow in after:
        assert flow.packets >= was[flow.rule].packets, flow
        assert flow.bytes >= was[flow.rule].bytes, flow
        assert flow.duration >= was[flow.rule].duration, flow


def test_a_restarted_controller_changes_nothing_in_the_switch(cluster, pods):
    n1 = cluster.node("n1")
    with received_by(n1) as received:
        n1.kill()
        n1.start_controller()
        wait_until(lambda: settled(n1), deadline=15)
        assert n1.status()["openflow"]["confirmed"]
        assert "OFPT_HELLO" in dict(received.messages())
        assert (received.commits(), received.alone()) == (0, {})


def test_acknowledgements_stand_while_the_controller_restarts(cluster, pods):
    """A runtime that checks a pod just then must find nothing missing."""
    n1 = cluster.node("n1")
    log = n1.machine.log_folder / "loden-controller.log"
    n1.kill()
    length = len(log.read_text())
    n1.start_controller()
    wait_until(lambda: "confirmed" in log.read_text()[length:])
    wait_until(lambda: settled(n1))
    assert "withdrawing" not in log.read_text()[length:]
    row, = n1.rows("Interface", "external_ids", f"name={pods[0].host_port}")
    ids = row["external_ids"]
    assert ids["loden-ack"] == ids["loden-req"]


def test_a_killed_vswitchd_is_given_everything_again(cluster, pods):
    n1, p1, p3 = cluster.node("n1"), pods[0], pods[2]
    rules = n1.rules()
    pid = n1.pid("ovs-vswitchd")
    n1.kill("ovs-vswitchd")
    wait_until(lambda: n1.run("kill", "-0", pid, check=False).returncode)
    n1.start_vswitchd()
    wait_until(lambda: n1.rules() == rules, deadline=15)
    wait_until(lambda: p1.ping(p3, count=1).received == 1, deadline=15)
    assert p1.ping(p3) == Ping.all(3, ttl=63)
    assert p1.ping(pods[1]) == Ping.all(3, ttl=64)


@pytest.mark.datapath("system", "the userspace datapath ends with vswitchd")
def test_the_kernel_forwards_while_vswitchd_restarts(cluster, pods,
                                                     record_property):
    n1, p1, p3 = cluster.node("n1"), pods[0], pods[2]
    log = n1.machine.log_folder / "loden-controller.log"
    length = len(log.read_text())
    rules = n1.rules()
    assert p1.ping(p3) == Ping.all(3, ttl=63)
    ping = p1.pinging(p3, count=ENDLESS, interval=0.001)
    wait_until(lambda: counted(n1, p3) > 50)
    n1.kill("ovs-vswitchd")
    n1.start_vswitchd()
    wait_until(lambda: n1.rules() == rules, deadline=15)
    back = counted(n1, p3)
    wait_until(lambda: counted(n1, p3) > back + 200, deadline=15)
    result = ping.end()

    lost = result.sent - result.received
    print(f"vswitchd restarted under a ping of 1 kHz: {lost} of "
          f"{result.sent} packets lost")
    record_property("lost", lost)
    # Open vSwitch starts without a rule.  What is lost is what comes until
    # it has them again, all at once.
    assert lost < result.sent / 2
    assert result.duplicates == 0
    added = re.findall(r"adding (\d+) and deleting 0 of 0 flows",
                       log.read_text()[length:])
    assert [int(number) for number in added] == [len(rules)]


def test_a_stopped_controller_leaves_pods_talking(cluster, pods):
    n2, p1, p3 = cluster.node("n2"), pods[0], pods[2]
    n2.run("loden-ctl", "stop")
    try:
        assert p3.ping(p1) == Ping.all(3, ttl=63)
        assert p3.ping(pods[3]) == Ping.all(3, ttl=64)
        assert p3.ping(n2.gateway) == Ping.all(3, ttl=64)
    finally:
        n2.start_controller()
    wait_until(lambda: settled(n2), deadline=15)


# ---- Nobody runs in circles -------------------------------------------------

def turns(node):
    """What the controller has waited for so far, over all turns of its
    loop."""
    return int(node.appctl("coverage/read-counter", "poll_create_node"))


def assert_rests(pod):
    """The controller of 'pod's node hardly runs while a second passes in
    which the kernel has told it something."""
    node = pod.node
    node.run("ip", "address", "add", "192.0.2.200/32", "dev", "lo")
    try:
        before = turns(node)
        assert pod.ping(node.gateway, count=21) == Ping.all(21, ttl=64)
        assert turns(node) - before < 5000
    finally:
        node.run("ip", "address", "del", "192.0.2.200/32", "dev", "lo")


def test_a_controller_rests_while_its_databases_are_in_order(pods):
    assert_rests(pods[0])


@pytest.mark.logs("it has no Loden_Global row")
def test_a_controller_rests_while_the_cluster_is_not_initialised(cluster,
                                                                 pods):
    n1, p1 = cluster.node("n1"), pods[0]
    columns = ["cluster_id", "generation", "config_seq"]
    found = cluster.transact({"op": "select", "table": "Loden_Global",
                              "where": [], "columns": columns})
    cluster.transact({"op": "delete", "table": "Loden_Global", "where": []})
    try:
        wait_until(lambda: not n1.status()["cluster"]["ready"])
        assert_rests(p1)
        # What it knows it still carries out.
        n1.run("ip", "address", "del", f"{n1.gateway}/24", "dev", "loden0")
        wait_until(lambda: p1.ping(n1.gateway) == Ping.all(3, ttl=64))
    finally:
        cluster.transact({"op": "insert", "table": "Loden_Global",
                          "row": found[0]["rows"][0]})
    wait_until(lambda: n1.status()["cluster"]["ready"])


@pytest.mark.logs("another loden-controller acts on this node")
def test_a_controller_rests_while_another_acts(cluster, pods):
    n1, p1 = cluster.node("n1"), pods[0]
    thief = n1.popen(["ovsdb-client", "steal",
                      "unix:/run/openvswitch/db.sock", "loden_controller"],
                     stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: not n1.status()["local"]["locked"])
        assert_rests(p1)
    finally:
        n1.stop(thief)
    wait_until(lambda: n1.status()["local"]["locked"]
               and n1.status()["openflow"]["confirmed"])
    assert p1.ping(pods[2]) == Ping.all(3, ttl=63)
