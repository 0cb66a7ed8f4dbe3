# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Neighbour discovery (RFC 4861) as bytes, made and taken apart."""

import ipaddress
import re
import struct
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass

from .frames import checksum, ethernet, ip, mac

IPV6 = 0x86dd
ICMPV6 = 58
UNSPECIFIED = "::"

ROUTER_SOLICITATION = 133
ROUTER_ADVERTISEMENT = 134
SOLICITATION = 135
ADVERTISEMENT = 136
REDIRECT = 137

SOURCE_MAC = 1
TARGET_MAC = 2


def ipv6(source, destination, protocol, payload, hop_limit=64):
    return (struct.pack("!IHBB", 6 << 28, len(payload), protocol, hop_limit)
            + ip(source) + ip(destination) + payload)


def icmpv6(source, destination, kind, body, hop_limit=255, code=0):
    """A whole packet with its checksum (RFC 4443, 2.3)."""
    message = struct.pack("!BBH", kind, code, 0) + body
    pseudo = (ip(source) + ip(destination)
              + struct.pack("!II", len(message), ICMPV6))
    message = (message[:2] + struct.pack("!H", checksum(pseudo + message))
               + message[4:])
    return ipv6(source, destination, ICMPV6, message, hop_limit)


def udp6(source, destination, source_port, port, payload, hop_limit=64):
    header = struct.pack("!HHHH", source_port, port, 8 + len(payload), 0)
    pseudo = (ip(source) + ip(destination)
              + struct.pack("!II", len(header + payload), 17))
    value = checksum(pseudo + header + payload) or 0xffff
    return ipv6(source, destination, 17,
                header[:6] + struct.pack("!H", value) + payload, hop_limit)


def option(kind, address):
    return struct.pack("!BB", kind, 1) + mac(address)


def solicited_node(target):
    """The group that whoever has 'target' listens to (RFC 4291, 2.7.1)."""
    return str(ipaddress.ip_address(
        int(ipaddress.ip_address("ff02::1:ff00:0"))
        | int(ipaddress.ip_address(target)) & 0xffffff))


def group_mac(group):
    """Where a multicast packet goes on Ethernet (RFC 2464)."""
    return "33:33:" + ":".join(f"{byte:02x}" for byte in ip(group)[12:])


def solicitation(sender_mac, source, target, sll=None, **options):
    """A frame that asks for the MAC of 'target'; 'sll' is the MAC that it
    tells, if any."""
    destination = options.pop("destination", None) or solicited_node(target)
    body = bytes(4) + ip(target) + (option(SOURCE_MAC, sll) if sll else b"")
    to = (group_mac(destination) if destination.startswith("ff")
          else options.pop("to"))
    return ethernet(to, sender_mac, IPV6,
                    icmpv6(source, destination, SOLICITATION, body,
                           **options))


def advertisement(sender_mac, source, target, destination, **options):
    """A packet that says, solicited, overriding and as a router, that
    'sender_mac' has 'target'."""
    body = b"\xe0\0\0\0" + ip(target) + option(TARGET_MAC, sender_mac)
    return icmpv6(source, destination, ADVERTISEMENT, body, **options)


@dataclass(frozen=True)
class Advertisement:
    """A neighbour advertisement as it arrived."""
    ether: tuple        # From and to which MAC.
    source: str
    destination: str
    target: str
    flags: str          # Of "RSO".
    tll: str            # The MAC that it tells, or None.
    hop_limit: int
    valid: bool         # Is its checksum right?

    @classmethod
    def parse(cls, frame):
        """From a whole frame; None if it is something else."""
        if len(frame) < 78 or frame[12:14] != b"\x86\xdd" or frame[20] != 58:
            return None
        length = struct.unpack("!H", frame[18:20])[0]
        message = frame[54:54 + length]
        if message[0] != ADVERTISEMENT:
            return None
        pseudo = (frame[22:54] + struct.pack("!II", length, ICMPV6))
        bits = message[4] >> 5
        tll = message[24:32]
        return cls(
            ether=(_mac(frame[6:12]), _mac(frame[:6])),
            source=_ip(frame[22:38]), destination=_ip(frame[38:54]),
            target=_ip(message[8:24]),
            flags="".join(letter for bit, letter in zip((4, 2, 1), "RSO")
                          if bits & bit),
            tll=_mac(tll[2:]) if tll[:2] == b"\x02\x01" else None,
            hop_limit=frame[21],
            valid=checksum(pseudo + message) == 0)


def _mac(data):
    return ":".join(f"{byte:02x}" for byte in data)


def _ip(data):
    return str(ipaddress.ip_address(data))


def frames_in(text):
    """The frames in what 'tcpdump -xx' writes."""
    for block in re.split(r"\n(?=\S)", "\n" + text):
        digits = re.findall(r"^\s+0x[0-9a-f]+:((?: +[0-9a-f]+)+)", block,
                            re.MULTILINE)
        if digits:
            yield bytes.fromhex("".join(digits).replace(" ", ""))


def link_local(address):
    """The link-local address of a MAC (RFC 4291, appendix A)."""
    raw = bytearray(mac(address))
    raw[0] ^= 2
    return _ip(b"\xfe\x80" + bytes(6) + bytes(raw[:3]) + b"\xff\xfe"
               + bytes(raw[3:]))


@contextmanager
def hearing(pod):
    """Whole advertisements that arrive at the pod, in a with statement."""
    heard = []
    file = f"/run/nd-{pod.name}.pcap"
    tcpdump = pod.popen(
        ["tcpdump", "-n", "-xx", "-l", "--immediate-mode", "-Q", "in", "-i",
         "eth0", "-w", file, "-U", "icmp6 and ip6[40] == 136"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert "listening on" in tcpdump.stderr.readline()

    def read():
        text = pod.output("tcpdump", "-n", "-xx", "-r", file)
        heard[:] = [Advertisement.parse(frame) for frame in frames_in(text)]
        return heard

    try:
        yield read
    finally:
        pod.stop(tcpdump)
