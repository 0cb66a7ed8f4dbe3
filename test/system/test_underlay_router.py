# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A router in the underlay whose next link is narrower than any that the
nodes know of."""

import re

import pytest

from harness.cluster import DATAPATH
from harness.traffic import Ping, digest_of_numbers
from harness.waiting import wait_equal, wait_until

NARROW = 1400
FITS = {"ipv4": NARROW - 50, "ipv6": NARROW - 70}
MTU = {"ipv4": 1450, "ipv6": 1430}
DEVICE = "br-ex" if DATAPATH == "netdev" else "eth0"
STALE = "receive tunnel port not found"


def far(family, node):
    return f"{node.address}/32" if family == "ipv4" else f"{node.address6}/128"


def lead_through_ext(cluster, family):
    """Has what n2 sends to n1 pass through 'ext', which has no room."""
    ext, n1, n2 = cluster.ext, *cluster.nodes
    gateway = ext.address if family == "ipv4" else ext.address6
    source = n2.address if family == "ipv4" else n2.address6
    ext.run("sysctl", "-qw", "net.ipv4.ip_forward=1",
            "net.ipv4.conf.all.send_redirects=0",
            "net.ipv4.conf.eth0.send_redirects=0",
            "net.ipv6.conf.all.forwarding=1",
            # Each error counts here.
            "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
    ext.run("ip", "route", "add", far(family, n1), "dev", "eth0", "mtu",
            "lock", NARROW)
    n2.run("ip", "route", "add", far(family, n1), "via", gateway, "dev",
           DEVICE, "src", source)


@pytest.fixture(scope="module", params=["ipv4", "ipv6"])
def family(request):
    """Of the tunnels."""
    return request.param


@pytest.fixture(scope="module")
def pair(new_cluster, family):
    """A pod on n2, and one on n1 behind the router, that have talked."""
    cluster = new_cluster(nodes=2, tunnels=family)
    lead_through_ext(cluster, family)
    pair = [node.add_pod(f"p{i}")
            for i, node in enumerate(reversed(cluster.nodes), 1)]
    wait_until(lambda: pair[0].ping(pair[1], count=1).received, deadline=20)
    return pair


def large_ping(pod, other, mtu, fragment="do"):
    """One ping as large as the pod's MTU."""
    return pod.run("ping", "-n", "-c", "1", "-W", "1", "-M", fragment, "-s",
                   mtu - 28, other.address, check=False).stdout


def limit(node, peer):
    """What the node thinks fits on its way to a peer."""
    line, = (line for line in node.appctl("world/show").splitlines()
             if line.startswith(f"peer {peer.name} "))
    return int(re.search(r"path_mtu=(\d+)", line)[1])


@pytest.mark.logs(STALE)
@pytest.mark.datapath("system", "no kernel's device makes tunnels there")
def test_the_kernel_s_own_errors_get_through(pair, family):
    """They come out of the tunnel.  While the daemon is down there is nobody
    else to make any; when it comes back it knows what the kernel knows."""
    a, b = pair
    node = a.node
    node.run("loden-ctl", "stop")
    fits = re.compile(rf"mtu ?= ?{FITS[family]}\b")
    wait_until(lambda: fits.search(large_ping(a, b, MTU[family])))
    assert not any("check_pkt_larger" in flow.actions for flow in node.flows())
    node.start_controller()
    wait_until(lambda: node.status()["openflow"]["confirmed"])
    wait_equal(lambda: limit(node, b.node), NARROW)
    a.run("ip", "route", "flush", "cache")


@pytest.mark.logs(STALE)
def test_the_pod_is_told_what_fits(pair, family):
    a, b = pair
    fits = re.compile(rf"mtu ?= ?{FITS[family]}\b")
    # The first one is lost in the router, as it must be.
    wait_until(lambda: fits.search(large_ping(a, b, MTU[family])))
    wait_equal(lambda: limit(a.node, b.node), NARROW)
    route = a.output("ip", "route", "get", b.address)
    assert f"mtu {FITS[family]}" in route
    a.run("ip", "route", "flush", "cache")


@pytest.mark.logs(STALE)
def test_what_may_be_cut_up_arrives(pair, family):
    a, b = pair
    wait_until(lambda: "1 received" in large_ping(a, b, MTU[family], "dont"))
    assert limit(a.node, b.node) == NARROW


@pytest.mark.logs(STALE)
def test_tcp_finds_the_size_that_passes(pair):
    a, b = pair
    a.run("ip", "route", "flush", "cache")
    assert a.transfer(b) == digest_of_numbers()
    assert b.transfer(a) == digest_of_numbers()


@pytest.mark.logs(STALE)
def test_pods_keep_their_mtu(pair, family):
    """Other ways are as wide as before."""
    a, b = pair
    assert [pod.link()["mtu"] for pod in pair] == [MTU[family]] * 2
    assert limit(b.node, a.node) == 1500
