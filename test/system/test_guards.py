# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A pod that floods uses up its own share and nobody else's: with the meters
of its port, and, as the test's own test, without them."""

import re
from contextlib import contextmanager, suppress

import pytest

from harness.bridged import join
from harness.frames import BROADCAST, FLOOD, arp, datagram, ethernet
from harness.nd import hearing, solicitation
from harness.waiting import wait_until

# The meters' numbers are these and a port's.
SOLICITATIONS = 0x06000000
FLOODS = 0x07000000
ARP = 0x08000000
COUNT = 40

# So many pass beside a flood at least.  A machine that does much else loses
# some of them in the flood's queues, before any meter.
MOST = COUNT // 2


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=2, pods="dual")


@pytest.fixture(scope="module")
def pods(cluster):
    n1, n2 = cluster.nodes
    return [n1.add_pod("p1"), n1.add_pod("p2"), n2.add_pod("p3")]


def meter_of(pod, kind):
    return kind + int(pod.node.get("Interface", pod.host_port, "ofport"))


def meters(node, what):
    return node.output("ovs-ofctl", "-O", "OpenFlow15", what, "br-int")


def counted(pod, kind):
    """How many packets of the pod its meter has seen, and dropped."""
    stats = re.search(rf"meter:{meter_of(pod, kind)} .*"
                      r"packet_in_count:(\d+) .*\n0: packet_count:(\d+)",
                      meters(pod.node, "meter-stats"))
    return int(stats[1]), int(stats[2])


@contextmanager
def flooding(pod, kind, frame, at_once=8):
    """The pod sends the frame without end, and has for a while."""
    before = counted(pod, kind)[0]
    flood = pod.popen(["/usr/bin/python3", "-c", FLOOD, "eth0", frame.hex(),
                       str(at_once)])
    try:
        wait_until(lambda: counted(pod, kind)[0] > before + 3000)
        yield
    finally:
        pod.stop(flood)


@contextmanager
def unguarded(pod, kind):
    """The pod has no share of its own."""
    number = meter_of(pod, kind)
    old = re.search(rf"meter={number} (\w+) burst bands=\s+type=drop "
                    r"rate=(\d+) burst_size=(\d+)",
                    meters(pod.node, "dump-meters"))

    def change(unit, rate, burst):
        pod.node.output(
            "ovs-ofctl", "-O", "OpenFlow15", "mod-meter", "br-int",
            f"meter={number},{unit},burst,band=type=drop,rate={rate},"
            f"burst_size={burst}")

    change(old[1], 1_000_000, 1_000_000)
    try:
        yield
    finally:
        change(*old.groups())


# ---- Broadcast --------------------------------------------------------------

@pytest.fixture(scope="module")
def calm(cluster):
    """Two pods on n1 and one on n2 of a network that may flood 0.8 Mbit/s."""
    cluster.node("n1").lodenctl(
        "network", "add", "calm", "--mode=bridged", "--vni=701",
        "--range=10.9.0.0/24", "--internal", "--storm-rate=800000")
    for node in cluster.nodes:
        wait_until(lambda: node.network("calm"))
    pods = [join(cluster, node, name, "calm") for node, name in (
        ("n1", "c1"), ("n1", "c2"), ("n2", "c3"))]
    for node in cluster.nodes:
        wait_until(lambda: node.appctl("world/show").count("endpoint ") >= 3)
    for node in cluster.nodes:
        wait_until(lambda: node.appctl("flows/diff") == "")
    return pods


def broadcast(pod, port, size):
    return ethernet(BROADCAST, pod.mac, 0x0800, datagram(
        pod.address, "255.255.255.255", port) + bytes(size))


