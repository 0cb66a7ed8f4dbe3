# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What becomes of packets while networks change."""

from .cluster import DATAPATH, mesh
from .tunnels import LONG, let_pass
from .waiting import wait_until


def network(node, name="default"):
    """What the controller has made of a network."""
    return next((each for each in node.status()["networks"]
                 if each["name"] == name), None)


def carried_out(node):
    status = node.status()
    return (status["openflow"]["confirmed"]
            and status["host"]["nftables"]["applied"]
            and node.appctl("flows/diff") == "")


def under_ping(pods, change, done):
    """Makes a 'change' under pings within the node, between nodes and to the
    gateway; returns how many packets each lost."""
    p1, p2, p3 = pods[0], pods[1], pods[2]
    assert mesh([p1, p2, p3]).popitem()[1].received == 3
    pings = {"node": p1.pinging(p2, **LONG),
             "peer": p1.pinging(p3, **LONG),
             "gateway": p1.pinging(p1.node.gateway, **LONG)}
    let_pass(p1.node)
    change()
    for node in p1.cluster.nodes:
        wait_until(lambda: done(node) and carried_out(node), deadline=20)
    let_pass(p1.node)
    results = {way: ping.end() for way, ping in pings.items()}
    print("missing", {way: ping.lost for way, ping in pings.items()})
    print({way: f"{ping.sent - ping.received} of {ping.sent}"
           for way, ping in results.items()})
    return {way: ping.sent - ping.received for way, ping in results.items()}


def nothing(lost):
    """Whether nothing was 'lost'.  The userspace datapath looks for its way
    to a peer anew whenever an address or a route of the host changes, and
    drops what is to go there meanwhile."""
    most = 0 if DATAPATH == "system" else 5
    return lost["node"] == lost["gateway"] == 0 and lost["peer"] <= most


def vnis(node, name="default"):
    """Which VNIs a node sends and takes."""
    known = network(node, name) or {}
    return [known.get("vni"), *([known["also_vni"]]
                                if "also_vni" in known else [])]
