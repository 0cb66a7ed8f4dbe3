# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Bridged networks whose multicast goes to those who listen."""

import json
import struct

import pytest

from harness.bridged import join, settle_in
from harness.frames import checksum, ethernet, ip, ipv4
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until

GROUPS = {"ipv4": ["239.1.2.3"], "ipv6": ["ff05::1234"]}

# Listens to the groups of its arguments, the first of which is the pod's
# IPv4 address, until it is ended.
LISTEN = """
import socket, struct, sys, time
sockets = []
for group in sys.argv[2:]:
    if ":" in group:
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                     socket.inet_pton(socket.AF_INET6, group)
                     + struct.pack("@I", socket.if_nametoindex("eth0")))
    else:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                     socket.inet_aton(group) + socket.inet_aton(sys.argv[1]))
    sockets.append(s)
while True:
    time.sleep(60)
"""

# Sends one datagram to a group: from the pod's address, to the group.
SEND = """
import socket, struct, sys
if ":" in sys.argv[2]:
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF,
                 socket.if_nametoindex("eth0"))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 4)
else:
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                 socket.inet_aton(sys.argv[1]))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
s.sendto(b"hello", (sys.argv[2], 7777))
"""


@pytest.fixture(scope="module")
def cluster(new_cluster):
    cluster = new_cluster()
    cluster.node("n1").lodenctl(
        "network", "add", "teal", "--mode=bridged", "--vni=570",
        "--range=10.70.0.0/24,fd00:70::/64", "--multicast=snoop")
    for node in cluster.nodes:
        wait_until(lambda: "subnet6" in node.network("teal"))
    return cluster


@pytest.fixture(scope="module")
def teal(cluster):
    """Two pods on n1, one each on n2 and n3."""
    pods = [join(cluster, node, name, "teal") for node, name in (
        ("n1", "m1"), ("n1", "m2"), ("n2", "m3"), ("n3", "m4"))]
    settle_in(cluster, "teal", 4)
    return pods


@pytest.fixture
def listen(cluster, teal):
    """Lets a pod listen to groups, until the test ends or it is stopped."""
    running = []

    def listen(pod, *groups):
        process = pod.popen(["python3", "-c", LISTEN, pod.address, *groups])
        running.append((pod, process))
        return process

    yield listen
    for pod, process in running:
        pod.stop(process)
    wait_equal(lambda: groups_known(cluster), [{}] * 3)
    settle_in(cluster, "teal", 4)


def groups_known(cluster):
    """What each node knows of groups: [{MAC: {group}}].  Those of the link
    are the kernel's own business."""
    found = []
    for node in cluster.nodes:
        known = {}
        for line in node.appctl("world/show").splitlines():
            kind, mac, *words = line.split()
            if kind == "endpoint" and "network=teal" in words:
                groups = {word.removeprefix("group=") for word in words
                          if word.startswith("group=")
                          and not word.startswith("group=ff02")}
                if groups:
                    known[mac] = groups
        found.append(known)
    return found


def settle(cluster, **listeners):
    """Waits until all nodes know that the pods of 'listeners' listen to these
    groups, nobody to others, and their switches do."""
    wanted = {cluster.pod(name).mac: set(groups)
              for name, groups in listeners.items()}
    wait_equal(lambda: groups_known(cluster), [wanted] * 3, deadline=20)
    settle_in(cluster, "teal", 4)


def heard(sender, pods, group):
    """How many copies of a datagram to 'group' each of 'pods' gets."""
    captures = {pod.name: pod.capture("udp port 7777 or icmp")
                for pod in pods}
    for capture in captures.values():
        capture.__enter__()
    try:
        sender.run("python3", "-c", SEND, sender.address, group)
        # What is sent after it and arrives shows that all has arrived.
        for pod in pods:
            assert sender.ping(pod) == Ping.all(3, ttl=64)
        for capture in captures.values():
            capture.saw("echo request")
        return {name: len(capture.matching("7777"))
                for name, capture in captures.items()}
    finally:
        for capture in captures.values():
            capture.__exit__()


@pytest.fixture(params=GROUPS)
def groups(request):
    return GROUPS[request.param]