def broadcasts_heard(sender, listener):
    """How many of COUNT broadcasts of 'sender' arrive."""
    with listener.capture("udp port 7777 or icmp") as capture:
        for _ in range(COUNT // 10):
            sender.send_frames(*[broadcast(sender, 7777, 400)] * 10)
        # What is sent after it and arrives shows that all has arrived.
        wait_until(lambda: sender.ping(listener).received)
        capture.saw("echo reply")
        return len(capture.matching("7777"))


def test_a_pod_that_broadcasts_takes_nobody_elses_share(calm):
    c1, c2, c3 = calm
    with flooding(c1, FLOODS, broadcast(c1, 7778, 1000)):
        assert broadcasts_heard(c2, c3) > MOST
    seen, dropped = counted(c1, FLOODS)
    assert 0 < dropped < seen
    assert counted(c2, FLOODS)[1] == 0


def test_without_its_share_it_would(calm):
    c1, c2, c3 = calm
    with unguarded(c1, FLOODS), \
            flooding(c1, FLOODS, broadcast(c1, 7778, 1000)):
        heard = broadcasts_heard(c2, c3)
    print(f"of {COUNT} broadcasts arrived {heard}")
    assert heard < COUNT


def test_nor_does_one_in_a_routed_network(cluster, pods):
    p1, p2, _ = pods
    listener = cluster.node("n1").add_pod("p4")
    with flooding(p1, FLOODS, broadcast(p1, 7778, 1400), at_once=200):
        wait_until(lambda: counted(p1, FLOODS)[1] > 0, deadline=20)
        assert broadcasts_heard(p2, listener) > MOST
    seen, dropped = counted(p1, FLOODS)
    assert dropped < seen
    assert counted(p2, FLOODS)[1] == 0


# ---- Asking for neighbours --------------------------------------------------

KERNEL = pytest.mark.datapath(
    "system", "the userspace datapath answers by itself")


def request(pod, target):
    return ethernet(BROADCAST, pod.mac, 0x0806, arp(
        1, pod.mac, pod.address, "00:00:00:00:00:00", target.address))


def replies_heard(asker, target):
    """How many of COUNT requests of 'asker' are answered."""
    def count():
        return len(capture.matching(f"Reply {target.address} "))

    with asker.capture("arp") as capture:
        for _ in range(COUNT // 10):
            asker.send_frames(*[request(asker, target)] * 10)
        with suppress(AssertionError):
            wait_until(lambda: count() >= COUNT)
        return count()


@KERNEL
def test_a_pod_that_asks_by_arp_without_end_takes_nobody_elses_answers(pods):
    p1, p2, p3 = pods
    with flooding(p1, ARP, request(p1, p3), at_once=200):
        assert replies_heard(p2, p3) > MOST
    seen, dropped = counted(p1, ARP)
    assert 0 < dropped < seen
    assert counted(p2, ARP)[1] == 0


@KERNEL
@pytest.mark.logs("lost packet on handler")
def test_without_its_share_of_arp_it_would(pods):
    p1, p2, p3 = pods
    with unguarded(p1, ARP), \
            flooding(p1, ARP, request(p1, p3), at_once=200):
        heard = replies_heard(p2, p3)
    print(f"of {COUNT} requests were answered {heard}")
    assert heard < COUNT


def question(pod, target):
    return solicitation(pod.mac, pod.address6, target, sll=pod.mac)


def answers_heard(asker, target):
    """How many of COUNT questions of 'asker' are answered."""
    with hearing(asker) as heard:
        for _ in range(COUNT // 10):
            asker.send_frames(*[question(asker, target.address6)] * 10)
        with suppress(AssertionError):
            wait_until(lambda: len(heard()) >= COUNT)
        return len(heard())


@KERNEL
def test_a_pod_that_asks_without_end_takes_nobody_elses_answers(pods):
    p1, p2, p3 = pods
    with flooding(p1, SOLICITATIONS, question(p1, p3.address6)):
        assert answers_heard(p2, p3) > MOST
    seen, dropped = counted(p1, SOLICITATIONS)
    assert 0 < dropped < seen
    assert counted(p2, SOLICITATIONS)[1] == 0


# ---- The guards themselves --------------------------------------------------

def test_a_controller_that_starts_finds_them_as_they_should_be(cluster, pods):
    n1 = cluster.node("n1")
    log = n1.machine.log_folder / "loden-controller.log"
    length = len(log.read_text())
    n1.kill()
    n1.start_controller()
    wait_until(lambda: "confirmed" in log.read_text()[length:])
    assert n1.appctl("flows/diff") == ""
    assert "adding" not in log.read_text()[length:]
