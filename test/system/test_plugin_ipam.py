# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Addresses by another plugin: Debian's host-local and static, and plugins
that misbehave."""

import json
import os

import pytest

from harness.cni import (  # noqa: F401
    GATEWAY, PLUGIN, ROUTES, add, address, cluster, delete, kept, links,
    new_pod, node, reaches_gateway, refusal, row_of)
from harness.waiting import wait_until

DEBIAN = "/usr/lib/cni"
PATH = f"/opt/cni/bin:{DEBIAN}"
STORE = "/run/host-local"
HOST_LOCAL = {"type": "host-local", "subnet": "172.18.6.0/24",
              "rangeStart": "172.18.6.210", "rangeEnd": "172.18.6.212",
              "routes": [{"dst": "0.0.0.0/0"}], "dataDir": STORE}

debian = pytest.mark.skipif(
    not os.access(f"{DEBIAN}/host-local", os.X_OK),
    reason="not run: apt-get install containernetworking-plugins")


def given(node):
    """The addresses that host-local thinks are somebody's."""
    return {name for name in node.output(
        "sh", "-c", f"ls {STORE}/cbr0 2>/dev/null || true").split()
        if name[0].isdigit()}


@pytest.fixture
def local_pod(node, new_pod):
    """Makes pods of host-local's, version 1.0.0, the newest it knows."""
    node.run("rm", "-rf", STORE)
    made = []

    def new(**options):
        pod = new_pod(cniVersion="1.0.0", ipam={**HOST_LOCAL, **options})
        made.append(pod)
        return pod

    yield new
    for pod in made:
        pod.plugin("DEL", check=False, CNI_PATH=PATH)


@debian
def test_host_local_gives_the_address(node, local_pod):
    pod = local_pod()
    result = add(pod, CNI_PATH=PATH)
    assert result["ips"] == [{"interface": 2, "gateway": GATEWAY,
                              "address": "172.18.6.210/24"}]
    assert result["routes"] == ROUTES
    assert row_of(node, pod)["loden-ip"] == "default/172.18.6.210"
    assert reaches_gateway(pod)
    pod.record["configuration"]["prevResult"] = result
    assert pod.plugin("CHECK", CNI_PATH=PATH).stdout == ""
    assert given(node) == {"172.18.6.210"}
    delete(pod, CNI_PATH=PATH, CNI_NETNS="")
    assert given(node) == set()


@debian
@pytest.mark.parametrize("version", ["0.2.0", "0.4.0"])
def test_older_versions_are_converted(new_pod, node, version):
    node.run("rm", "-rf", STORE)
    pod = new_pod(cniVersion=version, ipam=HOST_LOCAL)
    result = add(pod, CNI_PATH=PATH)
    if version == "0.2.0":
        assert result["ip4"]["ip"] == "172.18.6.210/24"
    # Another pod had the address a moment ago, and the datapath forgets that
    # some milliseconds after the rules have changed.
    wait_until(lambda: reaches_gateway(pod))
    delete(pod, CNI_PATH=PATH)


@debian
def test_its_errors_are_passed_on_and_everything_is_undone(node, local_pod):
    before = kept(node)
    for _ in range(3):
        add(local_pod(), CNI_PATH=PATH)
    pod = local_pod()
    error = refusal(pod, CNI_PATH=PATH)
    assert "no IP addresses available in range set" in error["msg"]
    assert links(pod) == ["lo"]
    assert len(given(node)) == 3
    assert len(kept(node)["ports"]) == len(before["ports"]) + 3


@debian
def test_an_address_outside_the_subnet_is_refused_and_given_back(node,
                                                                 local_pod):
    before = kept(node)
    pod = local_pod(subnet="10.5.0.0/24", rangeStart="10.5.0.9",
                    rangeEnd="10.5.0.9")
    assert refusal(pod, CNI_PATH=PATH) == {
        "cniVersion": "1.0.0", "code": 7,
        "msg": 'IPAM plugin "host-local": 10.5.0.9 is not in 172.18.6.0/24, '
               'this node\'s subnet of network "default"'}
    assert kept(node) == before
    assert given(node) == set()


