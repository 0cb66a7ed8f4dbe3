# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What is Loden's on the host and what is not: its tables of nftables, the
address and routes of its port, and that it minds these and nothing else."""

import json
import pathlib
import re
import shlex

import pytest

from harness.cluster import DATAPATH
from harness.nft import refusing
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until

GOLDEN = pathlib.Path(__file__).parents[1] / "unit" / "golden"
CHANGED = "was changed by somebody else: putting it back"
CHANGED_CHAINS = r"was changed by somebody else: putting back \d+ chains"


@pytest.fixture(scope="module")
def n1(cluster):
    return cluster.node("n1")


# ---- The rules --------------------------------------------------------------

def rules(node):
    """The table as the kernel has it; empty if it is not there."""
    return node.run("nft", "-s", "list", "table", "inet", "loden",
                    check=False).stdout.strip()


def as_listed(node, text):
    """What nft makes of 'text' where nothing else is."""
    return node.output("unshare", "--net", "sh", "-c",
                       f"echo {shlex.quote(text)} | nft -f - && "
                       "nft -s list table inet loden")


def expected_rules(node):
    text = (GOLDEN / "rules-one-network.nft").read_text()
    return as_listed(node, text.replace("172.18.6.0/24", node.subnet))


def test_the_kernel_has_the_rules_that_reviewers_read(cluster):
    for node in cluster.nodes:
        wait_equal(lambda: rules(node), expected_rules(node))


@pytest.mark.logs(CHANGED)
@pytest.mark.parametrize("deed", [
    "delete table inet loden", "flush table inet loden",
    "flush chain inet loden postrouting",
    "insert rule inet loden forward drop",
    "add chain inet loden other"])
def test_rules_that_somebody_changes_are_put_right(cluster, n1, deed):
    wait_equal(lambda: rules(n1), expected_rules(n1))
    n1.run("nft", *deed.split())
    wait_equal(lambda: rules(n1), expected_rules(n1))


def test_a_restart_leaves_the_rules_as_they_are(cluster, n1):
    """They are put again, but a listing never shows them missing."""
    n1.kill()
    n1.run("nft", "add", "chain", "inet", "loden", "not-ours")
    n1.start_controller()
    wait_equal(lambda: rules(n1), expected_rules(n1))


@pytest.fixture
def blue(cluster, n1, pods):
    """A pod on n1 in a network of its own."""
    n1.lodenctl("network", "add", "blue", "--range=10.7.0.0/16", "--vni=7")
    wait_until(lambda: n1.network("blue")["host"] == "loden-7")
    pod = n1.add_pod("blue", network="blue")
    yield pod
    pod.delete()
    n1.lodenctl("network", "delete", "blue", "--force")
    wait_equal(lambda: rules(n1), expected_rules(n1))


def kept_apart(node):
    """How many packets were not let from one network to another."""
    listing = node.output("nft", "list", "chain", "inet", "loden", "forward")
    return [int(n) for n in re.findall(r"counter packets (\d+) .* drop",
                                       listing)]


def test_the_host_lets_nothing_pass_between_networks(n1, pods, blue):
    wait_equal(lambda: kept_apart(n1), [0, 0])
    assert n1.ping(blue) == Ping.all(3, ttl=64)
    assert pods[0].ping(blue) == Ping.none(3)
    assert kept_apart(n1) in ([3, 0], [0, 3])
    assert blue.ping(pods[0]) == Ping.none(3)
    assert kept_apart(n1) == [3, 3]


@pytest.mark.logs("nft refuses: No room today")
def test_what_nft_refuses_is_shown_and_tried_again(cluster, n1):
    def nftables():
        return n1.status()["host"]["nftables"]

    with refusing(n1):
        cluster.set_network("masquerade", False)
        wait_equal(nftables, {"applied": False,
                              "error": "nft refuses: No room today"})
    cluster.set_network("masquerade", True)
    wait_equal(nftables, {"applied": True, "error": None}, deadline=10)
    assert rules(n1) == expected_rules(n1)


# ---- The port ---------------------------------------------------------------

def addresses(node):
    """All addresses, by device."""
    devices = json.loads(node.output("ip", "-json", "address"))
    return {device["ifname"]: [f"{each['local']}/{each['prefixlen']}"
                               for each in device["addr_info"]]
            for device in devices}


def routes(node, device):
    return sorted(line.strip() for line in node.output(
        "ip", "route", "show", "dev", device).splitlines())


def has_all(node):
    """Whether the port has what it should: the gateway's address and no
    other, of no family, and two routes."""
    return (addresses(node).get("loden0") == [f"{node.gateway}/24"]
            and routes(node, "loden0") == [
                f"172.18.0.0/16 proto 76 scope link src {node.gateway}",
                f"{node.subnet} proto kernel scope link src {node.gateway}"])


def test_the_port_has_the_gateways_address_and_no_other(cluster):
    for node in cluster.nodes:
        wait_until(lambda: has_all(node))


@pytest.mark.parametrize("deed", [
    "address add 172.18.99.1/24 dev loden0",
    "address add fd00::1/64 dev loden0",
    "address flush dev loden0",
    "route delete 172.18.0.0/16 dev loden0",
    "link set loden0 down"])
def test_the_port_is_put_right_again(cluster, n1, deed):
    wait_until(lambda: has_all(n1))
    # A flush complains when it is undone before its end.
    n1.run("ip", *deed.split(), check="flush" not in deed)
    if deed.startswith("route"):
        # The kernel is not asked about routes; the next event will do.
        n1.run("ip", "address", "add", "172.18.99.1/24", "dev", "loden0")
    wait_until(lambda: has_all(n1))


def test_a_port_that_is_made_anew_gets_everything_again(cluster, n1):
    wait_until(lambda: has_all(n1))
    n1.ovs_vsctl("del-port", "br-int", "loden0")
    wait_until(lambda: has_all(n1), deadline=10)


def test_forwarding_is_on(cluster):
    for node in cluster.nodes:
        assert node.output("sysctl", "-n", "net.ipv4.ip_forward") == "1"


def test_strict_reverse_path_filters_are_no_obstacle(cluster, pods):
    p1, p3 = pods[0], pods[2]
    node = p1.node
    was = node.output("sysctl", "-n", "net.ipv4.conf.loden0.rp_filter")
    node.run("sysctl", "-w", "net.ipv4.conf.loden0.rp_filter=1")
    try:
        assert node.ping(p1) == Ping.all(3, ttl=64)
        assert node.ping(p3) == Ping.all(3, ttl=63)
        assert p1.ping(cluster.ext) == Ping.all(3, ttl=63)
    finally:
        node.run("sysctl", "-w", f"net.ipv4.conf.loden0.rp_filter={was}")


# ---- What is not ours -------------------------------------------------------

def foreign(node):
    """Everything on the node that Loden has no business with."""
    tables = node.output("nft", "list", "tables").splitlines()
    return {
        "tables": [node.output("nft", "list", *line.split())
                   for line in tables if not line.endswith(" loden")],
        "addresses": {device: has for device, has in addresses(node).items()
                      if device != "loden0"},
        "routes": [line for line in node.output("ip", "route").splitlines()
                   if "dev loden0" not in line],
        "settings": node.output("sh", "-c", "sysctl -a 2>/dev/null | grep -E"
                                " 'rp_filter|proxy_arp|bridge-nf|send_redir'"
                                " | grep -v ldn"),
    }


def test_nothing_of_others_is_touched(cluster, n1):
    n1.run("nft", "-f", "-", input=(
        "table inet firewall { chain input { type filter hook input"
        " priority 0; tcp dport 1 drop; }; }\n"
        "table ip loden-like { }\n"))
    n1.run("ip", "tuntap", "add", "mode", "tap", "name", "other0")
    n1.run("ip", "address", "add", "10.55.0.1/24", "dev", "other0")
    n1.run("ip", "link", "set", "other0", "up")
    n1.run("ip", "route", "add", "10.66.0.0/16", "via", "10.55.0.9",
           "proto", "76")
    try:
        before = foreign(n1)
        n1.kill()
        n1.start_controller()
        wait_equal(lambda: n1.status()["host"]["nftables"]["applied"], True)
        cluster.set_network("mtu", 1400)
        wait_equal(lambda: n1.network("default")["mtu"], "1400")
        cluster.set_network("mtu", ["set", []])
        wait_equal(lambda: n1.network("default")["mtu"], "1450")
        assert foreign(n1) == before
    finally:
        n1.run("ip", "link", "delete", "other0")
        n1.run("nft", "delete", "table", "inet", "firewall")
        n1.run("nft", "delete", "table", "ip", "loden-like")


# ---- The pods' host ends ----------------------------------------------------

userspace = pytest.mark.datapath(
    "netdev", "the kernel datapath takes the frames itself")


def unheard(node):
    """The devices that the host's kernel does not listen to."""
    listing = node.run("nft", "list", "table", "netdev", "loden",
                       check=False).stdout
    devices = re.findall(r"\tchain (\S+) {", listing)
    assert listing.split("\n")[2::4] == [
        f'\t\ttype filter hook ingress device "{device}" priority -500; '
        "policy drop;" for device in devices]
    return set(devices)


