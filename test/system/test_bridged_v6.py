# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Bridged networks with IPv6 and nothing else."""

import ipaddress
import itertools
import json

import pytest

from harness.bridged import join, settle_in, wishing
from harness.frames import ethernet, vxlan
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until

RANGE = "fd00:5::/64"
GATEWAY = "fd00:5::1"


@pytest.fixture(scope="module")
def cluster(new_cluster):
    cluster = new_cluster()
    cluster.node("n1").lodenctl(
        "network", "add", "six", "--mode=bridged", "--vni=560",
        f"--range={RANGE}", "--block-rest=1")
    for node in cluster.nodes:
        wait_until(lambda: node.network("six"))
    return cluster


@pytest.fixture(scope="module")
def six(cluster):
    """Two pods on n1, one each on n2 and n3."""
    pods = [join(cluster, node, name, "six") for node, name in (
        ("n1", "s1"), ("n1", "s2"), ("n2", "s3"), ("n3", "s4"))]
    settle_in(cluster, "six", 4)
    return pods


def blocks(cluster):
    """The blocks of each node: {node: [cidr]}."""
    found = {}
    for row in cluster.node("n1").table("subnet", "list"):
        if row["network"] == "six":
            found.setdefault(row["node"], []).append(row["cidr"])
    return found


def test_pods_have_one_address_of_a_block_of_their_node(cluster, six):
    for pod in six:
        address, = pod.attachment.addresses()
        block, = blocks(cluster)[pod.node.name]
        assert block.endswith("/124")
        assert ipaddress.ip_address(address) in ipaddress.ip_network(block)
        assert pod.mac.startswith("0a:59:")
    assert len({pod.address6 for pod in six}) == 4


def test_all_members_reach_each_other(six):
    running = {(a.name, b.name): a.pinging(b.address6)
               for a, b in itertools.permutations(six, 2)}
    assert {pair: pinging.result() for pair, pinging in running.items()} == {
        pair: Ping.all(3, ttl=64) for pair in running}


def test_neighbours_have_their_real_macs(six):
    s1 = six[0]
    s1.run("ip", "-6", "neighbour", "flush", "dev", "eth0")
    for pod in six[1:]:
        s1.ping(pod.address6)
        assert f"lladdr {pod.mac} " in s1.output(
            "ip", "-6", "neighbour", "show", pod.address6)


def link_local(pod):
    """The link-local address that the pod's kernel has given itself."""
    line, = (line for line in pod.output(
        "ip", "-6", "-o", "address", "show", "dev", "eth0").splitlines()
             if "inet6 fe80::" in line)
    return line.split()[3].partition("/")[0] + "%eth0"


def test_link_local_addresses_work_on_the_whole_link(six):
    running = {(a.name, b.name): a.pinging(link_local(b))
               for a, b in itertools.permutations(six, 2)}
    assert {pair: pinging.result() for pair, pinging in running.items()} == {
        pair: Ping.all(3, ttl=64) for pair in running}
    s1, s4 = six[0], six[3]
    assert f"lladdr {s4.mac} " in s1.output(
        "ip", "-6", "neighbour", "show", link_local(s4).partition("%")[0])


def test_and_towards_the_host_of_the_pod(six):
    s1, s4 = six[0], six[3]
    assert s1.ping("fe80::1%eth0") == Ping.all(3, ttl=64)
    mine = link_local(s1).replace("eth0", "loden-560")
    assert s1.node.ping(mine) == Ping.all(3, ttl=64)
    theirs = link_local(s4).replace("eth0", "loden-560")
    assert s1.node.ping(theirs).received == 0


def test_streams_arrive_whole(six):
    s1, s2, s3 = six[:3]
    assert (s1.transfer(s2, address=s2.address6)
            == s1.transfer(s3, address=s3.address6))


def test_the_host_reaches_its_own_pods_and_they_the_world(cluster, six):
    for pod in six:
        assert pod.node.ping(pod.address6) == Ping.all(3, ttl=64)
        assert pod.ping(cluster.world_address6) == Ping.all(3, ttl=63)
        assert pod.ping(GATEWAY) == Ping.all(3, ttl=64)
    assert cluster.node("n1").ping(six[3].address6).received == 0


