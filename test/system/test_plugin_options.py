# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What a configuration and a runtime can ask of ADD: addresses, routes, MTU,
and what is handed on to the controller."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.cni import (  # noqa: F401
    GATEWAY, PLUGIN, ROUTES, add, address, attachment, cluster, delete, kept,
    new_pod, node, reaches_gateway, refusal, row_of)
from harness.waiting import wait_until

ARGS = "IgnoreUnknown=1;K8S_POD_NAME=p;"


def routes(pod):
    """The pod's routes, (destination, gateway), as the kernel has them."""
    return {(each["dst"], each.get("gateway")) for each in json.loads(
        pod.run("ip", "-json", "route", "show").stdout)}


# ---- Wished addresses -------------------------------------------------------

@pytest.mark.parametrize("wish", ["runtime", "args", "CNI_ARGS"])
def test_a_wished_address_and_mac_are_had(node, new_pod, wish):
    ip, mac = "172.18.6.200", "02:00:5e:00:00:01"
    pod = new_pod(**{
        "runtime": {"runtimeConfig": {"ips": [f"{ip}/24"], "mac": mac}},
        "args": {"args": {"cni": {"ips": [ip], "mac": mac}}},
        "CNI_ARGS": {}}[wish])
    named = {"CNI_ARGS": f"{ARGS}IP={ip};MAC={mac}"}
    result = add(pod, **(named if wish == "CNI_ARGS" else {}))
    assert result["ips"][0]["address"] == f"{ip}/24"
    assert result["interfaces"][2]["mac"] == mac
    assert mac in pod.run("ip", "link", "show", "eth0").stdout
    assert row_of(node, pod)["loden-mac"] == mac
    assert reaches_gateway(pod)


def test_what_another_has_is_refused_with_who(node, new_pod):
    first = new_pod(runtimeConfig={"ips": ["172.18.6.201"],
                                   "mac": "02:00:5e:00:00:02"})
    add(first)
    before = kept(node)
    second = new_pod(runtimeConfig={"ips": ["172.18.6.201"]})
    third = new_pod(runtimeConfig={"mac": "02:00:5e:00:00:02"})
    assert refusal(second) == {
        "cniVersion": "1.1.0", "code": 11,
        "msg": f"172.18.6.201 is the address of {attachment(first)}"}
    assert refusal(third) == {
        "cniVersion": "1.1.0", "code": 11,
        "msg": f"02:00:5e:00:00:02 is the address of {attachment(first)}"}
    assert kept(node) == before
    delete(first)
    assert address(add(second)) == "172.18.6.201"


@pytest.mark.parametrize("wish", [{"ips": ["172.18.6.202"]},
                                  {"mac": "02:00:5e:00:00:03"}])
