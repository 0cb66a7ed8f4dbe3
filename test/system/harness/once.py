# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""One echo request, sent at once and never again.

ping(8) takes its time to start, and a kernel that misses an answer to ARP or
neighbour discovery asks again after a second, so that a lost packet would
only be a slow one.  Here the socket is open beforehand, the kernel asks once,
and what is not answered within PATIENCE is lost.
"""

import json
import subprocess

from .waiting import seconds

PATIENCE = 5

# Reads addresses, one a line; says whether each answered.
_SCRIPT = r"""
import json, select, socket, struct, sys, time

patience = float(sys.argv[1])
four = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
six = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)


def once(address, number):
    v6 = ":" in address
    sock, header = (six, 0) if v6 else (four, 20)
    request, reply = (128, 129) if v6 else (8, 0)
    body = struct.pack("!HH", 0x4c4f, number)
    # The kernel computes ICMPv6's checksum only.
    total = (request << 8) + sum(struct.unpack("!HH", body))
    checksum = 0 if v6 else ~((total & 0xffff) + (total >> 16)) & 0xffff
    sock.sendto(struct.pack("!BBH", request, 0, checksum) + body, (address, 0))
    end = time.monotonic() + patience
    while select.select([sock], [], [], max(0, end - time.monotonic()))[0]:
        packet = sock.recv(2048)[header:]
        if packet[0] == reply and packet[4:8] == body:
            return True
    return False


print("ready", flush=True)
for number, line in enumerate(sys.stdin):
    print(json.dumps(once(line.strip(), number)), flush=True)
"""

# Once before the device is there, and once for the one that is.
_ASK_ONCE = ("for f in /proc/sys/net/ipv[46]/neigh/{lo,default,eth0}"
             "/retrans_time_ms; do"
             " [ ! -e $f ] || echo 60000 >$f; done")


class Once:
    """Sends from the network namespace of 'place', whose machine and netns
    are all that is needed of it: a pod may be attached later."""

    def __init__(self, place):
        place.run("bash", "-c", _ASK_ONCE)
        self.process = place.popen(
            ["/usr/bin/python3", "-c", _SCRIPT, str(seconds(PATIENCE))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == "ready\n"

    def answers(self, address):
        """Whether the one request to 'address' was answered."""
        self.process.stdin.write(f"{address}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait(seconds(10))
        self.process.stdout.close()
