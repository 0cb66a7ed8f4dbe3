# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Networks that change while their pods talk, and several side by side."""

import json
import re

import pytest

from harness.cluster import DATAPATH, mesh
from harness.live import carried_out, network, nothing, under_ping, vnis
from harness.traffic import Ping
from harness.tunnels import LONG
from harness.waiting import seconds, wait_equal, wait_until

def host_mtu(pod):
    return json.loads(pod.node.output("ip", "-json", "link", "show",
                                      pod.host_port))[0]["mtu"]


def mtus(pod):
    return pod.link()["mtu"], host_mtu(pod)


def test_another_mtu_reaches_running_pods(cluster, pods):
    for mtu in (1400, 1450):
        assert nothing(under_ping(
            pods, lambda: cluster.set_network("mtu", mtu),
            lambda node: network(node)["mtu"] == mtu))
        for pod in pods:
            wait_equal(lambda: mtus(pod), (mtu, mtu))
            assert pod.node.output(
                "cat", "/sys/class/net/loden0/mtu").strip() == str(mtu)
    p1, p3 = pods[0], pods[2]
    assert p1.ping(p3, size=1422, dont_fragment=True) == Ping.all(3, ttl=63)
    cluster.set_network("mtu", ["set", []])


def test_a_pod_that_asked_for_less_keeps_it(cluster, pods):
    n1 = cluster.node("n1")
    less = n1.add_pod("less", configuration={
        "cniVersion": "1.0.0", "name": "less", "type": "loden",
        "mtu": 1300})
    tuned = n1.add_pod("tuned")
    tuned.run("ip", "link", "set", "eth0", "mtu", "1200")
    try:
        cluster.set_network("mtu", 1400)
        wait_equal(lambda: mtus(tuned), (1200, 1400))
        assert mtus(less) == (1300, 1300)
        cluster.set_network("mtu", 1280)
        wait_equal(lambda: mtus(less), (1280, 1280))
        cluster.set_network("mtu", ["set", []])
        wait_equal(lambda: mtus(less), (1300, 1300))
        wait_equal(lambda: mtus(tuned), (1200, 1450))
    finally:
        cluster.set_network("mtu", ["set", []])
        less.delete()
        tuned.delete()


@pytest.mark.parametrize("wish, later", [(1450, 1450), (1400, 1400),
                                         (9000, 1450)])
def test_a_pod_has_what_it_asked_for_once_the_network_has(cluster, wish,
                                                          later):
    cluster.set_network("mtu", 1400)
    n1 = cluster.node("n1")
    wait_until(lambda: network(n1)["mtu"] == 1400)
    try:
        pod = n1.add_pod("wishing", configuration={
            "cniVersion": "1.0.0", "name": "wishing", "type": "loden",
            "mtu": wish})
        assert mtus(pod) == (1400, 1400)
        cluster.set_network("mtu", ["set", []])
        wait_until(lambda: network(n1)["mtu"] == 1450)
        wait_equal(lambda: mtus(pod), (later, later))
        pod.delete()
    finally:
        cluster.set_network("mtu", ["set", []])


@pytest.mark.logs(r"ldn\w+: Network is down")
@pytest.mark.parametrize("deed", [("down",), ("mtu", "1300"),
                                  ("mtu", "1300", "down")])
def test_a_pod_s_host_end_is_put_right(cluster, pods, deed):
    p1, p3 = pods[0], pods[2]
    p1.node.run("ip", "link", "set", p1.host_port, *deed)
    wait_equal(lambda: mtus(p1), (1450, 1450))
    wait_until(lambda: p1.ping(p3).received == 3)


@pytest.mark.logs(r"ldn\w+: Network is down")
def test_a_host_end_made_larger_is_set_up_and_stays_so(cluster, pods):
    p1, p3 = pods[0], pods[2]
    p1.node.run("ip", "link", "set", p1.host_port, "mtu", "1500", "down")
    wait_until(lambda: p1.ping(p3).received == 3)
    assert mtus(p1) == (1450, 1500)
    p1.node.run("ip", "link", "set", p1.host_port, "mtu", "1450")


