# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The plugin: what a runtime is told, what a pod gets, what the node keeps,
and that a failure leaves nothing."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.cni import (  # noqa: F401
    GATEWAY, PLUGIN, ROUTES, add, address, attachment, cluster, delete,
    host_port, kept, links, new_pod, node, reaches_gateway, refusal, row_of,
    waiting_add)
from harness.logs import DEVICE_GONE
from harness.proxy import BreakingProxy
from harness.waiting import wait_equal, wait_until

# ---- What there is afterwards -----------------------------------------------

def test_the_runtime_is_told_everything(node, new_pod):
    dns = {"nameservers": ["10.96.0.10"], "search": ["shop.example"]}
    pod = new_pod(dns=dns)
    result = add(pod)
    row = row_of(node, pod)
    port, mac = host_port(result), row["loden-mac"]
    link, = json.loads(node.output("ip", "-json", "link", "show", port))
    assert result == {
        "cniVersion": "1.1.0",
        "interfaces": [
            {"name": "br-int"},
            {"name": port, "mac": link["address"], "mtu": 1450},
            {"name": "eth0", "mac": mac, "mtu": 1450, "sandbox": pod.netns},
        ],
        "ips": [{"interface": 2, "gateway": GATEWAY,
                 "address": row["loden-ip"].replace("default/", "") + "/24"}],
        "routes": ROUTES,
        "dns": dns,
    }


@pytest.mark.parametrize("version", ["0.3.0", "0.3.1", "0.4.0"])
def test_older_runtimes_are_answered_in_their_version(new_pod, version):
    result = add(new_pod(cniVersion=version))
    assert result["cniVersion"] == version
    assert result["ips"][0]["version"] == "4"
    assert "mtu" not in result["interfaces"][2]


@pytest.mark.parametrize("version", ["0.1.0", "0.2.0"])
def test_the_oldest_runtimes_are_answered_in_their_version(new_pod, version):
    pod = new_pod(cniVersion=version)
    result = add(pod)
    assert result == {
        "cniVersion": version,
        "ip4": {"ip": result["ip4"]["ip"], "gateway": GATEWAY,
                "routes": ROUTES}}
    assert reaches_gateway(pod)


def test_the_pod_has_what_the_runtime_was_told(new_pod):
    pod = new_pod()
    result = add(pod)
    interface = result["interfaces"][2]
    link, = json.loads(pod.run("ip", "-json", "-4", "address", "show",
                               "eth0").stdout)
    assert (link["mtu"], link["operstate"]) == (interface["mtu"], "UP")
    assert [(a["local"], a["prefixlen"], a["broadcast"])
            for a in link["addr_info"]] == [
                (address(result), 24, "172.18.6.255")]
    assert interface["mac"] in pod.run("ip", "link", "show", "eth0").stdout
    route, = json.loads(pod.run("ip", "-json", "route", "show",
                                "default").stdout)
    assert (route["gateway"], route["dev"]) == (GATEWAY, "eth0")


@pytest.mark.datapath("netdev", "the kernel datapath fills in checksums")
def test_the_pod_computes_its_checksums_itself(new_pod):
    pod = new_pod()
    add(pod)
    features = pod.run("ethtool", "--show-features", "eth0").stdout
    assert "tx-checksumming: off" in features


def test_the_row_tells_all_that_is_known_of_the_pod(node, new_pod):
    pod = new_pod()
    result = add(pod)
    row = row_of(node, pod)
    assert row == {
        "loden-id": attachment(pod),
        "iface-id": attachment(pod),
        "loden-network": "default",
        "loden-ip": f"default/{address(result)}",
        "loden-mac": result["interfaces"][2]["mac"],
        "attached-mac": result["interfaces"][2]["mac"],
        "loden-netns": pod.netns,
        "loden-boot": node.output("cat", "/proc/sys/kernel/random/boot_id"),
        "loden-pod": f"default/{pod.name}",
        "loden-req": row["loden-req"],
        "loden-ack": row["loden-req"],
    }


