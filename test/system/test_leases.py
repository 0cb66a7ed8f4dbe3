# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A node's subnet: kept, lost, fought over by nobody."""

import json

import pytest

from harness.cluster import DATAPATH
from harness.traffic import Ping
from harness.waiting import seconds, wait_equal, wait_until
from sandboxlib.node import cluster_remote

WAIT = f"--wait={seconds(30):.0f}"


def holders(cluster):
    """Who has which subnet of network "default"."""
    return {row["cidr"]: row["node"]
            for row in cluster.node("n1").table("subnet", "list")
            if row["network"] == "default"}


def row_of(cidr):
    """Selects a Subnet row."""
    return {"table": "Subnet", "where": [["cidr", "==", cidr]]}


def plugin(node, command, **configuration):
    """Calls the plugin without a pod; returns the error, or None."""
    done = node.run(
        "/opt/cni/bin/loden", check=False,
        input=json.dumps({"cniVersion": "1.1.0", "name": "pods",
                          "type": "loden", **configuration}),
        env={"CNI_COMMAND": command, "CNI_PATH": "/opt/cni/bin",
             "CNI_CONTAINERID": "", "CNI_NETNS": "", "CNI_IFNAME": ""})
    return json.loads(done.stdout) if done.returncode else None


def test_a_lease_that_somebody_deletes_is_back_and_no_ping_is_lost(cluster,
                                                                   pods):
    n1 = cluster.node("n1")
    pings = [pods[0].pinging(pods[2], count=100, interval=0.02),
             pods[2].pinging(pods[0], count=100, interval=0.02)]
    before = holders(cluster)
    cluster.transact({"op": "delete", **row_of(n1.subnet)})
    wait_equal(lambda: holders(cluster), before)
    assert [ping.result() for ping in pings] == [Ping.all(100, ttl=63)] * 2


@pytest.mark.logs("refused: Subnet")
def test_a_lease_that_another_node_got_is_left_to_a_person(cluster, pods):
    n1, n3 = cluster.node("n1"), cluster.node("n3")
    p1, p2 = [pod for pod in pods if pod.node.name == "n1"]
    others = {cidr: node for cidr, node in holders(cluster).items()
              if cidr != n1.subnet}
    # A node that nobody runs, so that it cannot give up anything.
    cluster.transact(
        {"op": "insert", "table": "Node", "row": {
            "name": "n9", "tunnel_ips": "192.0.2.99"}},
        {"op": "delete", **row_of(n1.subnet)},
        {"op": "delete", **row_of(n1.subnet), "table": "Reservation"},
        {"op": "insert", "table": "Subnet", "row": {
            "network": "default", "cidr": n1.subnet, "node": "n9"}})
    try:
        wait_until(lambda: plugin(n1, "STATUS"))
        assert plugin(n1, "STATUS")["msg"] == (
            'network "default": node n9 has this node\'s subnet by now, and '
            "a person has to decide whose it is: see 'lodenctl status'")
        assert "lodenctl reservation add default" in str(
            n1.status()["refusals"])
        # Pods go on as far as they can.
        assert p1.ping(p2) == Ping.all(3, ttl=64)
        assert p1.ping(n1.gateway) == Ping.all(3, ttl=64)
        # A restart does not make it forget.
        n1.kill()
        n1.start_controller()
        wait_until(lambda: n1.status()["openflow"]["confirmed"])
        assert plugin(n1, "STATUS")["code"] == 50
        assert p1.ping(p2) == Ping.all(3, ttl=64)
        assert holders(cluster) == {**others, n1.subnet: "n9"}
        # A person decides.
        n3.lodenctl("reservation", "add", "default", n1.subnet, "n1")
        wait_equal(lambda: holders(cluster), {**others, n1.subnet: "n1"})
        wait_equal(lambda: plugin(n1, "STATUS"), None)
        wait_equal(lambda: p1.ping(pods[2]), Ping.all(3, ttl=63))
    finally:
        n3.run("lodenctl", "node", "delete", "n9", check=False)
        n3.run("lodenctl", "reservation", "add", "default", n1.subnet, "n1",
               check=False)


def test_a_range_grows_and_gets_a_second_one_while_pods_talk(cluster, pods):
    n1 = cluster.node("n1")
    before = holders(cluster)
    (old,) = [row["ranges"] for row in n1.table("network", "list")
              if row["name"] == "default"]
    assert old == "172.18.0.0/16"
    ping = pods[0].pinging(pods[2], count=150, interval=0.02)
    try:
        for ranges in "172.18.0.0/15", "172.18.0.0/15,10.77.0.0/16":
            n1.lodenctl("network", "set", "default", f"--range={ranges}",
                        WAIT)
            assert cluster.node("n3").network("default")["range"] == ",".join(
                sorted(ranges.split(","),
                       key=lambda range: int(range.split(".")[0])))
    finally:
        n1.lodenctl("network", "set", "default", f"--range={old}", WAIT)
    assert ping.result() == Ping.all(150, ttl=63)
    assert holders(cluster) == before
    for option, why in (("--range=172.18.0.0/22",
                         "it is outside the ranges of network default"),
                        ("--node-prefix=25", "its length is 24")):
        done = n1.run("lodenctl", "network", "set", "default", option,
                      check=False)
        assert done.returncode == 1
        assert "Subnet 172.18.6.0/24 of node n1" in done.stderr
        assert why in done.stderr


@pytest.mark.logs("refused: Node n1: another machine is alive")
def test_a_second_machine_of_a_name_disturbs_nobody(cluster, pods):
    before = holders(cluster)
    n4 = cluster.add_node("n4")
    try:
        wait_until(lambda: "n4" in holders(cluster).values())
        n4.run("loden-ctl", "uninstall")
        ping = pods[0].pinging(pods[2], count=100, interval=0.02)
        n4.run("loden-ctl", "start", f"--remote={cluster_remote('n4')}",
               "--node=n1", f"--encap-ip={n4.address}",
               f"--datapath={DATAPATH}")
        wait_until(lambda: n4.status()["refusals"], deadline=15)
        assert [(r["what"], "another machine is alive under this name: its "
                 "system-id is " in r["why"])
                for r in n4.status()["refusals"]] == [("Node n1", True)]
        ids = [node.get("Open_vSwitch", ".", "external_ids:system-id")
               for node in (cluster.node("n1"), n4)]
        assert all(i in n4.status()["refusals"][0]["why"] for i in ids)
        assert n4.status()["networks"] == []
        assert ping.result() == Ping.all(100, ttl=63)
        assert holders(cluster).items() >= before.items()
        assert cluster.node("n1").status()["refusals"] == []
    finally:
        cluster.sandbox.delete_node("n4")