@pytest.mark.logs("loden0", "Dropped .* log messages")
def test_a_host_port_that_somebody_deletes_comes_back(cluster, pods):
    p1 = pods[0]
    done = p1.node.run("ip", "link", "delete", "loden0", check=False)
    if done.returncode:
        pytest.skip("the kernel refuses: " + done.stderr.strip())
    wait_until(lambda: p1.node.run("ip", "link", "show", "loden0",
                                   check=False).returncode == 0, deadline=15)
    wait_until(lambda: p1.ping(cluster.ext).received == 3, deadline=15)


@pytest.mark.logs("MTU of pod .*the namespace that its row tells is not where",
                  "MTU of pod .*its namespace cannot be opened: what its row")
@pytest.mark.parametrize("path, word", [
    ("/proc/1/ns/net", "is not where its other end is"),
    ("/dev/null", "what its row tells is none")])
def test_a_row_leads_into_no_namespace_but_the_pods(cluster, pods, path,
                                                    word):
    p1 = pods[0]
    was = p1.node.get("Interface", p1.host_port, "external_ids:loden-netns")
    p1.node.ovs_vsctl("set", "Interface", p1.host_port,
                      f'external_ids:loden-netns="{path}"')
    try:
        cluster.set_network("mtu", 1400)
        wait_until(lambda: word in p1.node.status()["host"]["pod_mtus"].get(
            p1.host_port, ""))
        assert mtus(p1) == (1450, 1450)
        wait_equal(lambda: mtus(pods[1]), (1400, 1400))
    finally:
        p1.node.ovs_vsctl("set", "Interface", p1.host_port,
                          f'external_ids:loden-netns="{was}"')
    wait_equal(lambda: mtus(p1), (1400, 1400), deadline=10)
    cluster.set_network("mtu", ["set", []])
    wait_equal(lambda: mtus(p1), (1450, 1450))


def test_masquerading_ends_and_begins_without_a_loss(cluster, pods):
    for value in (False, True):
        assert sum(under_ping(
            pods, lambda: cluster.set_network("masquerade", value),
            lambda node: network(node)["masquerade"] == value
        ).values()) == 0


def test_a_range_comes_and_goes_without_a_loss(cluster, pods):
    for ranges in (["set", ["172.18.0.0/16", "10.77.0.0/16"]],
                   "172.18.0.0/16"):
        n = len(ranges[1]) if isinstance(ranges, list) else 1
        assert sum(under_ping(
            pods, lambda: cluster.set_network("ranges", ranges),
            lambda node: len(network(node)["ranges"]) == n).values()) == 0


def test_a_network_without_the_host_and_with_it_again(cluster, pods):
    """Pods go on to talk with each other; their way out goes, and comes
    back with the host port."""
    p1 = pods[0]
    for internal in (True, False):
        lost = under_ping(
            pods, lambda: cluster.set_network("internal", internal),
            lambda node: network(node)["internal"] == internal)
        assert lost.pop("gateway") > 0
        assert nothing({**lost, "gateway": 0})
        assert p1.ping(p1.node.gateway).received == (0 if internal else 3)
    assert p1.ping(cluster.ext).received == 3


def mentions(node, vni):
    """The places on a node that speak of a network's number."""
    return {place for place, text in (
        ("flows", "".join(flow.match for flow in node.flows()
                          if re.search(rf"(reg1|tun_id)={vni:#x}\b",
                                       flow.match))),
        ("ports", " ".join(p for p in node.ports() if p == f"loden-{vni}")),
        ("rules", " ".join(w for w in node.output(
            "nft", "list", "ruleset").split() if f"loden-{vni}\"" in w)),
        ("routes", node.run("ip", "route", "show", "dev", f"loden-{vni}",
                            check=False).stdout),
    ) if text}


@pytest.fixture
def red(cluster, pods):
    """A second network, with a pod on n1 and n2."""
    n1, n2 = cluster.node("n1"), cluster.node("n2")
    n1.lodenctl("network", "add", "red", "--range=10.9.0.0/16", "--vni=77",
                "--mtu=1400", "--masquerade=false")
    for node in cluster.nodes:
        wait_until(lambda: network(node, "red") and
                   network(node, "red").get("subnet"), deadline=15)
    members = [n1.add_pod("r1", network="red"), n2.add_pod("r2",
                                                           network="red")]
    yield members
    for pod in members:
        if pod.name in cluster.sandbox.pods():
            pod.delete()
    if "red" in n1.lodenctl("network", "list"):
        n1.lodenctl("--force", "network", "delete", "red")