def test_the_host_has_no_address_on_the_pods_wire(node, new_pod):
    port = host_port(add(new_pod()))
    link, = json.loads(node.output("ip", "-json", "address", "show", port))
    assert link["operstate"] == "UP"
    assert link["addr_info"] == []


def test_packets_flow_when_add_returns(new_pod):
    for _ in range(5):
        pod = new_pod()
        add(pod)
        assert reaches_gateway(pod)


def test_the_address_given_last_is_noted_and_not_the_next_one(node, new_pod):
    given = []
    for _ in range(3):
        pod = new_pod()
        given.append(address(add(pod)))
        assert node.get("Bridge", "br-int",
                        'external_ids:"loden-last:default"') == given[-1]
        delete(pod)
    assert len(set(given)) == 3


# ---- DEL --------------------------------------------------------------------

def test_del_removes_port_veth_and_address(node, new_pod):
    before = kept(node)
    pod = new_pod()
    add(pod)
    assert kept(node) != before
    delete(pod)
    assert kept(node) == before
    assert links(pod) == ["lo"]
    assert row_of(node, pod) is None


def test_del_needs_no_namespace_and_twice_is_fine(node, new_pod):
    before = kept(node)
    pod = new_pod()
    add(pod)
    delete(pod, CNI_NETNS="")
    assert kept(node) == before
    delete(pod, CNI_NETNS="")
    delete(pod, CNI_NETNS="/run/netns/long-gone")


# Its device was gone, for ovs-vswitchd, while it was a port.
@pytest.mark.logs(*DEVICE_GONE)
def test_del_after_a_reboot_removes_what_the_database_kept(node, new_pod):
    before = kept(node)
    pod = new_pod()
    port = host_port(add(pod))
    node.ovs_vsctl("set", "interface", port, "external_ids:loden-boot=old")
    node.run("ip", "link", "delete", port)
    delete(pod, CNI_NETNS="")
    assert kept(node) == before
    assert row_of(node, pod) is None


def test_del_of_one_interface_leaves_the_other_alone(node, new_pod):
    pod = new_pod()
    add(pod)
    before = kept(node)
    add(pod, CNI_IFNAME="net1")
    delete(pod, CNI_IFNAME="net1", CNI_NETNS="")
    assert kept(node) == before
    assert reaches_gateway(pod)


def test_del_of_what_never_was_is_fine(node, new_pod):
    before = kept(node)
    delete(new_pod())
    assert kept(node) == before


def test_del_removes_a_veth_that_has_no_port(node, new_pod):
    before = kept(node)
    pod = new_pod()
    port = host_port(add(pod))
    node.ovs_vsctl("del-port", port)
    assert "eth0" in links(pod)
    delete(pod)
    assert kept(node) == before
    assert links(pod) == ["lo"]


def test_del_fails_while_the_address_would_leak(node, new_pod):
    pod = new_pod()
    add(pod)
    pod.record["configuration"] = {**PLUGIN, "ovsdb": "unix:/run/nobody"}
    assert refusal(pod, "DEL") == {
        "cniVersion": "1.1.0", "code": 11,
        "msg": "cannot connect to Open vSwitch's database at /run/nobody: "
               "No such file or directory",
        "details": "is ovsdb-server running?"}
    assert reaches_gateway(pod)
    pod.record["configuration"] = PLUGIN
    delete(pod)
    assert row_of(node, pod) is None


# ---- Refusals ---------------------------------------------------------------

def test_a_second_add_is_refused_and_harms_nothing(node, new_pod):
    pod = new_pod()
    add(pod)
    before, row = kept(node), row_of(node, pod)
    assert refusal(pod) == {
        "cniVersion": "1.1.0", "code": 100,
        "msg": f"{attachment(pod)} is attached already"}
    assert refusal(pod, CNI_CONTAINERID="another") == {
        "cniVersion": "1.1.0", "code": 100,
        "msg": "the pod has an interface eth0 already"}
    assert (kept(node), row_of(node, pod)) == (before, row)
    assert reaches_gateway(pod)


