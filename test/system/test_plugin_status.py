# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""STATUS: says whether an ADD would work, and if not, why."""

import json

import pytest

from harness.cni import (  # noqa: F401
    PLUGIN, add, cluster, kept, new_pod, node, refusal)
from harness.waiting import wait_until


def status(node, **configuration):
    """What is wrong, as (code, msg), or None."""
    done = node.run(
        "/opt/cni/bin/loden", check=False,
        input=json.dumps({**PLUGIN, **configuration}),
        env={"CNI_COMMAND": "STATUS", "CNI_PATH": "/opt/cni/bin",
             "CNI_CONTAINERID": "", "CNI_NETNS": "", "CNI_IFNAME": ""})
    if not done.returncode:
        assert done.stdout == ""
        return None
    error = json.loads(done.stdout)
    return error["code"], error["msg"]


def test_a_node_that_works_says_nothing(node):
    before = kept(node)
    assert status(node) is None
    assert status(node, subnetFile="/run/loden/subnet.env") is None
    assert kept(node) == before


def test_asking_all_the_time_disturbs_nobody(node):
    for _ in range(50):
        assert status(node) is None
    assert node.status()["node"]


def test_without_a_database_no_add_works(node):
    assert status(node, ovsdb="unix:/run/nobody") == (
        50, "cannot connect to Open vSwitch's database at /run/nobody: No "
            "such file or directory")


def test_without_the_controller_no_add_works(node):
    node.kill()
    wait_until(lambda: status(node))
    try:
        assert status(node) == (50, "loden-controller is not running")
    finally:
        node.start_controller()
    assert status(node) is None


@pytest.mark.logs(r"")
def test_without_vswitchd_pods_suffer(node):
    node.kill("ovs-vswitchd")
    wait_until(lambda: status(node))
    try:
        assert status(node) == (51, "ovs-vswitchd is not running")
    finally:
        node.start_vswitchd()
    wait_until(lambda: status(node) is None)


def test_a_draining_node_says_so(node):
    name = node.status()["node"]
    node.lodenctl("node", "drain", name, "--wait")
    try:
        assert status(node) == (
            50, "this node is draining and takes no new pods")
    finally:
        node.lodenctl("node", "undrain", name, "--wait")
    assert status(node) is None


def test_a_network_that_is_not_there_is_named(node):
    assert status(node, network="blue") == (
        50, 'network "blue" is not published on this node')


def test_a_subnet_without_room_is_named(node, new_pod):
    node.lodenctl("network", "add", "tiny", "--range=10.77.0.0/24",
                  "--node-prefix=30", "--vni=77")
    try:
        subnet = wait_until(lambda: node.network("tiny")["subnet"])
        assert status(node, network="tiny") is None
        add(new_pod(network="tiny"))
        assert status(node, network="tiny") == (
            50, f"no free address in {subnet} (1 of 1 in use)")
    finally:
        node.lodenctl("network", "delete", "tiny", "--force")
        wait_until(lambda: "loden-77" not in node.ports())


def test_a_configuration_without_sense_is_told_as_such(node):
    assert status(node, vlan=7) == (2, '"vlan" is not supported')
    assert status(node, ipam={}) == (2, '"ipam": {} is not supported')
    assert status(node, routes=[{"dst": "x"}]) == (
        7, 'route: "dst": "x" makes no sense')
    assert status(node, cniVersion="1.0.0") == (
        1, "config version does not allow STATUS")


def test_the_ipam_plugins_word_is_passed_on(node):
    node.run("tee", "/opt/cni/bin/grumpy", input="""#!/bin/sh
echo '{"code": 50, "msg": "'$CNI_COMMAND'? ask again"}'
exit 1
""")
    node.run("chmod", "755", "/opt/cni/bin/grumpy")
    assert status(node, ipam={"type": "grumpy"}) == (50, "STATUS? ask again")
