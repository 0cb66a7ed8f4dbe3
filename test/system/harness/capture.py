# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What arrives at an interface."""

import subprocess
import threading

from .waiting import wait_until


class Capture:
    """tcpdump on 'device' of 'place', within a with statement.

    That something does not arrive is shown with something sent after it
    that does: wait for that by saw(), then look at 'lines'.
    """

    def __init__(self, place, device, expression):
        self.place = place
        self.command = ["tcpdump", "-n", "-e", "-l", "--immediate-mode",
                        "-i", device, expression]
        self.lines = []
        self._words = []

    def __enter__(self):
        self.process = self.place.popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for stream, into in ((self.process.stdout, self.lines),
                             (self.process.stderr, self._words)):
            threading.Thread(target=_collect, args=(stream, into),
                             daemon=True).start()
        wait_until(lambda: any("listening on" in w for w in self._words))
        return self

    def saw(self, text):
        """Waits until a packet whose line holds 'text' has arrived."""
        wait_until(lambda: self.matching(text))

    def matching(self, text):
        return [line for line in self.lines if text in line]

    def __exit__(self, *_):
        self.place.stop(self.process)


def _collect(stream, into):
    for line in stream:
        into.append(line.rstrip("\n"))
