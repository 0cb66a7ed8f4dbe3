# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""CHECK: silent about what is as ADD left it, and finds whatever is not."""

import json

import pytest

from harness.cni import (  # noqa: F401
    GATEWAY, PLUGIN, add, address, attachment, cluster, delete, host_port,
    new_pod, node, reaches_gateway, refusal)
from harness.logs import DEVICE_GONE


def check(pod, result, **environment):
    """Has the plugin look at what 'result' tells; returns its complaint."""
    pod.record["configuration"] = {**pod.record["configuration"],
                                   "prevResult": result}
    done = pod.plugin("CHECK", check=False, **environment)
    if not done.returncode:
        assert done.stdout == ""
        return None
    return refusal(pod, "CHECK", **environment)


def assert_found(pod, result, msg):
    found = check(pod, result)
    assert (found["code"], found["msg"]) == (103, msg)


@pytest.fixture
def attached(new_pod):
    """A pod and its result; CHECK has nothing to say."""
    pod = new_pod()
    result = add(pod)
    assert check(pod, result) is None
    return pod, result


# ---- No false alarm ---------------------------------------------------------

def test_nothing_is_wrong_right_after_add(new_pod):
    for _ in range(10):
        pod = new_pod()
        assert check(pod, add(pod)) is None


@pytest.mark.parametrize("version", ["0.4.0", "1.0.0", "1.1.0"])
def test_each_versions_result_is_understood(new_pod, version):
    pod = new_pod(cniVersion=version)
    assert check(pod, add(pod)) is None


def test_what_is_more_is_no_matter(node, attached):
    pod, result = attached
    pod.run("ip", "address", "add", "10.1.1.1/24", "dev", "eth0")
    pod.run("ip", "route", "add", "10.2.0.0/16", "via", GATEWAY)
    node.run("ip", "link", "set", host_port(result), "address",
             "02:00:00:00:00:77")
    assert check(pod, result) is None


def test_two_interfaces_of_one_pod_are_two_attachments(new_pod):
    pod = new_pod()
    first = add(pod)
    second = add(pod, CNI_IFNAME="eth1")
    assert check(pod, first) is None
    assert check(pod, second, CNI_IFNAME="eth1") is None
    delete(pod, CNI_IFNAME="eth1")
    assert check(pod, first) is None
    assert check(pod, second, CNI_IFNAME="eth1")["msg"] == \
        "the pod has no interface eth1"


def test_after_the_controller_restarts_nothing_is_wrong(node, attached):
    pod, result = attached
    node.kill()
    node.start_controller()
    assert check(pod, result) is None


# ---- The configuration ------------------------------------------------------

def test_the_result_must_be_there_and_of_this_pod(attached):
    pod, result = attached
    assert check(pod, None)["msg"] == "required prevResult is missing"
    assert check(pod, result, CNI_IFNAME="eth9")["msg"] == \
        "prevResult: no interface eth9 in a sandbox"
    pod2 = {**result, "interfaces": [
        {**each, "sandbox": "/run/netns/x"} if "sandbox" in each else each
        for each in result["interfaces"]]}
    assert_found(pod, pod2, "prevResult: eth0 is in /run/netns/x, and not in "
                            f"{pod.netns}")


def test_versions_without_check_are_refused(new_pod):
    pod = new_pod(cniVersion="0.3.1")
    result = add(pod)
    assert check(pod, result) == {
        "cniVersion": "1.1.0", "code": 1,
        "msg": "config version does not allow CHECK"}


# ---- In the pod -------------------------------------------------------------

def test_an_address_that_is_gone_is_found(attached):
    pod, result = attached
    own = result["ips"][0]["address"]
    pod.run("ip", "address", "del", own, "dev", "eth0")
    assert_found(pod, result, f"eth0 has no address {own}")


def test_a_prefix_length_that_changed_is_found(attached):
    pod, result = attached
    own = result["ips"][0]["address"]
    pod.run("ip", "address", "del", own, "dev", "eth0")
    pod.run("ip", "address", "add", own.replace("/24", "/16"), "dev", "eth0")
    assert_found(pod, result, f"eth0 has no address {own}")


