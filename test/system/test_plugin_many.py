# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Many pods at once: a whole subnet by many callers, and one too many."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from harness.cni import (  # noqa: F401
    add, address, cluster, delete, host_port, kept, new_pod, node,
    reaches_gateway, refusal, row_of)
from harness.logs import DEVICE_GONE
from harness.waiting import TIME_SCALE, wait_equal


# An ADD has ten seconds, and a slow machine takes that for so many at once.
CALLERS = max(4, int(32 / TIME_SCALE))


# So much at once on a machine that does something else keeps daemons waiting,
# and a DEL that has waited long enough for the switch goes on.
@pytest.mark.logs(r"\|timeval\|WARN\|", *DEVICE_GONE)
def test_a_whole_subnet_by_many_callers(node, new_pod):
    before = kept(node)
    pods = [new_pod() for _ in range(254)]
    with ThreadPoolExecutor(CALLERS) as threads:
        results = list(threads.map(add, pods[:200]))
        assert len({address(result) for result in results}) == 200
        assert len({host_port(result) for result in results}) == 200
        assert all(threads.map(reaches_gateway, pods[:200:10]))
        more = list(threads.map(add, pods[200:253]))
        assert len({address(result) for result in results + more}) == 253
        full = kept(node)
        assert refusal(pods[253]) == {
            "cniVersion": "1.1.0", "code": 11,
            "msg": "no free address in 172.18.6.0/24 (253 of 253 in use)"}
        assert kept(node) == full
        list(threads.map(delete, pods))
    wait_equal(lambda: kept(node), before, deadline=30)


@contextmanager
def tunnel_ports(node, count):
    """Tunnel ports on the switch to peers that are not there."""
    names = [f"dummy{i}" for i in range(count)]
    words = []
    for i, name in enumerate(names):
        words += ["--", "add-port", "br-int", name, "--", "set", "interface",
                  name, "type=vxlan", "options:key=flow",
                  f"options:remote_ip=10.255.{i // 250}.{i % 250 + 1}"]
    node.run("ovs-vsctl", *words[1:])
    yield
    node.run("ovs-vsctl", *(word for name in names
                            for word in ("--", "del-port", name)))


# ovs-vswitchd looks at all ports whenever one comes, and DEL does not wait
# longer than a second until it has let go of a device.
@pytest.mark.logs(r"\|timeval\|WARN\|", r"\|poll_loop\|", r"\|ovs_rcu\(",
                  *DEVICE_GONE)
def test_many_callers_among_a_thousand_tunnel_ports(node, new_pod):
    with tunnel_ports(node, 1000):
        before = kept(node)
        pods = [new_pod() for _ in range(200)]
        with ThreadPoolExecutor(CALLERS) as threads:
            results = list(threads.map(add, pods))
            assert len({address(result) for result in results}) == 200
            assert all(threads.map(reaches_gateway, pods[::20]))
            list(threads.map(delete, pods))
        wait_equal(lambda: kept(node), before, deadline=30)
