# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The sandbox itself, with nothing but Open vSwitch on its nodes."""

import json
import os
import signal
import subprocess
import sys

import pytest

from harness.cluster import DATAPATH, SCRIPT
from harness.leaks import run_mark
from harness.traffic import Ping
from harness.waiting import seconds, wait_until


@pytest.fixture(scope="module")
def bare(new_cluster):
    """Two nodes without Loden."""
    return new_cluster(nodes=2, loden=False)


def sandbox(name, *arguments, check=True):
    """Runs test/sandbox as a person would."""
    done = subprocess.run(
        [SCRIPT, "--name", f"test-{run_mark()}-{name}", *arguments],
        text=True, capture_output=True, timeout=seconds(60))
    if check:
        assert done.returncode == 0, done.stderr
    return done


def init_of(name):
    """The pid of the process whose end is the sandbox's."""
    folder = f"/run/loden-sandbox/test-{run_mark()}-{name}"
    with open(f"{folder}/sandbox/sandbox.json") as file:
        return json.load(file)["pid"]


@pytest.fixture
def name():
    """A sandbox's name; what was made under it ends with the test."""
    yield "by-hand"
    sandbox("by-hand", "down", check=False)


def test_nodes_reach_each_other_and_the_world(bare):
    n1, n2 = bare.nodes
    assert n1.ping(n2) == Ping.all(3, ttl=64)
    assert n2.ping(bare.ext) == Ping.all(3, ttl=64)
    assert n1.ping(bare.world_address) == Ping.all(3, ttl=64)
    assert bare.ext.ping(n1) == Ping.all(3, ttl=64)


def test_a_tunnel_made_by_hand_carries_ethernet_between_nodes(bare):
    for node, peer, inner in zip(bare.nodes, reversed(bare.nodes), "12"):
        node.ovs_vsctl(
            "add-br", "br-try", "--", "set", "bridge", "br-try",
            f"datapath_type={DATAPATH}", "--", "add-port", "br-try", "vx",
            "--", "set", "interface", "vx", "type=vxlan",
            f"options:remote_ip={peer.address}", "options:key=7")
        node.run("ip", "link", "set", "br-try", "mtu", "1450", "up")
        node.run("ip", "address", "add", f"10.77.0.{inner}/24",
                 "dev", "br-try")
    n1, _ = bare.nodes
    assert n1.ping("10.77.0.2") == Ping.all(3, ttl=64)
    assert n1.ping("10.77.0.2", size=1422, dont_fragment=True) == \
        Ping.all(3, ttl=64)


def test_default_paths_on_a_node_mean_that_node(bare):
    for node in bare.nodes:
        assert node.get("Open_vSwitch", ".", "external_ids:system-id") == \
            node.name
        assert node.output("hostname") == node.name
        assert node.appctl("version", target="ovs-vswitchd").startswith(
            "ovs-vswitchd")
        node.run("sh", "-c", "echo mine > /etc/loden/whose")
    bare.nodes[0].run("rm", "/etc/loden/whose")
    assert bare.nodes[1].output("cat", "/etc/loden/whose") == "mine"
    assert not os.path.exists("/etc/loden/whose")


def test_nothing_of_it_shows_on_the_host(bare):
    links = subprocess.run(["ip", "-o", "link"], capture_output=True,
                           text=True, check=True).stdout
    assert "underlay" not in links and "br-ex" not in links
    mounts = open("/proc/mounts").read()
    assert "loden-sandbox" not in mounts


def test_sandboxes_side_by_side_do_not_meet(bare, name):
    sandbox(name, "up", "--nodes", "1", "--without-loden")
    # The other one has an n1 with the same address, and no n2.
    there = sandbox(name, "exec", "n1", "ping", "-c1", "-W1", "192.0.2.12",
                    check=False)
    assert Ping.parse(there.stdout).received == 0
    assert bare.nodes[0].ping(bare.nodes[1]) == Ping.all(3, ttl=64)


def test_a_sandbox_that_died_is_cleaned_up_by_down_and_by_up(name):
    for cure in (["down"], ["up", "--nodes", "1", "--without-loden"]):
        sandbox(name, "up", "--nodes", "1", "--without-loden")
        os.kill(init_of(name), signal.SIGKILL)
        wait_until(lambda: "died" in sandbox(name, "pods", check=False).stderr)
        sandbox(name, *cure)
    assert sandbox(name, "exec", "n1", "hostname").stdout == "n1\n"


def test_a_sandbox_ends_with_the_process_that_it_was_bound_to(name):
    life = subprocess.Popen([sys.executable, "-c", "input()"],
                            stdin=subprocess.PIPE)
    sandbox(name, "up", "--nodes", "1", "--without-loden",
            "--die-with", str(life.pid))
    init = init_of(name)
    life.kill()
    life.wait()
    wait_until(lambda: not os.path.exists(f"/proc/{init}"))


def test_a_node_comes_and_goes(name):
    sandbox(name, "up", "--nodes", "1", "--without-loden")
    sandbox(name, "node", "add", "n5")
    ping = sandbox(name, "exec", "n5", "ping", "-c1", "192.0.2.11").stdout
    assert Ping.parse(ping) == Ping.all(1, ttl=64)
    sandbox(name, "node", "delete", "n5")
    gone = sandbox(name, "exec", "n5", "true", check=False)
    assert gone.returncode == 1
    sandbox(name, "node", "add", "n5")


@pytest.mark.parametrize("arguments, answer", [
    (["exec", "n9", "true"], "sandbox: there is no machine 'n9'; there are "
     "ext, n1\n"),
    (["node", "add", "n1"], "sandbox: node 'n1' exists already\n"),
    (["node", "add", "web"], "sandbox: 'web' is no node's name: n1, n2, ... "
     "n89\n"),
    (["pod", "delete", "p1"], "sandbox: there is no pod 'p1'\n"),
    (["pod", "exec", "p1", "true"], "sandbox: there is no pod 'p1'\n"),
    (["pod", "add", "n1", "../p"], "sandbox: '../p' cannot be a pod's "
     "name\n"),
    (["pod", "add", "n1", "p", "--conf", "/nowhere"], "sandbox: /nowhere: "
     "[Errno 2] No such file or directory: '/nowhere'\n"),
    (["exec", "n1"], "sandbox: which command?\n"),
    (["log", "n1", "nothing"], "sandbox: n1 has no log of 'nothing'\n"),
])
def test_bad_requests_are_refused_in_words(one_node, arguments, answer):
    done = sandbox(one_node, *arguments, check=False)
    assert (done.returncode, done.stderr) == (1, answer)


@pytest.fixture(scope="module")
def one_node():
    sandbox("one", "up", "--nodes", "1", "--without-loden")
    yield "one"
    sandbox("one", "down")
