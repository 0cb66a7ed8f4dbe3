# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Messages of protocol buffers, as far as the CRI needs them.

A message is a dictionary by field number of numbers, texts and messages; a
list stands for a repeated field.  Which number means what is said where the
messages are made.
"""


def _varint(number):
    # A negative number has the bits of 64-bit two's complement.
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def encode(message):
    """The bytes of a message."""
    out = b""
    for field, values in message.items():
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, int):
                out += _varint(field << 3) + _varint(value)
                continue
            if isinstance(value, dict):
                value = encode(value)
            elif isinstance(value, str):
                value = value.encode()
            out += _varint(field << 3 | 2) + _varint(len(value)) + value
    return out


def decode(data):
    """The fields of a message, each a list; what has a length is bytes."""
    fields = {}
    at = 0

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            byte = data[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            value = varint()
        else:
            size = varint() if kind == 2 else {1: 8, 5: 4}[kind]
            value = data[at:at + size]
            at += size
        fields.setdefault(key >> 3, []).append(value)
    return fields
