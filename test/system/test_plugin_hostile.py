# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The plugin among programs that hang, die or talk nonsense: it answers in
time, says why, and leaves nothing."""

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.cni import (  # noqa: F401
    PLUGIN, add, address, attachment, cluster, delete, host_port, kept, links,
    new_pod, node, reaches_gateway, refusal, row_of,
    waiting_add)
from harness.logs import DEVICE_GONE
from harness.waiting import wait_equal, wait_until

VALID = "cni.dev/valid-attachments"


@pytest.fixture(autouse=True)
def nothing_left(node):
    before = kept(node)
    yield
    wait_until(lambda: kept(node) == before)


# ---- Words ------------------------------------------------------------------

def test_version_does_not_wait_for_a_configuration(node):
    node.run("mkfifo", "/run/silent")
    told = json.loads(node.output(
        "sh", "-c", "CNI_COMMAND=VERSION timeout 20 /opt/cni/bin/loden "
        "<>/run/silent"))
    assert told["cniVersion"] == "1.1.0"


def test_a_namespace_whose_name_no_result_can_tell_is_refused(node, new_pod):
    pod = new_pod()
    odd = "/run/\udcff"
    node.run("ln", "-sf", pod.netns, odd)
    error = refusal(pod, CNI_NETNS=odd)
    assert (error["code"], error["msg"]) == (
        4, "CNI_NETNS=/run/? is not UTF-8, and cannot stand in a result")
    delete(pod, CNI_NETNS=odd)


def test_a_name_that_the_kernel_would_change_is_refused(new_pod):
    pod = new_pod()
    error = refusal(pod, CNI_IFNAME="eth%d")
    assert (error["code"], error["msg"]) == (
        4, "interface name has a %, which the kernel would put a number in "
           "place of")
    assert links(pod) == ["lo"]
    delete(pod, CNI_IFNAME="eth%d")


@pytest.mark.parametrize("route, msg", [
    ({"dst": "10.8.0.0/16", "gw": "10.7.0.1"},
     "cannot add the pod's route to 10.8.0.0/16 by way of 10.7.0.1 on eth0: "
     "Network is unreachable"),
    ({"dst": "10.8.0.0/16", "scope": 254},
     "cannot add the pod's route to 10.8.0.0/16 by way of 172.18.6.1 on "
     "eth0: Invalid argument"),
])
def test_a_route_that_the_kernel_refuses_is_named(new_pod, route, msg):
    error = refusal(new_pod(routes=[{"dst": "10.9.0.0/16"}, route]))
    assert (error["code"], error["msg"]) == (101, msg)


# ---- Others who meddle ------------------------------------------------------

@pytest.mark.logs(*DEVICE_GONE)
def test_an_add_whose_port_somebody_deletes_says_so_at_once(node, new_pod):
    pod = new_pod()
    with waiting_add(node, pod) as error:
        delete(pod, CNI_NETNS="")
        assert wait_until(error.done)
        assert row_of(node, pod) is None
        assert re.fullmatch(r"somebody deleted the port ldn\w+ meanwhile",
                            error.result()["msg"])


# ---- Death ------------------------------------------------------------------

DYING = """#!/bin/sh
exec strace -qq -o /dev/null -e trace=$CALL \\
    -e inject=$CALL:signal=KILL:when=$MOMENT /opt/cni/bin/loden