def test_a_network_that_is_not_there_is_named_with_those_that_are(node,
                                                                  new_pod):
    before = kept(node)
    assert refusal(new_pod(network="blue")) == {
        "cniVersion": "1.1.0", "code": 11,
        "msg": 'network "blue" is not published on this node',
        "details": "published are: default"}
    assert kept(node) == before


def test_a_draining_node_takes_no_new_pods(node, new_pod):
    old, new = new_pod(), new_pod()
    add(old)
    before = kept(node)
    name = node.status()["node"]
    node.lodenctl("node", "drain", name, "--wait")
    try:
        assert refusal(new) == {
            "cniVersion": "1.1.0", "code": 11,
            "msg": "this node is draining and takes no new pods"}
        assert kept(node) == before
        delete(old)
    finally:
        node.lodenctl("node", "undrain", name, "--wait")
    add(new)


def test_names_that_the_controller_would_refuse_are_refused_at_once(node,
                                                                   new_pod):
    before = kept(node)
    pod = new_pod()
    for environment, msg in (
            ({"CNI_CONTAINERID": "c" * 600},
             "network name, containerID and interface name have "
             f"{len(pod.record['configuration']['name']) + 604} bytes "
             "together: at most 510 are allowed"),
            ({"CNI_IFNAME": "\u00e9"},
             "interface name has characters that are not printable ASCII")):
        assert refusal(pod, **environment) == {
            "cniVersion": "1.1.0", "code": 4, "msg": msg}
        delete(pod, **environment)
    assert kept(node) == before


def test_places_that_are_no_pods_are_refused(node, new_pod):
    before = kept(node)
    pod = new_pod()
    node.run("mkfifo", "/run/fifo")
    for netns, msg in {
            "/run/netns/nobody": "cannot open the network namespace "
                                 "/run/netns/nobody: No such file or "
                                 "directory",
            "/etc/passwd": "/etc/passwd is no network namespace",
            "/run/fifo": "/run/fifo is no network namespace",
            "/proc/self/ns/net": "plugin's netns and netns from CNI_NETNS "
                                 "should not be the same"}.items():
        assert refusal(pod, CNI_NETNS=netns) == {
            "cniVersion": "1.1.0", "code": 8, "msg": msg}
    assert kept(node) == before


def test_commands_and_versions_that_are_not_there_are_refused(new_pod):
    pod = new_pod()
    assert refusal(pod, "PROBE") == {
        "cniVersion": "1.1.0", "code": 4,
        "msg": "CNI_COMMAND=PROBE is not supported"}
    pod.record["configuration"] = {**PLUGIN, "cniVersion": "2.0.0"}
    error = refusal(pod)
    assert (error["code"], error["msg"]) == (1, "incompatible CNI versions")
    for command in "CHECK", "GC", "STATUS":
        assert refusal(pod, command) == {
            "cniVersion": "1.1.0", "code": 1,
            "msg": f"plugin version does not allow {command}"}
    versions = json.loads(pod.plugin("VERSION").stdout)
    assert versions == {
        "cniVersion": "1.1.0",
        "supportedVersions": ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0",
                              "1.0.0", "1.1.0"]}


# ---- Failures in the middle -------------------------------------------------

def test_without_the_controller_add_fails_and_leaves_nothing(node, new_pod):
    before = kept(node)
    pod = new_pod()
    pid = node.pid()
    node.kill()
    wait_until(lambda: node.run("kill", "-0", pid, check=False).returncode)
    try:
        error = refusal(pod)
        assert error["code"] == 11
        assert error["msg"].startswith(
            "loden-controller did not confirm the flows of ldn")
        assert kept(node) == before
        assert links(pod) == ["lo"]
    finally:
        node.start_controller()
    add(pod)
    assert reaches_gateway(pod)


def test_a_signal_takes_back_what_was_made(node, new_pod):
    before = kept(node)
    pod = new_pod()
    with waiting_add(node, pod) as error:
        node.run("kill", "-TERM", node.output("pgrep", "-x", "loden"))
        assert error.result() == {
            "cniVersion": "1.1.0", "code": 11,
            "msg": "interrupted by a signal"}
    assert kept(node) == before
    assert links(pod) == ["lo"]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_connection_that_breaks_is_no_failure(node, new_pod, moment):
    with BreakingProxy(node, "uuid-name", moment) as proxy:
        pod = new_pod(ovsdb=f"unix:{proxy.path}")
        result = add(pod)
    row = row_of(node, pod)
    assert row["loden-ip"] == f"default/{address(result)}"
    assert reaches_gateway(pod)
    pod.record["configuration"] = PLUGIN


