# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A way to a database server that breaks at a chosen moment, once.

The server behind it is the real one.  What a client does next is for tests
to say.
"""

import subprocess

from .waiting import wait_until

SCRIPT = """
import socket, sys, threading
path, server, word, moment = sys.argv[1:]
broken = threading.Event()

def pump(source, sink):
    while data := source.recv(65536):
        sink.sendall(data)

def serve(client):
    upstream = socket.socket(socket.AF_UNIX)
    upstream.connect(server)
    with client, upstream:
        request = client.recv(65536)
        back = threading.Thread(target=pump, args=(upstream, client),
                                daemon=True)
        started = False
        while request:
            if word.encode() in request and not broken.is_set():
                broken.set()
                if moment == "after":
                    # It takes effect, and nobody learns of it.
                    client.shutdown(socket.SHUT_RDWR)
                    upstream.sendall(request)
                    upstream.recv(1)
                return
            upstream.sendall(request)
            if not started:
                back.start()
                started = True
            request = client.recv(65536)

listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
while True:
    client, _ = listener.accept()
    threading.Thread(target=serve, args=(client,), daemon=True).start()
"""


class BreakingProxy:
    """In a with statement: a socket on 'node' that leads to the database of
    its Open vSwitch, and hangs up 'moment' ("before" or "after") the server
    has got the first request with 'word' in it."""

    def __init__(self, node, word, moment):
        self.node = node
        self.path = f"/run/proxy-{moment}.sock"
        self.arguments = [self.path, "/run/openvswitch/db.sock", word, moment]

    def __enter__(self):
        self.process = self.node.popen(
            ["/usr/bin/python3", "-c", SCRIPT, *self.arguments],
            stderr=subprocess.DEVNULL)
        wait_until(lambda: not self.node.run("test", "-S", self.path,
                                             check=False).returncode)
        return self

    def __exit__(self, *_):
        self.node.stop(self.process)
        self.node.run("rm", "-f", self.path)