def host_ends(node):
    return {pod.host_port for pod in node.cluster.pods
            if pod.node.name == node.name}


@userspace
def test_no_host_end_is_heard_by_the_kernel(cluster, pods):
    for node in cluster.nodes:
        assert unheard(node) == host_ends(node)


@userspace
def test_a_deleted_pods_chain_goes_too(cluster, n1, pods):
    pod = n1.add_pod("passing")
    assert unheard(n1) == host_ends(n1)
    pod.delete()
    wait_equal(lambda: unheard(n1), host_ends(n1))


@userspace
@pytest.mark.logs(CHANGED, CHANGED_CHAINS)
def test_chains_that_somebody_removes_come_back(cluster, n1, pods):
    n1.run("nft", "delete", "table", "netdev", "loden")
    wait_equal(lambda: unheard(n1), host_ends(n1))
    n1.run("nft", "delete", "chain", "netdev", "loden", pods[0].host_port)
    wait_equal(lambda: unheard(n1), host_ends(n1))
    assert pods[0].ping(pods[1]) == Ping.all(3, ttl=64)


@userspace
def test_a_restart_keeps_pods_unheard(cluster, n1, pods):
    """Also one that went meanwhile leaves no chain."""
    pod = n1.add_pod("leaving")
    n1.kill()
    pod.delete()
    n1.start_controller()
    wait_equal(lambda: unheard(n1), host_ends(n1))


@userspace
def test_a_host_end_without_a_port_stays_unheard(cluster, n1, pods):
    """A port that was deleted by hand does not let its pod in beside the
    switch, and goes for good with the pod."""
    pod = n1.add_pod("stray")
    device = pod.host_port
    n1.ovs_vsctl("del-port", "br-int", device)
    wait_until(lambda: device not in n1.ports())
    assert pod.ping(n1.gateway).received == 0
    assert device in unheard(n1)
    pod.delete()
    wait_until(lambda: device not in unheard(n1))


@pytest.mark.datapath("system", "the userspace datapath needs the chains")
def test_on_the_kernel_datapath_there_are_no_chains(cluster, pods):
    assert DATAPATH == "system"
    for node in cluster.nodes:
        assert unheard(node) == set()
