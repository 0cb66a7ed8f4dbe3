# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Rows that cannot be right, written straight into the cluster's database:
each is refused by name on every node, and nothing else notices."""

import pytest

from harness.traffic import Ping
from harness.waiting import wait_equal

CHOICES = {"unknown_unicast": "drop", "multicast": "drop"}


def network(name, vni, **columns):
    return "Network", {"name": name, "vni": vni, "mode": "routed",
                       "node_prefix_v4": 24, **CHOICES, **columns}


def subnet(cidr, node, network="default"):
    return "Subnet", {"network": network, "cidr": cidr, "node": node}


def reservation(cidr, node, network="default"):
    return "Reservation", {"network": network, "cidr": cidr, "node": node}


def node(name, *ips):
    return "Node", {"name": name, "tunnel_ips": ["set", list(ips)]}


# Each row, what of it nodes refuse, and a word of the reason.
ROWS = [
    (network("a b;", 101, ranges="10.101.0.0/16"),
     "Network a b;", "other characters"),
    (network("aaa", 102, ranges="172.18.0.0/17"),
     "Network aaa, range 172.18.0.0/17",
     "overlaps 172.18.0.0/16 of network default"),
    (network("aab", 103, ranges="192.0.2.8/29", node_prefix_v4=30),
     "Network aab, range 192.0.2.8/29", "tunnel"),
    (network("host", 104, ranges="10.104.0.9/16"),
     "Network host, range 10.104.0.9/16", "write '10.104.0.0/16'"),
    (network("loop", 105, ranges="127.1.0.0/16"),
     "Network loop, range 127.1.0.0/16", "which no host can have"),
    (network("bound", 106, options=["map", [["subnet_min", "10.9.0.0"]]]),
     "Network bound, option subnet_min=10.9.0.0", "outside the ranges"),
    (node("a n;", "192.0.2.201"), "Node a n;", "other characters"),
    (node("a1", "192.0.2.12"), "Node a1", "192.0.2.12 is"),
    (node("a2"), "Node a2", "no IPv4 tunnel address"),
    (node("a3", "172.18.6.2"), "Node a3", "is inside network default"),
    (node("a4", "224.0.0.1"), "Node a4, tunnel address 224.0.0.1",
     "no address of one host"),
    (subnet("172.18.6.0/25", "n2"),
     "Subnet 172.18.6.0/25 of node n2 in network default",
     "gives each node a /24"),
    (subnet("172.18.006.0/24", "n2"),
     "Subnet 172.18.006.0/24 of node n2 in network default", "is not"),
    (subnet("172.18.6.1/24", "n2"),
     "Subnet 172.18.6.1/24 of node n2 in network default",
     "write '172.18.6.0/24'"),
    (subnet("10.9.9.0/24", "n2"),
     "Subnet 10.9.9.0/24 of node n2 in network default",
     "outside the ranges"),
    (subnet("172.18.99.0/24", "nobody"),
     "Subnet 172.18.99.0/24 of node nobody in network default",
     "no usable Node row"),
    (subnet("172.18.99.0/24", "nobody", network="nowhere"),
     "Subnet 172.18.99.0/24 of node nobody in network nowhere",
     "no usable network 'nowhere'"),
    (reservation("172.18.77.0/25", "n9"),
     "Reservation 172.18.77.0/25 of node n9 in network default",
     "gives each node a /24"),
    (reservation("nonsense", "n9"),
     "Reservation nonsense of node n9 in network default",
     "ADDRESS/LENGTH"),
]


def insert(row):
    table, columns = row
    return {"op": "insert", "table": table, "row": columns}


def delete(row):
    table, columns = row
    return {"op": "delete", "table": table, "where": [
        [column, "==", columns[column]]
        for column in ("name", "network", "cidr", "node")
        if column in columns]}


def refused(at):
    """What the node refuses, but for what follows from other refusals."""
    return {refusal["what"]: refusal["why"]
            for refusal in at.status()["refusals"]}


def rules(at):
    """The rules about what there was before."""
    return [rule for rule in at.rules() if "0x66" not in rule]


@pytest.mark.logs("refused: ")
def test_each_bad_row_is_refused_by_name_and_disturbs_nobody(cluster, pods):
    before = {at.name: at.rules() for at in cluster.nodes}
    pings = [pods[0].pinging(pods[2], count=200, interval=0.02),
             pods[4].pinging(pods[1], count=200, interval=0.02)]
    for row, what, why in ROWS:
        cluster.transact(insert(row))
        try:
            for at in cluster.nodes:
                wait_equal(lambda: [refused(at).get(what) is not None
                                    and why in refused(at)[what]], [True])
                assert not [other for other in refused(at)
                            if other != what and "default" in other], what
        finally:
            cluster.transact(delete(row))
        for at in cluster.nodes:
            wait_equal(lambda: refused(at), {})
    assert [ping.result() for ping in pings] == [Ping.all(200, ttl=63)] * 2
    for at in cluster.nodes:
        wait_equal(at.rules, before[at.name])


@pytest.mark.logs("refused: ")
def test_all_bad_rows_at_once_disturb_nobody(cluster, pods):
    before = {row["cidr"]: row["node"]
              for row in cluster.node("n1").table("subnet", "list")}
    pings = [pods[0].pinging(pods[2], count=100, interval=0.02),
             pods[4].pinging(pods[1], count=100, interval=0.02)]
    cluster.transact(*[insert(row) for row, _, _ in ROWS])
    try:
        for at in cluster.nodes:
            wait_equal(lambda: {what for _, what, _ in ROWS}
                       - set(refused(at)), set())
        assert [ping.result() for ping in pings] == [
            Ping.all(100, ttl=63)] * 2
        # The cluster goes on: networks are made, pods come and go.
        n1 = cluster.node("n1")
        n1.lodenctl("network", "add", "red", "--range=10.99.0.0/16",
                    "--vni=99", "--wait")
        n1.add_pod("red", network="red").delete()
        n1.lodenctl("network", "delete", "red", "--force", "--wait")
    finally:
        cluster.transact(*[delete(row) for row, _, _ in ROWS])
    for at in cluster.nodes:
        wait_equal(lambda: refused(at), {})
    assert {row["cidr"]: row["node"] for row
            in cluster.node("n1").table("subnet", "list")
            if row["network"] == "default"} == before