@debian
def test_static_gives_what_it_is_told(node, new_pod):
    ipam = {"type": "static",
            "addresses": [{"address": "172.18.6.220/24", "gateway": GATEWAY}],
            "dns": {"nameservers": ["10.0.0.1"]}}
    first = new_pod(cniVersion="1.0.0", ipam=ipam)
    result = add(first, CNI_PATH=PATH)
    assert result["ips"][0]["address"] == "172.18.6.220/24"
    assert result["dns"] == {"nameservers": ["10.0.0.1"]}
    assert reaches_gateway(first)
    second = new_pod(cniVersion="1.0.0", ipam=ipam)
    error = refusal(second, CNI_PATH=PATH)
    assert error["code"] == 11
    assert "172.18.6.220 is the address of cbr0/" in error["msg"]
    delete(first, CNI_PATH=PATH)
    add(second, CNI_PATH=PATH)
    delete(second, CNI_PATH=PATH)


# ---- Plugins that misbehave -------------------------------------------------

@pytest.fixture
def script(node):
    """Makes an IPAM plugin of shell words for ADD; returns its log's path."""
    def make(words):
        node.run("tee", "/opt/cni/bin/odd", input=f"""#!/bin/sh
echo $CNI_COMMAND $CNI_IFNAME >> /run/odd.log
[ $CNI_COMMAND = ADD ] || exit 0
{words}
""")
        node.run("chmod", "755", "/opt/cni/bin/odd")
        node.run("rm", "-f", "/run/odd.log")

    return make


@pytest.mark.parametrize("words, code, msg", [
    ("echo '{\"code\": 123, \"msg\": \"no\"}'; exit 1", 123, "no"),
    ("echo oops; exit 1", 999, 'plugin "odd" failed: oops\n'),
    ("kill -9 $$", 999, 'plugin "odd" failed: '),
    ("echo oops", 6, 'IPAM plugin "odd": its result is not JSON: '),
    ("echo '{}'", 7, 'IPAM plugin "odd": IPAM plugin returned missing IP '
                     'config'),
    ("echo '{\"ips\": [{\"address\": \"fd00::5/64\"}]}'", 2,
     'IPAM plugin "odd": the address fd00::5 is IPv6'),
    ("echo '{\"ips\": [{\"address\": \"172.18.6.9/24\", \"gateway\":"
     " \"172.18.6.9\"}]}'", 7,
     'IPAM plugin "odd": the gateway is 172.18.6.1, and not 172.18.6.9'),
    ("echo '{\"ips\": [{\"address\": \"172.18.6.9/32\"}]}'", 7,
     'IPAM plugin "odd": 172.18.6.9/32 leaves out the gateway 172.18.6.1'),
])
def test_what_fails_is_told_undone_and_given_back(node, new_pod, script,
                                                  words, code, msg):
    before = kept(node)
    script(words)
    error = refusal(new_pod(ipam={"type": "odd"}))
    assert error["code"] == code
    assert error["msg"].startswith(msg)
    assert kept(node) == before
    assert node.output("cat", "/run/odd.log").split() == [
        "ADD", "eth0", "DEL", "eth0"]


def test_it_gets_the_runtimes_words_and_finds_the_interface(node, new_pod,
                                                            script):
    script("cat > /run/odd.in; env > /run/odd.env\n"
           "nsenter --net=$CNI_NETNS cat /proc/net/dev > /run/odd.dev\n"
           "echo '{\"ips\": [{\"address\": \"172.18.6.230/24\"}]}'")
    pod = new_pod(ipam={"type": "odd", "more": [1, 2.5, {"x": None}]},
                  unknown="x" * 200000)
    add(pod, TRACEPARENT="00-ab", XDG_RUNTIME_DIR="")
    assert json.loads(node.output("cat", "/run/odd.in")) == \
        pod.record["configuration"]
    environment = node.output("cat", "/run/odd.env").splitlines()
    assert {"CNI_COMMAND=ADD", "TRACEPARENT=00-ab", "XDG_RUNTIME_DIR=",
            f"CNI_NETNS={pod.netns}", "CNI_IFNAME=eth0",
            f"CNI_CONTAINERID={pod.record['container']}"} <= set(environment)
    assert "eth0" in node.output("cat", "/run/odd.dev")


def test_one_that_is_not_there_is_named(node, new_pod):
    before = kept(node)
    pod = new_pod(ipam={"type": "nobody"})
    msg = 'failed to find plugin "nobody" in path [/opt/cni/bin]'
    assert refusal(pod)["msg"] == msg
    assert kept(node) == before
    assert refusal(pod, "DEL")["msg"] == msg


def test_del_gives_back_even_without_a_database(node, new_pod, script):
    script("exit 1")
    pod = new_pod(ipam={"type": "odd"}, ovsdb="unix:/run/nobody")
    assert refusal(pod, "DEL")["code"] == 11
    assert node.output("cat", "/run/odd.log") == "DEL eth0"
