# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Each reason for which a packet is dropped, found by its name."""

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Callable

import pytest

from harness.drops import (
    OTHER, REDIRECT, ROUTER_ADVERTISEMENT, UNSPECIFIED, WORLD, WORLD6, Drops,
    Scene, dhcp, ethernet, name_of, spare)
from harness.frames import BROADCAST, arp, datagram, ip, ipv4, vxlan
from harness.waiting import wait_until


@dataclass
class Case:
    """A packet that is dropped on n1, or where it says."""
    reason: str
    send: Callable      # Does it, with the scene.
    whose: str = None   # "pod p1" or "peer n2" or "host default".
    alone: bool = False  # Does a rule that is only theirs drop it?
    where: str = "n1"
    meter: Callable = None  # The number of that which drops it, of the scene.
    datapath: str = None    # Only there.


def port(pod):
    return int(pod.node.get("Interface", pod.host_port, "ofport"))


CASES = [
    Case("unknown-port", lambda s: s.stray()),
    Case("unknown-vni", lambda s: s.from_n2(
        s.ip4(s.p3, s.p1.address), vni=4711), "peer n2", alone=True),
    Case("pod-vxlan", lambda s: s.p1.send_frames(
        s.ip4(s.p1, s.n2.address, port=4789)), "pod p1"),
    Case("pod-geneve", lambda s: s.p1.send_frames(
        s.ip4(s.p1, s.n2.address, port=6081)), "pod p1"),
    Case("spoofed-mac", lambda s: s.p1.send_frames(
        s.ip4(s.p1, s.p2.address, mac=s.p2.mac)), "pod p1", alone=True),
    Case("spoofed-address", lambda s: s.p1.send_frames(
        s.ip4(s.p1, s.p2.address, source=s.p2.address)), "pod p1",
        alone=True),
    Case("spoofed-address", lambda s: s.p1.send_frames(
        s.ip6(s.p1, s.p2.address6, source=s.p2.address6)), "pod p1",
        alone=True),
    Case("tunnel-spoof", lambda s: s.from_n2(
        s.ip4(s.p2, s.p1.address)), "peer n2"),
    Case("tunnel-spoof", lambda s: s.from_n2(
        s.ip6(s.p2, s.p1.address6)), "peer n2"),
    Case("not-ip", lambda s: s.p1.send_frames(
        ethernet(s.gateway, s.p1.mac, OTHER, b"what")), "pod p1", alone=True),
    Case("dhcp-server", lambda s: s.p1.send_frames(dhcp(s.p1)), "pod p1"),
    Case("arp-own-address", lambda s: s.p1.send_frames(
        s.arp(s.p1, 1, s.p1.address)), "pod p1", alone=True),
    Case("arp-unanswered", lambda s: s.p1.send_frames(
        s.arp(s.p1, 1, WORLD)), "pod p1"),
    Case("ttl-expired", lambda s: s.p1.send_frames(
        s.ip4(s.p1, s.p3.address, ttl=0)), "pod p1"),
    Case("ttl-expired", lambda s: s.from_host(
        s.ip4(s.p3, s.p3.address, ttl=1, source=s.n1.gateway)),
        "host default"),
    Case("tunnel-not-local", lambda s: s.p1.send_frames(
        s.ip4(s.p1, spare(s.p3.address))), "peer n1", where="n2"),
    Case("no-such-pod", lambda s: s.p1.send_frames(
        s.ip4(s.p1, spare(s.p1.address))), "pod p1"),
    Case("no-such-pod", lambda s: s.p1.send_frames(
        s.ip6(s.p1, s.n1.gateway6 + "99")), "pod p1"),
    Case("no-such-subnet", lambda s: s.p1.send_frames(
        s.ip4(s.p1, "172.18.200.7")), "pod p1"),
    Case("gateway-stray", lambda s: s.from_host(
        s.ip4(s.p1, WORLD, source=s.n1.gateway)), "host default"),
    Case("no-way-out", lambda s: s.v1.send_frames(
        s.ip4(s.v1, WORLD)), "pod v1"),
    Case("isolated", lambda s: s.isolated("p1", "p2").send_frames(
        s.ip4(s.p1, s.p2.address)), "pod p1"),
    Case("no-such-family", lambda s: s.v1.send_frames(
        s.ip6(s.v1, WORLD6, source=WORLD6)), "pod v1", alone=True),
    Case("router-advertisement", lambda s: s.p1.send_frames(
        s.icmp6(s.p1, ROUTER_ADVERTISEMENT)), "pod p1"),
    Case("redirect", lambda s: s.p1.send_frames(
        s.icmp6(s.p1, REDIRECT)), "pod p1"),
    Case("nd-invalid", lambda s: s.p1.send_frames(
        s.asks(s.p1, s.p2.address6, hop_limit=64)), "pod p1", alone=True),
    Case("nd-own-address", lambda s: s.p1.send_frames(
        s.asks(s.p1, s.p1.address6)), "pod p1", alone=True),
    Case("nd-duplicate-detection", lambda s: s.p1.send_frames(
        s.asks(s.p1, s.p2.address6, source=UNSPECIFIED)), "pod p1"),
    Case("nd-unanswered", lambda s: s.p1.send_frames(
        s.asks(s.p1, WORLD6)), "pod p1"),
    Case("link-local", lambda s: s.p1.send_frames(
        s.ip6(s.p1, "fe80::7")), "pod p1"),
    # The same in a bridged network, and what only those have.
    Case("spoofed-mac", lambda s: s.b1.send_frames(
        s.bridged(s.b1, s.b2, mac=s.p1.mac)), "pod b1", alone=True),
    Case("spoofed-address", lambda s: s.b1.send_frames(
        s.bridged(s.b1, s.b2, source=s.b2.address)), "pod b1", alone=True),
    Case("tunnel-spoof", lambda s: s.from_n2(
        s.bridged(s.b2, s.b1), vni=500), "peer n2"),
    Case("arp-own-address", lambda s: s.from_host(
        s.host_asks_for_itself(), device="loden-500"), "host blue",
        alone=True),
    Case("arp-unanswered", lambda s: s.b1.send_frames(
        s.arp(s.b1, 1, "10.5.200.9")), "pod b1"),
    Case("unknown-mac", lambda s: s.b1.send_frames(
        s.bridged(s.b1, s.b2, to="0a:58:00:00:00:07")), "pod b1"),
    Case("multicast", lambda s: s.c1.send_frames(
        s.bridged(s.c1, s.c1, to="01:00:5e:00:00:07")), "pod c1"),
    Case("no-members", lambda s: s.from_host(ethernet(
        BROADCAST, s.n1.network("empty")["mac"], 0x0800,
        datagram("10.7.0.1", "255.255.255.255", 6800)),
        device="loden-502"), "host empty"),
    Case("isolated", lambda s: s.isolated("b1", "b2").send_frames(
        s.bridged(s.b1, s.b2)), "pod b1"),
    Case("too-large", lambda s: s.larger("p1").run(
        "ping", "-c", "1", "-W", "1", "-M", "dont", "-s", "1472",
        s.p3.address, check=False), "pod p1", alone=True),
    # What meters hold back.
    Case("over-rate-out", lambda s: s.limited("p1", "out").send_frames(
        *[s.ip4(s.p1, s.p2.address)] * 9), "pod p1", alone=True,
        meter=lambda s: port(s.p1)),
    Case("over-rate-in", lambda s: s.p3.send_frames(
        *[s.ip4(s.p3, s.limited("p2", "in").address)] * 9), "pod p2",
        alone=True, meter=lambda s: 0x00010000 + port(s.p2),
        datapath="netdev"),
    Case("over-storm-rate", lambda s: s.b1.send_frames(
        *[s.bridged(s.b1, s.b2, to=BROADCAST)] * 9), "network blue",
        alone=True, meter=lambda s: 0x01000000 + 500),
    Case("over-too-large-share", lambda s: s.larger("p1").run(
        "ping", "-c", "9", "-i", "0.01", "-W", "1", "-M", "dont", "-s",
        "1472", s.p3.address, check=False), "pod p1", alone=True,
        meter=lambda s: 0x02000000 + port(s.p1)),
    Case("over-nd-rate", lambda s: s.p1.send_frames(
        *[s.asks(s.p1, s.p2.address6)] * 9), "network default", alone=True,
        meter=lambda s: 0x04000000 + 1, datapath="system"),
    Case("over-report-share", lambda s: s.l1.send_frames(
        *[s.reports(s.l1)] * 9), "pod l1", alone=True,
        meter=lambda s: 0x05000000 + port(s.l1)),
    Case("over-nd-share", lambda s: s.p1.send_frames(
        *[s.asks(s.p1, s.p2.address6)] * 9), "pod p1", alone=True,
        meter=lambda s: 0x06000000 + port(s.p1), datapath="system"),
    Case("over-storm-share", lambda s: s.b1.send_frames(
        *[s.bridged(s.b1, s.b2, to=BROADCAST)] * 9), "pod b1", alone=True,
        meter=lambda s: 0x07000000 + port(s.b1)),
    Case("over-arp-share", lambda s: s.p1.send_frames(
        *[s.arp(s.p1, 1, s.p2.address)] * 9), "pod p1", alone=True,
        meter=lambda s: 0x08000000 + port(s.p1), datapath="system"),
    # The last one, as it changes by which port the peers come.
    Case("unknown-peer", lambda s: s.from_stranger()),
]


