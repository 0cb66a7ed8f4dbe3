# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What a node's certificate may do to the cluster, on a server that listens
to nodes with TLS; and what happens to nodes when that server is in trouble."""

import pytest

from harness.cluster import DATAPATH
from harness.deeds import evil
from harness.servers import SERVERS_GO, Churn, Service, SteadyPing
from harness.waiting import wait_equal, wait_until


@pytest.fixture(scope="module")
def service(new_cluster):
    return Service(new_cluster(nodes=3, loden=False), servers=1, disk="1m")


@pytest.fixture(scope="module")
def pods(service):
    """p1 on n1, and so on."""
    made = [node.add_pod(f"p{i + 1}")
            for i, node in enumerate(service.cluster.nodes)]
    for pod in made[1:]:
        wait_equal(lambda: made[0].ping(pod, count=1).received, 1)
    return made


# ---- Roles ------------------------------------------------------------------

def test_a_node_can_do_nothing_to_others(service, pods):
    n1, n2, _ = service.cluster.nodes
    leases, rules = service.leases(), n1.rules()
    wanted = {deed: "permission error" for deed in evil(n1, n2)}
    assert {deed: service.transact_as(n2, operation)
            for deed, operation in evil(n1, n2).items()} == wanted
    assert (service.leases(), n1.rules()) == (leases, rules)


def test_a_node_has_its_own_rows(service, pods):
    n2 = service.cluster.node("n2")
    for table, column, row in [
            ("Node", "name", {"external_ids": ["map", [["rack", "7"]]]}),
            ("Subnet", "node", {"external_ids": ["map", [["rack", "7"]]]})]:
        assert service.transact_as(n2, {
            "op": "update", "table": table, "row": row,
            "where": [[column, "==", "n2"]]}) is None


def test_a_nodes_lodenctl_is_told_where_administrators_go(service, pods):
    n2 = service.cluster.node("n2")
    done = n2.run("lodenctl", "network", "add", "mine",
                  "--range=10.9.0.0/16", check=False)
    assert (done.returncode, "may not change that: use the Unix socket"
            in done.stderr) == (1, True), done
    # It reads, with the node's keys and no option.
    assert [row["name"] for row in n2.table("node", "list")] == [
        "n1", "n2", "n3"]


def test_administrators_on_the_server_may_do_it_all(service, pods):
    server, = service.servers
    server.lodenctl("reservation", "add", "default", "172.18.99.0/24", "n99")
    server.lodenctl("network", "add", "ours", "--range=10.9.0.0/16",
                    "--internal")
    server.lodenctl("network", "delete", "ours", "--force")
    server.lodenctl("reservation", "delete", "default", "172.18.99.0/24")


def test_a_listener_without_a_role_is_a_hole_and_says_so(service, pods):
    server, = service.servers
    n1, n2, _ = service.cluster.nodes
    said = server.lodenctl("listener", "add", "pssl:6640", "--no-role").stderr
    assert said == (
        "lodenctl: WARNING: pssl:6640 has no role: EVERY CERTIFICATE CHANGES "
        "EVERYTHING there, so that whoever is root on one node is "
        "administrator of the cluster; no node may be able to reach it\n")
    try:
        wait_until(lambda: server.listens(6640))
        remote = f"ssl:{server.address}:6640"
        # All of it, if it then did not take it back.
        assert {deed: service.transact_as(n2, operation, {"op": "abort"},
                                          remote=remote)
                for deed, operation in evil(n1, n2).items()} == {
            deed: "aborted" for deed in evil(n1, n2)}
        assert any("EVERY CERTIFICATE" in row["who"]
                   for row in server.table("listener", "list"))
    finally:
        server.lodenctl("listener", "delete", "pssl:6640")
    wait_until(lambda: not server.listens(6640))


@pytest.mark.logs(*SERVERS_GO, "permission error|RBAC|transaction error",
                  r"report\|WARN\|refused: ",
                  "receive tunnel port not found", r"rconn\|WARN\|br-int: ")
def test_a_node_under_anothers_name_is_refused(service, pods):
    """As is a node whose keys are another's."""
    n1, n2, _ = service.cluster.nodes
    n1_row, = [row for row in n1.table("node", "list")
               if row["name"] == "n1"]
    n2.run("loden-ctl", "stop")
    done = n2.run("loden-ctl", "start", f"--datapath={DATAPATH}",
                  "--node=n1")
    assert ("loden-ctl: WARNING: this node is 'n1', but the certificate "
            "/etc/loden/loden.crt is of 'n2': servers will refuse what it "
            "writes\n") in done.stderr
    try:
        wait_until(lambda: n2.status()["cluster"]["connected"], 30)
        assert pods[0].ping(pods[2]).received == 3
        assert n1_row == [row for row in n1.table("node", "list")
                          if row["name"] == "n1"][0] | {
            "last_seen": n1_row["last_seen"]}
    finally:
        n2.run("loden-ctl", "stop")
        service.join(n2)
    wait_equal(lambda: pods[0].ping(pods[1], count=1).received, 1, 30)


