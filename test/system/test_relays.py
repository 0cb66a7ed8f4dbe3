# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Nodes that read the cluster database through a relay and write to its
server, with TLS and roles."""

import json

import pytest

from harness.servers import PORT, SERVERS_GO, Server, Service
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until


@pytest.fixture(scope="module")
def service(new_cluster):
    return Service(new_cluster(nodes=3, loden=False), servers=1)


@pytest.fixture(scope="module")
def relay(service):
    """A relay, from which all nodes read."""
    relay = Server(service.cluster, 9)
    service.give_keys(relay)
    relay.loden_ctl("start-relay", f"--remote={service.remotes}")
    for node in service.cluster.nodes:
        node.ovs_vsctl(
            "set", "Open_vSwitch", ".",
            f'external_ids:loden-remote="{relay.remote}"',
            f'external_ids:loden-write-remote="{service.remotes}"')
        wait_until(lambda: node.status()["cluster"].get("write_connected")
                   and node.status()["cluster"]["remote"] == relay.remote
                   and node.status()["cluster"]["connected"], 15)
    return relay


@pytest.fixture(scope="module")
def pods(service, relay):
    made = [node.add_pod(f"p{i + 1}")
            for i, node in enumerate(service.cluster.nodes)]
    for pod in made[1:]:
        wait_equal(lambda: made[0].ping(pod, count=1).received, 1)
    return made


def clients(place):
    """The addresses from which there are connections to 'place's server."""
    found = place.output("ss", "--no-header", "--numeric", "--tcp", "state",
                         "established", "sport", "=", f":{PORT}")
    return sorted(line.split()[3].rpartition(":")[0]
                  for line in found.splitlines())


def transact(server, *operations):
    results = json.loads(server.output(
        "ovsdb-client", "transact", "unix:/run/loden/cluster.sock",
        json.dumps(["Loden", *operations])))
    assert all("error" not in each for each in results), results


@pytest.mark.logs("receive tunnel port not found", *SERVERS_GO)
def test_nodes_read_from_the_relay_and_write_to_the_server(service, relay,
                                                           pods):
    server, = service.servers
    nodes = service.cluster.nodes
    wait_equal(lambda: clients(relay), [node.address for node in nodes])
    wait_equal(lambda: clients(server), sorted(
        [node.address for node in nodes] + [relay.address]))
    assert pods[0].ping(pods[1]) == Ping.all(3, ttl=63)

    # Each claims a subnet of a network that is new.
    server.lodenctl("network", "add", "red", "--range=10.9.0.0/16")
    wait_equal(lambda: sorted(node for network, _, node in service.leases()
                              if network == "red"), ["n1", "n2", "n3"], 15)
    for node in nodes:
        wait_until(lambda: [peer["subnets"].get("red") for peer
                            in node.status()["peers"]].count(None) == 0, 15)

    # What somebody takes out of the database comes back.
    leases = service.leases()
    transact(server, *({"op": "delete", "table": table, "where": [
        [column, "==", "n2"]]} for table, column in (
            ("Node", "name"), ("Node_Status", "node"), ("Subnet", "node"))))
    wait_equal(service.leases, leases, 15)
    wait_until(lambda: "n2" in [row["name"] for row
                                in server.table("node", "list")], 15)
    for node in nodes:
        wait_equal(lambda: len(node.status()["peers"]), 2, 15)
        assert node.status()["problems"] == []
    wait_equal(lambda: pods[0].ping(pods[1], count=1).received, 1, 15)
    assert pods[0].ping(pods[1]) == Ping.all(3, ttl=63)
    server.lodenctl("--force", "network", "delete", "red")


@pytest.mark.logs(*SERVERS_GO)
def test_the_relay_lets_nobody_write(service, relay, pods):
    n1, n2, _ = service.cluster.nodes
    for name in "n1", "n2":
        assert service.transact_as(n2, {
            "op": "update", "table": "Node", "where": [["name", "==", name]],
            "row": {"tunnel_ips": n2.address}},
            remote=relay.remote) is not None
    assert pods[0].ping(pods[1]) == Ping.all(3, ttl=63)


@pytest.mark.logs(*SERVERS_GO)
def test_a_relay_that_dies_is_missed_by_no_packet(service, relay, pods):
    n1 = service.cluster.node("n1")
    ping = pods[0].pinging(pods[1], count=1500, interval=0.002)
    relay.run("kill", "-KILL", relay.pid("relay"))
    wait_until(lambda: not n1.status()["cluster"]["connected"], 15)
    new = n1.add_pod("meanwhile")
    assert new.ping(pods[1]) == Ping.all(3, ttl=63)
    new.delete()
    result = ping.result()
    assert result == Ping.all(result.sent, ttl=63)
    relay.loden_ctl("start-relay", f"--remote={service.remotes}")
    wait_until(lambda: n1.status()["cluster"]["connected"], 30)
    wait_equal(lambda: n1.status()["last_good"]["world_from"],
               "cluster database", 15)
