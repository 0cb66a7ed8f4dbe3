# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What becomes of packets between nodes while tunnels change."""

from .traffic import ENDLESS
from .waiting import wait_until

# What Open vSwitch says of packets that it has seen before a change, and
# looks at again after it.
STALE = "receive tunnel port not found"

LONG = {"count": ENDLESS, "interval": 0.002}


def let_pass(node, n=50):
    """Waits until 'n' more packets have gone into the tunnels of 'node'."""
    before = sum(node.tunnel_packets().values())
    wait_until(lambda: sum(node.tunnel_packets().values()) > before + n)


def during(change, settled, trio):
    """Makes a 'change' under pings between all nodes; returns how many
    packets were lost, of how many, when all is 'settled'."""
    p1, p3, p5 = trio
    pings = [a.pinging(b, **LONG) for a, b in
             ((p1, p3), (p3, p5), (p5, p1))]
    let_pass(p1.node)
    change()
    for node in p1.cluster.nodes:
        wait_until(lambda: settled(node), deadline=20)
    results = [ping.end() for ping in pings]
    for result in results:
        assert (result.duplicates, result.errors, result.ttl) == (0, 0, (63,))
    return (sum(each.sent - each.received for each in results),
            sum(each.sent for each in results))
