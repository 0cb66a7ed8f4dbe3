# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""lodenctl --wait: a change is carried out everywhere when it returns."""

import subprocess
import threading

import pytest

from harness.cluster import DATAPATH
from harness.traffic import Ping
from harness.waiting import seconds, wait_until

WAIT = f"--wait={seconds(30):.0f}"
# Enough for the nodes that can.
SHORT_WAIT = f"--wait={seconds(3):.0f}"


@pytest.fixture
def no_red(cluster):
    """Deletes network "red" in the end."""
    yield
    cluster.node("n1").lodenctl("network", "delete", "red", "--force", WAIT)


def add_red(node, wait, check=True):
    return node.run("lodenctl", "network", "add", "red",
                    "--range=10.99.0.0/16", "--vni=99", wait, check=check)


def test_when_it_returns_every_node_has_the_network(cluster, no_red):
    n1 = cluster.node("n1")
    add_red(n1, WAIT)
    for node in cluster.nodes:
        assert node.network("red")["subnet"]
        assert node.appctl("flows/diff") == ""
        assert "loden-99" in node.ports()
    a = n1.add_pod("a", network="red")
    b = cluster.node("n2").add_pod("b", network="red")
    try:
        assert a.ping(b) == Ping.all(3, ttl=63)
    finally:
        a.delete()
        b.delete()


def test_when_it_returns_running_pods_have_the_networks_mtu(cluster, pods):
    n1 = cluster.node("n1")
    before = {pod.name: pod.link()["mtu"] for pod in pods}
    n1.lodenctl("network", "set", "default", "--mtu=1300", WAIT)
    try:
        assert {pod.link()["mtu"] for pod in pods} == {1300}
        assert {at.network("default")["mtu"] for at in cluster.nodes} == {
            "1300"}
    finally:
        n1.lodenctl("network", "set", "default", "--mtu=auto", WAIT)
    assert {pod.name: pod.link()["mtu"] for pod in pods} == before


def test_a_node_without_a_controller_is_named(cluster, no_red):
    n1, n3 = cluster.node("n1"), cluster.node("n3")
    n3.kill()
    try:
        done = add_red(n1, SHORT_WAIT, check=False)
        assert done.returncode == 1
        assert "not carried it out: 'n3' (at " in done.stderr
        assert "'n1'" not in done.stderr
    finally:
        n3.start_controller()
    n1.lodenctl("network", "list")
    wait_until(lambda: "red" in str(n3.rows("Bridge", "external_ids")), 15)


def test_a_network_is_deleted_once_its_last_pod_is_gone(cluster):
    n1 = cluster.node("n1")
    add_red(n1, WAIT)
    try:
        pod = cluster.node("n2").add_pod("red", network="red")
        wait_until(lambda: "pods:red" in str(cluster.transact(
            {"op": "select", "table": "Node_Status", "where": [],
             "columns": ["external_ids"]})))
        done = n1.run("lodenctl", "network", "delete", "red", check=False)
        assert done.stderr == (
            "lodenctl: network 'red' is in use: 1 pod on node 'n2'; --force "
            "deletes all that with it\n")
        pod.delete()
        wait_until(lambda: not n1.run("lodenctl", "network", "delete", "red",
                                      check=False).returncode, deadline=20)
    finally:
        n1.run("lodenctl", "network", "delete", "red", "--force", check=False)
    assert [row["name"] for row in n1.table("network", "list")] == [
        "default"]


def close_red(cluster, closing):
    """As a lodenctl does that is killed right afterwards."""
    cluster.set_network("options", ["map", [["closing", "true"]] * closing],
                        name="red")
    for node in cluster.nodes:
        wait_until(lambda: ("closing" in node.network("red")) == closing)


def test_a_closed_network_takes_no_pods_and_keeps_those_it_has(cluster,
                                                               no_red):
    n1 = cluster.node("n1")
    add_red(n1, WAIT)
    a = n1.add_pod("a", network="red")
    b = cluster.node("n2").add_pod("b", network="red")
    try:
        close_red(cluster, True)
        with pytest.raises(Exception, match="takes no new pods, as it is "
                           "about to be deleted"):
            n1.add_pod("late", network="red")
        assert a.ping(b) == Ping.all(3, ttl=63)
        done = n1.run("lodenctl", "network", "delete", "red", check=False)
        assert "1 pod on node 'n1', 1 pod on node 'n2'" in done.stderr
        wait_until(lambda: "closing" not in n1.network("red"))
        n1.add_pod("late", network="red").delete()
    finally:
        a.delete()
        b.delete()


