# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""OpenFlow rules, read from 'ovs-ofctl --names dump-flows'."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Flow:
    """A rule as the switch tells it."""
    table: str
    priority: int
    match: str
    actions: str
    cookie: int
    packets: int = 0
    bytes: int = 0
    duration: float = 0     # Seconds since the switch got it.

    @property
    def rule(self):
        """What the controller asked for, without what the switch counts."""
        return (self.table, self.priority, self.match, self.actions,
                self.cookie)

    def __str__(self):
        return (f"table={self.table} priority={self.priority} {self.match} "
                f"actions={self.actions} cookie={self.cookie:#x} "
                f"n_packets={self.packets}")


_LINE = re.compile(
    r"\s*cookie=(?P<cookie>0x[0-9a-f]+), duration=(?P<duration>[\d.]+)s, "
    r"table=(?P<table>[^,]+), n_packets=(?P<packets>\d+), "
    r"n_bytes=(?P<bytes>\d+), (?:\S+, )*?(?:priority=(?P<priority>\d+))?,?"
    r"(?P<match>\S*) ?actions=(?P<actions>.*)$")


def parse_flows(text):
    """The rules that 'ovs-ofctl dump-flows' printed as 'text'."""
    flows = []
    for line in text.splitlines():
        if "actions=" not in line:
            continue
        found = _LINE.match(line)
        if not found:
            raise AssertionError(f"not understood: {line!r}")
        flows.append(Flow(
            table=found["table"], match=found["match"],
            priority=int(found["priority"] or 32768),
            actions=found["actions"], cookie=int(found["cookie"], 16),
            packets=int(found["packets"]), bytes=int(found["bytes"]),
            duration=float(found["duration"])))
    return flows
