# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Nodes that read the cluster database through two relays and write to three
servers, with roles on, while each of them dies."""

import pytest

from harness.deeds import evil
from harness.servers import SERVERS_GO, Churn, Relay, Service, SteadyPing
from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until

pytestmark = pytest.mark.logs(*SERVERS_GO)


@pytest.fixture(scope="module")
def service(new_cluster):
    service = Service(new_cluster(nodes=3, loden=False), join=False)
    service.relays = [Relay(service, 1), Relay(service, 2)]
    service.join(*service.cluster.nodes,
                 remote=",".join(relay.remote for relay in service.relays),
                 options=[f"--write-remote={service.remotes}"])
    return service


@pytest.fixture(scope="module")
def pods(service):
    made = [node.add_pod(f"p{i + 1}")
            for i, node in enumerate(service.cluster.nodes)]
    for pod in made[1:]:
        wait_equal(lambda: made[0].ping(pod, count=1).received, 1, 20)
    return made


def clients(place):
    """The addresses from which somebody is connected to the database."""
    lines = place.output("ss", "--no-header", "--numeric", "--tcp",
                         "state", "established", "sport", "=", ":6642")
    return sorted({line.split()[3].rpartition(":")[0].removeprefix("[::ffff:")
                   .removesuffix("]") for line in lines.splitlines()})


def test_nodes_join_through_relays(service, pods):
    for a, b in (0, 1), (1, 2), (2, 0):
        assert pods[a].ping(pods[b]) == Ping.all(3, ttl=63)
    nodes = {node.address for node in service.cluster.nodes}
    wait_equal(lambda: set(sum(map(clients, service.relays), [])), nodes, 20)
    # And write to the servers, under their own names.
    for row in service.leader().table("node", "list"):
        assert row["alive"], row


def test_a_relay_that_dies_costs_nothing(service, pods):
    with (SteadyPing(pods[0], pods[1]), SteadyPing(pods[1], pods[0]),
          Churn([pods[2].node], "relay") as churn):
        for relay in service.relays:
            relay.kill()
            for node in service.cluster.nodes:
                wait_until(lambda: node.status()["cluster"]["connected"], 60)
            service.leader().lodenctl(
                "network", "add", "seen", "--range=10.77.0.0/24",
                "--node-prefix=28", "--internal")
            # Read through the other relay, written to the servers.
            wait_equal(lambda: {node for network, _, node in service.leases()
                                if network == "seen"}, {"n1", "n2", "n3"}, 60)
            service.leader().lodenctl("network", "delete", "seen", "--force")
            churn.goes_on()
            relay.start()


def test_the_leader_dies_behind_relays(service, pods):
    leases = service.leases()
    leader = service.leader()
    with (SteadyPing(pods[0], pods[1]),
          Churn([pods[2].node], "leader") as churn):
        leader.kill()
        service.leader().lodenctl("network", "add", "seen",
                                  "--range=10.77.0.0/24", "--node-prefix=28",
                                  "--internal")
        wait_equal(lambda: {node for network, _, node in service.leases()
                            if network == "seen"}, {"n1", "n2", "n3"}, 60)
        service.leader().lodenctl("network", "delete", "seen", "--force")
        churn.goes_on()
        leader.start()
    wait_equal(service.leases, leases, 30)


def test_through_a_relay_a_node_changes_nothing_of_others(service, pods):
    n1, n2, _ = service.cluster.nodes
    for relay in service.relays:
        assert {deed: service.transact_as(n2, operation, remote=relay.remote)
                for deed, operation in evil(n1, n2).items()} == {
            deed: "permission error" for deed in evil(n1, n2)}