def test_multicast_reaches_each_member_once(six):
    s1 = six[0]
    group = "ff05::1234"
    captures = [pod.capture(f"ip6 dst {group}") for pod in six[1:]]
    for capture in captures:
        capture.__enter__()
    try:
        s1.run("ping", "-6", "-c", "1", "-W", "1", "-I", "eth0", group,
               check=False)
        for capture, pod in zip(captures, six[1:]):
            capture.saw("echo request")
            assert s1.ping(pod.address6) == Ping.all(3, ttl=64)
            assert len(capture.lines) == 1
    finally:
        for capture in captures:
            capture.__exit__()


def packed(address):
    return ipaddress.ip_address(address.partition("%")[0]).packed


def test_a_pod_cannot_use_anothers_address(cluster, six):
    s1, s2, s3 = six[:3]
    n1 = cluster.node("n1")
    before = n1.dropped().get("spoofed-address", 0)
    payload = b"\x60\x00\x00\x00\x00\x08\x3a\x40"
    for lie, to in ((s2.address6, s3.address6), (s3.address6, s3.address6),
                    (link_local(s2), link_local(s3)),
                    (link_local(s1), s3.address6)):
        s1.send_frames(ethernet(
            s3.mac, s1.mac, 0x86DD, payload + packed(lie) + packed(to)
            + b"\x81\x00\x00\x00\x00\x00\x00\x00"))
    wait_equal(lambda: n1.dropped().get("spoofed-address", 0), before + 4)


def test_a_peer_cannot_either(cluster, six):
    """n1 sends to n3's tunnel port what its switch would not."""
    s1, s2, s4 = six[0], six[1], six[3]
    n1, n3 = cluster.node("n1"), cluster.node("n3")
    before = n3.dropped().get("tunnel-spoof", 0)
    for source in (link_local(s2), "fe80::7"):
        n1.send_udp(n3.address, 4789, vxlan(560, ethernet(
            s4.mac, s1.mac, 0x86DD, b"\x60\x00\x00\x00\x00\x08\x3a\x40"
            + packed(source) + packed(link_local(s4))
            + b"\x81\x00\x00\x00\x00\x00\x00\x00")))
    wait_equal(lambda: n3.dropped().get("tunnel-spoof", 0), before + 2)


@pytest.mark.logs("refused: Endpoint 0a:00:00:00:00:77 of node",
                  "refused: Interface ldn.* has its address too")
def test_a_wished_address_that_moves(cluster, six):
    s1 = six[0]
    wish = join(cluster, "n2", "wish", "six",
                **wishing("fd00:5::7:77", "0a:00:00:00:00:77"))
    assert (wish.address6, wish.mac) == ("fd00:5::7:77", "0a:00:00:00:00:77")
    wait_until(lambda: s1.ping(wish.address6) == Ping.all(3, ttl=64))
    # It moves.
    moved = join(cluster, "n3", "moved", "six",
                 **wishing("fd00:5::7:77", "0a:00:00:00:00:77"))
    wish.delete()
    with moved.capture("icmp6") as capture:
        wait_until(lambda: s1.ping(moved.address6) == Ping.all(3, ttl=64))
        capture.saw("echo request")
    moved.delete()


def test_blocks_come_and_go(cluster, six):
    more = [join(cluster, "n1", f"more{i}", "six") for i in range(13)]
    assert len({pod.address6 for pod in more + six}) == 17
    assert len(blocks(cluster)["n1"]) == 2
    for pod in more:
        pod.delete()
    wait_until(lambda: len(blocks(cluster)["n1"]) == 1)


def test_without_a_controller_nothing_changes(cluster, six):
    n1 = cluster.node("n1")
    rules = n1.rules()
    pinging = six[0].pinging(six[3].address6, count=200, interval=0.01)
    n1.kill()
    n1.start_controller()
    wait_until(lambda: n1.appctl("flows/diff") == "")
    assert pinging.result() == Ping.all(200, ttl=64)
    assert n1.rules() == rules


def test_check_and_status_find_nothing_wrong(cluster, six):
    attachment = six[0].attachment
    done = attachment.plugin("CHECK", check=False, configuration={
        **attachment.record["configuration"], "prevResult": six[0].result})
    assert (done.returncode, done.stdout) == (0, "")
    assert json.loads(cluster.node("n1").appctl("status"))["refusals"] == []