def test_of_many_who_wish_the_same_one_has_it(new_pod, wish):
    pods = [new_pod(runtimeConfig=wish) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        done = list(threads.map(lambda pod: pod.plugin("ADD", check=False),
                                pods))
    assert sorted(each.returncode for each in done) == [0] + 7 * [1]
    winner = next(pod for pod, each in zip(pods, done) if not each.returncode)
    for each in done:
        if each.returncode:
            assert json.loads(each.stdout)["msg"].endswith(
                f"is the address of {attachment(winner)}")


def test_what_no_pod_can_have_is_refused(node, new_pod):
    before = kept(node)
    for ips, code in {("172.18.7.9",): 7, (GATEWAY,): 7, ("172.18.6.0",): 7,
                      ("172.18.6.9/16",): 7, ("fd00::9",): 2,
                      ("172.18.6.8", "172.18.6.9"): 2}.items():
        pod = new_pod(runtimeConfig={"ips": list(ips)})
        assert refusal(pod)["code"] == code
    assert kept(node) == before


def test_a_freed_address_rests_before_it_is_given_again(new_pod):
    given = []
    for _ in range(20):
        pod = new_pod()
        given.append(address(add(pod)))
        delete(pod)
    # One step is 16 or less of 253 addresses, and around is 15 or more.
    assert all(len(set(given[i:i + 8])) == 8 for i in range(12))


# ---- The bridge plugin's and flannel's options ------------------------------

def test_a_bridge_configuration_works(new_pod):
    pod = new_pod(bridge="cni0", isGateway=True, isDefaultGateway=True,
                  ipMasq=True, hairpinMode=True, forceAddress=False, mtu=1400,
                  routes=[{"dst": "10.9.0.0/16"},
                          {"dst": "10.8.0.0/16", "gw": "172.18.6.9",
                           "mtu": 1300}])
    result = add(pod)
    assert result["routes"] == [
        {"dst": "10.9.0.0/16", "gw": GATEWAY},
        {"dst": "10.8.0.0/16", "gw": "172.18.6.9", "mtu": 1300},
        *ROUTES]
    assert result["interfaces"][2]["mtu"] == 1400
    assert routes(pod) == {
        ("10.9.0.0/16", GATEWAY), ("10.8.0.0/16", "172.18.6.9"),
        ("default", GATEWAY), ("172.18.0.0/16", GATEWAY),
        ("172.18.6.0/24", None)}
    assert "mtu 1300" in pod.run("ip", "route").stdout
    assert reaches_gateway(pod)


def test_without_a_default_route_the_network_is_still_reached(new_pod):
    pod = new_pod(isDefaultGateway=False)
    add(pod)
    assert routes(pod) == {("172.18.0.0/16", GATEWAY),
                           ("172.18.6.0/24", None)}


def test_flannels_delegate_is_understood(new_pod):
    pod = new_pod(subnetFile="/run/loden/subnet.env",
                  delegate={"isDefaultGateway": True, "hairpinMode": True,
                            "mtu": 1390})
    assert add(pod)["interfaces"][2]["mtu"] == 1390
    assert reaches_gateway(pod)


def test_what_is_not_possible_is_refused_by_name(node, new_pod):
    before = kept(node)
    for options, code, msg in [
            ({"vlan": 5}, 2, '"vlan" is not supported'),
            ({"ipam": {}}, 2, '"ipam": {} is not supported'),
            ({"mtu": 67}, 7, '"mtu": 67 is no MTU')]:
        error = refusal(new_pod(**options))
        assert (error["code"], error["msg"]) == (code, msg)
    assert kept(node) == before


def test_what_an_earlier_plugin_made_stays_in_the_result(new_pod):
    pod = new_pod(prevResult={
        "cniVersion": "1.1.0", "interfaces": [{"name": "x0", "sandbox": "/x"}],
        "ips": [{"address": "10.1.1.1/24", "interface": 0}],
        "dns": {"nameservers": ["10.0.0.1"]}})
    result = add(pod)
    assert [each["name"] for each in result["interfaces"]][::3] == [
        "x0", "eth0"]
    assert [each["interface"] for each in result["ips"]] == [0, 3]
    assert result["dns"] == {"nameservers": ["10.0.0.1"]}


# ---- For the controller -----------------------------------------------------

def test_wishes_of_the_port_stand_on_its_row(node, new_pod):
    pod = new_pod(
        macspoofchk=False, portIsolation=True, runtimeConfig={
            "bandwidth": {"IngressRate": 8000000, "IngressBurst": 4294967295,
                          "EgressRate": 4000000, "EgressBurst": 34359738359},
            "portMappings": [
                {"HostPort": 8080, "ContainerPort": 80, "Protocol": "TCP"},
                {"hostPort": 5300, "containerPort": 53, "protocol": "udp"}],
            "aliases": {"cbr0": ["web"]}, "dns": {"Servers": ["10.0.0.1"]}})
    add(pod)
    row = row_of(node, pod)
    assert {key: row.get(f"loden-{key}") for key in (
        "rate-in", "rate-out", "ports", "mac-check", "isolated")} == {
            "rate-in": "8000000 4294967295",
            "rate-out": "4000000 34359738359",
            "ports": "tcp/8080/80 udp/5300/53",
            "mac-check": "false", "isolated": "true"}


def test_ports_of_an_internal_network_are_refused(node, new_pod):
    node.lodenctl("network", "add", "inner", "--range=10.78.0.0/16",
                  "--vni=78", "--internal")
    try:
        wait_until(lambda: node.network("inner"))
        error = refusal(new_pod(network="inner", runtimeConfig={
            "portMappings": [{"hostPort": 1, "containerPort": 1}]}))
        assert error["msg"] == ('portMappings: network "inner" is internal, '
                                "and no host reaches its pods")
    finally:
        node.lodenctl("network", "delete", "inner", "--force")


TAKEN = [{"hostPort": 8181, "containerPort": 80}]


@pytest.mark.logs("refused: Interface")
@pytest.mark.parametrize("wish, why", [
    ({"portMappings": TAKEN},
     "loden-ports: the host port tcp/8181 is pod {holder}'s already"),
    ({"portMappings": [{"hostPort": 4789, "containerPort": 80,
                        "protocol": "udp"}]},
     "loden-ports: the host port udp/4789 is the tunnels'"),
    ({"portMappings": [{"hostPort": 8282, "containerPort": 80,
                        "hostIP": "fd00::1"}]},
     "loden-ports: fd00::1 is of a family that the pod has no address of"),
    ({"bandwidth": {"ingressRate": 999, "ingressBurst": 999}},
     "loden-rate-in: 999 bits/s cannot be kept: 1000 to 34359738360"),
])
def test_what_the_controller_cannot_do_is_told_with_why(node, new_pod, wish,
                                                        why):
    holder, pod = (new_pod(runtimeConfig=each) for each in (
        {"portMappings": TAKEN}, wish))
    add(holder)
    before = kept(node)
    error = refusal(pod)
    assert error["code"] == 11
    assert error["msg"].startswith("loden-controller refuses the pod: "
                                   + why.format(holder=attachment(holder)))
    assert kept(node) == before
