# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""A small process that forks in the place of a large one.

A process that runs tests has tens of megabytes, and a fork of it copies their
page tables: in a user-mode Linux that takes 80 ms of a processor, and an init
process needs three forks.  So there is one process with little in it, which
does them and ends with who asked for the first one.
"""

import os
import pickle
import signal
import socket
import subprocess
import sys

_servers = {}   # The socket to the small process, by the one that asks.

_PROGRAM = "import sys; sys.path.insert(0, {!r}); " \
    "from sandboxlib import births; births.serve({})"


def fork(function, *arguments, fd):
    """Calls 'function', of a module of this package, in a new process that
    is nobody's child, with 'arguments' and a copy of the descriptor 'fd'."""
    own = os.getpid()
    if own not in _servers:
        _servers[own] = _start()
    socket.send_fds(_servers[own], [pickle.dumps((function, arguments))],
                    [fd])


def _start():
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        # Nothing of the caller's environment: it lives longer than a test.
        subprocess.Popen(
            [sys.executable or "/usr/bin/python3", "-ISB", "-c",
             _PROGRAM.format(folder, there.fileno())],
            pass_fds=[there.fileno()], start_new_session=True, env={},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return here


def serve(number):
    """Forks for who holds the other end of the socket 'number'."""
    with socket.socket(fileno=number) as requests:
        # With the signal ignored the kernel reaps children by itself.
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        while True:
            message, fds, _, _ = socket.recv_fds(requests, 1 << 20, 1)
            if not message:
                return
            function, arguments = pickle.loads(message)
            if os.fork() == 0:
                function(*arguments, fds[0])
                os._exit(0)
            os.close(fds[0])
