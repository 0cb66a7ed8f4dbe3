# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Init processes in namespaces of their own.

Everything in a sandbox lives below one such process: when it dies, the
kernel kills what is in its process namespace, and with the last process go
the mounts and interfaces.  Nothing here knows what runs inside.

Python 3.11 has no os.unshare() and os.setns(), hence ctypes.
"""

import ctypes
import os
import select
import signal
import socket
import struct
import traceback

from . import births
from .errors import SandboxError

CLONE_FS = 0x00000200
CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
ALL = (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID
       | CLONE_NEWNET)

MS_BIND = 0x1000
MS_REC = 0x4000
MS_SLAVE = 0x80000

PR_SET_NAME = 15

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags):
    _check(_libc.unshare(flags), "unshare")


def setns(fd, flags):
    _check(_libc.setns(fd, flags), "setns")


def mount(source, target, fstype="none", flags=0, options=""):
    """Mounts 'source' on 'target', as mount(2) does."""
    _check(_libc.mount(source.encode(), str(target).encode(),
                       fstype.encode(), ctypes.c_ulong(flags),
                       options.encode()),
           f"mount {source} on {target}")


def bind(source, target):
    mount(str(source), target, flags=MS_BIND | MS_REC)


def spawn_init(title, setup, inside=None, die_with=None):
    """Starts an init process in new namespaces and returns its pid.

    The namespaces are nested in those of the process 'inside', when given.
    'setup', a function of this package with its arguments, is called in them
    before this returns; its exception is raised here.  The new process then only waits: for ever, or until the process
    'die_with' ends.
    """
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    # The kernel translates the sender's pid into one that means something
    # in the receiver's process namespace.
    here.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    with there:
        births.fork(_be_born, title, setup, inside, die_with,
                    fd=there.fileno())
    with here:
        text, ancillary, _, _ = here.recvmsg(
            65536, socket.CMSG_SPACE(struct.calcsize("3i")))
    if text != b"ready":
        raise SandboxError(f"{title} did not start: "
                           f"{text.decode() or 'it died'}")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
            return struct.unpack("3i", data)[0]
    raise SandboxError(f"{title}: the kernel did not tell its pid")


def _be_born(title, setup, inside, die_with, fd):
    ready = socket.socket(fileno=fd)
    try:
        _descend(title, setup, inside, die_with, ready)
    except BaseException:
        _send_failure(ready)
    os._exit(1)


def _descend(title, setup, inside, die_with, ready):
    """Goes into 'inside', then into new namespaces, and becomes init."""
    watched = os.pidfd_open(die_with) if die_with else None
    if inside:
        fd = os.pidfd_open(inside)
        setns(fd, ALL)
        os.close(fd)
        # A process namespace holds for children only.
        _leave_to_child()
    unshare(ALL)
    _leave_to_child()
    _detach({ready.fileno(), watched})
    _libc.prctl(PR_SET_NAME, title.encode()[:15], 0, 0, 0)
    # Nothing that is mounted here shows outside.
    mount("none", "/", flags=MS_REC | MS_SLAVE)
    mount("proc", "/proc", "proc")
    mount("sysfs", "/sys", "sysfs")
    function, *arguments = setup
    function(*arguments)
    ready.send(b"ready")
    ready.close()
    _wait_for_ever(watched)


def _leave_to_child():
    child = os.fork()
    if child:
        # Waiting would keep the caller's wait for us going for ever.
        os._exit(0)


def _detach(kept):
    """Cuts every tie to whoever called, but for the descriptors 'kept'."""
    os.setsid()
    os.chdir("/")
    os.umask(0o022)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # With the signal ignored the kernel reaps orphans by itself.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    null = os.open("/dev/null", os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    low = 3
    for number in sorted(fd for fd in kept if fd is not None):
        os.closerange(low, number)
        low = number + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def _wait_for_ever(watched):
    if watched is not None:
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        poll.poll()
        os._exit(0)
    while True:
        signal.pause()


def _send_failure(ready):
    try:
        text = traceback.format_exc(limit=-2)
        ready.send(text.encode()[:60000])
    except OSError:
        pass