def test_a_route_that_is_gone_is_found(attached):
    pod, result = attached
    pod.run("ip", "route", "del", "default")
    assert_found(pod, result,
                 f"the pod has no route to 0.0.0.0/0 by way of {GATEWAY}")


def test_a_route_by_another_way_is_found(attached):
    pod, result = attached
    pod.run("ip", "route", "replace", "default", "via", "172.18.6.254")
    assert_found(pod, result,
                 f"the pod has no route to 0.0.0.0/0 by way of {GATEWAY}")


def test_another_ethernet_address_is_found(attached):
    pod, result = attached
    own = result["interfaces"][2]["mac"]
    pod.run("ip", "link", "set", "eth0", "address", "02:00:00:00:00:05")
    assert_found(pod, result, "eth0 has the Ethernet address "
                              f"02:00:00:00:00:05, and not {own}")


def test_one_that_the_result_knows_but_not_the_switch_is_found(attached):
    """As after another plugin that changes it, and tells."""
    pod, result = attached
    own = result["interfaces"][2]["mac"]
    pod.run("ip", "link", "set", "eth0", "address", "02:00:00:00:00:05")
    result["interfaces"][2]["mac"] = "02:00:00:00:00:05"
    assert_found(pod, result, f"the switch goes by loden-mac={own}, and not "
                              "02:00:00:00:00:05")


@pytest.mark.parametrize("mtu", [1300, 9000])
def test_another_mtu_is_found(attached, mtu):
    pod, result = attached
    pod.run("ip", "link", "set", "eth0", "mtu", mtu)
    assert_found(pod, result, f"eth0 has the MTU {mtu}, and not 1450")


def test_a_larger_mtu_is_found_by_older_versions(new_pod):
    pod = new_pod(cniVersion="1.0.0")
    result = add(pod)
    pod.run("ip", "link", "set", "eth0", "mtu", 1400)
    assert check(pod, result) is None
    pod.run("ip", "link", "set", "eth0", "mtu", 1500)
    assert_found(pod, result, "eth0 has the MTU 1500, and "
                              f"{host_port(result)} on the host 1450")


def test_an_interface_that_is_down_or_gone_is_found(attached):
    pod, result = attached
    pod.run("ip", "link", "set", "eth0", "down")
    assert_found(pod, result, "eth0 is down")
    pod.run("ip", "link", "set", "eth0", "name", "old")
    assert_found(pod, result, "the pod has no interface eth0")
    pod.run("ip", "link", "add", "eth0", "type", "bridge")
    assert_found(pod, result, "eth0 is no virtual Ethernet device")


# ---- On the host ------------------------------------------------------------

@pytest.fixture
def unattended(node):
    """Nobody puts back what a test does."""
    node.run("loden-ctl", "stop", "--no-cluster-db")
    yield
    node.start_controller()


@pytest.mark.logs(r"ldn\w+: Network is down")
def test_a_host_end_that_is_down_or_of_another_mtu_is_found(node, attached,
                                                            unattended):
    pod, result = attached
    port = host_port(result)
    node.run("ip", "link", "set", port, "mtu", "1460")
    assert_found(pod, result, f"{port} has the MTU 1460, and not 1450")
    node.run("ip", "link", "set", port, "mtu", "1450", "down")
    assert_found(pod, result, f"{port} on the host is down")


# The device of a port is renamed and made anew behind the daemons' backs.
@pytest.mark.logs(r"ldn\w+", r"old\w*", *DEVICE_GONE)
def test_a_host_end_that_is_another_device_is_found(node, attached,
                                                    unattended):
    pod, result = attached
    port = host_port(result)
    node.run("ip", "link", "set", port, "down")
    node.run("ip", "link", "set", port, "name", "old")
    assert_found(pod, result, f"the host has no interface {port}")
    node.run("ip", "link", "add", port, "type", "veth", "peer", "name", "px")
    try:
        assert_found(pod, result,
                     f"{port} on the host is not the other end of eth0")
    finally:
        node.run("ip", "link", "delete", port)
        node.run("ip", "link", "delete", "old")


