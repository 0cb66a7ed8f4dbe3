# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Programs that are started in the namespaces of another process.

nsenter(1) is a program more to start for each of them, and has to fork
besides: where that is slow, most of the time that a small program takes.
Here one thread goes in, starts the program by vfork(2) and comes back.  Only
a thread may, as what it sees is its own and the others stay where they are.
"""

import os
import subprocess

from . import namespaces

_threads = {}   # The one that goes, by the process that it belongs to.
_started = []   # What nobody has waited for yet.


def popen(pid, flags, command, netns=None, **options):
    """subprocess.Popen(command, **options) in those namespaces of the process
    'pid' that 'flags', of namespaces.CLONE_, name; with 'netns', in the
    network namespace of that name there.  OSError tells what failed."""
    return call(pid, flags, netns, _start, command, options)


def call(pid, flags, netns, function, *arguments):
    """What 'function' returns in those namespaces.  It runs in our process:
    a socket that it makes is ours, and stays of that network namespace."""
    own = os.getpid()
    if own not in _threads:
        # Here, as there are many modules behind it.
        from concurrent.futures import ThreadPoolExecutor
        _threads[own] = ThreadPoolExecutor(
            1, initializer=namespaces.unshare,
            initargs=(namespaces.CLONE_FS,))
    return _threads[own].submit(_go, pid, flags, netns, function,
                                arguments).result()


def reap():
    """Takes leave of what was started and has ended, of which we are the
    parent: a process namespace does not end before."""
    for process in list(_started):
        process.poll()


def run(pid, flags, command, input=None, **options):
    """Does so and waits for its end; returns its CompletedProcess, with what
    it printed as text.  What it reads is the text 'input', if not None."""
    process = popen(pid, flags, command, text=True,
                    stdin=subprocess.DEVNULL if input is None
                    else subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    with process:
        try:
            out, err = process.communicate(input)
        except BaseException:
            process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _go(pid, flags, netns, function, arguments):
    there, home = os.pidfd_open(pid), os.pidfd_open(os.getpid())
    try:
        namespaces.setns(there, flags)
        if netns:
            _enter_network(netns)
        return function(*arguments)
    finally:
        namespaces.setns(home, flags)
        os.close(there)
        os.close(home)


def _start(command, options):
    process = subprocess.Popen(command, **options)
    _started[:] = [each for each in _started if each.returncode is None]
    _started.append(process)
    return process


def _enter_network(name):
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
    try:
        namespaces.setns(fd, namespaces.CLONE_NEWNET)
    finally:
        os.close(fd)