def test_a_network_is_open_again_if_a_node_could_not_close_it(cluster,
                                                              no_red):
    n1, n3 = cluster.node("n1"), cluster.node("n3")
    add_red(n1, WAIT)
    n3.kill()
    try:
        done = n1.run("lodenctl", SHORT_WAIT, "network", "delete", "red",
                      check=False)
        assert "network 'red' is not deleted" in done.stderr
        assert "not carried it out: 'n3' (at " in done.stderr
    finally:
        n3.start_controller()
    for node in cluster.nodes:
        wait_until(lambda: "closing" not in node.network("red"), 15)


class Adding:
    """A pod that is being added to "red" on 'node', in a thread."""

    def __init__(self, node):
        self.node = node
        self.pod = None
        self.error = ""
        self.thread = threading.Thread(target=self._add)
        self.thread.start()

    def _add(self):
        try:
            self.pod = self.node.add_pod("racer", network="red")
        except Exception as error:
            self.error = str(error)

    def end(self):
        """Returns the pod; None if there is none."""
        self.thread.join()
        return self.pod


def test_no_pod_comes_between_the_look_and_the_deletion(cluster):
    """A pod is added while its network is deleted: one of both wins."""
    n1, n2 = cluster.node("n1"), cluster.node("n2")
    add_red(n1, WAIT)
    adding = Adding(n2)
    deleted = n1.run("lodenctl", "network", "delete", "red", check=False)
    pod = adding.end()
    assert bool(pod) == bool(deleted.returncode), deleted.stderr
    if pod:
        pod.delete()
        n1.lodenctl("network", "delete", "red", "--force", WAIT)


def test_a_pod_that_is_in_the_database_first_wins(cluster, no_red):
    """n2's controller hears of it together with the deletion."""
    n1, n2 = cluster.node("n1"), cluster.node("n2")
    add_red(n1, WAIT)
    pid = n2.pid()
    n2.run("kill", "-STOP", pid)
    try:
        adding = Adding(n2)
        wait_until(lambda: "red/" in str(n2.rows(
            "Interface", "external_ids")))
        deleting = n1.popen(["lodenctl", "network", "delete", "red"],
                            stderr=subprocess.PIPE)
        wait_until(lambda: "closing" in n1.network("red"))
    finally:
        n2.run("kill", "-CONT", pid)
    pod = adding.end()
    error = deleting.communicate(timeout=seconds(40))[1]
    assert deleting.returncode == 1
    assert "network 'red' is in use: 1 pod on node 'n2'" in str(error)
    wait_until(lambda: "closing" not in n2.network("red"))
    assert pod.ping(n2.network("red")["gateway"]).received == 3
    pod.delete()


def test_a_deletion_that_has_closed_the_network_first_wins(cluster):
    """It waits for n3 while the pod comes."""
    n1, n2, n3 = cluster.nodes
    add_red(n1, WAIT)
    pid = n3.pid()
    n3.run("kill", "-STOP", pid)
    try:
        deleting = n1.popen(["lodenctl", "network", "delete", "red"])
        wait_until(lambda: "closing" in n2.network("red"))
        adding = Adding(n2)
        assert not adding.end()
        assert "takes no new pods, as it is about to be" in adding.error
    finally:
        n3.run("kill", "-CONT", pid)
    assert deleting.wait(seconds(40)) == 0
    wait_until(lambda: "loden-99" not in n2.ports())
    assert "red" not in n1.lodenctl("network", "list")


@pytest.mark.skipif(DATAPATH != "netdev",
                    reason="the kernel forwards without ovs-vswitchd")
@pytest.mark.logs("Unreasonably long|poll interval|no response to inactivity"
                  "|blocked .* waiting|receive error|faults|context switches")
def test_what_no_barrier_has_confirmed_is_not_carried_out(cluster, no_red):
    n1, n3 = cluster.node("n1"), cluster.node("n3")
    pid = n3.pid("ovs-vswitchd")
    n3.run("kill", "-STOP", pid)
    try:
        done = add_red(n1, SHORT_WAIT, check=False)
        assert "not carried it out: 'n3' (at " in done.stderr
    finally:
        n3.run("kill", "-CONT", pid)
    n1.lodenctl("reservation", "add", "red", "10.99.7.0/24", "n9", WAIT)
    assert n3.appctl("flows/diff") == ""