# The same, and the new device differs from the old one in nothing that its
# own namespace tells.
@pytest.mark.logs(r"ldn\w+", *DEVICE_GONE)
def test_a_host_end_whose_other_end_is_in_another_namespace_is_found(
        node, attached, unattended):
    pod, result = attached
    port = host_port(result)
    link, = json.loads(node.output("ip", "-json", "link", "show", port))
    peer = link["link_index"]
    node.run("ip", "netns", "add", "else")
    try:
        node.run("ip", "link", "set", port, "netns", "else")
        node.run("ip", "link", "add", port, "index", link["ifindex"], "mtu",
                 link["mtu"], "type", "veth", "peer", "name", "px", "index",
                 peer + 100, "netns", "else")
        node.run("ip", "link", "set", port, "up")
        assert_found(pod, result,
                     f"{port} on the host is not the other end of eth0")
        node.run("ip", "link", "delete", port)
        node.run("ip", "link", "add", port, "index", link["ifindex"], "mtu",
                 link["mtu"], "type", "veth", "peer", "name", "px", "index",
                 peer, "netns", "else")
        node.run("ip", "link", "set", port, "up")
        assert_found(pod, result,
                     f"{port} on the host is not the other end of eth0")
    finally:
        node.run("ip", "link", "delete", port, check=False)
        node.run("ip", "netns", "delete", "else")


# ---- On the switch ----------------------------------------------------------

def test_a_port_that_is_gone_is_found(node, attached):
    pod, result = attached
    port = host_port(result)
    node.ovs_vsctl("del-port", port)
    assert_found(pod, result, f"the switch has no port {port}")


@pytest.mark.logs(r"other")
def test_a_port_in_another_bridge_is_found(node, attached):
    pod, result = attached
    port = host_port(result)
    ids = node.ovs_vsctl("get", "interface", port, "external_ids")
    kind = node.get("Bridge", "br-int", "datapath_type")
    node.ovs_vsctl("del-port", port, "--", "add-br", "other", "--", "set",
                   "bridge", "other", f"datapath_type={kind or 'system'}")
    try:
        node.ovs_vsctl("add-port", "other", port, "--", "set", "interface",
                       port, f"external_ids={ids}")
        assert_found(pod, result, f"the port {port} is in the bridge other, "
                                  "and not in br-int")
    finally:
        node.ovs_vsctl("del-br", "other")


@pytest.mark.logs(r"ldn\w+", r"loden-\w+")
@pytest.mark.parametrize("key, value", [
    ("loden-id", "cbr0/someone/eth0"), ("loden-ip", "default/172.18.6.250"),
    ("loden-mac", "02:00:00:00:00:06")])
def test_a_row_that_says_otherwise_is_found(node, attached, key, value):
    pod, result = attached
    port = host_port(result)
    want = node.get("Interface", port, f"external_ids:{key}")
    node.ovs_vsctl("set", "interface", port,
                   f'external_ids:{key}="{value}"')
    try:
        assert_found(pod, result, f"the switch goes by {key}={value}, and "
                                  f"not {want}")
    finally:
        node.ovs_vsctl("set", "interface", port,
                       f'external_ids:{key}="{want}"')


def test_flows_that_are_not_confirmed_are_found(node, attached):
    pod, result = attached
    port = host_port(result)
    controller = node.pid()
    node.run("kill", "-STOP", controller)
    try:
        node.ovs_vsctl("remove", "interface", port, "external_ids",
                       "loden-ack")
        assert check(pod, result) == {
            "cniVersion": "1.1.0", "code": 103,
            "msg": f"the flows of {port} are not installed",
            "details": 'is loden-controller running?  See "ovs-appctl -t '
                       'loden-controller status"'}
    finally:
        node.run("kill", "-CONT", controller)
