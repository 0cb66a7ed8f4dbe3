# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""GC: frees everything of its own network that the runtime does not know."""

import json

import pytest

from harness.cni import (  # noqa: F401
    PLUGIN, add, address, cluster, delete, host_port, kept, links, new_pod,
    node, reaches_gateway, refusal, row_of)
from harness.waiting import wait_equal

LIST = "cni.dev/valid-attachments"


def gc(pod, valid=(), configuration=PLUGIN):
    """Runs GC with the pods 'valid' known, or with the value that is no
    list; the runtime names no pod.  Returns its complaint."""
    if isinstance(valid, (list, tuple)):
        valid = [{"containerID": each.record["container"], "ifname": "eth0"}
                 for each in valid]
    done = pod.plugin("GC", {**configuration, LIST: valid}, check=False,
                      CNI_CONTAINERID="", CNI_NETNS="", CNI_IFNAME="")
    assert done.returncode == (1 if done.stdout else 0)
    return json.loads(done.stdout) if done.stdout else None


def test_what_is_not_in_the_list_is_freed(node, new_pod):
    before = kept(node)
    pods = [new_pod() for _ in range(3)]
    for pod in pods:
        add(pod)
    assert gc(pods[0], pods[1:2]) is None
    assert row_of(node, pods[0]) is None and row_of(node, pods[2]) is None
    assert links(pods[0]) == ["lo"]
    assert reaches_gateway(pods[1])
    assert gc(pods[0]) is None
    assert kept(node) == before


@pytest.mark.parametrize("valid", [None, []])
def test_null_and_an_empty_list_mean_that_nothing_is_valid(node, new_pod,
                                                           valid):
    before = kept(node)
    pod = new_pod()
    add(pod)
    assert gc(pod, valid) is None
    assert kept(node) == before


def test_no_list_at_all_frees_nothing(node, new_pod):
    pod = new_pod()
    add(pod)
    done = pod.plugin("GC", CNI_CONTAINERID="", CNI_NETNS="", CNI_IFNAME="")
    assert done.stdout == ""
    assert reaches_gateway(pod)


@pytest.mark.parametrize("name", ["cbr0.x", "cbr1", "cbr"])
def test_another_network_is_not_touched(node, new_pod, name):
    mine, others = new_pod(), new_pod(name=name)
    add(mine)
    add(others)
    assert gc(mine) is None
    assert row_of(node, mine) is None
    assert reaches_gateway(others)


def test_the_interface_counts_too(node, new_pod):
    pod = new_pod()
    add(pod)
    add(pod, CNI_IFNAME="eth1")
    assert gc(pod, [pod]) is None
    assert links(pod) == ["lo", "eth0"]
    assert reaches_gateway(pod)


def test_a_veth_of_an_add_that_died_is_freed(node, new_pod):
    before = kept(node)
    mine, others = new_pod(), new_pod(name="other")
    for pod in mine, others:
        node.ovs_vsctl("del-port", host_port(add(pod)))
    assert gc(mine) is None
    assert links(mine) == ["lo"]
    assert links(others) == ["lo", "eth0"]
    delete(others)
    assert kept(node) == before


def test_pods_whose_namespace_is_gone_are_freed(node, new_pod):
    before = kept(node)
    pod, runner = new_pod(), new_pod()
    add(pod)
    node.ovs_vsctl("set", "interface", row_name(node, pod),
                   "external_ids:loden-netns=/run/netns/gone")
    assert gc(runner) is None
    assert kept(node) == before


def row_name(node, pod):
    row, = node.rows("Interface", "name", "external_ids:loden-id="
                     f"cbr0/{pod.record['container']}/eth0")
    return row["name"]


@pytest.mark.parametrize("valid", ["x", {}, 5])
def test_a_list_without_sense_frees_nothing(new_pod, valid):
    pod = new_pod()
    add(pod)
    assert gc(pod, valid) == {
        "cniVersion": "1.1.0", "code": 7,
        "msg": f'"{LIST}" must be a list'}
    done = pod.plugin("GC", {**PLUGIN, LIST: [{"containerID": "c"}]},
                      check=False)
    assert json.loads(done.stdout)["msg"] == \
        f'"{LIST}": an entry without containerID or ifname'
    assert reaches_gateway(pod)


def test_hundreds_are_freed_at_once(node, new_pod):
    before = kept(node)
    pods = [new_pod() for _ in range(40)]
    for pod in pods:
        add(pod)
    assert gc(pods[0], pods[:1]) is None
    assert reaches_gateway(pods[0])
    delete(pods[0])
    wait_equal(lambda: kept(node), before)


# ---- With an IPAM plugin ----------------------------------------------------

SCRIPT = """#!/bin/sh
read -r line
echo "$CNI_COMMAND $CNI_CONTAINERID $CNI_IFNAME" >> /run/ipam.log
case $CNI_COMMAND in
ADD) echo '{"ips":[{"address":"172.18.6.77/24"}]}' ;;
GC) echo '{"code":7,"msg":"no GC today"}'; exit 1 ;;
esac
"""


@pytest.fixture
def ipam(node):
    """An IPAM plugin that notes what it is told; the note's path."""
    node.run("tee", "/opt/cni/bin/noting", input=SCRIPT)
    node.run("chmod", "755", "/opt/cni/bin/noting")
    node.run("rm", "-f", "/run/ipam.log")
    return "/run/ipam.log"


def test_an_ipam_plugin_learns_of_it_and_its_failure_is_told(node, new_pod,
                                                             ipam):
    with_ipam = {**PLUGIN, "ipam": {"type": "noting"}}
    pod = new_pod(ipam={"type": "noting"})
    assert address(add(pod)) == "172.18.6.77"
    error = gc(pod, [], with_ipam)
    assert (error["code"], error["msg"]) == (7, "no GC today")
    container = pod.record["container"]
    assert node.output("cat", ipam).splitlines() == [
        f"ADD {container} eth0", f"DEL {container} eth0", "GC  "]
    assert row_of(node, pod) is None


def test_without_a_database_gc_still_reaches_the_ipam_plugin(node, new_pod,
                                                             ipam):
    pod = new_pod()
    error = gc(pod, [], {**PLUGIN, "ipam": {"type": "noting"},
                         "ovsdb": "unix:/run/nobody"})
    assert error["msg"] == (
        "2 failures, the first is: cannot connect to Open vSwitch's database "
        "at /run/nobody: No such file or directory")
    assert node.output("cat", ipam) == "GC  "