class OneOfEach(Scene):
    def isolated(self, *names):
        """Isolates pods; returns the first."""
        for pod in map(self.cluster.pod, names):
            pod.node.ovs_vsctl("set", "Interface", pod.host_port,
                               "external_ids:loden-isolated=true")
        return self.cluster.pod(names[0])

    def larger(self, name):
        """Lets a pod send more than a tunnel takes; returns it."""
        pod = self.cluster.pod(name)
        pod.node.run("ip", "link", "set", pod.host_port, "mtu", 1500)
        pod.run("ip", "link", "set", "eth0", "mtu", 1500)
        wait_until(lambda: "reg6=0x1" in str(pod.node.flows("mtu")))
        return pod

    def limited(self, name, direction):
        """Gives a pod a rate; returns it."""
        pod = self.cluster.pod(name)
        pod.node.ovs_vsctl("set", "Interface", pod.host_port,
                           f'external_ids:loden-rate-{direction}="1000000 '
                           '1000000"')
        return pod

    def reports(self, pod):
        """A report of IGMP (RFC 2236) that it listens to 239.1.1.1."""
        return ethernet("01:00:5e:01:01:01", pod.mac, 0x0800, ipv4(
            pod.address, "239.1.1.1", 2, b"\x16\0\xf9\xfc" + ip("239.1.1.1"),
            ttl=1))

    @contextmanager
    def squeezed(self, number):
        """Has the meter 'number' of n1 let hardly anything through."""
        ofctl = ("ovs-ofctl", "-O", "OpenFlow15")
        was = re.search(rf"^meter={number} .*\n?.*",
                        self.n1.output(*ofctl, "dump-meters", "br-int"),
                        re.MULTILINE)[0]
        unit = "pktps" if "pktps" in was else "kbps"

        def change(rate, burst):
            self.n1.output(*ofctl, "mod-meter", "br-int",
                           f"meter={number},{unit},burst,band=type=drop,"
                           f"rate={rate},burst_size={burst}")

        change(1, 1)
        try:
            yield
        finally:
            change(*re.search(r"rate=(\d+) burst_size=(\d+)", was).groups())

    def bridged(self, pod, target, **lies):
        """A datagram in a bridged network."""
        return ethernet(lies.get("to", target.mac), lies.get("mac", pod.mac),
                        0x0800, datagram(lies.get("source", pod.address),
                                         target.address, 6800))

    def host_asks_for_itself(self):
        mac, own = self.n1.network("blue")["mac"], "10.5.0.1"
        return ethernet(BROADCAST, mac, 0x0806,
                        arp(1, mac, own, "00:00:00:00:00:00", own))

    def from_stranger(self):
        """Sends to the shared port from an address that is no peer's."""
        self.n1.ovs_vsctl("set", "open", ".",
                          "external_ids:loden-tunnel-ports=shared")
        wait_until(lambda: self.n1.status()["tunnels"]["mode"] == "shared",
                   deadline=20)
        self.cluster.ext.send_udp(
            self.n1.address, 4789, vxlan(1, self.ip4(self.p3,
                                                     self.p1.address)))


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=2, pods="dual")