# Its device was gone, for ovs-vswitchd, while it was a port.
@pytest.mark.logs(*DEVICE_GONE)
def test_an_attachment_from_before_a_reboot_is_replaced(node, new_pod):
    pod = new_pod()
    port = host_port(add(pod))
    node.ovs_vsctl("set", "interface", port, "external_ids:loden-boot=old")
    node.run("ip", "link", "delete", port)
    result = add(pod)
    assert row_of(node, pod)["loden-ip"] == f"default/{address(result)}"
    assert reaches_gateway(pod)


# ---- Given only flannel's file ----------------------------------------------

def test_a_subnet_file_is_enough(node, new_pod):
    result = add(new_pod(subnetFile="/run/loden/subnet.env"))
    assert address(result).startswith("172.18.6.")
    assert result["ips"][0]["gateway"] == GATEWAY


@pytest.mark.parametrize("mtu, had", [(1400, 1400), (1500, 1450)])
def test_the_mtu_is_the_subnet_files_at_most_the_networks(node, new_pod, mtu,
                                                          had):
    text = node.output("cat", "/run/loden/subnet.env")
    node.run("tee", "/run/other.env",
             input=text.replace("FLANNEL_MTU=1450", f"FLANNEL_MTU={mtu}"))
    pod = new_pod(subnetFile="/run/other.env")
    assert add(pod)["interfaces"][2]["mtu"] == had
    assert f"mtu {had} " in pod.run("ip", "link", "show", "eth0").stdout


def test_a_subnet_file_of_another_node_is_refused(node, new_pod):
    before = kept(node)
    text = node.output("cat", "/run/loden/subnet.env")
    node.run("tee", "/run/other.env",
             input=text.replace("172.18.6.", "172.18.99."))
    assert refusal(new_pod(subnetFile="/run/other.env")) == {
        "cniVersion": "1.1.0", "code": 11,
        "msg": "a network with subnet 172.18.99.0/24 is not published on "
               "this node",
        "details": "published are: default"}
    assert refusal(new_pod(subnetFile="/run/none.env"))["code"] == 11
    assert kept(node) == before


# ---- Addresses --------------------------------------------------------------

@pytest.fixture
def tiny(node):
    """A network whose subnet has five addresses for pods; its subnet."""
    node.lodenctl("network", "add", "tiny", "--range=10.77.0.0/24",
                  "--node-prefix=29", "--vni=77")
    try:
        yield wait_until(lambda: node.network("tiny")["subnet"])
    finally:
        node.lodenctl("network", "delete", "tiny", "--force")
        wait_until(lambda: "loden-77" not in node.ports())


def test_a_full_subnet_is_named_and_an_address_comes_back(node, tiny,
                                                          new_pod):
    pods = [new_pod(network="tiny") for _ in range(6)]
    # All at once: hardly ever do five guesses at five addresses differ.
    with ThreadPoolExecutor(5) as threads:
        given = list(map(address, threads.map(add, pods[:5])))
    assert len(set(given)) == 5
    before = kept(node)
    assert refusal(pods[5]) == {
        "cniVersion": "1.1.0", "code": 11,
        "msg": f"no free address in {tiny} (5 of 5 in use)"}
    assert kept(node) == before
    delete(pods[2])
    assert address(add(pods[5])) == given[2]
    for pod in pods:
        delete(pod)


def test_many_at_once_are_all_different(node, new_pod):
    before = kept(node)
    pods = [new_pod() for _ in range(24)]
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(add, pods))
        assert len({address(result) for result in results}) == 24
        assert len({host_port(result) for result in results}) == 24
        assert all(threads.map(reaches_gateway, pods))
        list(threads.map(delete, pods))
    wait_equal(lambda: kept(node), before)
