# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What a ping or a stream of data came to, as values to compare whole."""

import hashlib
import json
import re
import signal
import tempfile
from dataclasses import dataclass, replace

from .waiting import seconds


@dataclass(frozen=True)
class Ping:
    """What ping(8) says at its end."""
    sent: int
    received: int
    duplicates: int = 0
    errors: int = 0
    ttl: tuple = ()     # Every TTL that a reply arrived with, once.

    @classmethod
    def all(cls, count, ttl):
        """'count' requests, each answered once and with 'ttl'."""
        return cls(count, count, ttl=(ttl,))

    @classmethod
    def none(cls, count):
        """'count' requests and no word about them."""
        return cls(count, 0)

    @classmethod
    def parse(cls, text):
        # busybox's says "packets received", too, and has no plus signs.
        total = re.search(r"(\d+) packets transmitted, (\d+)(?: packets)? "
                          r"received(?:, \+?(\d+) duplicates)?"
                          r"(?:, \+(\d+) errors)?", text)
        if not total:
            raise AssertionError(f"ping did not finish: {text!r}")
        ttl = sorted({int(t) for t in re.findall(r" ttl=(\d+) ", text)})
        return cls(*(int(n or 0) for n in total.groups()), tuple(ttl))


# More than any test has patience for.
ENDLESS = 1_000_000


class Pinging:
    """A ping under way: 'count' requests in a burst, or one in every
    'interval' seconds.  result() waits for its end; end() tells it to."""

    def __init__(self, place, target, count=3, interval=None, size=None,
                 dont_fragment=False, ttl=None):
        self.place = place
        self.target = target
        command = ["ping", "-n", "-c", str(count), "-W", f"{seconds(1):g}"]
        # For the last reply ping waits one interval at least, and otherwise
        # only twice as long as the slowest reply before took: in a burst,
        # then, the interval is patience and costs nothing.
        self.paced = interval is not None
        # How many may be under way when it ends: those of a moment.
        self.under_way = (max(1, int(seconds(0.03) / interval))
                          if self.paced else 0)
        command += (["-i", str(interval)] if self.paced
                    else ["-l", str(count), "-i", f"{seconds(2):g}"])
        command += ["-s", str(size)] if size is not None else []
        command += ["-M", "do"] if dont_fragment else []
        command += ["-t", str(ttl)] if ttl else []
        # Files, as a pipe that nobody reads would stop it after a while.
        self.out, self.err = (tempfile.TemporaryFile("w+") for _ in range(2))
        self.process = place.popen([*command, str(target)],
                                   stdout=self.out, stderr=self.err)

    def end(self):
        """Lets it send nothing more; returns what it came to."""
        assert self.process.poll() is None, "the ping was over before"
        self.process.send_signal(signal.SIGINT)
        return self.result()

    def result(self):
        self.process.wait(timeout=seconds(60))
        out, err = map(_read_and_close, (self.out, self.err))
        if not out:
            raise AssertionError(f"ping: {err}")
        self.text = out
        ping = Ping.parse(out)
        replies = {int(n) for n in re.findall(r"icmp_seq=(\d+) ttl", out)}
        self.lost = [seq for seq in range(1, ping.sent + 1)
                     if seq not in replies]
        if self.paced and replies:
            # It did not wait for those that were under way.
            ping = replace(ping, sent=max(
                max(replies), ping.sent - self.under_way))
        return ping

    def goes_on(self):
        """Whether there is more to send or to wait for."""
        return self.process.poll() is None


def _read_and_close(file):
    with file:
        file.seek(0)
        return file.read()


def digest_of_numbers(count=500_000):
    """What Place.transfer() returns when every byte has arrived."""
    text = "".join(f"{number}\n" for number in range(1, count + 1))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Stream:
    """What an iperf3 client saw: bytes, and how fast."""
    received: int
    bits_per_second: float

    @classmethod
    def parse(cls, text):
        answer = json.loads(text)
        if "error" in answer:
            raise AssertionError(f"iperf3: {answer['error']}")
        end = answer["end"]["sum_received"]
        return cls(end["bytes"], end["bits_per_second"])
