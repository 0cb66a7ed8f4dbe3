# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Addresses by DHCP: Debian's plugin and its daemon, and a server on the
node's own port in the network."""

import json
import os
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.bridged import join, new_networks, settle
from harness.capture import Capture
from harness.cni import kept
from harness.traffic import Ping
from harness.waiting import seconds, wait_equal, wait_until
from sandboxlib.pod import Pod, new_record

DEBIAN = "/usr/lib/cni"
PATH = f"/opt/cni/bin:{DEBIAN}"
SOCKET = "/run/cni/dhcp.sock"

pytestmark = pytest.mark.skipif(
    not os.access(f"{DEBIAN}/dhcp", os.X_OK)
    or subprocess.run("busybox --list | grep -qx udhcpd",
                      shell=True).returncode,
    reason="not run: apt-get install containernetworking-plugins "
           "busybox-static")


@pytest.fixture(scope="module")
def cluster(new_cluster):
    cluster = new_networks(new_cluster(nodes=2))
    start_daemon(cluster.node("n1"))
    return cluster


@pytest.fixture
def n1(cluster):
    return cluster.node("n1")


def start_daemon(node):
    """The plugin's daemon, which has the leases."""
    node.popen([f"{DEBIAN}/dhcp", "daemon"], stdout=subprocess.DEVNULL,
               stderr=subprocess.DEVNULL)
    wait_until(lambda: node.run("test", "-S", SOCKET, check=False)
               .returncode == 0)


