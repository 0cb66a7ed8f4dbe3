# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""What a daemon says on its socket, asked without a program between.

ovs-appctl and ovs-vsctl are large: to start one takes longer than the answer,
and tests ask again and again.  Both talk JSON-RPC 1.0 (RFC 7047, section
4.1).
"""

import codecs
import json
import os
import socket

from .errors import SandboxError

# A daemon that does not answer for so long does not answer.
PATIENCE = 60


def call(path, method, *params):
    """Asks who listens at the file 'path', once; returns the result."""
    try:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(PATIENCE)
            sock.connect(os.fspath(path))
            sock.sendall(json.dumps({"id": 0, "method": method,
                                     "params": params}).encode())
            reply = _reply(sock)
    except OSError as error:
        raise SandboxError(f"{path}: {error}") from None
    if reply["error"] is not None:
        raise SandboxError(f"{path}: '{method}' failed\n{reply['error']}")
    return reply["result"]


def _reply(sock):
    """The first message with our id; the server may ask for echo before."""
    buffer, decoder = "", json.JSONDecoder()
    pieces = _text(sock)
    while True:
        try:
            message, end = decoder.raw_decode(buffer)
        except ValueError:
            buffer += next(pieces)
            continue
        if message.get("id") == 0:
            return message
        buffer = buffer[end:].lstrip()


def _text(sock):
    """What arrives, piece by piece."""
    decode = codecs.getincrementaldecoder("utf-8")().decode
    while data := sock.recv(1 << 20):
        yield decode(data)
    raise ConnectionResetError("it hung up without an answer")


def select(path, database, table, where=(), columns=None):
    """The rows of an OVSDB server's table that match all of 'where', with
    those 'columns' or all, as JSON has them (RFC 7047, section 5.2.2)."""
    operation = {"op": "select", "table": table, "where": list(where)}
    if columns:
        operation["columns"] = list(columns)
    result, = call(path, "transact", database, operation)
    if "error" in result:
        raise SandboxError(f"{path}: {table}: {result}")
    return result["rows"]
