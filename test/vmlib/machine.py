# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Starts a machine, and ends it whatever happens.

Nothing of it is left on the host: the initramfs and the console's log are
files without a name, and the kernel kills the machine when this process dies.
"""

import contextlib
import ctypes
import fcntl
import os
import pathlib
import secrets
import signal
import subprocess
import sys
import termios

from .errors import VmError
from .initramfs import make_initramfs

HERE = pathlib.Path(__file__).resolve().parent

PR_SET_PDEATHSIG = 1


class Timeout(VmError):
    pass


class Machine:
    """What a machine shall be like; each kind of it knows its command.

    'job' is the script that the guest runs, 'results' a folder of the host
    that it may write to, or None.
    """

    name = None           # Of its kind.
    cpus = 1              # How many processors it has.
    modules = ()          # Those that lead to the host's files.
    opens_slowly = False  # Is opening one of those slow?
    package = None        # The package that depends on the one with its
                          # kernel, and what that one is called.
    suites = (None,)      # Where it may come from, the best one first: a
                          # suite of Debian, or this machine's lists (None).

    @staticmethod
    def unpack(package, target):
        """Makes what is in the folder 'package' a kernel in 'target'."""
        raise NotImplementedError

    def __init__(self, kernel, job, memory, results=None):
        self.kernel = kernel
        self.memory = memory
        self.results = results
        self.mark = f"loden-vm-{secrets.token_hex(8)}"
        self.initramfs = _nameless_file("initramfs")
        self.initramfs.write(make_initramfs(self, job))
        self.initramfs.flush()
        self.console = _nameless_file("console")
        # Two write to it.
        fcntl.fcntl(self.console, fcntl.F_SETFL, os.O_APPEND)

    def command(self, tty):
        """The words that start it, with the job at our standard input and
        output: a terminal's if 'tty', else bytes."""
        raise NotImplementedError

    def words(self, tty):
        """What its first programs are told on the kernel's command line."""
        words = {"vm_guest": HERE / "guest",
                 "vm_modules": self.kernel.modules or "",
                 "vm_mark": self.mark,
                 "vm_tty": int(tty),
                 "vm_results": int(bool(self.results))}
        return [f"{name}={value}" for name, value in words.items()]

    def run(self, timeout):
        """Runs the job, its output to our standard output; returns its exit
        status.  After 'timeout' seconds, fails."""
        # Nothing is written to the machine, but at the end of its standard
        # input it would take the job's other side as gone.
        with self._started(False, timeout, stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE) as process:
            status = _copy(process.stdout, self.mark)
        if status is None:
            raise VmError("the machine died\n" + self.console_tail())
        return status

    def shell(self, timeout):
        """Lets a person at our terminal talk with the job."""
        terminal = sys.stdin.isatty() and termios.tcgetattr(0)
        try:
            with self._started(True, timeout) as process:
                process.wait()
        finally:
            if terminal:
                termios.tcsetattr(0, termios.TCSADRAIN, terminal)
            for number in (0, 1, 2):
                os.set_blocking(number, True)

    def console_tail(self, lines=100):
        """What the kernel said last."""
        text = os.pread(self.console.fileno(), 1 << 20, 0)
        return "\n".join(
            text.decode(errors="replace").splitlines()[-lines:])

    @contextlib.contextmanager
    def _started(self, tty, timeout, **options):
        """The machine as a process, within a with statement."""
        files = (self.initramfs.fileno(), self.console.fileno())
        process = subprocess.Popen(
            self.command(tty), pass_fds=files, stderr=self.console,
            preexec_fn=die_with_parent, **options)
        try:
            with _deadline(timeout):
                yield process
        except Timeout as error:
            raise Timeout(f"{error}\n{self.console_tail()}".rstrip(),
                          status=124) from None
        finally:
            process.kill()
            process.wait()


def _nameless_file(name):
    return os.fdopen(os.memfd_create(f"loden-vm-{name}"), "w+b")


def path_of(file):
    """A path by which the machine can open 'file'."""
    return f"/proc/self/fd/{file.fileno()}"


def _copy(stream, mark):
    """Copies to our standard output until the line that begins with 'mark';
    returns the number in it, or None if it does not come."""
    out = sys.stdout.buffer
    mark = b"\n%s " % mark.encode()
    held = b""
    while data := os.read(stream.fileno(), 65536):
        held += data
        text, found, number = held.partition(mark)
        if number.endswith(b"\n"):
            out.write(text)
            out.flush()
            return int(number)
        ready = len(text) if found else len(held) - _overlap(held, mark)
        out.write(held[:ready])
        out.flush()
        held = held[ready:]
    out.write(held)
    return None


def _overlap(data, mark):
    """How many bytes at the end of 'data' may be the beginning of 'mark'."""
    return next(length for length in range(len(mark), -1, -1)
                if data.endswith(mark[:length]))


@contextlib.contextmanager
def _deadline(timeout):
    """Raises Timeout after 'timeout' seconds, whatever goes on; never when
    that is 0.  An end that others wish for becomes an exception as well."""
    def late(*_):
        raise Timeout(f"the machine was not done after {timeout:g} s")

    def told(number, _):
        raise VmError(f"ended by {signal.Signals(number).name}",
                      status=128 + number)

    before = {number: signal.signal(number, told)
              for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def die_with_parent(number=signal.SIGKILL):
    """Lets the kernel send this process signal 'number' when the one that
    started it has died."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
