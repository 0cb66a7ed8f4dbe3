# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What tunnels put around packets, as it is on the wire."""

from dataclasses import dataclass

import pytest

from harness.cluster import DATAPATH
from harness.traffic import ENDLESS, Ping, digest_of_numbers
from harness.waiting import wait_equal, wait_until

# The options, and what they do to a packet.
CHOSEN = {"ttl": "9", "tos": "32", "df_default": "false", "csum": "true"}


@dataclass(frozen=True)
class Outer:
    """Of an outer header, what people can choose."""
    ttl: int = 64
    tos: int = 0
    df: bool = True
    csum: bool = False


def seen(pod, other, **ping):
    """The outer header that a ping from 'pod' to 'other' has on the wire."""
    capture = other.node.capture(f"udp dst port 4789 and src "
                                 f"{pod.node.address}", device="eth0")
    capture.command.insert(1, "-x")
    with capture:
        assert pod.ping(other, **ping).received
        # The outer headers end within the third line.
        wait_until(lambda: any("0x0020:" in line for line in capture.lines))
    words = []
    for line in capture.lines:
        offset, _, hexadecimal = line.strip().partition(":  ")
        if offset in ("0x0000", "0x0010", "0x0020"):
            words += hexadecimal.split("  ")[0].split()
    header = bytes.fromhex("".join(words)[:56])
    return Outer(ttl=header[8], tos=header[1], df=bool(header[6] & 0x40),
                 csum=header[26:28] != b"\0\0")


def on_ports(node):
    """The options of the node's tunnel ports, each kind once."""
    return {tuple(sorted((key, row["options"][key]) for key in CHOSEN
                         if key in row["options"]))
            for row in node.rows("Interface", "options", "type=vxlan")}


def settled(node, **options):
    return (on_ports(node) == {tuple(sorted(options.items()))}
            and node.status()["openflow"]["confirmed"])


@pytest.fixture(scope="module")
def pair(new_cluster):
    cluster = new_cluster(nodes=2)
    return [node.add_pod(f"p{i}") for i, node in enumerate(cluster.nodes, 1)]


@pytest.fixture
def cluster(pair):
    """Its cluster, whose options are unset afterwards."""
    cluster = pair[0].cluster
    yield cluster
    for key in CHOSEN:
        cluster.set_option(key)
    for node in cluster.nodes:
        wait_until(lambda: settled(node))


def test_what_nobody_chose(pair):
    assert seen(*pair) == Outer()


@pytest.mark.parametrize("ports", ["per-peer", "shared"])
def test_what_the_cluster_chose(cluster, pair, ports):
    a, b = pair
    n1 = cluster.node("n1")
    cluster.set_option("tunnel_ports", ports)
    for node in cluster.nodes:
        wait_until(lambda: settled(node) and node.status()["tunnels"]["mode"]
                   == ports and len(node.rows("Interface", "type=vxlan")) == 1)
    assert a.ping(b).received == 3
    pinging = a.pinging(b, count=ENDLESS, interval=0.002)
    for key, value in CHOSEN.items():
        n1.lodenctl("option", "set", key, value)
    for node in cluster.nodes:
        wait_until(lambda: settled(node, **CHOSEN))
    result = pinging.end()
    # The userspace datapath takes a port whose options change off its list
    # for a moment.
    assert result.sent - result.received <= (0 if DATAPATH == "system" else 5)
    chosen = Outer(ttl=9, tos=32, df=False, csum=True)
    wait_equal(lambda: seen(a, b), chosen)
    assert seen(b, a) == chosen
    # The receiver takes none with a wrong checksum.
    assert a.transfer(b) == digest_of_numbers()
    assert {key: n1.status()["tunnels"][key] for key in CHOSEN} == CHOSEN
    assert {row["option"]: row["value"] for row in n1.table("option", "list")
            if row["option"] in CHOSEN} == CHOSEN
    for key in CHOSEN:
        n1.lodenctl("option", "delete", key)
    for node in cluster.nodes:
        wait_until(lambda: settled(node))
    wait_equal(lambda: seen(a, b), Outer())
    cluster.set_option("tunnel_ports")
    for node in cluster.nodes:
        wait_until(lambda: node.status()["tunnels"]["mode"] == "per-peer"
                   and len(node.rows("Interface", "type=vxlan")) == 1)


def test_what_the_inner_packet_has(cluster, pair):
    """It was routed before, so that its TTL is one less."""
    a, b = pair
    cluster.set_option("ttl", "inherit")
    cluster.set_option("tos", "inherit")
    for node in cluster.nodes:
        wait_until(lambda: settled(node, ttl="inherit", tos="inherit"))
    wait_equal(lambda: seen(a, b, ttl=33), Outer(ttl=32))
    a.run("ping", "-n", "-c", "1", "-Q", "0x28", b.address)
    wait_equal(lambda: seen_tos(a, b, 0x28), 0x28)


def seen_tos(pod, other, tos):
    """The outer TOS of a ping with an inner one."""
    with other.node.capture(f"udp dst port 4789 and src {pod.node.address} "
                            f"and ip[1] = {tos}", device="eth0") as capture:
        pod.run("ping", "-n", "-c", "1", "-Q", hex(tos), other.address)
        capture.saw(".4789: ")
    return tos


def test_a_node_s_own_choice(cluster, pair):
    a, b = pair
    cluster.set_option("ttl", "20")
    for node in cluster.nodes:
        wait_until(lambda: settled(node, ttl="20"))
    a.node.ovs_vsctl("set", "open", ".", "external_ids:loden-ttl=7",
                     "external_ids:loden-df-default=false")
    try:
        wait_until(lambda: settled(a.node, ttl="7", df_default="false"))
        wait_equal(lambda: seen(a, b), Outer(ttl=7, df=False))
        wait_equal(lambda: seen(b, a), Outer(ttl=20))
    finally:
        a.node.ovs_vsctl("remove", "open", ".", "external_ids", "loden-ttl",
                         "--", "remove", "open", ".", "external_ids",
                         "loden-df-default")
    wait_until(lambda: settled(a.node, ttl="20"))


@pytest.mark.logs("option (ttl|tos|csum|df_default): '.*' is not",
                  "external_ids:loden-ttl: '.*' is not")
def test_what_makes_no_sense_is_refused_by_name(cluster, pair):
    a, b = pair
    wrong = {"ttl": "0", "tos": "33", "csum": "yes",
             "df_default": "; reboot"}
    for key, value in wrong.items():
        cluster.set_option(key, value)
    a.node.ovs_vsctl("set", "open", ".", "external_ids:loden-ttl=256")
    expected = {
        "Loden_Global, option ttl":
            "'0' is not inherit or 1 to 255: it is 64",
        "Loden_Global, option tos": "'33' is not inherit or 0 to 252, a "
                                    "multiple of 4: it is 0",
        "Loden_Global, option csum": "'yes' is not true or false: it is "
                                     "false",
        "Loden_Global, option df_default": "'; reboot' is not true or false: "
                                           "it is true",
        "Open_vSwitch, external_ids:loden-ttl":
            "'256' is not inherit or 1 to 255: it is as the cluster says"}
    try:
        wait_equal(lambda: {each["what"]: each["why"] for each in
                            a.node.status()["refusals"]}, expected)
        assert on_ports(a.node) == {()}
        assert a.ping(b) == Ping.all(3, ttl=63)
    finally:
        a.node.ovs_vsctl("remove", "open", ".", "external_ids", "loden-ttl")
