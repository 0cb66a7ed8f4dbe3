# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Pods held to rates, kept from each other, or free to use any MAC."""

import re
import subprocess

import pytest

from harness.cluster import DATAPATH
from harness.frames import BROADCAST, arp, datagram, ethernet
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until

RATE = 20_000_000
BURST = 7_000_000
DEFAULT = RATE // 3     # The burst of those that ask for less, or for none.
NO_BURST = 2**35 - 9    # What CRI-O writes when nobody asked for one.
IPV4, ARP = 0x0800, 0x0806


def ask(pod, **ids):
    """Writes what the plugin would; None takes a key away."""
    for key, value in ids.items():
        key = "loden-" + key.replace("_", "-")
        if value is None:
            pod.node.ovs_vsctl("remove", "Interface", pod.host_port,
                               "external_ids", key)
        else:
            pod.node.ovs_vsctl("set", "Interface", pod.host_port,
                               f'external_ids:{key}="{value}"')


def meters(node):
    """The switch's meters that hold pods to a rate of theirs: number, rate
    and burst in 1000 bits.  Greater numbers are the networks' and what all
    pods have."""
    text = node.output("ovs-ofctl", "-O", "OpenFlow15", "dump-meters",
                       "br-int")
    return sorted(tuple(map(int, found)) for found in re.findall(
        r"meter=(\d+) kbps burst bands=\s+type=drop rate=(\d+) "
        r"burst_size=(\d+)", text) if int(found[0]) < 0x1000000)