def test_only_those_who_listen_get_a_copy(cluster, teal, listen, groups):
    m1, m2, m3, m4 = teal
    n1 = cluster.node("n1")
    listen(m2, *groups)
    listen(m3, *groups)
    settle(cluster, m2=groups, m3=groups)
    for group in groups:
        assert heard(m1, [m2, m3, m4], group) == {"m2": 1, "m3": 1, "m4": 0}
        assert heard(m4, [m1, m2, m3], group) == {"m1": 0, "m2": 1, "m3": 1}
    # Nothing of it went where nobody listens.
    before = n1.tunnel_packets()
    m1.run("python3", "-c", SEND, m1.address, groups[0])
    wait_until(lambda: n1.tunnel_packets()["n2"] > before["n2"])
    assert n1.tunnel_packets()["n3"] == before["n3"]


def test_who_leaves_gets_no_more(cluster, teal, listen, groups):
    m1, m2, m3, m4 = teal
    listen(m2, *groups)
    process = listen(m3, *groups)
    settle(cluster, m2=groups, m3=groups)
    m3.stop(process)
    settle(cluster, m2=groups)
    for group in groups:
        assert heard(m1, [m2, m3, m4], group) == {"m2": 1, "m3": 0, "m4": 0}


@pytest.mark.parametrize("group", ["224.0.0.251", "ff02::1"])
def test_everybodys_groups_reach_all(teal, group):
    m1, m2, m3, m4 = teal
    assert heard(m1, [m2, m3, m4], group) == {"m2": 1, "m3": 1, "m4": 1}


def test_older_hosts_are_understood(cluster, teal, listen, groups):
    m1, m2, m3, m4 = teal
    m3.run("sysctl", "-qw", "net.ipv4.conf.eth0.force_igmp_version=2",
           "net.ipv6.conf.eth0.force_mld_version=1")
    try:
        process = listen(m3, *groups)
        settle(cluster, m3=groups)
        assert heard(m1, [m2, m3, m4], groups[0]) == {
            "m2": 0, "m3": 1, "m4": 0}
        m3.stop(process)
        settle(cluster)
    finally:
        m3.run("sysctl", "-qw", "net.ipv4.conf.eth0.force_igmp_version=0",
               "net.ipv6.conf.eth0.force_mld_version=0")


def test_the_host_gets_what_nobody_listens_to(cluster, teal):
    m1, m2 = teal[:2]
    with cluster.node("n1").capture("udp port 7777",
                                    device="loden-570") as capture:
        assert heard(m1, [m2], "239.9.9.9") == {"m2": 0}
        capture.saw("7777")


def test_reports_are_for_the_switch_alone(cluster, teal, listen):
    m1, m2, m3 = teal[:3]
    with m2.capture("igmp or icmp") as here, \
            m3.capture("igmp or icmp") as there:
        listen(m1, "239.1.2.4")
        settle(cluster, m1=["239.1.2.4"])
        for capture, pod in (here, m2), (there, m3):
            assert m1.ping(pod) == Ping.all(3, ttl=64)
            capture.saw("echo request")
            assert not capture.matching("report")


def test_a_controller_that_restarts_forgets_nobody(cluster, teal, listen):
    m1, m2, m3, m4 = teal
    n1 = cluster.node("n1")
    both = ["239.1.2.3", "ff05::1234"]
    listen(m2, *both)
    listen(m3, *both)
    settle(cluster, m2=both, m3=both)
    rules = n1.rules()
    n1.kill()
    n1.start_controller()
    wait_until(lambda: n1.appctl("flows/diff") == "")
    assert n1.rules() == rules
    assert heard(m1, [m2, m3, m4], both[0]) == {"m2": 1, "m3": 1, "m4": 0}
    settle(cluster, m2=both, m3=both)


@pytest.mark.logs("it listens to more than 32 multicast groups")
def test_a_pod_that_listens_to_all_is_held_to_a_number(cluster, teal):
    m1 = teal[0]
    n1 = cluster.node("n1")

    def report(group):
        """Of IGMPv2 (RFC 2236)."""
        body = struct.pack("!BBH", 0x16, 0, 0) + ip(group)
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
        return ethernet("01:00:5e:07:00:01", m1.mac, 0x0800,
                        ipv4(m1.address, group, 2, body, ttl=1))

    m1.send_frames(*[report(f"239.7.0.{i}") for i in range(1, 61)])
    wait_until(lambda: len(groups_known(cluster)[1].get(m1.mac, ())) > 20)
    settle_in(cluster, "teal", 4)
    assert all(len(known[m1.mac]) <= 32 for known in groups_known(cluster))
    assert json.loads(n1.appctl("status"))["refusals"] == []
