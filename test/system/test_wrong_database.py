# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A node whose address of the cluster database leads to the wrong one."""

import json

import pytest

from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until

OTHER = "unix:/run/other.sock"
SCHEMA = "/usr/share/loden/loden.ovsschema"

REFUSED = pytest.mark.logs(
    r"report\|WARN\|cluster database .* (it is of cluster|it is older|"
    "it has no Loden_Global)", "forgetting which cluster",
    "receive tunnel port not found")


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=2)


@pytest.fixture
def n2(cluster, pods):
    """Node n2, which is back in its cluster afterwards."""
    node = cluster.node("n2")
    wait_until(lambda: node.status()["last_good"]["saved"])
    remote = node.get("Open_vSwitch", ".", "external_ids:loden-remote")
    yield node
    node.ovs_vsctl("set", "Open_vSwitch", ".",
                   f'external_ids:loden-remote="{remote}"')
    wait_until(lambda: node.status()["cluster"]["connected"])
    node.run("sh", "-c", "[ ! -e /run/other.pid ] ||"
             " kill $(cat /run/other.pid); rm -f /run/other*")
    if node.status()["problems"]:
        node.appctl("cluster/forget")
    wait_equal(lambda: node.status()["problems"], [])
    wait_until(lambda: node.appctl("flows/diff") == "", deadline=15)
    wait_until(lambda: pods[2].ping(pods[0], count=1).received == 1,
               deadline=15)


def serve(node, database="/run/other.db"):
    node.run("ovsdb-server", database, "--detach", "--no-chdir",
             "--pidfile=/run/other.pid", "--unixctl=/run/other.ctl",
             "--remote=punix:/run/other.sock", "-vconsole:off",
             "--log-file=/run/other.log")


def go_to_other(node):
    node.ovs_vsctl("set", "Open_vSwitch", ".",
                   f'external_ids:loden-remote="{OTHER}"')


def problem(node):
    """What the controller says is wrong, in JSON and for people."""
    text, = node.status()["problems"]
    assert text in node.lodenctl("status")
    return text


def nodes_in_other(node):
    done = json.loads(node.output("ovsdb-client", "transact", OTHER, json.dumps(
        ["Loden", {"op": "select", "table": "Node", "where": [],
                   "columns": ["name"]}])))
    return [row["name"] for row in done[0]["rows"]]


def assert_unmoved(node, pods, rules):
    """The node goes on as before, takes pods, and writes nothing there."""
    assert node.rules() == rules
    assert pods[2].ping(pods[0]) == Ping.all(3, ttl=63)
    new = node.add_pod("meanwhile")
    assert new.ping(pods[0]) == Ping.all(3, ttl=63)
    new.delete()
    assert nodes_in_other(node) == []


@REFUSED
def test_another_clusters_database_is_followed_only_when_told(n2, pods):
    rules = n2.rules()
    n2.run("ovsdb-tool", "create", "/run/other.db", SCHEMA)
    serve(n2)
    n2.lodenctl(f"--db={OTHER}", "init", "--cluster-id=other",
                "--network-range=172.18.0.0/16")
    ours = n2.status()["cluster"]["cluster_id"]
    ping = pods[2].pinging(pods[0], count=2000, interval=0.002)
    go_to_other(n2)
    wait_until(lambda: n2.status()["problems"])
    said = problem(n2)
    assert f"it is of cluster 'other', but this node is in cluster '{ours}'" \
        in said
    assert "cluster/forget" in said
    assert_unmoved(n2, pods, rules)
    result = ping.result()
    assert result == Ping.all(result.sent, ttl=63)

    # It would not follow after a restart, either.
    n2.kill()
    n2.start_controller()
    wait_until(lambda: n2.status()["last_good"]["world_from"] == "disk",
               deadline=15)
    assert problem(n2) == said
    assert n2.rules() == rules

    n2.appctl("cluster/forget")
    wait_equal(lambda: nodes_in_other(n2), ["n2"], deadline=15)
    wait_equal(lambda: n2.status()["problems"], [])
    wait_equal(lambda: n2.status()["peers"], [])


@REFUSED
def test_an_empty_database_is_not_followed(n2, pods):
    rules = n2.rules()
    n2.run("ovsdb-tool", "create", "/run/other.db", SCHEMA)
    serve(n2)
    go_to_other(n2)
    wait_until(lambda: n2.status()["problems"])
    assert "it has no Loden_Global row" in problem(n2)
    assert_unmoved(n2, pods, rules)


@REFUSED
def test_an_old_copy_is_followed_only_when_its_generation_is_raised(
        cluster, n2, pods):
    n1 = cluster.node("n1")
    n1.run("sh", "-c", "ovsdb-client backup "
           "unix:/run/loden/cluster.sock Loden >/run/loden/copy.db")
    n1.lodenctl("network", "add", "red", "--range=10.9.0.0/16")
    try:
        wait_until(lambda: "network red" in n2.appctl("world/show"))
        wait_until(lambda: n2.appctl("flows/diff") == "")
        wait_until(lambda: n2.status()["last_good"]["saved"])
        n2.run("mv", "/run/loden-cluster/copy.db", "/run/other.db")
        serve(n2)
        go_to_other(n2)
        wait_until(lambda: n2.status()["problems"])
        said = problem(n2)
        assert "it is older than what this node has followed: its config_seq" \
            in said
        assert "generation raise" in said
        assert "network red" in n2.appctl("world/show")
        assert pods[2].ping(pods[0]) == Ping.all(3, ttl=63)

        n2.lodenctl(f"--db={OTHER}", "generation", "raise")
        wait_equal(lambda: n2.status()["problems"], [])
        wait_until(lambda: "network red" not in n2.appctl("world/show"))
        assert pods[2].ping(pods[0]) == Ping.all(3, ttl=63)
    finally:
        n1.lodenctl("--force", "network", "delete", "red")
