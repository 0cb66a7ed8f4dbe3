# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""The daemons' logs: a WARN or worse fails a test that did not name it."""

import re

from .waiting import TIME_SCALE

# What Open vSwitch itself says, whatever Loden does.
KNOWN = (
    # A client such as ovs-vsctl has ended while the server was telling it of
    # somebody else's change, or a controller that a test has killed.
    r"(jsonrpc|reconnect|rconn)\|WARN\|([\w-]+<->)?unix#\d+: "
    r"(send error: |receive error: |connection dropped \()"
    r"(Broken pipe|Connection reset by peer)",
    # How many there were of a line that was judged when it came first.
    r"\|WARN\|Dropped \d+ log messages in last",
)

# What it says, on either datapath, of a pod's device that has vanished with
# its namespace while its port was still there.
DEVICE_GONE = (
    r"error receiving (Ethernet packet|data) .* Network is down",
    r"ldn\w+.*(No such device|Network is down)",
    r"ethtool command \w+ on network device ldn\w+ failed",
    r"cannot get R?STP st\w+ on nonexistent port",
    r"\|dpif\|WARN\|.*port_del failed \(No such device\)",
)

# And on a slow machine.
if TIME_SCALE > 1:
    KNOWN += (
        r"\|timeval(\(\w+\))?\|WARN\|"
        r"(Unreasonably long \d+ms poll interval|faults: |context switches: )",
        r"\|ovs_rcu(\(\w+\))?\|WARN\|blocked \d+ ms waiting for ",
    )

_LOUD = re.compile(r"\|(WARN|ERR|EMER)\|")


class Logs:
    """The logs of every machine of 'sandbox'."""

    def __init__(self, sandbox):
        self.folder = sandbox.folder.path / "log"
        self.read_until = {}    # Path: how far it was looked through.
        self.marked = {}        # Path: how long it was at mark().
        self.allowed = [re.compile(pattern) for pattern in KNOWN]

    def paths(self):
        return sorted(self.folder.glob("*/*.log"))

    def allow(self, *patterns):
        """Accepts lines with any of 'patterns' from now on."""
        self.allowed += [re.compile(pattern) for pattern in patterns]

    def complaints(self):
        """The loud lines since the last call that nothing allows."""
        found = []
        for path in self.paths():
            with open(path, errors="replace") as file:
                file.seek(self.read_until.get(path, 0))
                for line in file:
                    if _LOUD.search(line) and not any(
                            pattern.search(line) for pattern in self.allowed):
                        found.append(f"{path.parent.name} {path.stem}: "
                                     f"{line.rstrip()}")
                self.read_until[path] = file.tell()
        return found

    def mark(self):
        """What is logged from now on is what tails() shows."""
        self.marked = {path: path.stat().st_size for path in self.paths()}

    def tails(self, lines=40):
        """The end of what each log got since the mark, as (title, text)."""
        for path in self.paths():
            with open(path, errors="replace") as file:
                file.seek(self.marked.get(path, 0))
                text = file.read().splitlines()
            if text:
                yield (f"{path.parent.name} {path.name}",
                       "\n".join(text[-lines:]))