@pytest.fixture(scope="module")
def scene(cluster):
    n1, n2 = cluster.nodes
    n1.lodenctl("network", "add", "vault", "--range=10.9.0.0/16",
                "--internal")
    for name, vni, options in (("blue", 500, []), ("empty", 502, []),
                               ("calm", 501, ["--internal",
                                              "--multicast=drop"]),
                               ("listen", 503, ["--multicast=snoop"])):
        n1.lodenctl("network", "add", name, "--mode=bridged", f"--vni={vni}",
                    f"--range=10.{vni - 495}.0.0/16", *options)
    for node in cluster.nodes:
        for name in ("vault", "blue", "empty", "calm", "listen"):
            wait_until(lambda: node.network(name))
    for node, name, network in (
            (n1, "p1", "default"), (n1, "p2", "default"),
            (n2, "p3", "default"), (n1, "v1", "vault"), (n1, "b1", "blue"),
            (n1, "b2", "blue"), (n1, "c1", "calm"), (n1, "l1", "listen")):
        node.add_pod(name, network=network)
    return OneOfEach(cluster)


def whose(cluster, case):
    """The source as the report has it."""
    kind, name = case.whose.split()
    return kind, name_of(cluster.pod(name)) if kind == "pod" else name


def title(case):
    return f"{case.reason}-{case.whose}".replace(" ", "-")