class Server:
    """busybox's udhcpd on a device of a node, within a with statement.  It
    asks nobody whether an address is free: in a routed network the switch
    answers for all of them."""

    def __init__(self, node, device, first, last=None, lease=600):
        router = ".".join((*first.split(".")[:3], "1"))
        self.node = node
        self.text = "\n".join((
            f"start {first}", f"end {last or first}", f"interface {device}",
            "min_lease 1", "lease_file /run/udhcpd.leases",
            "pidfile /run/udhcpd.pid",
            f"option subnet 255.255.{'0' if 'loden-' in device else '255'}.0",
            f"option router {router}", f"option lease {lease}", ""))

    def __enter__(self):
        self.node.run("sh", "-c", "cat > /run/udhcpd.conf; "
                      ": > /run/udhcpd.leases", input=self.text)
        self.process = self.node.popen(
            ["busybox", "udhcpd", "-f", "-a", "0", "/run/udhcpd.conf"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: self.node.listens(67, "udp"))
        return self

    def leases(self):
        """How many leases have not run out: the server keeps a number and
        then, for each, how many seconds are left and 32 bytes more."""
        self.node.run("kill", "-USR1", self.node.output(
            "cat", "/run/udhcpd.pid").strip())
        data = bytes.fromhex(self.node.output(
            "sh", "-c", "od -An -v -tx1 /run/udhcpd.leases"))
        return sum(1 for i in range(8, len(data) - 3, 36)
                   if struct.unpack_from("!I", data, i)[0])

    def __exit__(self, *_):
        self.node.stop(self.process)


@pytest.fixture
def new_pod(n1):
    """Makes pods that nothing is attached to yet."""
    made = []

    def new(network, **configuration):
        pod = Pod(f"dhcp{len(made)}", n1.machine, new_record("n1", {
            "cniVersion": "1.0.0", "name": network, "type": "loden",
            "network": network, "ipam": {"type": "dhcp"}, **configuration}))
        pod.create()
        made.append(pod)
        return pod

    yield new
    for pod in made:
        pod.plugin("DEL", check=False, CNI_PATH=PATH)
        pod.destroy()


def add(pod):
    return json.loads(pod.plugin("ADD", CNI_PATH=PATH).stdout)


def address(result):
    return result["ips"][0]["address"]


def refusal(pod):
    done = pod.plugin("ADD", check=False, CNI_PATH=PATH)
    assert done.returncode == 1
    return json.loads(done.stdout)


def delete(pod):
    assert pod.plugin("DEL", CNI_PATH=PATH).stdout == ""


def reaches(pod, target):
    return not pod.run("ping", "-c", "1", "-W", "2", target,
                       check=False).returncode


def row_of(node, pod):
    container = pod.record["container"]
    return [row["external_ids"] for row in node.rows(
        "Interface", "external_ids") if container in
        row["external_ids"].get("loden-id", "")]


# ---- Bridged ----------------------------------------------------------------

def test_the_lease_is_the_pods_address_on_all_nodes(cluster, n1, new_pod):
    b1, b2 = (join(cluster, node, f"b-{node}", "blue")
              for node in ("n1", "n2"))
    pod = new_pod("blue")
    with Server(n1, "loden-500", "10.5.0.100"), \
            b1.capture("udp port 67 or icmp") as capture:
        result = add(pod)
        assert result["ips"] == [{"interface": 2, "gateway": "10.5.0.1",
                                  "address": "10.5.0.100/16"}]
        assert {"dst": "0.0.0.0/0", "gw": "10.5.0.1"} in result["routes"]
        row, = row_of(n1, pod)
        assert row["loden-ip"] == "blue/10.5.0.100"
        assert row["loden-ack"] == row["loden-req"]
        pod.record["configuration"]["prevResult"] = result
        assert pod.plugin("CHECK", CNI_PATH=PATH).stdout == ""
        # It is everybody's neighbour, and only the host heard it ask.
        wait_until(lambda: b2.ping("10.5.0.100") == Ping.all(3, ttl=64))
        assert b1.ping("10.5.0.100") == Ping.all(3, ttl=64)
        assert reaches(pod, "10.5.0.1")
        capture.saw("echo reply")
        assert capture.matching("BOOTP/DHCP, Request") == []
        # Nor may it use another address than the one it was given.
        pod.run("ip", "address", "add", "10.5.0.101/16", "dev", "eth0")
        assert pod.run("ping", "-c", "1", "-W", "1", "-I", "10.5.0.101",
                       b1.address, check=False).returncode == 1
        delete(pod)
    assert row_of(n1, pod) == []
    for each in (b1, b2):
        each.delete()
    settle(cluster)


def test_a_deleted_pods_lease_is_given_back(n1, new_pod):
    pod = new_pod("blue")
    with Server(n1, "loden-500", "10.5.0.110") as server:
        assert address(add(pod)) == "10.5.0.110/16"
        wait_equal(server.leases, 1)
        delete(pod)
        wait_equal(server.leases, 0)
        delete(pod)


def test_a_lease_is_renewed(n1, new_pod):
    pod = new_pod("blue")
    with Server(n1, "loden-500", "10.5.0.120", lease=8):
        add(pod)
        with Capture(n1, "loden-500", "udp port 67") as capture:
            wait_until(lambda: capture.matching("BOOTP/DHCP, Reply"),
                       deadline=seconds(20))
        delete(pod)


def test_a_controller_that_restarts_lets_it_be_renewed(n1, new_pod):
    pod = new_pod("blue")
    with Server(n1, "loden-500", "10.5.0.121"):
        add(pod)
        rules = n1.rules()
        assert any("tp_dst=67" in str(rule) for rule in rules)
        n1.kill()
        n1.start_controller()
        wait_until(lambda: n1.appctl("flows/diff") == "")
        assert n1.rules() == rules
        delete(pod)


def test_many_ask_at_once(n1, new_pod):
    pods = [new_pod("blue") for _ in range(4)]
    with Server(n1, "loden-500", "10.5.0.130", "10.5.0.139"):
        with ThreadPoolExecutor(len(pods)) as pool:
            given = set(map(address, pool.map(add, pods)))
        assert len(given) == len(pods)
        for pod in pods:
            delete(pod)


# ---- Failures ---------------------------------------------------------------

@pytest.fixture
def b1(cluster):
    pod = join(cluster, "n1", "b1", "blue")
    yield pod
    pod.delete()
    settle(cluster)


@pytest.mark.parametrize("foreign", [True, False],
                         ids=["outside", "another-pods"])
def test_a_lease_that_cannot_be_had_is_given_back(n1, new_pod, b1, foreign):
    before = kept(n1)
    pod = new_pod("blue")
    lease = "10.7.0.9" if foreign else b1.address
    with Server(n1, "loden-500", lease) as server:
        error = refusal(pod)
        assert error["msg"] == 'IPAM plugin "dhcp": ' + (
            '10.7.0.9 is not in 10.5.0.0/16, this node\'s subnet of network '
            '"blue"' if foreign else
            f"{lease} is the address of blue/{b1.attachment.record['container']}"
            "/eth0")
        assert error["code"] == (7 if foreign else 11)
        wait_equal(server.leases, 0)
    assert kept(n1) == before


def test_without_its_daemon_nothing_is_left(n1, new_pod):
    before = kept(n1)
    pod = new_pod("blue")
    n1.run("mv", SOCKET, f"{SOCKET}.away")
    try:
        error = refusal(pod)
        assert "error dialing DHCP daemon" in error["msg"]
        assert kept(n1) == before
    finally:
        n1.run("mv", f"{SOCKET}.away", SOCKET)


def test_without_a_server_it_ends_in_time(n1, new_pod):
    before = kept(n1)
    pod = new_pod("blue")
    error = refusal(pod)
    assert error["code"] == 11
    assert "dhcp" in error["msg"]
    assert kept(n1) == before


def test_a_network_without_the_host_has_no_server(n1, new_pod):
    error = refusal(new_pod("red"))
    assert error["code"] == 7
    assert error["msg"] == (
        '"ipam": network "red" is internal, and no DHCP server can be on its '
        'node\'s port there: leave "ipam" out')


# ---- Routed -----------------------------------------------------------------

def test_in_a_routed_network_the_lease_is_of_the_nodes_subnet(
        cluster, n1, new_pod):
    other = cluster.node("n2").add_pod("other")
    pod = new_pod("default")
    with Server(n1, "loden0", "172.18.6.200"):
        result = add(pod)
        assert address(result) == "172.18.6.200/24"
        assert reaches(pod, n1.gateway)
        assert other.ping("172.18.6.200") == Ping.all(3, ttl=63)
        delete(pod)
    other.delete()
