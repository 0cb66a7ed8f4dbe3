# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Nodes whose cluster database is away, and when it comes back.

In this order: each test begins with the database running and all nodes
settled.
"""

import json

import pytest

from sandboxlib.underlay import EXT_ADDRESS

from harness.bundles import received_by
from harness.traffic import ENDLESS, Ping
from harness.waiting import wait_equal, wait_until

LAST_GOOD = "/var/lib/loden/last-good"

# What Open vSwitch and IDLs say of a database that goes away.
AWAY = pytest.mark.logs(
    r"loden_cluster|cluster\.sock.*(refused|No such file|closed by peer)",
    r"reconnect\|WARN\|unix:.*cluster\.sock",
    r"jsonrpc\|WARN\|unix:.*cluster\.sock",
    "receive tunnel port not found")


def known(node):
    return node.status()["last_good"]


def saved(node):
    return known(node)["saved"]


def settled(node):
    return node.appctl("flows/diff") == "" and node.status()["openflow"][
        "confirmed"]


def stop_database(cluster):
    """Ends the cluster database; returns when every node has noticed."""
    for node in cluster.nodes:
        wait_until(lambda: saved(node))
    first = cluster.node("n1")
    pid = int(first.output("cat", "/run/loden/cluster.pid"))
    first.run("kill", "-KILL", pid)
    wait_until(lambda: first.run("kill", "-0", pid, check=False).returncode)
    for node in cluster.nodes:
        wait_until(lambda: not node.status()["cluster"]["connected"])


def start_database(cluster):
    cluster.node("n1").run("loden-ctl", "start", "--cluster-db",
                           "--no-controller")


def all_back(cluster):
    for node in cluster.nodes:
        wait_equal(lambda: known(node)["world_from"], "cluster database",
                   deadline=20)
        wait_until(lambda: settled(node), deadline=15)


@pytest.fixture
def without(cluster, pods):
    """The cluster database is away during the test."""
    stop_database(cluster)
    yield cluster
    start_database(cluster)
    all_back(cluster)


def log_of(node):
    path = node.machine.log_folder / "loden-controller.log"
    return path.read_text()


@AWAY
def test_controller_restarts_without_the_cluster_and_loses_nothing(without,
                                                                   pods):
    n2, p3, p1 = without.node("n2"), pods[2], pods[0]
    ping = p3.pinging(p1, count=ENDLESS, interval=0.002)
    sent = n2.tunnel_packets()["n1"]
    wait_until(lambda: n2.tunnel_packets()["n1"] > sent + 50)
    rules = n2.rules()
    with received_by(n2) as received:
        n2.kill()
        n2.start_controller()
        wait_equal(lambda: known(n2)["world_from"], "disk", deadline=15)
        wait_until(lambda: settled(n2), deadline=15)
        assert (received.commits(), received.alone()) == (0, {})
    result = ping.end()
    assert result == Ping.all(result.sent, ttl=63)
    assert n2.rules() == rules
    assert "going on with 1 networks and 2 peers from the disk" in log_of(n2)


@AWAY
def test_pods_come_and_go_without_the_cluster(without, pods):
    n2 = without.node("n2")
    new = n2.add_pod("new")
    assert new.ping(pods[0]) == Ping.all(3, ttl=63)
    n2.kill()
    n2.start_controller()
    wait_until(lambda: known(n2)["world_from"] == "disk", deadline=15)
    newer = n2.add_pod("newer")
    assert newer.ping(pods[0]) == Ping.all(3, ttl=63)
    assert newer.ping(new) == Ping.all(3, ttl=64)
    for pod in (new, newer):
        pod.delete()
    assert not {"new", "newer"} & {pod.name for pod in without.pods}


def reboot(node):
    """The machine has lost all that a boot takes: devices, run-time files,
    what runs, and the kernel's boot id."""
    sandbox = node.cluster.sandbox.node(node.name)
    for name in [pod.name for pod in node.cluster.pods
                 if pod.node.name == node.name]:
        node.run("ip", "netns", "delete", name)
        node.cluster.sandbox.folder.forget("pods", name)
    for daemon in ("loden-controller", "ovs-vswitchd", "ovsdb-server"):
        node.kill(daemon)
    node.run("sh", "-c", "rm -rf /run/openvswitch/* /run/loden/*; "
             "nft flush ruleset; for device in loden0 br-ex br-int; do "
             "ip link delete $device; done; true")
    if sandbox.datapath == "system":
        node.run("sh", "-c", "ovs-dpctl del-dp ovs-system; true")
    node.run("sh", "-c", "cat /proc/sys/kernel/random/uuid >/run/boot_id && "
             "mount --bind /run/boot_id /proc/sys/kernel/random/boot_id")
    node.run("ovsdb-server", "/etc/openvswitch/conf.db", "--detach",
             "--pidfile", "--log-file", "-vconsole:off", "--no-chdir",
             "--remote=punix:/run/openvswitch/db.sock",
             "--remote=db:Open_vSwitch,Open_vSwitch,manager_options")
    sandbox.start_vswitchd()
    node.run("ovs-vsctl", "wait-until", "bridge", "br-int",
             "datapath_id!=[]")
    if sandbox.datapath == "netdev":
        # As the machine's own network configuration does.
        node.run("nft", "-f", "-", input=(
            "table netdev sandbox {\nchain uplink {\n"
            "type filter hook ingress device eth0 priority -500;\n"
            "policy drop;\n}\n}\n"))
        node.run("sh", "-c", 
                 "ip link set br-ex addrgenmode none up; "
                 f"ip addr replace {node.address}/24 dev br-ex; "
                 f"ip route replace default via {EXT_ADDRESS}")
        sandbox.know([other.name for other in node.cluster.nodes
                      if other.name != node.name])


