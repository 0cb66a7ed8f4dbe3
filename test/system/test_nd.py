# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Neighbour discovery is answered in the switch, and lies are not listened
to."""

import json
import re

import pytest

from harness.cluster import DATAPATH
from harness.frames import BROADCAST, ethernet, ip
from harness.nd import (
    IPV6, REDIRECT, ROUTER_ADVERTISEMENT, ROUTER_SOLICITATION, SOURCE_MAC,
    UNSPECIFIED, Advertisement, advertisement, group_mac, hearing, icmpv6,
    ipv6, link_local, option, solicitation, udp6)
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until

ALL_NODES = "ff02::1"
# What pods' kernels say of themselves.
NOISE = {"nd-unanswered", "nd-own-address", "nd-duplicate-detection"}


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=2, pods="dual")


@pytest.fixture(scope="module")
def pods(cluster):
    """p1 and p2 on n1, p3 on n2."""
    n1, n2 = cluster.nodes
    return [n1.add_pod("p1"), n1.add_pod("p2"), n2.add_pod("p3")]


def gateway_mac(node):
    return node.network("default")["mac"]


def answer(pod, target, flags, mac, source=None, tll=True):
    return Advertisement(
        ether=(mac, pod.mac), source=target, destination=source
        or pod.address6, target=target, flags=flags,
        tll=mac if tll else None, hop_limit=255, valid=True)


# ---- Answers ----------------------------------------------------------------

def test_each_address_of_the_network_is_answered_for(pods):
    p1, p2, p3 = pods
    mac = gateway_mac(p1.node)
    targets = {p1.node.gateway6: "RSO", "fe80::1": "RSO", p2.address6: "SO",
               p3.address6: "SO", "fd00:18:0:4242::7": "SO"}
    with hearing(p1) as heard:
        p1.send_frames(*(solicitation(p1.mac, p1.address6, target,
                                      sll=p1.mac) for target in targets))
        wait_equal(lambda: set(heard()), {
            answer(p1, target, flags, mac)
            for target, flags in targets.items()})
        assert len(heard()) == len(targets)


def test_a_link_local_address_may_ask(pods):
    p1, p2 = pods[:2]
    own = link_local(p1.mac)
    with hearing(p1) as heard:
        p1.send_frames(solicitation(p1.mac, own, p2.address6, sll=p1.mac))
        wait_equal(heard, [answer(p1, p2.address6, "SO",
                                  gateway_mac(p1.node), source=own)])


def test_who_tells_no_mac_is_told_none(pods):
    """As hosts ask that only want to know whether a neighbour is there.  The
    controller, which answers on the kernel's datapath, tells it all the
    same."""
    p1, p2 = pods[:2]
    mac = gateway_mac(p1.node)
    with hearing(p1) as heard:
        p1.send_frames(solicitation(p1.mac, p1.address6, p2.address6,
                                    destination=p2.address6, to=mac))
        wait_equal(heard, [answer(p1, p2.address6, "SO", mac,
                                  tll=DATAPATH == "system")])


def test_nobody_answers_for_the_pods_own_address_or_for_others(pods):
    p1, p2 = pods[:2]
    with hearing(p1) as heard:
        p1.send_frames(
            solicitation(p1.mac, p1.address6, p1.address6, sll=p1.mac),
            solicitation(p1.mac, p1.address6, "2001:db8::7", sll=p1.mac),
            solicitation(p1.mac, p1.address6, "fe80::7", sll=p1.mac),
            # Is the address that I would use somebody's already?
            solicitation(p1.mac, UNSPECIFIED, p1.address6),
            solicitation(p1.mac, UNSPECIFIED, p2.address6),
            # The one that shows that they would have been heard.
            solicitation(p1.mac, p1.address6, p2.address6, sll=p1.mac))
        # p1's own kernel may ask for p2 as well.
        wanted = answer(p1, p2.address6, "SO", gateway_mac(p1.node))
        wait_until(heard)
        assert [each for each in heard() if each != wanted] == []


def test_solicitations_reach_no_other_pod(pods):
    p1, p2 = pods[:2]
    with p2.capture("icmp6") as capture:
        p1.send_frames(solicitation(p1.mac, p1.address6, p2.address6,
                                    sll=p1.mac))
        assert p1.ping(p2.address6) == Ping.all(3, ttl=64)
        capture.saw("echo request")
        assert capture.matching("neighbor solicitation, who has "
                                + p2.address6) == []


def test_the_kernels_find_each_other_reachable(pods):
    """A neighbour that is asked after stays, although no packet is lost."""
    p1, p2 = pods[:2]
    p1.run("ip", "-6", "neigh", "flush", "dev", "eth0")
    assert p1.ping(p2.address6) == Ping.all(3, ttl=64)
    p1.run("ip", "neigh", "change", p2.address6, "dev", "eth0", "nud",
           "probe", check=False)

    def state():
        found = json.loads(p1.output("ip", "-json", "-6", "neigh", "show",
                                     p2.address6, "dev", "eth0"))
        return found and (found[0]["state"], found[0]["lladdr"])

    wait_equal(state, (["REACHABLE"], gateway_mac(p1.node)))


# ---- Lies -------------------------------------------------------------------

class Drops:
    def __init__(self, node):
        self.node = node
        self.before = node.dropped()

    def now(self):
        return {reason: count - self.before.get(reason, 0)
                for reason, count in self.node.dropped().items()
                if count != self.before.get(reason, 0)
                and reason not in NOISE}


def packet(pod, source, destination="ff02::1", payload=b"forged"):
    return ethernet(group_mac(destination), pod.mac, IPV6,
                    udp6(source, destination, 4444, 6673, payload))


def router_advertisement(pod, source):
    body = bytes([64, 0]) + (1800).to_bytes(2, "big") + bytes(8)
    return ethernet(group_mac(ALL_NODES), pod.mac, IPV6,
                    icmpv6(source, ALL_NODES, ROUTER_ADVERTISEMENT, body))


def lies(p1, p2):
    """Frames that p1 may not send, by the reason for which each is dropped."""
    own, other = p1.address6, p2.address6
    local, gateway = link_local(p1.mac), gateway_mac(p1.node)
    foreign = "0a:58:ac:12:06:99"
    return {
        "spoofed-address": [
            packet(p1, other), packet(p1, "2001:db8::7"),
            packet(p1, link_local(p2.mac)), packet(p1, UNSPECIFIED),
            # From its link-local address beyond its link.
            ethernet(gateway, p1.mac, IPV6,
                     udp6(local, other, 4444, 6673, b"forged"))],
        "spoofed-mac": [
            ethernet(gateway, foreign, IPV6,
                     udp6(own, other, 4444, 6673, b"forged")),
            solicitation(foreign, own, other, sll=foreign)],
        "nd-invalid": [
            solicitation(p1.mac, other, p1.node.gateway6, sll=p1.mac),
            solicitation(p1.mac, own, other, sll=foreign),
            solicitation(p1.mac, own, other, sll=p1.mac, hop_limit=254),
            solicitation(p1.mac, own, other, sll=p1.mac, code=1),
            solicitation(p1.mac, UNSPECIFIED, own, sll=p1.mac)],
        "router-advertisement": [
            router_advertisement(p1, local), router_advertisement(p1, own)],
        "redirect": [ethernet(
            gateway, p1.mac, IPV6,
            icmpv6("fe80::1", other, REDIRECT,
                   bytes(4) + ip(own) + ip("2001:db8::7")))],
        "dhcp-server": [ethernet(
            group_mac(ALL_NODES), p1.mac, IPV6,
            udp6(local, ALL_NODES, 547, 546, b"reply"))],
        "pod-vxlan": [ethernet(
            gateway, p1.mac, IPV6,
            udp6(own, "2001:db8:2::12", 4444, 4789, bytes(60)))],
        "link-local": [ethernet(
            gateway, p1.mac, IPV6,
            udp6(own, link_local(p2.mac), 4444, 6673, b"forged"))],
        "no-such-pod": [ethernet(
            gateway, p1.mac, IPV6,
            udp6(own, "fd00:18:0:6:1::9", 4444, 6673, b"forged"))],
        "no-such-subnet": [ethernet(
            gateway, p1.mac, IPV6,
            udp6(own, "fd00:18:0:4242::9", 4444, 6673, b"forged"))],
    }


def test_each_lie_is_dropped_for_its_reason_and_heard_by_nobody(pods):
    p1, p2 = pods[:2]
    forged = lies(p1, p2)
    drops = Drops(p1.node)
    with p2.capture("ip6") as capture:
        p1.send_frames(*sum(forged.values(), []))
        wait_equal(drops.now, {reason: len(frames)
                               for reason, frames in forged.items()})
        assert p1.ping(p2.address6) == Ping.all(3, ttl=64)
        capture.saw("echo request")
        for words in ("6673", "router advertisement", "redirect",
                      "dhcp6", "4789", "neighbor solicitation, who has "
                      + p2.address6):
            assert capture.matching(words) == [], words


def test_advertisements_and_router_solicitations_of_pods_go_nowhere(pods):
    p1, p2 = pods[:2]
    gateway = gateway_mac(p1.node)
    before = p1.node.dropped().get("nd-unanswered", 0)
    with p2.capture("icmp6") as capture:
        p1.send_frames(
            ethernet(gateway, p1.mac, IPV6,
                     advertisement(p1.mac, p1.address6, p1.node.gateway6,
                                   p2.address6)),
            ethernet(group_mac(ALL_NODES), p1.mac, IPV6,
                     advertisement(p1.mac, p1.address6, p1.address6,
                                   ALL_NODES)),
            ethernet(group_mac("ff02::2"), p1.mac, IPV6,
                     icmpv6(link_local(p1.mac), "ff02::2",
                            ROUTER_SOLICITATION,
                            bytes(4) + option(SOURCE_MAC, p1.mac))))
        wait_until(lambda: p1.node.dropped().get("nd-unanswered", 0)
                   >= before + 3)
        assert p1.ping(p2.address6) == Ping.all(3, ttl=64)
        capture.saw("echo request")
        assert capture.matching("advertisement") == []
        assert capture.matching("router solicitation") == []


def test_in_fragments_too(pods):
    """The first one has the ports, and without it nobody can put the rest
    together."""
    p1, p2 = pods[:2]
    local = link_local(p1.mac)
    reply = udp6(local, ALL_NODES, 547, 546, bytes(64))[40:]

    def fragment(offset, more, data):
        header = bytes([17, 0]) + (offset | more).to_bytes(2, "big") + bytes(4)
        return ethernet(group_mac(ALL_NODES), p1.mac, IPV6,
                        ipv6(local, ALL_NODES, 44, header + data))

    drops = Drops(p1.node)
    p1.send_frames(fragment(0, 1, reply[:40]), fragment(40, 0, reply[40:]))
    wait_equal(drops.now, {"dhcp-server": 1})
    assert p1.ping(p2.address6, size=4000) == Ping.all(3, ttl=64)


def test_multicast_reaches_the_pods_of_the_node_only(pods):
    p1, p2, p3 = pods
    with p2.capture("udp port 6674") as here, p3.capture("ip6") as there:
        p1.send_frames(
            ethernet(group_mac("ff02::4242"), p1.mac, IPV6,
                     udp6(link_local(p1.mac), "ff02::4242", 1, 6674, b"x")),
            ethernet(group_mac("ff05::4242"), p1.mac, IPV6,
                     udp6(p1.address6, "ff05::4242", 1, 6674, b"x")))
        wait_until(lambda: len(here.matching("6674")) == 2)
        assert p1.ping(p3.address6) == Ping.all(3, ttl=63)
        there.saw("echo request")
        assert there.matching("6674") == []


def test_a_pod_without_ipv6_sends_none(cluster):
    """In a network without IPv6."""
    cluster.node("n1").lodenctl("network", "add", "v4", "--range=10.9.0.0/16")
    n1 = cluster.node("n1")
    wait_until(lambda: "loden-net:v4" in n1.get("Bridge", "br-int",
                                                "external_ids"))
    pod = n1.add_pod("v4only", network="v4")
    try:
        before = n1.dropped().get("no-such-family", 0)
        pod.send_frames(ethernet(
            BROADCAST, pod.mac, IPV6,
            udp6(link_local(pod.mac), ALL_NODES, 1, 6675, b"x")))
        wait_until(lambda: n1.dropped().get("no-such-family", 0) > before)
    finally:
        pod.delete()


# ---- Looking for duplicates -------------------------------------------------

def test_a_pod_may_look_for_duplicates_and_finds_none(cluster, pods):
    """The kernel asks, nobody answers, and ADD ends when it has ended."""
    pod = cluster.node("n1").add_pod("careful", configuration={
        "cniVersion": "1.0.0", "name": "default", "type": "loden",
        "enabledad": True})
    try:
        address, = (line for line in pod.output(
            "ip", "-6", "-o", "addr", "show", "dev", "eth0").splitlines()
            if pod.address6 in line)
        assert "tentative" not in address and "dadfailed" not in address
        assert "nodad" not in address
        assert pod.output("cat", "/proc/sys/net/ipv6/conf/eth0/accept_dad") \
            == "1"
        assert pod.ping(pods[2].address6) == Ping.all(3, ttl=63)
    finally:
        pod.delete()


def test_without_looking_an_address_is_good_at_once(cluster, pods):
    pod = cluster.node("n1").add_pod("quick")
    try:
        addresses = pod.output("ip", "-6", "addr", "show", "dev", "eth0")
        assert "tentative" not in addresses
        assert re.search(r"inet6 fd00:.* nodad", addresses)
        assert link_local(pod.mac) in addresses
    finally:
        pod.delete()


def test_addresses_survive_an_interface_that_goes_down(pods):
    p2 = pods[1]
    before = p2.address6
    p2.run("ip", "link", "set", "eth0", "down")
    p2.run("ip", "link", "set", "eth0", "up")
    p2.run("ip", "-6", "route", "replace", "default", "via",
           p2.node.gateway6)
    assert before in p2.output("ip", "-6", "addr", "show", "dev", "eth0")
    wait_until(lambda: pods[0].ping(before, count=1).received)
