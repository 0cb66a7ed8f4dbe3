# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What a command costs: how often it asks the database, and that it starts no
other program and never sleeps."""

import re
import shutil

import pytest

from harness.cni import (  # noqa: F401
    add, cluster, delete, new_pod, node)

pytestmark = pytest.mark.skipif(not shutil.which("strace"),
                                reason="not run: apt-get install strace")

WATCHED = ("sendto,sendmsg,write,clone,clone3,fork,vfork,execve,nanosleep,"
           "clock_nanosleep,select,pselect6")


@pytest.fixture
def traced(node):
    """Has all that the plugin does written down."""
    node.run("mv", "/opt/cni/bin/loden", "/opt/cni/bin/loden.real")
    node.run("tee", "/opt/cni/bin/loden", input=(
        "#!/bin/sh\nexec strace -f -qq -s 100 -o /run/trace "
        f"-e trace={WATCHED} /opt/cni/bin/loden.real\n"))
    node.run("chmod", "755", "/opt/cni/bin/loden")
    yield
    node.run("mv", "/opt/cni/bin/loden.real", "/opt/cni/bin/loden")


def cost(node):
    """How many transactions the last command had, and what it should not do
    at all."""
    lines = node.output("cat", "/run/trace").splitlines()
    calls = [re.sub(r"^\d+ +", "", line) for line in lines]
    asked = sum(r"\"transact\"" in call for call in calls)
    wrong = [call for call in calls if re.match(
        r"(clone|fork|vfork|execve|nanosleep|clock_nanosleep|p?select)", call)
        and "/opt/cni/bin/loden.real" not in call]
    return asked, wrong


def test_three_questions_to_the_database_are_enough(node, new_pod, traced):
    pod = new_pod()
    # What is there?  The port, please.  Does it work?
    result = add(pod)
    assert cost(node) == (3, [])
    pod.record["configuration"]["prevResult"] = result
    # What do you go by?  Which bridge is that in?
    assert pod.plugin("CHECK").stdout == ""
    assert cost(node) == (2, [])
    # Which port is it?  It may go.  Has ovs-vswitchd let it go?
    delete(pod)
    assert cost(node) == (3, [])
    delete(pod)
    assert cost(node) == (1, [])
