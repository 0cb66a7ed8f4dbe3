# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""When ADD has answered, packets pass: the first that the pod sends, and the
first that is sent to it, on a machine that has other things to do as well."""

import os
import subprocess

import pytest

from harness.cluster import Place
from harness.once import Once
from sandboxlib.pod import Pod, new_record

N_PODS = 6          # For each way that a first packet can take.
# Programs that do nothing, all the time.
N_BUSY = min(4, os.cpu_count())
PLUGIN = {"cniVersion": "1.1.0", "name": "default", "type": "loden"}


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=2, pods="dual")


@pytest.fixture(scope="module")
def node(cluster):
    return cluster.node("n1")


@pytest.fixture(scope="module")
def peer(cluster):
    """A pod on another node, which sends at once."""
    there = Neighbour(cluster.node("n2").add_pod("p3"))
    yield there
    there.once.end()


@pytest.fixture(scope="module")
def busy(node):
    """Something else to do for the machine."""
    programs = [node.popen(["sh", "-c", "while :; do :; done"])
                for _ in range(N_BUSY)]
    yield
    for program in programs:
        node.stop(program)


class Neighbour:
    """A pod that is there, and sends at once."""

    def __init__(self, pod):
        self.addresses = pod.attachment.addresses()
        self.once = Once(pod)


@pytest.fixture(scope="module")
def neighbour(node):
    there = Neighbour(node.add_pod("p1"))
    yield there
    there.once.end()


class NewPod:
    """A pod that is attached while the caller watches."""

    def __init__(self, node, name):
        self.attachment = Pod(name, node.machine,
                              new_record(node.name, PLUGIN))
        self.attachment.create()
        self.once = Once(Place(name, node.machine, name))

    def add(self):
        self.attachment.attach()
        return self.attachment.addresses()

    def end(self):
        self.once.end()
        self.attachment.detach()
        self.attachment.destroy()


def lost(node, probe):
    """Has 'probe' look at new pods, one after the other, as soon as ADD has
    answered; returns what got no answer: (number of the pod, address)."""
    missing = []
    for number in range(N_PODS):
        pod = NewPod(node, f"first{number}")
        try:
            missing += [(number, address)
                        for address in probe(pod, pod.add())]
        finally:
            pod.end()
    return missing


def sent_by(pod, addresses):
    return [each for each in addresses if not pod.once.answers(each)]


def sent_to(neighbour, addresses):
    return [each for each in addresses if not neighbour.once.answers(each)]


def test_the_first_packet_of_a_pod_reaches_a_pod(node, busy, neighbour):
    assert lost(node, lambda pod, own: sent_by(
        pod, neighbour.addresses)) == []


def test_the_first_packet_of_a_pod_reaches_the_gateway(node, busy):
    # The other family first.
    assert lost(node, lambda pod, own: sent_by(
        pod, [node.gateway6, node.gateway])) == []


def test_the_first_packet_to_a_pod_reaches_it(node, busy, neighbour):
    assert lost(node, lambda pod, own: sent_to(neighbour, own)) == []


def test_the_first_packet_to_a_pod_reaches_it_with_ipv6(node, busy,
                                                        neighbour):
    assert lost(node, lambda pod, own: sent_to(neighbour, own[::-1])) == []


# On the other datapath a change of ports empties ovs-vswitchd's table of where
# tunnels go, for a moment.
between_nodes = pytest.mark.datapath("system", "its tunnels are always there")


@between_nodes
def test_the_first_packet_of_a_pod_reaches_another_node(node, busy, peer):
    assert lost(node, lambda pod, own: sent_by(pod, peer.addresses)) == []


@between_nodes
def test_the_first_packet_from_another_node_reaches_a_pod(node, busy, peer):
    assert lost(node, lambda pod, own: sent_to(peer, own)) == []


def test_a_pod_says_nothing_before_the_switch_knows_it(node, busy):
    """What is dropped then makes the datapath drop more."""
    before = node.dropped().get("unknown-port", 0)
    assert lost(node, lambda pod, own: sent_by(pod, [node.gateway6])) == []
    assert node.dropped().get("unknown-port", 0) == before


# ---- What others feel of it -------------------------------------------------

@pytest.mark.datapath("netdev", "the kernel's has no table that is emptied")
def test_the_kernel_tells_little_of_a_pod_that_comes_and_goes(node):
    """Each time ovs-vswitchd looks anew where tunnels go, and Open vSwitch
    has no reason to change what the plugin made."""
    watching = node.popen(["ip", "-o", "monitor", "link"],
                          stdout=subprocess.PIPE)
    pod = node.add_pod("p2")
    port = pod.host_port
    pod.delete()
    told = []
    for line in watching.stdout:
        if port in line:
            told.append(line)
            if line.startswith("Deleted"):
                break
    node.stop(watching)
    watching.stdout.close()
    # Made, named whose it is, without a carrier, with one; down, deleted.
    assert len(told) <= 6, "".join(told)
    assert all("PROMISC" in line for line in told), "".join(told)