def limits(sends=None, receives=None):
    """Meters and queues for what a pod 'sends' and 'receives', each a pod and
    its rate and burst in bits, as meters() and queues() give them.  On the
    userspace datapath a meter stands before each queue."""
    expected = ([], {})
    for limit, first in ((sends, 0), (receives, 0x10000)):
        if limit and (not first or DATAPATH == "netdev"):
            pod, rate, burst = limit
            number = int(pod.node.get("Interface", pod.host_port, "ofport"))
            expected[0].append((first + number, rate // 1000, -(-burst // 1000)))
    if receives:
        pod, rate, burst = receives
        expected[1][pod.host_port] = (rate, burst)
    return expected


def limits_of(node):
    return (meters(node), queues(node))


def queues(node):
    """The limits on what pods receive: port to rate and burst, in bits."""
    ports = node.rows("Port", "name", "qos")
    qos = {row["_uuid"]: row for row in node.rows("QoS")}
    rows = {row["_uuid"]: row for row in node.rows("Queue")}
    found = {}
    for port in ports:
        if port["qos"]:
            row = qos.pop(port["qos"])
            queue = rows.pop(row["queues"][0])
            assert row["type"] == "linux-htb"
            found[port["name"]] = (int(queue["other_config"]["max-rate"]),
                                   int(queue["other_config"]["burst"]))
    assert not qos and not rows, "rows that no port needs"
    return found


def holds(rate, source, target):
    """Whether what 'source' sends to 'target' arrives at 'rate'.  Somebody
    else's burst of work on this machine may slow down one transfer; the
    limit's own error shows in each."""
    rates = []
    for _ in range(3):
        rates.append(source.stream(target, megabytes=12).bits_per_second)
        if rates[-1] == pytest.approx(rate, rel=0.1):
            return True
        assert rates[-1] < 1.1 * rate, rates
    raise AssertionError(f"not within 10 % of {rate}: {rates}")


@pytest.fixture
def p1(pods):
    """p1 on n1, without limits before and after."""
    keys = dict.fromkeys(["rate_in", "rate_out", "mac_check", "isolated"])
    yield pods[0]
    for pod in pods[:2]:
        ask(pod, **keys)
    wait_equal(lambda: limits_of(pods[0].node), limits())


# ---- Rates ------------------------------------------------------------------

def test_what_a_pod_sends_is_held_to_its_rate(pods, p1):
    p2, p3 = pods[1:3]
    ask(p1, rate_out=f"{RATE} {NO_BURST}")
    wait_equal(lambda: limits_of(p1.node), limits(sends=(p1, RATE, DEFAULT)))
    assert holds(RATE, p1, p2)
    assert holds(RATE, p1, p3)
    # Neither what it receives, nor others.
    assert p2.stream(p1, megabytes=12).bits_per_second > 2 * RATE
    assert p2.stream(p3, megabytes=12).bits_per_second > 2 * RATE


def test_what_a_pod_receives_is_held_to_its_rate(pods, p1):
    p2, p3 = pods[1:3]
    ask(p1, rate_in=f"{RATE} {NO_BURST}")
    wait_equal(lambda: limits_of(p1.node), limits(receives=(p1, RATE, DEFAULT)))
    assert holds(RATE, p2, p1)
    assert holds(RATE, p3, p1)
    assert p1.stream(p2, megabytes=12).bits_per_second > 2 * RATE


def test_a_flood_towards_a_limited_pod_costs_others_nothing(pods, p1):
    node = p1.node
    other = node.add_pod("other")
    ask(p1, rate_in=f"{RATE} {BURST}")
    wait_equal(lambda: limits_of(node), limits(receives=(p1, RATE, BURST)))
    server = p1.popen(["iperf3", "--server", "--one-off"],
                      stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: p1.listens(5201))
        flood = pods[1].popen(
            ["iperf3", "--client", p1.address, "--udp", "--bitrate",
             str(4 * RATE), "--time", "4"], stdout=subprocess.DEVNULL)
        pinging = node.pinging(other, count=300, interval=0.01)
        assert pinging.result() == Ping.all(300, ttl=64)
        assert flood.wait(60) == 0
    finally:
        p1.stop(server)
        other.delete()


def test_rates_change_and_end(p1):
    ask(p1, rate_in=f"{RATE} {BURST}", rate_out=f"{RATE} {BURST}")
    wait_equal(lambda: limits_of(p1.node), limits(
        sends=(p1, RATE, BURST), receives=(p1, RATE, BURST)))
    ask(p1, rate_in=f"{2 * RATE} {3 * BURST}", rate_out=f"{RATE} {2 * BURST}")
    wait_equal(lambda: limits_of(p1.node), limits(
        sends=(p1, RATE, 2 * BURST), receives=(p1, 2 * RATE, 3 * BURST)))
    assert p1.node.appctl("flows/diff") == ""


def count(node):
    """How many packets each meter has seen, by its number."""
    text = node.output("ovs-ofctl", "-O", "OpenFlow15", "meter-stats",
                       "br-int")
    return {int(number): int(n) for number, n in re.findall(
        r"meter:(\d+) .*packet_in_count:(\d+)", text)}


def test_a_restart_of_the_controller_sends_no_meter(pods, p1):
    node = p1.node
    ask(p1, rate_out=f"{RATE} {BURST}", rate_in=f"{RATE} {BURST}")
    both = limits(sends=(p1, RATE, BURST), receives=(p1, RATE, BURST))
    wait_equal(lambda: limits_of(node), both)
    assert p1.ping(pods[1]) == Ping.all(3, ttl=64)
    counted = count(node)
    assert counted[both[0][0][0]] >= 3
    node.kill()
    node.start_controller()
    wait_until(lambda: node.status()["openflow"]["confirmed"])
    assert limits_of(node) == both
    now = count(node)
    assert all(now[number] >= before for number, before in counted.items())


@pytest.mark.logs("flows were changed by somebody else")
def test_a_meter_that_somebody_deletes_comes_back(pods, p1):
    """Its flow goes with it."""
    ask(p1, rate_out=f"{RATE} {BURST}")
    wait_equal(lambda: limits_of(p1.node), limits(sends=(p1, RATE, BURST)))
    p1.node.output("ovs-ofctl", "-O", "OpenFlow15", "del-meters", "br-int")
    wait_equal(lambda: limits_of(p1.node), limits(sends=(p1, RATE, BURST)))
    wait_until(lambda: p1.ping(pods[1]) == Ping.all(3, ttl=64))


@pytest.mark.parametrize("absent", [False, True])
def test_nothing_is_left_of_a_limited_pod(cluster, pods, p1, absent):
    """Also if the controller was away when it went."""
    node = p1.node
    pod = node.add_pod("limited")
    ask(pod, rate_out=f"{RATE} {BURST}", rate_in=f"{RATE} {BURST}")
    wait_equal(lambda: limits_of(node), limits(
        sends=(pod, RATE, BURST), receives=(pod, RATE, BURST)))
    if absent:
        node.kill()
    pod.delete()
    if absent:
        node.start_controller()
    wait_until(lambda: meters(node) == [])
    wait_equal(lambda: (node.rows("QoS"), node.rows("Queue")), ([], []))


@pytest.mark.logs("refused: Interface")
@pytest.mark.parametrize("key, value, why", [
    ("rate_out", "fast 1", "is not of the form RATE BURST"),
    ("rate_in", "-1 1", "is not of the form RATE BURST"),
    ("rate_in", "999 1000", "999 bits/s cannot be kept: 1000 to 34359738360"),
    ("isolated", "yes", "is neither true nor false"),
    ("mac_check", "off", "is neither true nor false"),
])
def test_a_bad_word_never_means_no_limit(pods, p1, key, value, why):
    node = p1.node
    ask(p1, **{key: value})
    wait_until(lambda: why in str(node.status()["refusals"]))
    wait_until(lambda: not node.get("Interface", p1.host_port,
                                    "external_ids:loden-ack"))
    wait_until(lambda: p1.ping(pods[1]) == Ping.none(3))
    ask(p1, **{key: None})
    wait_until(lambda: p1.ping(pods[1]) == Ping.all(3, ttl=64))


# ---- Isolation --------------------------------------------------------------

def test_isolated_pods_of_a_node_do_not_reach_each_other(
        cluster, pods, p1):
    p2, p3 = pods[1:3]
    node = p1.node
    free = node.add_pod("free")
    for pod in (p1, p2):
        ask(pod, isolated="true")
    wait_until(lambda: p1.ping(p2) == Ping.none(3))
    before = node.dropped().get("isolated", 0)
    assert p2.ping(p1) == Ping.none(3)
    wait_equal(lambda: node.dropped().get("isolated", 0), before + 3)
    # Nobody else minds.
    assert p1.ping(free) == Ping.all(3, ttl=64)
    assert free.ping(p2) == Ping.all(3, ttl=64)
    assert p1.ping(node.gateway) == Ping.all(3, ttl=64)
    assert p1.ping(cluster.ext) == Ping.all(3, ttl=63)
    assert p1.ping(p3) == Ping.all(3, ttl=63)
    assert p3.ping(p1) == Ping.all(3, ttl=63)
    free.delete()


def test_a_broadcast_of_an_isolated_pod_passes_the_others_by(pods, p1):
    p2 = pods[1]
    node = p1.node
    free = node.add_pod("open")
    for pod in (p1, p2):
        ask(pod, isolated="true")
    wait_until(lambda: p1.ping(p2) == Ping.none(3))
    frame = ethernet(BROADCAST, p1.mac, IPV4,
                     datagram(p1.address, "255.255.255.255", 7777))
    with p2.capture("udp port 7777 or icmp") as there, \
            free.capture("udp port 7777") as here:
        p1.send_frames(frame)
        here.saw("7777")
        assert free.ping(p2) == Ping.all(3, ttl=64)
        there.saw("echo request")
        assert there.matching("7777") == []
    free.delete()


# ---- The MAC check ----------------------------------------------------------

OTHER = "02:00:00:00:00:77"


def test_without_the_check_any_mac_may_send_but_no_other_address(pods, p1):
    p2 = pods[1]
    node = p1.node

    def send():
        p1.send_frames(ethernet(node.network("default")["mac"], OTHER, IPV4,
                                datagram(p1.address, p2.address, 7777)))

    before = node.dropped()
    send()
    wait_until(lambda: node.dropped().get("spoofed-mac", 0)
               > before.get("spoofed-mac", 0))
    ask(p1, mac_check="false")
    wait_until(lambda: not any(p1.mac in flow.match for flow
                               in node.flows("spoof")))
    with p2.capture("udp port 7777") as capture:
        send()
        capture.saw("7777")
    with p1.capture("arp") as capture:
        p1.send_frames(ethernet(BROADCAST, OTHER, ARP, arp(
            1, OTHER, p1.address, "00:00:00:00:00:00", p2.address)))
        capture.saw(f"Reply {p2.address}")
    before = node.dropped()
    p1.send_frames(ethernet(BROADCAST, OTHER, IPV4,
                            datagram("172.18.6.99", p2.address, 7777)))
    wait_until(lambda: node.dropped().get("spoofed-address", 0)
               == before.get("spoofed-address", 0) + 1)


# ---- The switch anew --------------------------------------------------------

def test_a_restart_of_the_switch_brings_the_limits_back(pods, p1):
    p2, p3 = pods[1:3]
    node = p1.node
    pid = node.pid("ovs-vswitchd")
    ask(p1, rate_out=f"{RATE} {BURST}", rate_in=f"{RATE} {BURST}")
    both = limits(sends=(p1, RATE, BURST), receives=(p1, RATE, BURST))
    wait_equal(lambda: limits_of(node), both)
    node.kill("ovs-vswitchd")
    wait_until(lambda: node.run("kill", "-0", pid, check=False).returncode)
    node.start_vswitchd()
    wait_equal(lambda: limits_of(node), both, deadline=15)
    wait_until(lambda: p1.ping(p3, count=1).received == 1, deadline=15)
    assert holds(RATE, p1, p2)
    assert holds(RATE, p2, p1)
