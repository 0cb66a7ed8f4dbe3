# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Firewalls of others that drop what the host forwards for pods: said, and
opened only where a person wants that."""

import json
import re

import pytest

from harness.traffic import Ping
from harness.waiting import wait_equal, wait_until

DROPS = "drops what the host forwards for pods"

# What Docker, a hand-made firewall, and firewalld leave on a host.
FIREWALLS = {
    "docker": """
        table ip filter {
            chain DOCKER-USER { counter return; }
            chain FORWARD {
                type filter hook forward priority 0; policy drop;
                jump DOCKER-USER
            }
        }""",
    "policy": """
        table inet guard {
            chain forward {
                type filter hook forward priority -5; policy drop;
                ct state established,related accept
            }
        }""",
    "last rule": """
        table inet firewalld {
            chain filter_FORWARD {
                type filter hook forward priority 10; policy accept;
                iifname "eth77" accept
                reject with icmpx admin-prohibited
            }
        }""",
}
CHAINS = {"docker": ("ip", "filter", "DOCKER-USER"),
          "policy": ("inet", "guard", "forward"),
          "last rule": ("inet", "firewalld", "filter_FORWARD")}


@pytest.fixture(scope="module")
def p1(pods):
    return pods[0]


def problems(node):
    return node.status()["host"]["forward"]["problems"]


def ours(node):
    """Rules of ours in others' chains, by chain."""
    listing = node.output("nft", "-s", "list", "ruleset")
    found = []
    for line in listing.splitlines():
        words = line.split()
        if words[:1] == ["table"]:
            table = words[1:3]
        elif words[:1] == ["chain"]:
            chain = words[1]
        elif 'comment "loden: ' in line:
            found.append((*table, chain, line.strip()))
    return found


def rules_in(kind):
    return [(*CHAINS[kind], 'iifname "loden*" accept comment '
             '"loden: from pods"'),
            (*CHAINS[kind], 'oifname "loden*" accept comment '
             '"loden: to pods"')]


@pytest.fixture
def firewall(request, cluster, p1):
    """Somebody's firewall on p1's node."""
    node, kind = p1.node, request.param
    node.run("nft", "-f", "-", input=FIREWALLS[kind])
    wait_until(lambda: problems(node))
    yield kind
    node.run("nft", "delete", "table", *CHAINS[kind][:2])
    wait_equal(lambda: problems(node), [])


everywhere = pytest.mark.parametrize("firewall", FIREWALLS, indirect=True)


@everywhere
@pytest.mark.logs(DROPS)
def test_a_firewall_in_the_way_is_named_with_what_opens_it(cluster, p1,
                                                           firewall):
    node = p1.node
    problem, = problems(node)
    family, table, chain = CHAINS[firewall]
    assert f"of table {family} {table} {DROPS}" in problem
    assert p1.ping(cluster.ext).received == 0
    assert ours(node) == []
    command = re.search(r'run "(.*)", or', problem)[1]
    assert f"insert rule {family} {table} {chain} " in command
    node.run("sh", "-c", command)
    wait_equal(lambda: problems(node), [])
    assert p1.ping(cluster.ext) == Ping.all(3, ttl=63)


@pytest.fixture
def managed(p1):
    p1.node.ovs_vsctl("set", "open", ".", "external_ids:loden-forward=manage")
    yield
    p1.node.ovs_vsctl("remove", "open", ".", "external_ids", "loden-forward")
    wait_equal(lambda: ours(p1.node), [])


@everywhere
@pytest.mark.logs(DROPS)
def test_it_is_opened_where_a_person_wants_that(cluster, p1, firewall,
                                                managed):
    node = p1.node
    wait_equal(lambda: ours(node), rules_in(firewall))
    wait_equal(lambda: problems(node), [])
    assert p1.ping(cluster.ext) == Ping.all(3, ttl=63)
    # Firewalls are loaded anew now and then.
    node.run("nft", "flush", "chain", *CHAINS[firewall])
    if firewall == "last rule":
        wait_equal(lambda: ours(node), [])
    else:
        wait_equal(lambda: ours(node), rules_in(firewall))


def test_nothing_is_put_where_nothing_drops(p1, managed):
    node = p1.node
    node.run("nft", "-f", "-", input="""
        table inet open { chain forward {
            type filter hook forward priority 0; policy accept;
            tcp dport 1 drop; }; }""")
    try:
        wait_equal(lambda: node.status()["host"]["forward"],
                   {"managed": True, "rules": 0, "problems": []})
        assert ours(node) == []
    finally:
        node.run("nft", "delete", "table", "inet", "open")


@pytest.mark.logs(DROPS)
def test_uninstalling_takes_the_rules_away(cluster, p1):
    node = cluster.node("n3")
    node.run("nft", "-f", "-", input=FIREWALLS["docker"])
    node.ovs_vsctl("set", "open", ".", "external_ids:loden-forward=manage")
    wait_equal(lambda: ours(node), rules_in("docker"))
    node.run("loden-ctl", "uninstall", "--force")
    assert ours(node) == []
    assert "loden" not in node.output("nft", "list", "ruleset")
    assert "loden-forward" not in json.dumps(
        node.rows("Open_vSwitch", "external_ids"))
