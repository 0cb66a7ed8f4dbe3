# Copyright 2026 The Loden authors.
# SPDX-License-Identifier: Apache-2.0
"""Starts the machine, and ends it whatever happens.

Nothing of it is left on the host: the initramfs and the console's log are
files without a name, and the kernel kills qemu when this process dies.
"""

import contextlib
import ctypes
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import termios

from .errors import Unavailable, VmError
from .initramfs import make_initramfs

QEMU = "qemu-system-x86_64"
HERE = pathlib.Path(__file__).resolve().parent

# What an emulated processor is slow at: telling the time by asking a chip
# (it is one clock for all processors here, so that the time stamp counter is
# as good), copying by "rep" instructions, and code that stands at another
# address in each process, for that is translated again each time.
CPU = "max,erms=off,fsrm=off"
FAST = ("tsc=reliable", "clearcpuid=rep_good", "norandmaps", "nokaslr")
# Guards against programs that nobody runs here.
CARELESS = ("mitigations=off", "init_on_alloc=0", "hardened_usercopy=off",
            "randomize_kstack_offset=off")
KERNEL_OPTIONS = ("console=ttyS0", "panic=-1", *FAST, *CARELESS)

PR_SET_PDEATHSIG = 1


class Timeout(VmError):
    pass


class Machine:
    """What a machine shall be like.

    'job' is the script that the guest runs, 'results' a folder of the host
    that it may write to, or None.
    """

    def __init__(self, kernel, job, cpus, memory, results=None):
        if not shutil.which(QEMU):
            raise Unavailable(f"{QEMU} is missing: apt-get install "
                              "qemu-system-x86")
        self.kernel = kernel
        self.cpus = cpus
        self.memory = memory
        self.results = results
        self.mark = f"loden-vm-{secrets.token_hex(8)}"
        self.initramfs = _nameless_file("initramfs")
        self.initramfs.write(make_initramfs(kernel, job))
        self.initramfs.flush()
        self.console = _nameless_file("console")

    def run(self, timeout):
        """Runs the job, its output to our standard output; returns its exit
        status.  After 'timeout' seconds, fails."""
        # Nothing is written to qemu, but at the end of its standard input
        # it would take the port's other side as gone.
        with self._started(["virtserialport,chardev=people"], timeout,
                           stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE) as process:
            status = _copy(process.stdout, self.mark)
        if status is None:
            raise VmError("the machine died\n" + self.console_tail())
        return status

    def shell(self, timeout):
        """Lets a person at our terminal talk with the job."""
        terminal = sys.stdin.isatty() and termios.tcgetattr(0)
        try:
            with self._started(["virtconsole,chardev=people"], timeout) \
                    as process:
                process.wait()
        finally:
            if terminal:
                termios.tcsetattr(0, termios.TCSADRAIN, terminal)
            for number in (0, 1, 2):
                os.set_blocking(number, True)

    def console_tail(self, lines=30):
        """What the kernel said last."""
        text = os.pread(self.console.fileno(), 1 << 20, 0)
        return "\n".join(
            text.decode(errors="replace").splitlines()[-lines:])

    @contextlib.contextmanager
    def _started(self, people, timeout, **options):
        """qemu as a process, within a with statement."""
        files = (self.initramfs.fileno(), self.console.fileno())
        process = subprocess.Popen(
            self._command(people), pass_fds=files,
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

    def _command(self, people):
        words = {"vm_guest": HERE / "guest",
                 "vm_modules": self.kernel.modules,
                 "vm_mark": self.mark,
                 "vm_tty": int("virtconsole" in people[0]),
                 "vm_results": int(bool(self.results))}
        append = [*KERNEL_OPTIONS,
                  *(f"{name}={value}" for name, value in words.items())]
        command = [
            QEMU, "-nodefaults", "-no-user-config", "-no-reboot",
            "-accel", "tcg,thread=multi", "-cpu", CPU,
            "-smp", str(self.cpus), "-m", str(self.memory),
            "-display", "none", "-nic", "none",
            "-kernel", str(self.kernel.image),
            "-initrd", _path(self.initramfs),
            "-append", " ".join(append),
            "-chardev", f"file,id=console,path={_path(self.console)}",
            "-serial", "chardev:console",
            "-chardev", "stdio,id=people,signal=off",
            "-device", "virtio-serial-pci", "-device", people[0],
            "-device", "virtio-rng-pci",
            *_share("host", "/", "readonly=on")]
        if self.results:
            command += _share("results", self.results, "readonly=off")
        return command


def _share(tag, folder, access):
    return ["-fsdev", f"local,id={tag},path={folder},security_model=none,"
                      f"multidevs=remap,{access}",
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]


def _nameless_file(name):
    return os.fdopen(os.memfd_create(f"loden-vm-{name}"), "w+b")


def _path(file):
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
