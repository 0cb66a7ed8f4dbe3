# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The plugin as a runtime runs it: fixtures and words for the tests of CNI's
commands.  A test file imports what it uses; 'cluster' has one node.
"""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from sandboxlib.pod import Pod, new_record

from .waiting import wait_until

PLUGIN = {"cniVersion": "1.1.0", "name": "cbr0", "type": "loden"}
GATEWAY = "172.18.6.1"
ROUTES = [{"dst": "0.0.0.0/0", "gw": GATEWAY},
          {"dst": "172.18.0.0/16", "gw": GATEWAY}]

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def cluster(new_cluster):
    return new_cluster(nodes=1)


@pytest.fixture
def node(cluster):
    return cluster.node("n1")


@pytest.fixture
def new_pod(node):
    """Makes pods that nothing is attached to yet."""
    made = []

    def new(**configuration):
        pod = Pod(f"c{next(numbers)}", node.machine,
                  new_record(node.name, {**PLUGIN, **configuration}))
        pod.create()
        made.append(pod)
        return pod

    yield new
    for pod in made:
        pod.detach(check=False)
        pod.destroy()


# ---- Words ------------------------------------------------------------------

def add(pod, **environment):
    """Attaches the pod; returns the whole result."""
    return json.loads(pod.plugin("ADD", **environment).stdout)


def refusal(pod, command="ADD", **environment):
    """Runs a command that must fail; returns the error object."""
    done = pod.plugin(command, check=False, **environment)
    assert done.returncode == 1
    return json.loads(done.stdout)


def delete(pod, **environment):
    done = pod.plugin("DEL", **environment)
    assert done.stdout == ""


def address(result):
    return result["ips"][0]["address"].partition("/")[0]


def host_port(result):
    return result["interfaces"][1]["name"]


def attachment(pod):
    return f"cbr0/{pod.record['container']}/eth0"


def row_of(node, pod):
    """The external_ids of the pod's interface, or None."""
    rows = [row["external_ids"] for row in node.rows(
        "Interface", "external_ids",
        f"external_ids:loden-id={attachment(pod)}")]
    assert len(rows) < 2
    return rows[0] if rows else None


def kept(node):
    """All that attachments can leave on the node."""
    return {
        "ports": node.ports(),
        "rows": {row["name"] for row in node.rows("Interface", "name")},
        "links": {link["ifname"] for link in json.loads(
            node.output("ip", "-json", "link", "show"))},
    }


def links(pod):
    return [link["ifname"] for link in json.loads(
        pod.run("ip", "-json", "link", "show").stdout)]


def reaches_gateway(pod):
    """Whether one packet, sent at once, is answered."""
    return not pod.run("ping", "-c", "1", "-W", "2", GATEWAY,
                       check=False).returncode


@contextmanager
def waiting_add(node, pod):
    """In a with statement: an ADD that has its port and waits for the
    controller, which stands still, as the Future of its refusal()."""
    controller = node.pid()
    node.run("kill", "-STOP", controller)
    try:
        with ThreadPoolExecutor() as threads:
            error = threads.submit(refusal, pod)
            wait_until(lambda: row_of(node, pod))
            yield error
    finally:
        node.run("kill", "-CONT", controller)
