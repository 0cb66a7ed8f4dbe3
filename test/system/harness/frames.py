# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Ethernet frames as bytes, for what no honest program would send."""

import ipaddress
import struct

BROADCAST = "ff:ff:ff:ff:ff:ff"

# Sends one frame without end, 'argv[3]' times in 2 ms at most.
FLOOD = """
import socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
frame = bytes.fromhex(sys.argv[2])
while True:
    for i in range(int(sys.argv[3])):
        s.send(frame)
    time.sleep(0.002)
"""


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def ip(text):
    return ipaddress.ip_address(text).packed


def ethernet(destination, source, kind, payload):
    return mac(destination) + mac(source) + struct.pack("!H", kind) + payload


def arp(operation, sender_mac, sender, target_mac, target):
    """An ARP packet for Ethernet and IPv4 (RFC 826)."""
    return (struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
            + mac(sender_mac) + ip(sender) + mac(target_mac) + ip(target))


def checksum(data):
    """The Internet's checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def vlan(number, kind, payload):
    """What stands in a frame after a VLAN's type (IEEE 802.1Q)."""
    return struct.pack("!HH", number, kind) + payload


def ipv4(source, destination, protocol, payload, ttl=64, fragment=0):
    """A packet; 'fragment' has the flags and the offset of RFC 791."""
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, fragment,
                         ttl, protocol, 0) + ip(source) + ip(destination)
    return (header[:10] + struct.pack("!H", checksum(header)) + header[12:]
            + payload)


def fragments(source, destination, protocol, payload, size):
    """'payload' in two packets, of which the first has 'size' bytes, a
    multiple of 8."""
    more = 0x2000
    return [ipv4(source, destination, protocol, payload[:size],
                 fragment=more),
            ipv4(source, destination, protocol, payload[size:],
                 fragment=size // 8)]


def udp(source_port, destination_port, payload):
    """A UDP datagram without a checksum, as IPv4 allows."""
    return struct.pack("!HHHH", source_port, destination_port,
                       8 + len(payload), 0) + payload


def datagram(source, destination, port, ttl=64):
    """An IPv4 packet with a small UDP datagram to 'port'."""
    return ipv4(source, destination, 17, udp(4444, port, b"forged"), ttl)


def geneve(vni, frame):
    """The payload of a Geneve datagram without options (RFC 8926)."""
    return struct.pack("!BBHI", 0, 0, 0x6558, vni << 8) + frame


def vxlan(vni, frame):
    """What a tunnel carries (RFC 7348)."""
    return struct.pack("!II", 0x08000000, vni << 8) + frame