def parameter(case):
    marks = ([pytest.mark.datapath(case.datapath, "no such meter there")]
             if case.datapath else [])
    return pytest.param(case, id=title(case), marks=marks)


@pytest.mark.logs("receive tunnel port not found")
@pytest.mark.parametrize("case", map(parameter, CASES))
def test_a_drop_is_found_by_its_reason_and_by_whose_it_was(
        cluster, scene, case):
    node = cluster.node(case.where)
    before = Drops(node)

    def is_told():
        case.send(scene)
        now = Drops(node)
        if now.reasons[case.reason] == before.reasons[case.reason]:
            return False
        if not case.whose:
            return True
        source = (*whose(cluster, case),
                  case.reason if case.alone else "other")
        return now.of(*source) > before.of(*source)

    if not case.meter:
        wait_until(is_told, deadline=20)
        return
    case.send(scene)    # It may be what makes the meter.
    wait_until(lambda: node.appctl("flows/diff") == "")
    with scene.squeezed(case.meter(scene)):
        wait_until(is_told, deadline=20)


def test_every_reason_has_its_case(cluster, scene):
    reasons = Drops(cluster.node("n1")).reasons
    assert set(reasons) == {case.reason for case in CASES}


def test_what_is_small_enough_is_not_counted_as_too_large(cluster, scene):
    n1, p1 = cluster.node("n1"), scene.larger("p1")
    before = Drops(n1)
    assert p1.ping(scene.p3, count=20, interval=0.01).received == 20
    now = Drops(n1)
    assert now.reasons["too-large"] == before.reasons["too-large"]
    source = "pod", name_of(p1)
    assert (now.sources[source]["packets"]
            == before.sources[source]["packets"])


# ---- The command ------------------------------------------------------------

def test_people_see_a_table_with_rates(cluster, scene):
    n1 = cluster.node("n1")
    scene.p1.send_frames(scene.ip4(scene.p1, "172.18.200.7"))
    n1.settle_counters()
    told = n1.lodenctl("drops")
    assert re.search(r"^reason +packets +rate +meaning$", told, re.MULTILINE)
    assert re.search(r"^no-such-subnet +\d+ +\d+\.\d +in the range, ", told,
                     re.MULTILINE)
    assert re.search(rf"^pod +{name_of(scene.p1)} +{scene.p1.host_port} "
                     r"+\d+ +\d+\.\d +.*other \d+", told, re.MULTILINE)


def test_a_flood_of_drops_has_a_rate(cluster, scene):
    n1, pod = cluster.node("n1"), scene.p1
    ping = pod.pinging("172.18.200.7", count=2000, interval=0.01)
    try:
        def rate():
            told = json.loads(n1.lodenctl("--format=json", "drops"))
            return {each["reason"]: each["rate"]
                    for each in told["reasons"]}.get("no-such-subnet", 0)
        wait_until(rate, deadline=20, until=lambda rate: 10 < rate < 500)
    finally:
        ping.end()


def test_watching_shows_one_report_after_another(cluster, scene):
    n1 = cluster.node("n1")
    told = n1.output("timeout", "4", "lodenctl", "--watch", "drops",
                     check=False)
    assert told.count("reason ") >= 2


def test_who_asks_without_a_daemon_is_told_so(cluster, scene):
    done = cluster.node("n1").run("env", "OVS_RUNDIR=/nowhere", "lodenctl",
                                  "drops", check=False)
    assert done.returncode == 1
    assert "loden-controller is not running here" in done.stderr
