# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A host that has its default route from a router's advertisements keeps
it."""

import pytest

from harness.frames import ethernet
from harness.nd import (
    IPV6, ROUTER_ADVERTISEMENT, SOURCE_MAC, group_mac, icmpv6, option)
from harness.waiting import wait_equal, wait_until

FORWARDING = "net.ipv6.conf.all.forwarding"
ROUTER = "fe80::100"


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=1, pods="ipv6")


def advertise(ext):
    """ext says that it is a router, for half an hour."""
    link = ext.output("cat", "/sys/class/net/eth0/address")
    body = (bytes([64, 0]) + (1800).to_bytes(2, "big") + bytes(8)
            + option(SOURCE_MAC, link))
    ext.send_frames(ethernet(
        group_mac("ff02::1"), link, IPV6,
        icmpv6(ROUTER, "ff02::1", ROUTER_ADVERTISEMENT, body)))


@pytest.mark.logs(FORWARDING)
def test_the_hosts_default_route_is_not_taken_from_it(cluster):
    node, = cluster.nodes
    device = "br-ex" if node.ovs_vsctl("list-br").count("br-ex") else "eth0"

    def sysctl(name, value=None):
        if value is not None:
            node.run("sysctl", "-qw", f"{name}={value}")
        return node.output("sysctl", "-n", name)

    def learned():
        return "proto ra" in node.output("ip", "-6", "route", "show",
                                         "default")

    assert sysctl(FORWARDING) == "1"
    node.kill()
    sysctl(FORWARDING, 0)
    advertise(cluster.ext)
    wait_until(learned)

    node.start_controller()
    wait_until(lambda: (node.status()["host"]["forwarding6_error"] or "")
               .startswith("it is 0"))
    assert (f"net.ipv6.conf.{device}.accept_ra=2"
            in node.status()["host"]["forwarding6_error"])
    assert sysctl(FORWARDING) == "0"
    assert learned()

    # Told so, the kernel keeps it, and the controller goes on.
    sysctl(f"net.ipv6.conf.{device}.accept_ra", 2)
    wait_equal(lambda: sysctl(FORWARDING), "1", 20)
    assert learned()
    wait_equal(lambda: node.status()["host"]["forwarding6_error"], None)