# ---- Trouble ----------------------------------------------------------------

@pytest.mark.logs(*SERVERS_GO, r"\|ovsdb_(log|server)\|(WARN|ERR)\|",
                  "No space left on device")
def test_a_full_disk_costs_changes_and_nothing_else(service, pods):
    server, = service.servers
    leases = service.leases()
    n3 = service.cluster.node("n3")
    with SteadyPing(pods[0], pods[1]), Churn([n3], "full") as churn:
        server.fill_disk()
        # Until what is left of the file's last block is full, too.
        done = wait_until(lambda: server.lodenctl(
            "network", "add", "big", "--range=" + ",".join(
                f"10.{i}.0.0/16" for i in range(11, 200)), check=False),
            30, until=lambda done: done.returncode)
        try:
            assert done.stderr == (
                "lodenctl: unix:/run/loden/cluster.sock: the database "
                "refuses: I/O error: /var/lib/loden/cluster.db: write "
                "failed\n")
            churn.goes_on()
            assert service.leases() == leases
        finally:
            server.empty_disk()
        server.lodenctl("network", "add", "after", "--range=10.9.0.0/24",
                        "--node-prefix=28", "--internal")
        wait_equal(lambda: {node for network, _, node in service.leases()
                            if network == "after"}, {"n1", "n2", "n3"}, 60)
        server.lodenctl("network", "delete", "after", "--force")
        wait_equal(service.leases, leases, 30)


@pytest.mark.logs(*SERVERS_GO)
def test_a_restore_is_followed_and_costs_no_pod_anything(service, pods):
    server, = service.servers
    leases = service.leases()
    with SteadyPing(pods[0], pods[1]), SteadyPing(pods[1], pods[0]):
        server.loden_ctl("backup", "/tmp/backup")
        server.lodenctl("network", "add", "later", "--range=10.9.0.0/24",
                        "--node-prefix=28", "--internal")
        wait_equal(lambda: len(service.leases()), len(leases) + 3, 60)
        server.loden_ctl("restore", "/tmp/backup")
        for node in service.cluster.nodes:
            wait_until(lambda: [each["name"] for each
                                in node.status()["networks"]]
                       == ["default"], 60)
            wait_equal(lambda: node.appctl("flows/diff"), "")
    assert service.leases() == leases
    assert server.table("listener", "list")[0]["role"] == "loden-node"


@pytest.mark.logs(*SERVERS_GO, "older than what this node has followed")
def test_an_old_copy_put_back_by_hand_is_refused_until_it_is_meant(service,
                                                                   pods):
    server, = service.servers
    nodes = service.cluster.nodes

    def networks(node):
        return [each["name"] for each in node.status()["networks"]]

    def restore_by_hand():
        server.run("sh", "-c", "ovsdb-client restore "
                   "unix:/run/loden/cluster.sock Loden </tmp/backup")

    server.run("rm", "-f", "/tmp/backup")
    server.loden_ctl("backup", "/tmp/backup")
    server.lodenctl("network", "add", "later", "--range=10.9.0.0/24",
                    "--node-prefix=28", "--internal")
    for node in nodes:
        wait_until(lambda: "later" in networks(node), 30)
    with SteadyPing(pods[0], pods[1]), SteadyPing(pods[1], pods[0]):
        restore_by_hand()
        for node in nodes:
            wait_until(lambda: "older than what this node has followed"
                       in node.appctl("status"), 30)
            assert "later" in networks(node)
        server.lodenctl("generation", "raise")
        for node in nodes:
            wait_until(lambda: networks(node) == ["default"], 30)
    for node in nodes:
        wait_equal(lambda: node.appctl("flows/diff"), "")