"""


@pytest.mark.skipif(not shutil.which("strace"),
                    reason="not run: apt-get install strace")
@pytest.mark.parametrize("call", ["sendto", "recvfrom", "recvmsg", "ioctl",
                                  "setns", "write"])
def test_an_add_killed_at_any_moment_leaves_nothing_after_del_or_gc(
        node, new_pod, call):
    """At its first such system call, its second, and so on."""
    pod = new_pod()
    before = kept(node)
    node.run("tee", "/opt/cni/bin/dying", input=DYING)
    node.run("chmod", "755", "/opt/cni/bin/dying")
    for moment in range(1, 40):
        done = pod.plugin("ADD", {**PLUGIN, "type": "dying"}, check=False,
                          CALL=call, MOMENT=str(moment))
        if moment % 2:
            delete(pod, CNI_NETNS="")
        else:
            assert pod.plugin("GC", {**PLUGIN, VALID: []}).stdout == ""
        wait_equal(lambda: kept(node), before)
        if not done.returncode:
            break
    assert not done.returncode and moment > 1


# ---- A database that does not answer ----------------------------------------

FULL = """
import socket, sys, time
listener = socket.socket(socket.AF_UNIX)
listener.bind("/run/full.sock")
listener.listen(0)
waiting = []
while True:
    waiting.append(socket.socket(socket.AF_UNIX))
    waiting[-1].setblocking(False)
    try:
        waiting[-1].connect("/run/full.sock")
    except BlockingIOError:
        break
print("full", flush=True)
time.sleep(3600)
"""


@pytest.fixture
def full(node):
    """A server that takes no connection, and whose queue is full."""
    process = node.popen(["/usr/bin/python3", "-c", FULL], stdout=-1)
    assert process.stdout.readline() == "full\n"
    yield "unix:/run/full.sock"
    node.stop(process)
    node.run("rm", "-f", "/run/full.sock")


@pytest.mark.parametrize("command, code", [("STATUS", 50), ("ADD", 11)])
def test_a_database_that_takes_no_connection_is_not_waited_for_without_end(
        new_pod, full, command, code):
    pod = new_pod(ovsdb=full)
    error = refusal(pod, command)
    assert (error["code"], error["msg"]) == (
        code, "cannot connect to Open vSwitch's database at /run/full.sock: "
              "Resource temporarily unavailable")
    pod.record["configuration"] = PLUGIN


# ---- An IPAM plugin ---------------------------------------------------------

@pytest.fixture
def ipam(node):
    """Makes an IPAM plugin of shell words for ADD; returns its log's path."""
    def make(words):
        node.run("tee", "/opt/cni/bin/odd", input=f"""#!/bin/sh
echo $CNI_COMMAND >> /run/odd.log
[ $CNI_COMMAND = ADD ] || exit 0
{words}
""")
        node.run("chmod", "755", "/opt/cni/bin/odd")
        node.run("rm", "-f", "/run/odd.log")

    return make


def calls(node):
    return node.output("sh", "-c", "cat /run/odd.log || true").split()


def stop(node):
    node.run("kill", "-TERM", *node.output("pgrep", "-x", "loden").split())


def test_a_signal_gives_the_address_back_too(node, new_pod, ipam):
    ipam("echo '{\"ips\": [{\"address\": \"172.18.6.9/24\"}]}'")
    pod = new_pod(ipam={"type": "odd"})
    with waiting_add(node, pod) as error:
        stop(node)
        assert error.result() == {
            "cniVersion": "1.1.0", "code": 11,
            "msg": "interrupted by a signal"}
    assert calls(node) == ["ADD", "DEL"]


def test_one_that_has_answered_and_does_not_end_is_ended(node, new_pod, ipam):
    ipam("echo '{\"ips\": [{\"address\": \"172.18.6.9/24\"}]}'\n"
         "exec sleep 1234 >/dev/null")
    pod = new_pod(ipam={"type": "odd"})
    with ThreadPoolExecutor() as threads:
        error = threads.submit(refusal, pod)
        wait_until(lambda: not node.run("pgrep", "-f", "sleep 1234",
                                        check=False).returncode)
        stop(node)
        try:
            assert wait_until(error.done) and error.result() == {
                "cniVersion": "1.1.0", "code": 11,
                "msg": "/opt/cni/bin/odd: interrupted by a signal"}
        finally:
            node.run("pkill", "-f", "sleep 1234", check=False)
    assert calls(node) == ["ADD", "DEL"]
