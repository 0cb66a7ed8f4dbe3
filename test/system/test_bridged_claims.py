# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Who has which address in a bridged network: blocks, wishes, and pods that
move."""

import ipaddress
import json

import pytest

from harness.bridged import TYPE, endpoints, join, new_networks, settle, wishing
from harness.cni import kept
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until
from sandboxlib.pod import Pod, new_record


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_networks(new_cluster())


@pytest.fixture(autouse=True)
def no_pods(cluster):
    yield
    for pod in cluster.pods:
        pod.delete()
    settle(cluster)


@pytest.fixture
def refusal(cluster):
    """Runs an ADD that must fail and leave nothing; returns the error."""
    def add(node, network, **configuration):
        node = cluster.node(node)
        pod = Pod("refused", node.machine, new_record(
            node.name, {**TYPE, "name": network, "network": network,
                        **configuration}))
        before = kept(node)
        pod.create()
        try:
            done = pod.plugin("ADD", check=False)
            assert done.returncode == 1
            wait_equal(lambda: kept(node), before)
            return json.loads(done.stdout)
        finally:
            pod.destroy()

    return add


def blocks(cluster, network):
    """The blocks of each node: {node: [cidr]}."""
    found = {}
    for row in cluster.node("n1").table("subnet", "list"):
        if row["network"] == network:
            found.setdefault(row["node"], []).append(row["cidr"])
    return found


def members(cluster, network):
    """What lodenctl tells: {(node, mac): (addresses, sequence, state)}."""
    return {(row["node"], row["mac"]):
            (row["addresses"], row["sequence"], row["state"])
            for row in cluster.node("n1").table("endpoints",
                                                f"--network={network}")}


# ---- Blocks -----------------------------------------------------------------

def test_a_node_claims_blocks_as_its_pods_need_them(cluster):
    assert "n1" not in blocks(cluster, "blue")
    pods = [join(cluster, "n1", f"b{i}", "blue") for i in range(14)]
    assert len({pod.address for pod in pods}) == 14
    assert len(blocks(cluster, "blue")["n1"]) == 2
    assert set(blocks(cluster, "blue")) == {"n1"}


def test_a_node_gives_back_what_its_pods_do_not_need(cluster):
    n1 = cluster.node("n1")
    n1.lodenctl("network", "set", "blue", "--block-rest=1")
    try:
        pods = [join(cluster, "n1", f"b{i}", "blue") for i in range(14)]
        one, two = blocks(cluster, "blue")["n1"]
        assert n1.network("blue")["blocks"] == f"{one},{two}"
        for pod in pods[1:]:
            pod.delete()
        kept = next(block for block in (one, two)
                    if ipaddress.ip_address(pods[0].address)
                    in ipaddress.ip_network(block))
        wait_equal(lambda: blocks(cluster, "blue").get("n1"), [kept])
        assert n1.network("blue")["blocks"] == kept
        pods[0].delete()
        wait_until(lambda: "n1" not in blocks(cluster, "blue"))
        assert "blocks" not in n1.network("blue")
        # And there are addresses again when there is need.
        assert join(cluster, "n1", "last", "blue").address
    finally:
        n1.lodenctl("network", "set", "blue", "--block-rest=300")


def test_a_reserved_block_is_that_nodes_alone(cluster):
    n1 = cluster.node("n1")
    n1.lodenctl("network", "add", "kept", "--mode=bridged", "--internal",
                "--range=10.17.0.0/27", "--node-prefix=28",
                "--block-rest=1")
    n1.lodenctl("reservation", "add", "kept", "10.17.0.16/28", "n2")
    for node in cluster.nodes:
        wait_until(lambda: node.network("kept"))
    mine = [join(cluster, "n1", f"k{i}", "kept") for i in range(13)]
    assert blocks(cluster, "kept") == {"n1": ["10.17.0.0/28"]}
    theirs = join(cluster, "n2", "k13", "kept")
    assert blocks(cluster, "kept") == {"n1": ["10.17.0.0/28"],
                                       "n2": ["10.17.0.16/28"]}
    # It is not given back; the other one, which is not reserved, is.
    theirs.delete()
    for pod in mine:
        pod.delete()
    wait_equal(lambda: blocks(cluster, "kept"), {"n2": ["10.17.0.16/28"]})


@pytest.mark.logs("Subnet 10.18.0.0/28 of node n1 .*it is reserved")
def test_a_block_that_is_reserved_for_another_is_lost(cluster):
    n1, n2 = cluster.node("n1"), cluster.node("n2")
    n1.lodenctl("network", "add", "moved", "--mode=bridged", "--internal",
                "--range=10.18.0.0/27", "--node-prefix=28")
    for node in cluster.nodes:
        wait_until(lambda: node.network("moved"))
    first = join(cluster, "n1", "m1", "moved")
    block, = blocks(cluster, "moved")["n1"]
    n1.lodenctl("reservation", "add", "moved", block, "n2")
    second = join(cluster, "n2", "m2", "moved")
    assert ipaddress.ip_address(second.address) in ipaddress.ip_network(block)
    assert second.address != first.address
    wait_until(lambda: n1.appctl("flows/diff") == n2.appctl("flows/diff")
               == "")
    wait_until(lambda: first.ping(second) == Ping.all(3, ttl=64))
    third = join(cluster, "n1", "m3", "moved")
    assert ipaddress.ip_address(third.address) \
        not in ipaddress.ip_network(block)


def test_check_finds_nothing_wrong(cluster):
    for number, options in enumerate(({}, {"ipam": {}}, wishing(
            "10.6.0.50", "0a:00:00:00:00:50"))):
        for network in "blue", "red":
            if network == "blue" and "runtimeConfig" in options:
                continue
            pod = join(cluster, "n1", f"{network}{number}", network,
                       **options)
            done = pod.attachment.plugin(
                "CHECK", check=False, configuration={
                    **pod.attachment.record["configuration"],
                    "prevResult": pod.result})
            assert (done.returncode, done.stdout) == (0, ""), options


@pytest.mark.logs("network tiny: no block of /29 left in 10.7.0.0/29")
def test_a_full_network_says_so(cluster, refusal):
    cluster.node("n1").lodenctl("network", "add", "tiny", "--mode=bridged",
                                "--range=10.7.0.0/29", "--node-prefix=29",
                                "--internal")
    wait_until(lambda: cluster.node("n2").network("tiny"))
    for i in range(5):
        join(cluster, "n1", f"t{i}", "tiny")
    error = refusal("n2", "tiny")
    assert error["code"] == 11
    assert error["msg"] == (
        'no free address of network "tiny" on this node, and the cluster '
        'gave no further block in time')


# ---- Wishes -----------------------------------------------------------------

def test_a_wish_inside_and_outside_of_the_nodes_blocks(cluster):
    first = join(cluster, "n1", "b1", "blue")
    inside = first.address.rpartition(".")[0] + "." + next(
        str(n) for n in range(256)
        if f".{n}" != "." + first.address.rpartition(".")[2]
        and n // 16 == int(first.address.rpartition(".")[2]) // 16)
    assert join(cluster, "n1", "b2", "blue",
                **wishing(inside)).address == inside
    outside = join(cluster, "n2", "b3", "blue",
                   **wishing("10.5.77.77", "0a:00:00:00:00:77"))
    assert (outside.address, outside.mac) == ("10.5.77.77",
                                              "0a:00:00:00:00:77")
    settle(cluster)
    assert first.ping(outside) == Ping.all(3, ttl=64)
    assert members(cluster, "blue")["n2", "0a:00:00:00:00:77"] == (
        "10.5.77.77", 1, "counts")


def test_an_address_of_another_is_refused_with_who_has_it(cluster, refusal):
    b1 = join(cluster, "n1", "b1", "blue")
    settle(cluster)
    for wish in (wishing(b1.address),
                 wishing(b1.address, "0a:00:00:00:00:78"),
                 wishing("10.5.77.78", b1.mac)):
        error = refusal("n2", "blue", **wish)
        assert error["code"] in (7, 11)
        if error["code"] == 11:
            assert error["msg"].endswith(
                f"that of member {b1.mac} on node n1"), error
    assert b1.node.ping(b1) == Ping.all(3, ttl=64)


@pytest.mark.logs("cluster.sock: .*")
def test_without_the_cluster_blocks_go_on_and_wishes_fail(cluster, refusal):
    join(cluster, "n2", "b1", "blue")
    settle(cluster)
    n2 = cluster.node("n2")
    remote = n2.get("Open_vSwitch", ".", "external_ids:loden-remote")
    n2.ovs_vsctl("set", "Open_vSwitch", ".",
                 "external_ids:loden-remote=tcp:127.0.0.1:9")
    try:
        wait_until(lambda: not json.loads(n2.appctl("status"))
                   ["cluster"]["connected"])
        error = refusal("n2", "blue", **wishing("10.5.99.99"))
        assert error["code"] == 11
        assert "cluster database is not connected" in error["msg"]
        assert join(cluster, "n2", "b2", "blue").ping(
            cluster.pod("b1")) == Ping.all(3, ttl=64)
    finally:
        n2.ovs_vsctl("set", "Open_vSwitch", ".",
                     f"external_ids:loden-remote={remote}")
    settle(cluster)


@pytest.mark.logs(".*")
def test_without_the_cluster_a_controller_starts_and_pods_talk(cluster):
    b1, b2 = (join(cluster, node, name, "blue")
              for node, name in (("n1", "b1"), ("n2", "b2")))
    settle(cluster)
    n2 = cluster.node("n2")
    wait_until(lambda: n2.status()["last_good"]["saved"])
    remote = n2.get("Open_vSwitch", ".", "external_ids:loden-remote")
    n2.ovs_vsctl("set", "Open_vSwitch", ".",
                 "external_ids:loden-remote=tcp:127.0.0.1:9")
    try:
        wait_until(lambda: not json.loads(n2.appctl("status"))
                   ["cluster"]["connected"])
        pid = n2.pid()
        n2.kill()
        wait_until(lambda: n2.run("kill", "-0", pid, check=False).returncode)
        n2.run("ovs-ofctl", "-O", "OpenFlow15", "del-groups", "br-int")
        n2.run("ovs-ofctl", "-O", "OpenFlow15", "del-flows", "br-int")
        n2.start_controller()
        wait_until(lambda: b2.ping(b1) == Ping.all(3, ttl=64))
        assert join(cluster, "n2", "b3", "blue").ping(b1) == Ping.none(3)
    finally:
        n2.ovs_vsctl("set", "Open_vSwitch", ".",
                     f"external_ids:loden-remote={remote}")
    # n1 knows the new one only now.
    settle(cluster)
    assert cluster.pod("b3").ping(b1) == Ping.all(3, ttl=64)


# ---- Moving -----------------------------------------------------------------

MOVER = wishing("10.5.88.88", "0a:00:00:00:00:88")


@pytest.mark.logs("refused: Endpoint 0a:00:00:00:00:88 of node n2",
                  "refused: Interface ldn.* node n3 has its address too")
def test_a_pod_that_moves_is_reached_at_once(cluster):
    b1 = join(cluster, "n1", "b1", "blue")
    join(cluster, "n2", "old", "blue", **MOVER)
    settle(cluster)
    assert b1.ping("10.5.88.88") == Ping.all(3, ttl=64)
    new = join(cluster, "n3", "new", "blue", **MOVER)
    # The old one is there still, and has lost.
    wait_equal(lambda: members(cluster, "blue").get(
        ("n3", "0a:00:00:00:00:88")), ("10.5.88.88", 2, "counts"))
    wait_until(lambda: endpoints(b1.node, "blue")[0][1] == "n3")
    wait_until(lambda: b1.node.appctl("flows/diff") == "")
    with new.capture("icmp") as capture:
        assert b1.ping(new) == Ping.all(3, ttl=64)
        capture.saw("echo request")
    # It withdraws, and its node says why.
    wait_until(lambda: ("n2", "0a:00:00:00:00:88")
               not in members(cluster, "blue"))
    why = [r["why"] for r in cluster.node("n2").status()["refusals"]]
    assert any("node n3 has its address too" in each for each in why), why


@pytest.mark.logs("refused: Endpoint 0a:00:00:00:00:88 of node",
                  "refused: Interface ldn.* has its address too")
def test_and_moves_back(cluster):
    b1 = join(cluster, "n1", "b1", "blue")
    for number, node in enumerate(("n2", "n3", "n2"), 1):
        pod = join(cluster, node, f"m{number}", "blue", **MOVER)
        wait_until(lambda: b1.ping(pod) == Ping.all(3, ttl=64))
        assert members(cluster, "blue")[node, pod.mac][2] == "counts"
        if number > 1:
            cluster.pod(f"m{number - 1}").delete()
    assert pod.node.name == "n2"


@pytest.mark.logs(".*")
def test_a_pod_moves_away_from_a_dead_node(cluster):
    b1 = join(cluster, "n1", "b1", "blue")
    join(cluster, "n2", "old", "blue", **MOVER)
    settle(cluster)
    n2 = cluster.node("n2")
    n2.kill()
    new = join(cluster, "n3", "new", "blue", **MOVER)
    wait_until(lambda: b1.ping(new) == Ping.all(3, ttl=64))
    states = members(cluster, "blue")
    assert states["n3", new.mac] == ("10.5.88.88", 2, "counts")
    assert states["n2", new.mac] == ("10.5.88.88", 1, "refused")
    # Both are shown, on every node.
    assert any("node n3 has" in r["why"] for r in b1.node.status()["refusals"])
    # When the dead one comes back, it withdraws.
    n2.start_controller()
    wait_until(lambda: ("n2", new.mac) not in members(cluster, "blue"))
    assert b1.ping(new) == Ping.all(3, ttl=64)


def test_an_address_that_gets_another_mac_is_announced(cluster):
    b1 = join(cluster, "n1", "b1", "blue")
    old = join(cluster, "n2", "old", "blue",
               **wishing("10.5.66.66", "0a:00:00:00:00:66"))
    wait_until(lambda: b1.ping(old) == Ping.all(3, ttl=64))
    old.delete()
    with b1.capture("arp") as capture:
        join(cluster, "n1", "new", "blue",
             **wishing("10.5.66.66", "0a:00:00:00:00:67"))
        capture.saw("who-has 10.5.66.66 tell 10.5.66.66")
    line = b1.output("ip", "neighbour", "show", "10.5.66.66")
    assert "lladdr 0a:00:00:00:00:67 " in line


# ---- Without an address -----------------------------------------------------

def test_pods_without_an_address_have_a_segment(cluster):
    l1, l2 = (join(cluster, node, name, "red", ipam={})
              for node, name in (("n1", "l1"), ("n2", "l2")))
    r1 = join(cluster, "n1", "r1", "red")
    settle(cluster)
    assert "ips" not in l1.result or l1.result["ips"] == []
    for pod, address in ((l1, "10.6.0.201"), (l2, "10.6.0.202")):
        pod.run("ip", "address", "add", f"{address}/24", "dev", "eth0")
    assert l1.ping("10.6.0.202") == Ping.all(3, ttl=64)
    assert r1.ping("10.6.0.202") == Ping.all(3, ttl=64)
    # But not anybody's.
    l1.run("ip", "address", "add", f"{r1.address}/24", "dev", "eth0")
    done = l1.run("ping", "-c", "1", "-W", "1", "-I", r1.address,
                  "10.6.0.202", check=False)
    assert "1 packets transmitted, 0 received" in done.stdout
