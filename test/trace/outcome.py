# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What ofproto/trace says, in a few words."""

import re
from dataclasses import dataclass


@dataclass
class Outcome:
    tables: list    # The names of those that it passed, in order.
    verdict: str    # Where it went, or why it was dropped.
    actions: int    # How many of the datapath's that took.
    text: str       # Those actions.


def split(text):
    """The actions that stand side by side in 'text'."""
    parts, depth, start = [], 0, 0
    for i, character in enumerate(text + ","):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            parts.append(text[start:i])
            start = i + 1
    return [part for part in parts if part]


class Reader:
    """Reads traces of the world's switch."""

    def __init__(self, world, datapath_ports):
        self.world = world
        tunnels = {port.name for port in world.ports.values()
                   if port.type in ("vxlan", "geneve")}
        self.ports = {number: None if name in tunnels else name
                      for number, name in datapath_ports.items()}

    def read(self, text, port):
        """The Outcome of a packet that came in by 'port'."""
        tables, reason = self._passed(text)
        actions = re.search(r"^Datapath actions: (.*)$", text,
                            re.MULTILINE)[1]
        parts = [] if actions == "drop" else split(actions)
        places, larger = self._places(parts), self._places(parts, "gt")
        if places == [port]:
            verdict = "answered"
        elif places:
            verdict = "to " + ", ".join(places)
        else:
            verdict = f"dropped: {reason}" if reason else "to nobody"
        if larger != places:
            verdict += f"; too large: to {', '.join(larger)}"
            verdict += f", dropped: {reason}" if reason else ""
        return Outcome(tables, verdict, _count(parts), self._named(actions))

    def _passed(self, text):
        tables, reason = [], None
        for number, rule in re.findall(r"^ *(\d+)\. (.*)$", text,
                                       re.MULTILINE):
            name = self.world.tables[int(number)]
            if name not in tables:
                tables.append(name)
            found = re.search(r"\breg3=(\w+)", rule)
            if name == "drop":
                reason = (self.world.reasons[int(found[1], 0)] if found
                          else "without a reason")
        return tables, reason

    def _named(self, text):
        """Actions with names for the datapath's ports, whose numbers it
        chooses itself."""
        parts = []
        for part in split(text):
            inner = re.match(r"(clone|check_pkt_len|gt|le)\((.*)\)$", part)
            if part.isdigit():
                part = self.ports[part] or "tunnel"
            elif part.startswith("userspace("):
                part = "userspace(controller)"
            elif inner:
                part = f"{inner[1]}({self._named(inner[2])})"
            parts.append(part)
        return ",".join(parts)

    def _places(self, parts, branch="le"):
        """Where 'parts' send the packet: ports, and peers.  'branch' is
        "gt" for one that is larger than it may be."""
        places, peer = [], None
        for part in parts:
            dst = re.match(r"set\(tunnel\(.*?\b(?:ipv6_)?dst=([^,)]+)", part)
            if dst:
                peer = self.world.peers.get(dst[1], dst[1])
            elif part.isdigit():
                places.append(self.ports[part] or f"node {peer}")
            elif part.startswith("userspace("):
                places.append("the controller")
            else:
                places += self._places(_inner(part, branch), branch)
        return places


def _inner(part, branch="le"):
    """The actions inside 'part', if those are what happens."""
    found = re.match(r"(\w+)\((.*)\)$", part)
    if not found or found[1] not in ("clone", "check_pkt_len", branch):
        return []
    return [each for each in split(found[2]) if not each.startswith("size=")]


def _count(parts):
    """How many actions a packet takes that is as large as it may be."""
    return sum(_count(_inner(part)) + (not part.startswith(("le(", "gt(")))
               for part in parts)
