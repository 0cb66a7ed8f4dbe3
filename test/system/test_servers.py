# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The cluster database on three servers of its own, which die and are cut
off: pods come and go all the while, not one ping is lost, no node gets
another subnet, and no two pods one address.

Pods come and go on n3, and pings between nodes go between n1 and n2: in
userspace Open vSwitch itself loses a packet now and then that leaves through
a tunnel while it adds or deletes a port."""

import itertools
from contextlib import contextmanager

import pytest

from harness.servers import SERVERS_GO, Churn, Service, SteadyPing
from harness.waiting import wait_equal, wait_until

pytestmark = pytest.mark.logs(*SERVERS_GO)


@pytest.fixture(scope="module")
def service(new_cluster):
    return Service(new_cluster(nodes=3, loden=False), disk="1m")


@pytest.fixture(scope="module")
def pods(service):
    """p1 on n1, p2 on n2, p3 and p4 on n3."""
    n1, n2, n3 = service.cluster.nodes
    made = [n1.add_pod("p1"), n2.add_pod("p2"), n3.add_pod("p3"),
            n3.add_pod("p4")]
    for pod in made[1:]:
        wait_equal(lambda: made[0].ping(pod, count=1).received, 1)
    return made


@contextmanager
def nothing_changes_for_pods(service, pods, base):
    """While the statement runs, and afterwards, pods notice nothing."""
    leases = service.leases()
    assert {node for _, _, node in leases} == {
        node.name for node in service.cluster.nodes}
    with (SteadyPing(pods[0], pods[1]), SteadyPing(pods[1], pods[0]),
          SteadyPing(pods[2], pods[3]),
          Churn([pods[2].node], base) as churn):
        yield churn
        churn.goes_on()
    assert service.leases() == leases
    for node in service.cluster.nodes:
        wait_equal(lambda: node.appctl("flows/diff"), "")


@contextmanager
def a_network_that_all_hear_of(service, name, server):
    """An administrator adds a network on 'server', and every node claims its
    share; afterwards all of it goes.  The network is internal, or each node
    would add a port to its switch."""
    server.lodenctl("network", "add", name, "--range=10.77.0.0/24",
                    "--node-prefix=28", "--internal")
    wait_equal(lambda: {node for network, _, node in service.leases()
                        if network == name},
               {node.name for node in service.cluster.nodes}, 60)
    yield
    server.lodenctl("network", "delete", name, "--force")
    for node in service.cluster.nodes:
        wait_until(lambda: name not in [each["name"] for each
                                        in node.status()["networks"]], 60)


def write(service, name):
    with a_network_that_all_hear_of(service, name, service.leader()):
        pass


def test_the_leader_dies_and_comes_back(service, pods):
    leader = service.leader()
    with nothing_changes_for_pods(service, pods, "leader") as churn:
        leader.kill()
        churn.goes_on()
        assert service.leader() is not leader
        write(service, "meanwhile")
        leader.start()
        churn.goes_on()
    wait_until(service.whole, 30)
    assert leader.raft("Role") == "follower"


def test_a_majority_is_lost_and_comes_back(service, pods):
    lost = service.servers[:2]
    last = service.servers[2]
    with nothing_changes_for_pods(service, pods, "majority") as churn:
        for server in lost:
            server.kill()
        wait_until(lambda: "this server cannot write" in last.health(), 30)
        done = last.lodenctl("network", "add", "never",
                             "--range=10.78.0.0/24", "--timeout=3",
                             check=False)
        assert done.returncode == 1, done
        churn.goes_on()
        assert all(node.status()["pods"] for node in service.cluster.nodes)
        for server in lost:
            server.start()
        wait_until(service.whole, 60)
        write(service, "afterwards")


def test_a_leader_is_cut_off_from_the_others(service, pods):
    leader = service.leader()
    with nothing_changes_for_pods(service, pods, "cut") as churn:
        leader.cut_off(*service.others(leader))
        try:
            wait_until(lambda: "this server cannot write"
                       in leader.health(), 30)
            # Nodes do not stay with one that knows nothing new.
            new = wait_until(lambda: next(
                (server for server in service.others(leader)
                 if server.raft("Role") == "leader"), None), 30)
            with a_network_that_all_hear_of(service, "seen", new):
                churn.goes_on()
        finally:
            leader.heal()
        wait_until(service.whole, 60)


def test_a_server_is_cut_off_from_the_nodes(service, pods):
    server = service.leader()
    with nothing_changes_for_pods(service, pods, "nodes") as churn:
        server.cut_off(*service.cluster.nodes)
        try:
            write(service, "seen")
            churn.goes_on()
            assert server.raft("Role") == "leader"
        finally:
            server.heal()
    wait_until(service.whole, 60)


def test_servers_that_hang_delay_nobody_but_administrators(service, pods):
    with nothing_changes_for_pods(service, pods, "slow") as churn:
        for _ in range(3):
            for server in service.servers:
                server.freeze()
            churn.goes_on(1)
            for server in service.servers:
                server.thaw()
            churn.goes_on(1)
        wait_until(service.whole, 60)
        write(service, "slowly")


@pytest.mark.logs("No space left on device")
def test_the_leaders_disk_is_full(service, pods):
    leader = service.leader()
    other = service.others(leader)[0]
    with nothing_changes_for_pods(service, pods, "disk") as churn:
        leader.fill_disk()
        # What is left of the file's last block fills up; then others lead.
        numbers = itertools.count()

        def gives_up():
            other.lodenctl("reservation", "add", "default", "172.18.99.0/24",
                           f"full{next(numbers)}", check=False)
            other.lodenctl("reservation", "delete", "default",
                           "172.18.99.0/24", check=False)
            return leader.loden_ctl("status", "--no-controller", check=False)

        # In the midst of a change it still takes itself for the leader.
        wait_until(gives_up, 60, until=lambda status: (
            status.returncode == 1
            and ("this server has given up its database" in status.stderr
                 or "this server cannot write" in status.stdout)))
        with a_network_that_all_hear_of(service, "meanwhile", other):
            churn.goes_on()
        leader.empty_disk()
        leader.loden_ctl("stop", "--no-controller")
        leader.start()
        wait_until(service.whole, 60)


def test_a_database_that_can_only_be_read_keeps_all_as_it_is(service, pods):
    first = service.servers[0]
    with nothing_changes_for_pods(service, pods, "readonly") as churn:
        first.lodenctl("listener", "delete", "pssl:6642")
        first.lodenctl("listener", "add", "pssl:6642", "--read-only")
        try:
            wait_until(service.whole, 60)
            churn.goes_on()
        finally:
            first.lodenctl("listener", "delete", "pssl:6642")
            first.lodenctl("listener", "add", "pssl:6642")
        wait_until(service.whole, 60)


@pytest.mark.logs("receive tunnel port not found .*tun_src=192.0.2.14")
def test_a_node_joins_while_a_server_is_missing(service, pods):
    lost = service.others(service.leader())[0]
    lost.kill()
    n4 = service.cluster.add_node("n4")
    service.give_keys(n4)
    service.leader().lodenctl("reservation", "add", "default", n4.subnet,
                              "n4")
    service.join(n4)
    p5 = n4.add_pod("p5")
    wait_until(lambda: p5.ping(pods[0], count=1).received == 1, 30)
    lost.start()
    wait_until(service.whole, 60)
