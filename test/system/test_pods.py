# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Pods come and go, and nothing stays."""

import json

import pytest

from harness.logs import DEVICE_GONE
from harness.traffic import Ping
from harness.waiting import wait_equal


def traces(node):
    """All that a pod can leave on a node."""
    return {
        "ports": node.ports(),
        "rules": node.rules(),
        "interfaces": {link["ifname"] for link in json.loads(
            node.output("ip", "-json", "link", "show"))},
        "rows": {row["name"] for row in node.rows("Interface", "name")},
        "deaf": node.output("nft", "list", "ruleset"),
    }


def test_add_answers_with_what_the_pod_has(cluster, pods):
    for pod in pods:
        netns = f"/run/netns/{pod.name}"
        interfaces = {i["name"]: i for i in pod.result["interfaces"]}
        assert interfaces["eth0"]["mac"] == pod.mac
        assert interfaces["eth0"]["sandbox"] == netns
        assert pod.host_port in pod.node.ports()
        assert pod.result["ips"] == [{
            "address": f"{pod.address}/24",
            "gateway": pod.node.gateway,
            "interface": pod.result["interfaces"].index(interfaces["eth0"]),
        }]
        assert pod.address in pod.output("ip", "-4", "addr", "show", "eth0")


def test_addresses_are_all_different_and_from_the_nodes_subnets(pods):
    assert len({pod.address for pod in pods}) == len(pods)
    for pod in pods:
        assert pod.address.startswith(pod.node.subnet.removesuffix("0/24"))


def test_del_leaves_nothing(cluster, pods):
    n1 = cluster.node("n1")
    before = traces(n1)
    pod = n1.add_pod("brief")
    assert pod.ping(pods[0]) == Ping.all(3, ttl=64)
    assert traces(n1) != before
    pod.delete()
    wait_equal(lambda: traces(n1), before)


def test_del_twice_is_fine(cluster, pods):
    n1 = cluster.node("n1")
    before = traces(n1)
    pod = n1.add_pod("brief")
    for _ in range(2):
        pod.attachment.detach()
    pod.delete()
    wait_equal(lambda: traces(n1), before)


def test_add_that_fails_leaves_nothing(cluster, pods):
    n1 = cluster.node("n1")
    before = traces(n1)
    pod = n1.add_pod("brief")
    # The interface is in the pod already.
    again = pod.attachment.plugin("ADD", check=False,
                                  CNI_CONTAINERID="another")
    assert again.returncode == 1
    assert json.loads(again.stdout)["code"]
    assert pod.ping(pods[0]) == Ping.all(3, ttl=64)
    pod.delete()
    wait_equal(lambda: traces(n1), before)


@pytest.mark.logs(*DEVICE_GONE)
def test_a_pod_whose_namespace_vanished_is_gone_after_a_minute(cluster, pods):
    n1 = cluster.node("n1")
    before = traces(n1)
    pod = n1.add_pod("vanished")
    pod.attachment.destroy()
    wait_equal(lambda: traces(n1), before, deadline=90)
    cluster.sandbox.folder.forget("pods", "vanished")