@AWAY
@pytest.mark.logs("could not open network device", r"netdev_linux\|WARN",
                  r"dpif_netdev(\(.*\))?\|ERR\|error receiving data",
                  # Open vSwitch asks for the MTU before it makes the device.
                  r"failed to set MTU for network device loden0: No such")
def test_a_node_that_reboots_without_the_cluster_takes_new_pods(without,
                                                                pods):
    n3 = without.node("n3")
    gone = {pod.host_port for pod in pods if pod.node.name == "n3"}
    reboot(n3)
    n3.run("loden-ctl", "start",
           f"--datapath={without.sandbox.node('n3').datapath}")
    wait_until(lambda: known(n3)["world_from"] == "disk", deadline=20)
    new = n3.add_pod("reborn")
    wait_until(lambda: new.ping(pods[0], count=1).received == 1, deadline=15)
    assert new.ping(pods[0]) == Ping.all(3, ttl=63)
    assert pods[0].ping(new) == Ping.all(3, ttl=63)
    assert new.ping(n3.gateway) == Ping.all(3, ttl=64)
    wait_until(lambda: not gone & n3.ports(), deadline=90)


@AWAY
def test_what_changed_meanwhile_holds_right_after_the_return(cluster, pods):
    """A peer's address, a peer that is gone, a network that was deleted."""
    first = cluster.node("n1")
    first.lodenctl("network", "add", "red", "--range=10.9.0.0/16")
    for name in ("gone", "moved"):
        cluster.transact({"op": "insert", "table": "Node", "row": {
            "name": name, "tunnel_ips": "192.0.2.70" if name == "gone"
            else "192.0.2.71"}})
    n2 = cluster.node("n2")
    wait_until(lambda: "peer moved ip=192.0.2.71" in n2.appctl("world/show"))
    wait_until(lambda: settled(n2), deadline=15)
    stop_database(cluster)
    n2.kill()
    n2.start_controller()
    wait_until(lambda: known(n2)["world_from"] == "disk", deadline=15)
    before = log_of(n2).count("confirmed after")
    # Another server than theirs changes the database, as if the nodes alone
    # had been cut off.
    first.run("ovsdb-tool", "transact", "/var/lib/loden/cluster.db",
              json.dumps(["Loden",
                          {"op": "delete", "table": "Node",
                           "where": [["name", "==", "gone"]]},
                          {"op": "delete", "table": "Network",
                           "where": [["name", "==", "red"]]},
                          {"op": "delete", "table": "Subnet",
                           "where": [["network", "==", "red"]]},
                          {"op": "update", "table": "Node",
                           "where": [["name", "==", "moved"]],
                           "row": {"tunnel_ips": "192.0.2.72"}}]))
    with received_by(n2) as received:
        start_database(cluster)
        all_back(cluster)
        # All of it in one step.
        assert (received.commits(), received.alone()) == (1, {})
    world = n2.appctl("world/show")
    assert "peer moved ip=192.0.2.72" in world
    assert "peer gone" not in world and "network red" not in world
    log = log_of(n2)
    assert "peer gone is gone" in log
    assert "peer moved is now ip=192.0.2.72" in log
    assert "network red is gone" in log
    assert "cluster database: is back after" in log
    assert log.count("confirmed after") > before
    cluster.transact({"op": "delete", "table": "Node",
                      "where": [["name", "==", "moved"]]})
    assert pods[2].ping(pods[0]) == Ping.all(3, ttl=63)


@AWAY
@pytest.mark.logs("last good world .* put aside")
@pytest.mark.parametrize("damage, suffix, why", [
    ("truncate -s -3", "damaged", "its checksum is wrong"),
    ("sed -i '1s/good 1/good 9/'", "newer", "its version is 9"),
])
def test_a_file_that_is_not_as_written_is_put_aside(without, pods, damage,
                                                    suffix, why):
    n2 = without.node("n2")
    rules = n2.rules()
    n2.kill()
    n2.run("sh", "-c", f"{damage} {LAST_GOOD}")
    n2.start_controller()
    wait_until(lambda: known(n2).get("put_aside") == f"{LAST_GOOD}.{suffix}",
               deadline=15)
    problem, = [each for each in n2.status()["problems"] if why in each]
    assert f"put aside as {LAST_GOOD}.{suffix}" in problem
    assert why in n2.lodenctl("status")
    # Nothing is known, so nothing is touched.
    assert n2.rules() == rules
    assert pods[2].ping(pods[0]) == Ping.all(3, ttl=63)


@pytest.mark.logs("last good world .* cannot be written")
@pytest.mark.parametrize("options, why", [
    ("size=4k,nr_inodes=1", "No space left on device"),
    ("ro", "Read-only file system"),
])
def test_a_disk_that_cannot_be_written_stops_nothing(cluster, pods, options,
                                                     why):
    n2 = cluster.node("n2")
    n2.run("mount", "-t", "tmpfs", "-o", options, "tmpfs", "/var/lib/loden")
    try:
        cluster.node("n1").lodenctl("network", "add", "blue",
                                    "--range=10.8.0.0/16")
        wait_until(lambda: "network blue" in n2.appctl("world/show"))
        wait_until(lambda: any(why in each for each
                               in n2.status()["problems"]))
        new = n2.add_pod("meanwhile")
        assert new.ping(pods[0]) == Ping.all(3, ttl=63)
        new.delete()
    finally:
        cluster.node("n1").lodenctl("network", "delete", "blue")
        n2.run("umount", "/var/lib/loden")
    wait_until(lambda: n2.status()["problems"] == [] and saved(n2),
               deadline=90)
