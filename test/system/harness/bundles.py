# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What a switch was told to change, as the switch itself has it: from the
messages that ovs-vswitchd logs when it receives them."""

import contextlib
import re
from collections import Counter

# An OpenFlow message in the log, to its end.
RECEIVED = re.compile(
    r"received: (OFPT_\w+)(.*?)(?=\n\d{4}-\d\d-\d\dT|\Z)", re.DOTALL)

CHANGES = ("FLOW_MOD", "GROUP_MOD", "METER_MOD")


class Received:
    """What came to the switch of 'node' since this was made."""

    def __init__(self, node):
        self.path = node.machine.log_folder / "ovs-vswitchd.log"
        self.start = self.path.stat().st_size

    def messages(self):
        with open(self.path, errors="replace") as file:
            file.seek(self.start)
            return RECEIVED.findall(file.read())

    def commits(self):
        """How many bundles were carried out."""
        return sum(name == "OFPT_BUNDLE_CONTROL" and "COMMIT_REQUEST" in text
                   for name, text in self.messages())

    def alone(self):
        """The changes that came outside of a bundle, by their kind."""
        return dict(Counter(
            name.removeprefix("OFPT_") for name, _ in self.messages()
            if name.removeprefix("OFPT_") in CHANGES))


@contextlib.contextmanager
def received_by(node):
    """Has the switch of 'node' log what it is told; gives it as Received."""
    def vlog(*words):
        node.appctl(*words, target="ovs-vswitchd")

    vlog("vlog/disable-rate-limit", "vconn")
    vlog("vlog/set", "vconn:file:dbg")
    try:
        yield Received(node)
    finally:
        vlog("vlog/set", "vconn:file:info")
        vlog("vlog/enable-rate-limit", "vconn")