def test_networks_side_by_side_do_not_meet(cluster, pods, red):
    assert set(mesh(red, count=3).values()) == {Ping.all(3, ttl=63)}
    assert [pod.link()["mtu"] for pod in red] == [1400, 1400]
    for there in red:
        for here in (pods[0], pods[2]):
            assert here.ping(there).received == 0
            assert there.ping(here).received == 0


def test_the_host_port_follows_a_vni_and_pods_do_not_notice(cluster, pods,
                                                            red):
    """It is called by the VNI, so it is made anew; only the way to the host
    and beyond ends for that long."""
    r1, r2 = red
    node = r1.node
    gateway = network(node, "red")["gateway"]
    pings = [r1.pinging(r2, **LONG), r1.pinging(gateway, **LONG)]
    node.lodenctl("network", "set", "red", "--vni=78")
    for each in cluster.nodes:
        wait_equal(lambda: vnis(each, "red"), [78])
        wait_until(lambda: carried_out(each), deadline=20)
        wait_equal(lambda: mentions(each, 77), set())
    wait_until(lambda: r1.ping(gateway, count=1).received == 1)
    peer, host = (ping.end() for ping in pings)
    print(f"to the host port: {host.sent - host.received} of {host.sent}, "
          f"to a peer: {peer.sent - peer.received} of {peer.sent}")
    # The userspace datapath looks for its way anew, see nothing().
    lost = peer.sent - peer.received
    assert lost == 0 if DATAPATH == "system" else lost < seconds(100)
    assert host.received > 0


def test_a_network_comes_and_goes_unnoticed_by_others(cluster, pods):
    n1 = cluster.node("n1")
    assert nothing(under_ping(
        pods, lambda: n1.lodenctl("network", "add", "green",
                                  "--range=10.8.0.0/16", "--vni=1234"),
        lambda node: "subnet" in (network(node, "green") or {})))
    assert mentions(n1, 1234) == {"flows", "ports", "rules", "routes"}
    assert nothing(under_ping(
        pods, lambda: n1.lodenctl("network", "delete", "green"),
        lambda node: not network(node, "green")))
    for node in cluster.nodes:
        wait_equal(lambda: mentions(node, 1234), set())


def test_internal_networks_may_have_the_same_addresses(cluster, pods):
    """They meet nowhere: not in the switch, and they are not on the host."""
    n1, n2 = cluster.node("n1"), cluster.node("n2")
    twins = []
    try:
        for vni, name in ((61, "left"), (62, "right")):
            cidrs = ((n1, "10.60.1.0/24"), (n2, "10.60.2.0/24"))
            cluster.transact(
                {"op": "insert", "table": "Network", "row": {
                    "name": name, "vni": vni, "mode": "routed",
                    "ranges": "10.60.0.0/16", "node_prefix_v4": 24,
                    "internal": True, "unknown_unicast": "drop",
                    "multicast": "flood"}},
                *[{"op": "insert", "table": "Reservation", "row": {
                    "network": name, "cidr": cidr, "node": node.name}}
                  for node, cidr in cidrs])
            for node, cidr in cidrs:
                wait_until(lambda: (network(node, name) or {}).get("subnet")
                           == cidr, deadline=15)
            twins.append([node.add_pod(f"{name}-{node.name}", configuration={
                "cniVersion": "1.0.0", "name": name, "type": "loden",
                "network": name, "runtimeConfig": {"ips": [address]}})
                for node, address in ((n1, "10.60.1.9"), (n2, "10.60.2.9"))])
        left, right = twins
        assert [pod.address for pod in left] == [pod.address for pod in right]
        with right[1].capture("icmp") as other:
            assert left[0].ping(left[1]) == Ping.all(3, ttl=63)
            assert right[0].ping(right[1], count=1) == Ping.all(1, ttl=63)
            other.saw("echo request")
            assert len(other.matching("echo request")) == 1
        with pytest.raises(AssertionError, match="unreachable"):
            left[0].ping(pods[0])
        assert pods[0].ping(left[0]).received == 0
        assert n1.ping(left[0]).received == 0
    finally:
        for pod in sum(twins, []):
            pod.delete()
        for name in ("left", "right"):
            n1.run("lodenctl", "--force", "network", "delete", name,
                   check=False)
